import { constants } from "node:os";
import { parseArgs } from "node:util";
import { Demo } from "../demo/demo.js";
import { endPrograms, runProgram } from "../demo/program.js";
import { boardObstacle, checkBoard } from "../demo/tools.js";
import { type Command, parsing, UsageError } from "./command.js";

const usage = `[--board BOARD]
Builds boards/apps/demo.c for BOARD (default qemu-mps2-an385), boots it and lets the Linux kernel arping and ping it over a
TAP interface, for which it needs root; without, a host written in TypeScript asks over a UDP cable. What the board's third
socket taps goes to build/demo.pcapng. To be run in the repository. Status 0: everything was answered.`;

const options = { board: { type: "string", default: "qemu-mps2-an385" } } as const;

/** Builds the image, and returns its path. */
async function build(board: string): Promise<string> {
  const make = ["make", "-s", "--no-print-directory", "firmware", `BOARD=${board}`, "APP=demo"];
  if ((await runProgram(make, true)).status !== 0) throw new Error(`The image for ${board} could not be built.`);
  return `build/${board}/demo.elf`;
}

/** Returns `board`, or a board that can run here instead. */
function possibleBoard(board: string): string {
  try {
    checkBoard(board);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const obstacle = boardObstacle(board);
  if (obstacle === undefined) return board;
  console.log(`${board} cannot run here: ${obstacle}. So BOARD=linux runs: the same component in a Linux process.`);
  return "linux";
}

async function run(args: string[]): Promise<number> {
  const { values } = parsing(() => parseArgs({ args, options }));
  process.env["PATH"] += ":/usr/sbin:/sbin"; // ip(8) is there
  const board = possibleBoard(values.board);
  const demo = new Demo(board);
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
  });
  const finished = build(board).then((image) => demo.run(image));
  try {
    const result = await Promise.race([finished, stopped]);
    if (typeof result === "boolean") return result ? 0 : 1;
    await demo.close();
    await endPrograms();
    // Exit at once: nothing more may be started.
    return process.exit(128 + constants.signals[result]);
  } finally {
    await demo.close();
  }
}

export const demo: Command = {
  inRepository: true,
  summary: "a board answers arping and ping over packet sockets",
  usage,
  run,
};
