// What an application must not do: checks the module that it was compiled into. What is true of every module is checked by
// check-wasm.ts; this adds what an application is tempted to do.
import { checkWasm } from "./check-wasm.js";
import { Reader, readWasm, skipImmediates, type WasmModule } from "./wasm.js";

const CALL = 0x10;
const CALL_INDIRECT = 0x11;
const MEMORY_GROW = 0x40;

/** The functions that each function calls, by their numbers. */
function callsOf({ imports, functions }: WasmModule): Map<number, number[]> {
  return new Map(
    functions.map(({ body }, i) => {
      const reader = new Reader(body);
      const calls: number[] = [];
      while (!reader.done) {
        const byte = reader.byte();
        const opcode = byte === 0xfc ? 0xfc00 + reader.number() : byte;
        if (opcode === CALL) calls.push(reader.number());
        else skipImmediates(reader, opcode);
      }
      return [imports.length + i, calls];
    }),
  );
}

/** The names of functions that call themselves, directly or through others. */
function recursive(module: WasmModule): string[] {
  const calls = callsOf(module);
  const reaches = (start: number): boolean => {
    const seen = new Set<number>();
    const next = [...(calls.get(start) ?? [])];
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      if (at === start) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      next.push(...(calls.get(at) ?? []));
    }
    return false;
  };
  return [...calls.keys()].filter(reaches).map((number) => module.functions[number - module.imports.length]!.name);
}

/** Returns a user-readable message for each fault of a module with an application. */
export function checkApp(wasm: Uint8Array): string[] {
  const module = readWasm(wasm);
  const faults: string[] = [];
  const allocates = module.functions.some(({ opcodes }) => opcodes.has(MEMORY_GROW));
  if (allocates) {
    faults.push("It allocates memory (new, an array, a string or a closure), and linear memory never grows: keep what it needs in fields of its class.");
  }
  if (module.hasData && !allocates) {
    faults.push("It has constant data (a string or an array), which the next version could not replace: write the numbers into the frame.");
  }
  if (module.constants.includes(undefined)) {
    faults.push("It has a variable outside its class, which would not survive a swap: make it a field of the class, or a const.");
  }
  if (module.functions.some(({ opcodes }) => opcodes.has(CALL_INDIRECT))) {
    faults.push("It calls a function through a variable: call it by its name.");
  }
  for (const name of recursive(module)) faults.push(`${name} calls itself, and the stack is small: write a loop.`);
  // What these say of its memory has been said.
  return faults.length > 0 ? faults : checkWasm(wasm);
}
