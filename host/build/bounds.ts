// The longest that a call into the module can last, for a configuration: `tsx host/build/bounds.ts MODULE.wasm [NAME=n]...`.
//
// Between two rounds of loops that the engine counts, control only goes forward: it executes each instruction of a function at
// most once, and what that calls. So a call costs its export's instructions, each once, and for each round of its budget the
// instructions of the longest loop that it can reach, with all that this loop calls.
import { readFileSync } from "node:fs";
import { BLOCK, END, IF, LOOP } from "./aot-opcodes.js";
import { isMain } from "./main.js";
import { options } from "./options.js";
import { Reader, readWasm, skipImmediates, type WasmModule } from "./wasm.js";

/** Operations that a bulk instruction, or an import beside the copy that it makes, stands for: PKT_BUDGET_BYTES of engine.h. */
const BULK = 64;

export interface Cost {
  /** Operations without any round of a loop. */
  readonly once: number;
  /** Operations of the longest loop's round. */
  readonly round: number;
}

/** The cost of each function of the module, by its number. Calls must not be recursive, which aot.ts checks. */
function costsOf({ imports, functions }: WasmModule): (number: number) => Cost {
  const known = new Map<number, Cost>();
  const costOf = (number: number): Cost => {
    if (number < imports.length) return { once: BULK, round: 0 };
    const found = known.get(number);
    if (found !== undefined) return found;
    const reader = new Reader(functions[number - imports.length]!.body);
    const frames: { loop: boolean; operations: number }[] = [{ loop: false, operations: 0 }];
    let round = 0;
    while (!reader.done) {
      const byte = reader.byte();
      const opcode = byte === 0xfc ? 0xfc00 + reader.number() : byte;
      const frame = frames.at(-1)!;
      frame.operations += opcode > 0xff ? BULK : 1;
      if (opcode === 0x10) {
        const callee = costOf(reader.number());
        frame.operations += callee.once;
        round = Math.max(round, callee.round);
        continue;
      }
      skipImmediates(reader, opcode);
      if (opcode >= BLOCK && opcode <= IF) {
        frames.push({ loop: opcode === LOOP, operations: 0 });
      } else if (opcode === END && frames.length > 1) {
        frames.pop();
        frames.at(-1)!.operations += frame.operations;
        if (frame.loop) round = Math.max(round, frame.operations);
      }
    }
    const cost = { once: frames[0]!.operations, round };
    known.set(number, cost);
    return cost;
  };
  return costOf;
}

/** Each export's cost. */
export function exportCosts(wasm: Uint8Array): Map<string, Cost> {
  const module = readWasm(wasm);
  const costOf = costsOf(module);
  return new Map([...module.exportedFunctions].map(([name, number]) => [name, costOf(number)]));
}

/** The default budget for these capacities: budget_of() of boards/pktsock/start.c. */
export function budgetOf(capacity: (name: string) => number): number {
  const sockets = capacity("NET_PKT_ALLOC_CONNS") === 0 ? capacity("NET_PKT_PREALLOC_CONNS") : 64;
  const instructions = Math.floor(capacity("NET_PKT_HEAP_SIZE") / 8);
  const queues = sockets * capacity("NET_PKT_QUEUE_FRAMES");
  const frames = 128 * capacity("NET_PKT_INTERFACES");
  return 65536 + instructions * instructions + frames * (instructions + (sockets + 2) * queues + 16 * sockets);
}

if (isMain(import.meta.url)) {
  const [path, ...settings] = process.argv.slice(2);
  if (path === undefined) throw new Error("usage: bounds.ts MODULE.wasm [NAME=n]...");
  const given = new Map(settings.map((setting) => setting.split("=", 2) as [string, string]));
  for (const name of given.keys()) {
    if (!options.some((option) => option.name === name)) throw new Error(`There is no option ${name}.`);
  }
  const budget = budgetOf((name) => Number(given.get(name) ?? options.find((option) => option.name === name)!.default));
  const costs = [...exportCosts(readFileSync(path))];
  const longest = (cost: Cost) => cost.once + (cost.round === 0 ? 0 : budget * cost.round);
  console.log(`A call's budget: ${budget} rounds of loops.\n`);
  console.log(`${"export".padEnd(20)}${"operations".padStart(12)}${"a round".padStart(10)}${"at most".padStart(16)}`);
  for (const [name, cost] of costs.sort(([, a], [, b]) => longest(b) - longest(a))) {
    console.log(
      name.padEnd(20) + String(cost.once).padStart(12) + String(cost.round).padStart(10) + String(longest(cost)).padStart(16),
    );
  }
  const most = Math.max(...costs.map(([, cost]) => longest(cost)));
  const seconds = (perOperation: number) => ((most * perOperation) / 50e6).toFixed(1);
  console.log(
    `\nOperations are WebAssembly's; no call reaches this bound, for which each round must be the longest. If an operation takes 4\n` +
      `processor cycles (aot), that is ${seconds(4)} s under the lock at 50 MHz, with 16 (wasm3) ${seconds(16)} s; a smaller config.budget\n` +
      `makes it less. It holds for this module, whatever is in linear memory.`,
  );
}
