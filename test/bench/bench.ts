// `make bench`: what a frame costs, in instructions of a Cortex-M3, counted in the emulator, over packet sockets, over
// packet sockets without copying, with a filter, with more sockets or with an exhausted pool, as an application in TypeScript,
// in a module that was swapped in, and through the driver alone.
// Writes build/bench.json.
import { writeFileSync } from "node:fs";
import { buildImage, buildSwapping, chosenEngines, type EngineName, type SwapEngine } from "../support/engines.js";
import { writeModules } from "../swap/modules.js";
import { peerCosts } from "./peers.js";
import { application } from "./application.js";
import { countRun, exchanged, frameOf, type Cost, type Counted, type Longest, type Marks } from "./counted.js";

const boards = ["qemu-lm3s6965evb", "qemu-mps2-an385"];
/** On which the echo in a task runs. */
const tasksBoard = "qemu-lm3s6965evb";
const lengths = [64, 512, 1514];
const frames = 240;
const warmUp = 24;
const usual = { lengths, frames, warmUp };
const interrupt = "eth0_interrupt";
/** A frame of this length ends bench.c. */
const last = 15;

/**
 * The command for bench.c. The filters have ten instructions: comparisons of fields, or instructions that are interpreted.
 * With more sockets than one, only the one that echoes receives, but: `matching`: the others receive what is received;
 * `tapped`: and what is sent; `exhausted`: they would receive, but are never read and hold all frames that they may.
 */
const commands = {
  copy: "c",
  "zero-copy": "z",
  forward: "w",
  filter: "f",
  interpreted: "i",
  matching: "m",
  tapped: "t",
  exhausted: "x",
} as const;

type SocketPath = keyof typeof commands;
/**
 * first: the first frame of all, copied. app: in an application in TypeScript. swapped: copied, in a module that was swapped in.
 * freertos: copied in a task, of a stand-in for FreeRTOS (test/bench/freertos).
 */
type Path = SocketPath | "first" | "app" | "swapped" | "freertos" | "bare";

export interface Result extends Omit<Cost, "whole"> {
  readonly board: string;
  /** The bare loop uses no engine. It is listed once for each engine as the baseline. */
  readonly engine: EngineName | SwapEngine;
  readonly path: Path;
  readonly sockets: number;
}

async function throughBench(
  board: string,
  image: string,
  path: SocketPath,
  sockets: number,
  run = usual,
): Promise<Counted> {
  const how = path === "zero-copy" ? "lent" : path === "forward" ? "forward" : "copy";
  const marks: Marks = {
    interrupt,
    received: `mark_${how}_received`,
    send: `mark_${how}_send`,
    sent: `mark_${how}_sent`,
  };
  return countRun({
    ...{ board, image, marks, ...run },
    begin: async (qemu) => {
      await qemu.waitFor("bench: how?");
      qemu.write(`${commands[path]}${sockets}`);
      await qemu.waitFor("bench: ready");
    },
    end: async (qemu) => qemu.cable.send(frameOf(last, 0)),
    echoOf: (frame) => frame,
  });
}

function overSockets(
  board: string,
  engine: EngineName,
  path: SocketPath,
  sockets: number,
  run = usual,
  functions = false,
): Promise<Counted> {
  return throughBench(board, buildImage(board, "bench", engine, functions), path, sockets, run);
}

/** What runs the modules that are swapped in beside a firmware's own on this engine. */
const pairs: Readonly<Record<EngineName, readonly SwapEngine[]>> = {
  wasm3: ["wasm3"],
  "wasm3-tuned": ["wasm3-tuned"],
  aot: ["aot+wasm3", "aot+wasm3-tuned"],
  "aot-guarded": [],
};

function swapped(board: string, pair: SwapEngine): Promise<Counted> {
  writeModules(["rewritten"]);
  return throughBench(board, buildSwapping(board, "test/swap/bench.c", pair), "copy", 1);
}

function inTask(engine: EngineName): Promise<Counted> {
  const settings = ["TARGET=test/bench/freertos", "OS=freertos"];
  const image = buildImage("bench-freertos", "test/bench/freertos/echo.c", engine, false, settings);
  return throughBench(tasksBoard, image, "copy", 1);
}

async function bare(board: string): Promise<Counted> {
  const marks: Marks = { interrupt, received: "mark_received", send: "mark_send", sent: "mark_sent" };
  return countRun({
    ...{ board, image: buildImage(board, "bare", "wasm3"), marks, ...usual },
    begin: async (qemu) => void (await qemu.waitFor("is ready")),
    end: async (qemu) => qemu.write("q"),
    echoOf: exchanged,
  });
}

function line(cells: readonly (string | number)[]): string {
  const widths = [18, 15, 11, 8, 6, 7, 7, 7, 7];
  return cells.map((cell, i) => (i < 3 ? `${cell}`.padEnd(widths[i]!) : `${cell}`.padStart(widths[i]!))).join(" ");
}

const longestOf = (all: readonly Longest[]): Longest => all.reduce((a, b) => (b.instructions > a.instructions ? b : a));

const results: Result[] = [];
const longest: { board: string; engine: EngineName; masked: Longest; locked: Longest }[] = [];
console.log("Instructions a frame (Cortex-M3, counted). whole: the echo, and going to sleep for the next frame.");
console.log(line(["board", "engine", "path", "sockets", "bytes", "tx", "rx", "echo", "whole"]));
for (const board of boards) {
  const loop = await bare(board);
  for (const engine of chosenEngines()) {
    const runs: [Path, number, () => Promise<Counted>, SwapEngine?][] = [
      ["copy", 1, () => overSockets(board, engine, "copy", 1)],
      ["copy", 4, () => overSockets(board, engine, "copy", 4)],
      ["zero-copy", 1, () => overSockets(board, engine, "zero-copy", 1)],
      ["forward", 1, () => overSockets(board, engine, "forward", 1)],
      ["filter", 1, () => overSockets(board, engine, "filter", 1)],
      ["interpreted", 1, () => overSockets(board, engine, "interpreted", 1)],
      ["first", 1, () => overSockets(board, engine, "copy", 1, { lengths: [64], frames: 1, warmUp: 0 })],
      ["matching", 4, () => overSockets(board, engine, "matching", 4)],
      ["tapped", 2, () => overSockets(board, engine, "tapped", 2)],
      ["tapped", 4, () => overSockets(board, engine, "tapped", 4)],
      ["exhausted", 4, () => overSockets(board, engine, "exhausted", 4)],
      ["app", 1, () => application(board, engine, usual)],
      ...pairs[engine].map((pair): (typeof runs)[number] => ["swapped", 1, () => swapped(board, pair), pair]),
      ["bare", 0, async () => loop],
    ];
    if (board === tasksBoard) runs.push(["freertos", 1, () => inTask(engine)]);
    const masked: Longest[] = [];
    for (const [path, sockets, run, pair = engine] of runs) {
      const counted = await run();
      masked.push(counted.masked);
      for (const { whole, ...cost } of counted.costs) {
        results.push({ board, engine: pair, path, sockets, ...cost });
        console.log(line([board, pair, path, sockets, cost.bytes, cost.tx, cost.rx, cost.echo, whole]));
      }
    }
    const few = { lengths: [64], frames: 40, warmUp: 0 };
    const held = [
      (await overSockets(board, engine, "exhausted", 4, few, true)).locked,
      (await overSockets(board, engine, "interpreted", 1, few, true)).locked,
    ];
    longest.push({ board, engine, masked: longestOf(masked), locked: longestOf(held) });
  }
}
writeFileSync("build/bench.json", `${JSON.stringify({ results, longest }, null, 2)}\n`);

console.log(
  "\nThe longest times with interrupts masked, and under the lock (without LTO; it may compile functions), instructions:",
);
for (const { board, engine, masked, locked } of longest) {
  console.log(`  ${board}, ${engine}: masked ${masked.instructions} in ${masked.where}, locked ${locked.instructions}`);
}

console.log("\nEcho beside the best peer, NuttX's packet sockets in native C, tuned, on lm3s6965evb:");
const nuttx = peerCosts.find(({ board, peer }) => board === boards[0] && peer === "NuttX")!.echo;
for (const { engine, bytes, echo } of results.filter(
  ({ board, path, sockets }) => board === boards[0] && path === "copy" && sockets === 1,
)) {
  const peer = nuttx[bytes]!;
  console.log(`  ${engine}, ${bytes} bytes: ${echo}, NuttX ${peer}: ${((echo / peer) * 100).toFixed(0)} %`);
}

console.log("\nWhat each further socket adds to a frame of 64 bytes:");
const short = results.filter(({ bytes }) => bytes === 64);
for (const board of boards) {
  for (const engine of chosenEngines()) {
    const costOf = (path: Path, sockets: number): Result =>
      short.find(
        (result) =>
          result.board === board && result.engine === engine && result.path === path && result.sockets === sockets,
      )!;
    const alone = costOf("copy", 1);
    const received = (path: Path): number => Math.round((costOf(path, 4).rx - alone.rx) / 3);
    // The first tap costs more: it is why a frame is shown at all.
    const sent = Math.round((costOf("tapped", 4).tx - costOf("tapped", 2).tx) / 2);
    console.log(
      `  ${board}, ${engine}: received, another protocol: ${received("copy")}; received, and it matches: ` +
        `${received("matching")}; sent, and it is a tap: ${sent}`,
    );
  }
}
