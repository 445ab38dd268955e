// The answers of an engine of the host to a list of calls, as the programs of test/aot print them.
import { type EngineName, load, TrapError } from "../../host/engine/engine.js";
import type { ExportName } from "../../host/engine/exports.js";

export type Call = readonly [name: ExportName, ...args: number[]];

/** FNV-1a, eight hexadecimal digits. */
export function hashOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** For each call its result and a hash of linear memory, or the trap's sentence, after which the module is loaded afresh. */
export function answersOf(engine: EngineName, wasm: Uint8Array, memorySize: number, calls: readonly Call[]): string[] {
  const buffer = new Uint8Array(65536);
  let loaded = load(wasm, { engine, memorySize });
  return calls.map(([name, ...args]) => {
    try {
      const result = loaded.call(name, args, buffer.fill(0));
      return `${result} ${hashOf(loaded.memory)}`;
    } catch (error) {
      if (!(error instanceof TrapError)) throw error;
      loaded = load(wasm, { engine, memorySize });
      return `[trap] ${error.reason}`;
    }
  });
}
