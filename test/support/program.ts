// A C program, compiled for a board of ours or for the Linux kernel, with this process as its peer.
import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { boardObstacle } from "../../host/demo/tools.js";
import { BoardProcess } from "../../host/net/board.js";
import { Qemu } from "../../host/net/qemu.js";
import { freePort, UdpCable } from "../../host/net/udp.js";
import { OWN, Veth, vethObstacle } from "../conformance/veth.js";
import { compileHere } from "./compile.js";

/** "kernel": the Linux kernel's packet sockets on a veth pair; the others are boards, under BOARD=linux with sanitizers. */
export const PLACES = ["kernel", "linux", "qemu-mps2-an385", "qemu-lm3s6965evb"] as const;
export type Place = (typeof PLACES)[number];

/** Frames to a group or host that no socket asked for do not reach the sockets: the MAC rejects them. */
export const FILTERING: readonly Place[] = ["linux", "qemu-mps2-an385"];

/** If no frame came for so long, none is in flight. */
const SILENCE_MS = 300;

/** A program that runs, and the other end of its cable. */
export interface Running {
  readonly place: Place;
  readonly console: BoardProcess;
  /** The interface's hardware address. */
  readonly address: string;
  send(frame: Buffer): Promise<void>;
  /** The next frame that the program sends, or null when none comes in time. */
  next(limitMs: number): Promise<Buffer | null>;
  /** The next frame that the program sends. */
  receive(limitMs?: number): Promise<Buffer>;
  /** The program sends nothing. */
  silent(): Promise<void>;
  /** Resolves when the program has printed PASS and ended as it should. */
  passed(): Promise<void>;
  stop(): Promise<void>;
}

/** Why programs cannot run there on this machine, or undefined when they can. */
export function obstacle(place: Place): string | undefined {
  return place === "kernel" ? vethObstacle() : boardObstacle(place);
}

function running(
  place: Place,
  console: BoardProcess,
  address: string,
  cable: {
    send: (frame: Buffer) => void | Promise<void>;
    next: (limitMs: number) => Promise<Buffer | null>;
    close: () => Promise<void>;
  },
): Running {
  return {
    place,
    console,
    address,
    send: async (frame) => cable.send(frame),
    next: async (limitMs) => cable.next(limitMs),
    async receive(limitMs = 60_000) {
      const frame = await cable.next(limitMs);
      if (frame === null) throw new Error(`No frame came within ${limitMs} ms. The console:\n${console.output}`);
      return frame;
    },
    async silent() {
      const frame = await cable.next(SILENCE_MS);
      if (frame !== null) throw new Error(`The program sent ${frame.toString("hex")}`);
    },
    async passed() {
      const [, verdict] = await console.waitFor(/^(PASS|FAIL.*)\r?$/m);
      if (verdict !== "PASS") throw new Error(`The program said: ${verdict}`);
      const status = await console.exited();
      if (status !== 0) throw new Error(`The program ended with status ${status}: ${console.complaints}`);
    },
    async stop() {
      await console.stop();
      await cable.close();
    },
  };
}

/** Compiles the program with the system's headers and starts it, with an interface that is made for it. */
async function startOnKernel(source: string, name: string): Promise<Running> {
  const program = `build/programs/${name}`;
  // What NuttX's programs say of their pointers is nothing here.
  const flags = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-DFAR="];
  compileHere(flags, [source], program);
  const veth = await Veth.start();
  try {
    await veth.connect();
    return running("kernel", veth.run(["stdbuf", "-oL", program]), OWN, {
      send: async (frame) => veth.inject(frame.toString("hex")),
      next: async (limitMs) => veth.next(limitMs),
      close: async () => veth.stop(),
    });
  } catch (error) {
    await veth.stop();
    throw error;
  }
}

/** Builds the program for the board and starts it. */
async function startOnBoard(board: string, source: string, name: string): Promise<[BoardProcess, UdpCable]> {
  const sanitize = board === "linux" ? ["SANITIZE=1"] : [];
  const command = ["-s", "firmware", `BOARD=${board}`, `APP=${source}`, ...sanitize];
  execFileSync("make", command, { stdio: ["ignore", "ignore", "inherit"] });
  if (board !== "linux") {
    const qemu = await Qemu.boot({ board, image: `build/${board}/${name}.elf` });
    return [qemu, qemu.cable];
  }
  const cable = await UdpCable.open(await freePort());
  const env = { ...process.env, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
  return [new BoardProcess([`build/linux-sanitized/${name}.elf`], env), cable];
}

/** Builds a .c file for the place and starts it. */
export async function start(place: Place, source: string): Promise<Running> {
  const name = basename(source, ".c");
  if (place === "kernel") return startOnKernel(source, name);
  const [console, cable] = await startOnBoard(place, source, name);
  return running(place, console, place === "linux" ? OWN : "02504b545301", {
    send: (frame) => cable.send(frame),
    next: async (limitMs) => cable.receive(limitMs).catch(() => null),
    close: async () => (console instanceof Qemu ? undefined : cable.close()),
  });
}
