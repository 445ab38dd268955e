// Converts the module to C, for firmware images: `tsx host/build/embed.ts IN.wasm OUT.c`.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isMain } from "./main.js";

const bytesPerLine = 20;

/** Returns C source that defines `pktsock_wasm` (4-aligned) and `pktsock_wasm_size`. Its first line names `source`. */
export function embed(wasm: Uint8Array, source: string): string {
  if (wasm.length < 8 || Buffer.from(wasm.subarray(0, 4)).toString("latin1") !== "\0asm") {
    throw new Error(`${source} is not a WebAssembly module: it does not start with "\\0asm".`);
  }
  const lines: string[] = [];
  for (let at = 0; at < wasm.length; at += bytesPerLine) {
    lines.push(`  ${Array.from(wasm.subarray(at, at + bytesPerLine)).join(",")},`);
  }
  return [
    `/* Generated from ${source} by host/build/embed.ts; do not edit. */`,
    `extern const unsigned char pktsock_wasm[];`,
    `extern const unsigned int pktsock_wasm_size;`,
    `const unsigned char pktsock_wasm[] __attribute__((aligned(4))) = {`,
    ...lines,
    `};`,
    `const unsigned int pktsock_wasm_size = sizeof(pktsock_wasm);`,
    ``,
  ].join("\n");
}

if (isMain(import.meta.url)) {
  const [input, output] = process.argv.slice(2);
  if (input === undefined || output === undefined) {
    console.error("embed: name the module and the C file: tsx host/build/embed.ts IN.wasm OUT.c");
    process.exit(2);
  }
  try {
    const source = embed(readFileSync(input), basename(input));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(`${output}.new`, source);
    renameSync(`${output}.new`, output); // a reader never sees half a file
  } catch (error) {
    console.error(`embed: ${(error as Error).message}`);
    process.exit(1);
  }
}
