// The longest that a call into the module can last, for a configuration: `tsx host/build/bounds.ts MODULE.wasm [NAME=n]...`.
//
// Without loops a function executes each instruction at most once, and what it calls. The comment "Rounds:" above a loop in
// assembly/ says in terms of the capacities how many rounds it makes at most (loops.ts); a loop with its test in front
// executes its body once more. So the bound of an export is a sum of products. It holds while linear memory is what the module has made of it.
// Whatever is in linear memory, a call ends when its budget is used up: the second bound, which is loose.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BLOCK, END, IF, LOOP } from "./aot-opcodes.js";
import { loopAt, type Origin, originsOf, readLoops, type SourceLoop } from "./loops.js";
import { budgetOf, exportCosts } from "./budget.js";
import { isMain } from "./main.js";
import { options } from "./options.js";
import { Reader, readWasm, skipImmediates } from "./wasm.js";

/** Bytes that a bulk instruction moves in the time of an operation. */
const BULK_BYTES = 4;
/** Operations that an import beside the copy that it makes stands for; and a bulk instruction, in the second bound. */
const FOREIGN = 64;
const MEMORY_BYTES = 0x10000;
const CALL = 0x10;
const CONSTANT = 0x41;

/** A body: of a function, or of a loop in it. */
interface Body {
  operations: number;
  /** Bulk instructions whose length is not constant. */
  bulks: number;
  readonly calls: number[];
  readonly loops: { readonly source: SourceLoop; readonly body: Body }[];
}

const emptyBody = (): Body => ({ operations: 0, bulks: 0, calls: [], loops: [] });

/** What the rounds of loops are made of: the capacities, and what is open. */
export interface Capacities {
  readonly sockets: number;
  readonly queue: number;
  readonly interfaces: number;
  /** Of an interface's pool. */
  readonly frames: number;
  readonly frameSize: number;
  readonly heap: number;
  /** Sockets that are offered each frame, and instructions of their filters together. */
  readonly listeners: number;
  readonly filters: number;
}

/** Visits of sockets and filters that one call makes for an interface: WORK of assembly/lists.ts. */
const WORK = 64;
const FILTER_INSTRUCTION = 8;
const MEMBERSHIP_BYTES = 28;
const SMALLEST_FREE_BLOCK = 16;

/** The names that a comment "Rounds:" may use. */
function namesOf(c: Capacities): Record<string, number> {
  return {
    sockets: c.sockets,
    queue: c.queue,
    interfaces: c.interfaces,
    frames: c.frames,
    frameSize: c.frameSize,
    listeners: c.listeners,
    filter: Math.ceil(c.filters / Math.max(1, c.listeners)),
    instructions: Math.floor(c.heap / FILTER_INSTRUCTION),
    batch: Math.max(1, Math.floor(WORK / (1 + c.listeners + Math.floor(c.filters / 8)))),
    memberships: Math.floor(c.heap / MEMBERSHIP_BYTES),
    blocks: Math.floor(c.heap / SMALLEST_FREE_BLOCK),
  };
}

/** The value of a sum of products and quotients of names and numbers, rounded up. */
export function roundsOf(expression: string, names: Readonly<Record<string, number>>): number {
  const valueOf = (word: string): number => {
    const value = /^\d+$/.test(word) ? Number(word) : names[word];
    if (value === undefined) throw new Error(`"Rounds: ${expression}": there is no ${word}.`);
    return value;
  };
  const sum = expression.split(" + ").reduce((total, product) => {
    const [first, ...others] = product.replaceAll(/[()]/g, "").split(/ (?=[*/])/);
    return total + others.reduce((value, part) => {
      const factor = valueOf(part.slice(2));
      return part.startsWith("*") ? value * factor : value / factor;
    }, valueOf(first!.trim()));
  }, 0);
  return Math.ceil(sum);
}

export interface Cost {
  /** Operations, as WebAssembly counts them. */
  readonly operations: number;
  /** Functions entered and left, and turns of loops: what test/support/work.ts counts. */
  readonly turns: number;
}

/** A module whose loops are known. */
export interface Bounded {
  readonly bodies: readonly Body[];
  readonly imports: number;
  readonly exports: ReadonlyMap<string, number>;
}

/** Reads the bodies of a module's functions. `sourceAt` finds a loop's source by the offsets of its instructions. */
function readBodies(wasm: Uint8Array, sourceAt: (offsets: readonly number[]) => SourceLoop): Bounded {
  const module = readWasm(wasm);
  const bodies = module.functions.map((source) => {
    const reader = new Reader(source.body);
    const base = source.body.byteOffset - wasm.byteOffset;
    const whole = { body: emptyBody(), offsets: [] as number[], isLoop: true };
    const stack = [whole];
    const owners = [whole]; // those of the stack that are loops, or the function
    const owner = () => owners[owners.length - 1]!;
    let constant: number | undefined;
    while (!reader.done) {
      const offset = base + reader.at;
      const byte = reader.byte();
      const opcode = byte === 0xfc ? 0xfc00 + reader.number() : byte;
      const { body, offsets } = owner();
      offsets.push(offset);
      body.operations++;
      if (opcode === CALL) body.calls.push(reader.number());
      else if (opcode === CONSTANT) constant = reader.signed();
      else skipImmediates(reader, opcode);
      if (opcode > 0xff && constant !== undefined) body.operations += Math.ceil(constant / BULK_BYTES);
      else if (opcode > 0xff) body.bulks++;
      if (opcode !== CONSTANT) constant = undefined;
      if (opcode >= BLOCK && opcode <= IF) {
        const block = { body: emptyBody(), offsets: [], isLoop: opcode === LOOP };
        stack.push(block);
        if (block.isLoop) owners.push(block);
      }
      if (opcode !== END || stack.length === 1) continue;
      const ended = stack.pop()!;
      if (!ended.isLoop) continue;
      owners.pop();
      owner().body.loops.push({ source: sourceAt(ended.offsets), body: ended.body });
    }
    return whole.body;
  });
  return { bodies, imports: module.imports.length, exports: module.exportedFunctions };
}

/** The module of these sources. Throws if `wasm` was made of others, or a loop does not say how many rounds it makes. */
export function readBounded(wasm: Uint8Array): Bounded {
  const folder = mkdtempSync(join(tmpdir(), "pktsock-bounds-"));
  try {
    const file = join(folder, "module.wasm");
    execFileSync("npx", ["asc", "--target", "release", "--debug", "--sourceMap", "--textFile", "", "--outFile", file], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const named = readFileSync(file);
    const [ours, theirs] = [readWasm(named).functions, readWasm(wasm).functions];
    if (!ours.every(({ body }, i) => Buffer.compare(body, theirs[i]?.body ?? new Uint8Array()) === 0)) {
      throw new Error("The module was not made of the sources in assembly/: build it first.");
    }
    const origins = originsOf(readFileSync(`${file}.map`, "utf8"));
    const sources = readdirSync("assembly").filter((name) => name.endsWith(".ts"));
    return boundedBy(named, origins, readLoops(sources.map((name) => join("assembly", name))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function boundedBy(wasm: Uint8Array, origins: readonly Origin[], loops: readonly SourceLoop[]): Bounded {
  return readBodies(wasm, (offsets) => {
    const loop = loopAt(offsets, origins, loops);
    if (loop.rounds === undefined) {
      throw new Error(`${loop.file}:${loop.first}: this loop does not say how many rounds it makes at most ("// Rounds:").`);
    }
    return loop;
  });
}

/** Each export's bound for these capacities, which include what is open. */
function costsOf({ bodies, imports, exports }: Bounded, capacities: Capacities): Map<string, Cost> {
  const names = namesOf(capacities);
  const bulk = Math.ceil(Math.max(capacities.frameSize, capacities.heap) / BULK_BYTES);
  const known = new Map<number, Cost>();
  const costOf = (number: number): Cost => {
    if (number < imports) return { operations: FOREIGN, turns: 0 };
    let cost = known.get(number);
    if (cost === undefined) {
      const { operations, turns } = costOfBody(bodies[number - imports]!);
      known.set(number, (cost = { operations, turns: turns + 2 }));
    }
    return cost;
  };
  const costOfBody = (body: Body): Cost => {
    let operations = body.operations + body.bulks * bulk;
    let turns = 0;
    for (const call of body.calls) {
      const cost = costOf(call);
      operations += cost.operations;
      turns += cost.turns;
    }
    for (const loop of body.loops) {
      const rounds = roundsOf(loop.source.rounds!, names) + (loop.source.testsLast ? 0 : 1);
      const cost = costOfBody(loop.body);
      operations += rounds * cost.operations;
      turns += rounds * (cost.turns + 1);
    }
    return { operations, turns };
  };
  return new Map(
    [...exports].map(([name, number]) => {
      const { operations, turns } = costOf(number);
      return [name, { operations: operations + (name === "init" ? MEMORY_BYTES / BULK_BYTES : 0), turns }];
    }),
  );
}

/** Each export's bound, whatever is open: with many sockets or long filters one call takes fewer frames. */
export function boundsOf(bounded: Bounded, capacity: (name: string) => number): Map<string, Cost> {
  const most = new Map<string, Cost>();
  const sockets = capacity("NET_PKT_ALLOC_CONNS") === 0 ? capacity("NET_PKT_PREALLOC_CONNS") : 64;
  const heap = capacity("NET_PKT_HEAP_SIZE");
  const instructions = Math.floor(heap / FILTER_INSTRUCTION);
  const batches = Math.min(WORK, Math.floor(instructions / 8));
  for (let listeners = 0; listeners <= sockets; listeners++) {
    // Filters of this many times eight instructions make the batch shorter; beyond WORK it is a single frame.
    for (let eighths = 0; eighths <= (listeners === 0 ? 0 : batches); eighths++) {
      const filters = eighths === batches ? instructions : eighths * 8 + 7;
      const costs = costsOf(bounded, {
        ...{ sockets, heap, listeners, filters },
        queue: capacity("NET_PKT_QUEUE_FRAMES"),
        interfaces: capacity("NET_PKT_INTERFACES"),
        frames: capacity("NET_PKT_FRAMES"),
        frameSize: capacity("NET_PKT_FRAME_SIZE"),
      });
      for (const [name, { operations, turns }] of costs) {
        const before = most.get(name) ?? { operations: 0, turns: 0 };
        most.set(name, {
          operations: Math.max(before.operations, operations),
          turns: Math.max(before.turns, turns),
        });
      }
    }
  }
  return most;
}

/** Instructions of a Cortex-M3 that an operation is assumed to take: with aot, where most take none or one, and with wasm3. */
export const instructionsPerOperation = { aot: 4, wasm3: 16 } as const;

if (isMain(import.meta.url)) {
  const [path, ...settings] = process.argv.slice(2);
  if (path === undefined) throw new Error("usage: bounds.ts MODULE.wasm [NAME=n]...");
  const given = new Map(settings.map((setting) => setting.split("=", 2) as [string, string]));
  for (const name of given.keys()) {
    if (!options.some((option) => option.name === name)) throw new Error(`There is no option ${name}.`);
  }
  const capacity = (name: string) => Number(given.get(name) ?? options.find((option) => option.name === name)!.default);
  const wasm = readFileSync(path);
  const budget = budgetOf(capacity);
  const worst = exportCosts(wasm);
  const bounds = [...boundsOf(readBounded(wasm), capacity)].sort(([, a], [, b]) => b.operations - a.operations);
  const most = (name: string) => worst.get(name)!.once + (worst.get(name)!.round === 0 ? 0 : budget * worst.get(name)!.round);
  const row = (...[name, ...cells]: string[]) => console.log(name!.padEnd(20) + cells.map((cell) => cell.padStart(16)).join(""));
  console.log("Operations of WebAssembly that a call makes at most, without the engine's compilation of it:\n");
  row("export", "at most", "faulty memory");
  for (const [name, { operations }] of bounds) row(name, String(operations), String(most(name)));
  const [longest, { operations }] = bounds.find(([name]) => name !== "init" && name !== "addIface")!;
  const ms = (per: number) => ((operations * per) / 50e3).toFixed(1);
  const { aot, wasm3 } = instructionsPerOperation;
  console.log(
    `\nThe longest call after the start is ${longest}: with ${aot} instructions an operation (aot) ${ms(aot)} ms under the lock at\n` +
      `50 MHz, with ${wasm3} (wasm3) ${ms(wasm3)} ms. If something else has written to linear memory, the budget of ${budget} rounds of\n` +
      `loops ends each call: the last column. A smaller config.budget makes that less.`,
  );
}
