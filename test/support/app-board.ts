// A board whose image runs an application in TypeScript, with the other end of its cable.
import { execFileSync } from "node:child_process";
import { BoardProcess } from "../../host/net/board.js";
import { Qemu } from "../../host/net/qemu.js";
import { freePort, UdpCable } from "../../host/net/udp.js";

export interface AppBoard {
  readonly board: BoardProcess;
  readonly cable: UdpCable;
  stop(): Promise<void>;
}

/** Builds and boots the image, and waits until it says that the application runs. */
export async function bootApp(board: string, name: string, engine = "wasm3"): Promise<AppBoard> {
  const settings = [`BOARD=${board}`, `APP_TS=examples/ts/${name}.ts`, `ENGINE=${engine}`];
  execFileSync("make", ["-s", "firmware", ...settings], { stdio: ["ignore", "ignore", "inherit"] });
  const folder = `build/${board}${engine === "wasm3" ? "" : `-${engine}${engine === "aot" ? `-${name}` : ""}`}-app`;
  const booted =
    board === "linux" ? await runProcess(`${folder}/${name}.elf`) : await bootEmulator(board, `${folder}/${name}.elf`);
  await booted.board.waitFor("the application runs", 20_000);
  return booted;
}

async function bootEmulator(board: string, image: string): Promise<AppBoard> {
  const qemu = await Qemu.boot({ board, image });
  return { board: qemu, cable: qemu.cable, stop: () => qemu.stop() };
}

async function runProcess(image: string): Promise<AppBoard> {
  const cable = await UdpCable.open(await freePort());
  const nic = `udp:${cable.remotePort}:${cable.localPort}`;
  const board = new BoardProcess([image], { ...process.env, PKTSOCK_NIC: nic });
  return {
    board,
    cable,
    async stop() {
      await board.stop();
      await cable.close();
    },
  };
}
