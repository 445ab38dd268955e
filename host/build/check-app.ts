// What an application must not do: checks the module that it was compiled into. What is true of every module is checked by
// check-wasm.ts; this adds what an application is tempted to do.
import { BLOCK, ELSE, END, IF, LOOP } from "./aot-opcodes.js";
import { checkWasm } from "./check-wasm.js";
import { Reader, readWasm, skipImmediates, type WasmModule } from "./wasm.js";

const UNREACHABLE = 0x00;
const BR = 0x0c;
const BR_IF = 0x0d;
const BR_TABLE = 0x0e;
const RETURN = 0x0f;
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

/** A block of a function, while it is read. */
interface Block {
  readonly opcode: number;
  readonly at: number;
  /** A path leads into it. */
  readonly isEntered: boolean;
  /** A path leads to where it is read. */
  isReached: boolean;
  /** A path jumps out: of a loop to anywhere, of another block to its end. */
  isLeft: boolean;
}

/**
 * The offsets in the module of loops that no path leaves, whatever the program computes; a trap is no way out. A condition that
 * never comes true is not found: the budget of a call ends such a loop.
 */
function endlessLoops(wasm: Uint8Array, { functions }: WasmModule): number[] {
  return functions.flatMap(({ body }) => {
    const base = body.byteOffset - wasm.byteOffset;
    const reader = new Reader(body);
    const endless: number[] = [];
    const begin = (opcode: number, at: number, isEntered: boolean): Block => {
      return { opcode, at, isEntered, isReached: isEntered, isLeft: false };
    };
    const blocks = [begin(BLOCK, base, true)];
    const here = (): Block => blocks.at(-1)!;
    const branch = (depth: number): void => {
      const target = blocks.length - 1 - depth;
      if (!here().isReached) return;
      for (const block of blocks.slice(target + 1)) if (block.opcode === LOOP) block.isLeft = true;
      if (blocks[target]!.opcode !== LOOP) blocks[target]!.isLeft = true;
    };
    while (!reader.done) {
      const at = base + reader.at;
      const byte = reader.byte();
      const opcode = byte === 0xfc ? 0xfc00 + reader.number() : byte;
      if (opcode === BR || opcode === BR_IF) branch(reader.number());
      else if (opcode === BR_TABLE) for (let left = reader.number(); left >= 0; left--) branch(reader.number());
      else skipImmediates(reader, opcode);
      if (opcode === RETURN) branch(blocks.length - 1);
      if ([UNREACHABLE, BR, BR_TABLE, RETURN].includes(opcode)) here().isReached = false;
      if (opcode >= BLOCK && opcode <= IF) blocks.push(begin(opcode, at, here().isReached));
      if (opcode === ELSE) {
        const { isEntered, isReached, isLeft } = blocks.pop()!;
        blocks.push({ ...begin(ELSE, at, isEntered), isLeft: isLeft || isReached });
      }
      if (opcode === END && blocks.length > 1) {
        const { opcode: kind, at: from, isEntered, isReached, isLeft } = blocks.pop()!;
        if (kind === LOOP && isEntered && !isReached && !isLeft) endless.push(from);
        here().isReached = isReached || (kind === IF ? isEntered : kind !== LOOP && isLeft);
      }
    }
    return endless;
  });
}

/**
 * Returns a user-readable message for each fault of a module with an application. `placeOf` returns the file and line of an offset in
 * the module.
 */
export function checkApp(wasm: Uint8Array, placeOf: (offset: number) => string | undefined = () => undefined): string[] {
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
  for (const at of endlessLoops(wasm, module)) {
    faults.push(`${placeOf(at) ?? "It"} has a loop that nothing ends, and all else waits for it: leave it with a condition, break or return.`);
  }
  for (const name of recursive(module)) faults.push(`${name} calls itself, and the stack is small: write a loop.`);
  // What these say of its memory has been said.
  return faults.length > 0 ? faults : checkWasm(wasm);
}
