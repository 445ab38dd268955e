// A board whose image runs an application in TypeScript, with the other ends of its cables.
import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { BoardProcess } from "../../host/net/board.js";
import { Qemu } from "../../host/net/qemu.js";
import { freePort, UdpCable } from "../../host/net/udp.js";

export interface AppBoard {
  readonly board: BoardProcess;
  /** One for each interface. */
  readonly cables: readonly UdpCable[];
  stop(): Promise<void>;
}

/** Builds and boots the image of the application in `file`, and waits until it says that the application runs. */
export async function bootApp(board: string, file: string, interfaces = 1): Promise<AppBoard> {
  const most = board === "linux" ? 2 : 1;
  const settings = [`BOARD=${board}`, `APP_TS=${file}`, `CONFIG=NET_PKT_INTERFACES=${most}`];
  execFileSync("make", ["-s", "firmware", ...settings], { stdio: ["ignore", "ignore", "inherit"] });
  const image = `build/${board}-app/${basename(file, ".ts")}.elf`;
  const booted = board === "linux" ? await bootProcess(image, interfaces) : await bootEmulator(board, image);
  await booted.board.waitFor("the application runs", 20_000);
  return booted;
}

async function bootEmulator(board: string, image: string): Promise<AppBoard> {
  const qemu = await Qemu.boot({ board, image });
  return { board: qemu, cables: [qemu.cable], stop: () => qemu.stop() };
}

async function bootProcess(image: string, interfaces: number): Promise<AppBoard> {
  const cables: UdpCable[] = [];
  while (cables.length < interfaces) cables.push(await UdpCable.open(await freePort()));
  const nics = cables.map(({ localPort, remotePort }) => `udp:${remotePort}:${localPort}`).join(",");
  const board = new BoardProcess([image], { ...process.env, PKTSOCK_NIC: nics });
  return {
    board,
    cables,
    async stop() {
      await board.stop();
      await Promise.all(cables.map((cable) => cable.close()));
    },
  };
}
