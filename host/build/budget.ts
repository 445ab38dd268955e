// How long a call into the module can last, whatever is in linear memory: until its budget is used up.
//
// Between two rounds of loops that the engine counts, control only goes forward: it executes each instruction of a function at
// most once, and what that calls. So a call costs its export's instructions, each once, and for each round of its budget the
// instructions of the longest loop that it can reach, with all that this loop calls.
import { BLOCK, END, IF, LOOP } from "./aot-opcodes.js";
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
