// A module that takes over another one's linear memory. A pktsock module defines its memory; under V8 a second instance can only go
// on with the first one's if it imports it.
import { Reader } from "../build/wasm.js";

const SECTION_IMPORT = 2;
const SECTION_MEMORY = 5;
const KIND_MEMORY = 2;

/** A number in LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

/** Returns the module with its memory as an import, port.memory, which is the last one: functions keep their numbers. */
export function importMemory(wasm: Uint8Array): Uint8Array {
  const sections: { id: number; content: Uint8Array }[] = [];
  const reader = new Reader(wasm.subarray(8));
  while (!reader.done) sections.push({ id: reader.byte(), content: reader.take(reader.number()).bytes });
  const limits = sections.find(({ id }) => id === SECTION_MEMORY)?.content.subarray(1) ?? new Uint8Array();
  const named = (name: string): number[] => [name.length, ...Buffer.from(name)];
  const memory = [...named("port"), ...named("memory"), KIND_MEMORY, ...limits];
  const out = [...wasm.subarray(0, 8)];
  for (const { id, content } of sections) {
    if (id === SECTION_IMPORT) {
      const imports = new Reader(content);
      const count = imports.number();
      out.push(...section(id, [...leb(count + 1), ...content.subarray(imports.at), ...memory]));
    } else if (id !== SECTION_MEMORY) {
      out.push(...section(id, [...content]));
    }
  }
  return Uint8Array.from(out);
}
