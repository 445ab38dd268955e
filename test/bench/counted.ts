// Runs an image in QEMU with every instruction counted (count.c), and sorts the counts by frame: what receiving one costs,
// what sending one costs. A closed loop: the next frame leaves when the echo of the last one is here.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Qemu } from "../../host/net/qemu.js";

/** Symbols at which the plugin records the count. */
export interface Marks {
  /** First instruction of the Ethernet interrupt's handler. */
  readonly interrupt: string;
  /** The application has received a frame; it begins to send it; it has sent it. */
  readonly received: string;
  readonly send: string;
  readonly sent: string;
}

/** Lengths of the frames, bytes; `frames` of each are counted after `warmUp` uncounted ones. */
export interface Extent {
  readonly lengths: readonly number[];
  readonly frames: number;
  readonly warmUp: number;
}

export interface CountedRun extends Extent {
  readonly board: string;
  readonly image: string;
  readonly marks: Marks;
  /** Brings the image to the point where it echoes. `echoOf` returns the expected echo. */
  readonly begin: (board: Qemu) => Promise<void>;
  readonly end: (board: Qemu) => Promise<void>;
  readonly echoOf: (frame: Buffer) => Buffer;
}

/** Instructions per frame: means over the counted frames. */
export interface Cost {
  readonly bytes: number;
  /** One send, with the driver's copy; every few frames it also collects completed frames. */
  readonly tx: number;
  /** From the first instruction of the interrupt until the application has the frame. */
  readonly rx: number;
  /** From the first instruction of the interrupt until the echo is sent. */
  readonly echo: number;
  /** From the first instruction of the interrupt until the processor sleeps again. */
  readonly whole: number;
}

/** How long something lasted at most in a run, in instructions, and the function in which it began. */
export interface Longest {
  readonly instructions: number;
  readonly where: string;
}

/** The costs of each length, and of the whole run the longest time with interrupts masked and under the component's lock. */
export interface Counted {
  readonly costs: Cost[];
  readonly masked: Longest;
  readonly locked: Longest;
}

export const boardAddress = Buffer.from([0x02, 0x50, 0x4b, 0x54, 0x53, 0x01]);
const ourAddress = [0x02, 0, 0, 0, 0, 0x0a];
const etherType = [0x88, 0xb5];

export function frameOf(length: number, seed: number): Buffer {
  const frame = Buffer.alloc(length);
  for (let i = 0; i < length; i++) frame[i] = (i * 11 + seed * 17 + (i >> 8)) & 255;
  Buffer.from([...boardAddress, ...ourAddress, ...etherType]).copy(frame);
  return frame;
}

/** The echo of a program that exchanges the addresses. */
export function exchanged(frame: Buffer): Buffer {
  const echo = Buffer.from(frame);
  frame.copy(echo, 0, 6, 12);
  boardAddress.copy(echo, 6);
  return echo;
}

/** The image's symbols and their addresses. */
export function symbolsOf(image: string): Map<string, number> {
  const table = execFileSync("arm-none-eabi-nm", [image], { encoding: "utf8" });
  return new Map(
    [...table.matchAll(/^([0-9a-f]+) [a-zA-Z] (.+)$/gm)].map(([, address, name]) => [
      name!,
      Number.parseInt(address!, 16),
    ]),
  );
}

/** The name of the function that this address lies in; if that only masks interrupts, the one of `before`. */
export function functionAt(symbols: ReadonlyMap<string, number>, address: number, before = address): string {
  const below = [...symbols].filter(([name, at]) => !name.startsWith("$") && at <= address);
  const name = below.sort(([, a], [, b]) => b - a)[0]?.[0] ?? "?";
  return name === "pkt_os_irq_save" && before !== address ? functionAt(symbols, before) : name;
}

/** The plugin's arguments for what is counted in this image. An image that was linked with LTO may have no function for the lock. */
function pluginArguments(symbols: ReadonlyMap<string, number>, { image, marks }: CountedRun): string[] {
  const known = ["main", "lock", "unlock"].flatMap((name) => {
    const address = symbols.get(name === "main" ? name : `pkt_os_${name}`);
    return address === undefined ? [] : [`${name}=${address}`];
  });
  const wanted = [marks.interrupt, marks.received, marks.send, marks.sent].map((name) => {
    const address = symbols.get(name);
    if (address === undefined) throw new Error(`${image} has no symbol ${name}.`);
    return `mark=${address}`;
  });
  return [...known, ...wanted];
}

export function longestIn(lines: readonly string[], what: string, symbols: ReadonlyMap<string, number>): Longest {
  const line = lines.find((text) => text.startsWith(`${what} `));
  if (line === undefined) throw new Error(`The plugin has not counted what is ${what}.`);
  const [, count, ...places] = line.split(" ") as [string, string, string, string];
  const [at, before] = places.map((place) => Number.parseInt(place, 16));
  return { instructions: Number(count), where: functionAt(symbols, at!, before) };
}

/** The counts of one frame at the marks; `idle`: the processor sleeps again. */
interface Passage {
  readonly interrupt: number;
  readonly received: number;
  readonly send: number;
  readonly sent: number;
  readonly idle: number;
}

/** Divide the plugin's lines into frames, in their order. Throws if the processor met two frames before it slept. */
export function passages(lines: readonly string[]): Passage[] {
  const found: Passage[] = [];
  let order = ""; // the marks since the processor last slept
  let counts: number[] = [];
  for (const line of lines) {
    const [mark, count] = line.split(" ") as [string, string];
    if (mark === "masked" || mark === "locked") continue;
    if (mark !== "idle") {
      order += mark;
      counts.push(Number(count));
      continue;
    }
    if (/^0+123$/.test(order)) {
      const [received, send, sent] = counts.slice(-3) as [number, number, number];
      found.push({ interrupt: counts[0]!, received, send, sent, idle: Number(count) });
    } else if (order.includes("3")) {
      throw new Error(`A frame did not come alone: the marks between two sleeps are ${order}.`);
    }
    order = "";
    counts = [];
  }
  return found;
}

const mean = (values: readonly number[]): number =>
  Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);

function costOf(bytes: number, frames: readonly Passage[]): Cost {
  return {
    bytes,
    tx: mean(frames.map(({ send, sent }) => sent - send)),
    rx: mean(frames.map(({ interrupt, received }) => received - interrupt)),
    echo: mean(frames.map(({ interrupt, sent }) => sent - interrupt)),
    whole: mean(frames.map(({ interrupt, idle }) => idle - interrupt)),
  };
}

/** How long a board may take from an echo until it sleeps, milliseconds: for a machine with much else to do. */
const MOST_AWAKE = 20_000;

/** Waits until the board sleeps: the plugin, which writes to `counts`, has noticed it last. */
export async function asleep(counts: string): Promise<void> {
  const last = () => readFileSync(counts, "utf8").trimEnd().split("\n").at(-1)!;
  for (const until = Date.now() + MOST_AWAKE; !last().startsWith("idle"); await setTimeout(1))
    if (Date.now() > until) throw new Error(`The board does not sleep: its last mark is ${last()}.`);
}

/** Echo frames of every length and count. Throws if an echo differs from the expected bytes. */
export async function countRun(run: CountedRun): Promise<Counted> {
  const symbols = symbolsOf(run.image);
  const dir = mkdtempSync(join(tmpdir(), "pktsock-count-"));
  const out = join(dir, "counts");
  const plugin = ["file=build/host/count.so", `out=${out}`, ...pluginArguments(symbols, run)];
  const board = await Qemu.boot({ board: run.board, image: run.image, arguments: ["-plugin", plugin.join(",")] });
  try {
    await run.begin(board);
    await asleep(out);
    for (const length of run.lengths) {
      for (let i = 0; i < run.warmUp + run.frames; i++) {
        const frame = frameOf(length, i);
        board.cable.send(frame);
        const echo = await board.cable.receive();
        if (!echo.equals(run.echoOf(frame)))
          throw new Error(`${run.board}: echo ${i} of ${length} bytes is not the frame.`);
        await asleep(out);
      }
    }
    await run.end(board);
    const status = await board.exited();
    if (status !== 0) throw new Error(`${run.board}: ended with status ${status}.\n${board.output}`);
    const lines = readFileSync(out, "utf8").trimEnd().split("\n");
    const all = passages(lines);
    const each = run.warmUp + run.frames;
    if (all.length !== each * run.lengths.length) throw new Error(`${run.board}: ${all.length} frames were counted.`);
    return {
      costs: run.lengths.map((bytes, i) => costOf(bytes, all.slice(i * each + run.warmUp, (i + 1) * each))),
      masked: longestIn(lines, "masked", symbols),
      locked: longestIn(lines, "locked", symbols),
    };
  } finally {
    await board.stop();
    rmSync(dir, { recursive: true });
  }
}
