// Modules that are nearly ours: `tsx test/lies/mutants.ts IN.wasm OUT COUNT SEED` writes mutants of the module's functions that
// are valid, each as a u32 length and its bytes. A mutant has 1 to 4 bytes of code changed.
import { readFileSync, writeFileSync } from "node:fs";
import { isMain } from "../../host/build/main.js";

/** Numbers from 0 to below `limit`, the same for the same seed. */
function numbers(seed: number): (limit: number) => number {
  let state = seed | 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Where the contents of the code section start and end. */
function codeSection(wasm: Uint8Array): readonly [number, number] {
  let at = 8;
  while (at < wasm.length) {
    const id = wasm[at++]!;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++]!;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (id === 10) return [at, at + size];
    at += size;
  }
  throw new Error("The module has no code.");
}

export function* mutants(wasm: Uint8Array, count: number, seed: number): Generator<Uint8Array> {
  const next = numbers(seed);
  const [start, end] = codeSection(wasm);
  for (let made = 0; made < count;) {
    const mutant = new Uint8Array(wasm);
    for (let changes = 1 + next(4); changes > 0; changes--) {
      const at = start + next(end - start);
      mutant[at] = next(3) === 0 ? next(256) : mutant[at]! ^ (1 << next(8));
    }
    if (Buffer.compare(mutant, wasm) === 0 || !WebAssembly.validate(mutant as BufferSource)) continue;
    made++;
    yield mutant;
  }
}

if (isMain(import.meta.url)) {
  const [input, output, count, seed] = process.argv.slice(2);
  if (input === undefined || output === undefined) throw new Error("usage: mutants.ts IN.wasm OUT COUNT SEED");
  const parts: Uint8Array[] = [];
  for (const mutant of mutants(readFileSync(input), Number(count), Number(seed))) {
    parts.push(new Uint8Array(new Uint32Array([mutant.length]).buffer), mutant);
  }
  writeFileSync(output, Buffer.concat(parts));
}
