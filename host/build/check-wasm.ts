// Checks that a release module suits a small chip: `tsx host/build/check-wasm.ts MODULE.wasm`. The interpreter is built
// without floats, 64-bit operations are slow on 32-bit machines, a start function would run before the loader has written
// the configuration, and growing would move the memory while the driver uses it.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isMain } from "./main.js";
import { MalformedError, readWasm } from "./wasm.js";

const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;

type Range = readonly [first: number, last: number];
const floatOpcodes: readonly Range[] = [
  [0x2a, 0x2b], // f32.load, f64.load
  [0x38, 0x39], // f32.store, f64.store
  [0x43, 0x44], // f32.const, f64.const
  [0x5b, 0x66], // comparisons
  [0x8b, 0xa6], // arithmetic
  [0xa8, 0xab], // i32.trunc_f*
  [0xae, 0xbf], // i64.trunc_f*, conversions, reinterpretations
  [0xfc00, 0xfc07], // i32.trunc_sat_f*, i64.trunc_sat_f*
];
const i64Opcodes: readonly Range[] = [
  [0x29, 0x29], // i64.load
  [0x30, 0x35], // i64.load8_s to i64.load32_u
  [0x37, 0x37], // i64.store
  [0x3c, 0x3e], // i64.store8 to i64.store32
  [0x42, 0x42], // i64.const
  [0x50, 0x5a], // comparisons
  [0x79, 0x8a], // arithmetic
  [0xa7, 0xa7], // i32.wrap_i64
  [0xac, 0xad], // i64.extend_i32_*
  [0xc2, 0xc4], // i64.extend*_s
];

const within = (ranges: readonly Range[], value: number) => ranges.some(([a, z]) => value >= a && value <= z);
const hex = (opcodes: number[]) => opcodes.map((opcode) => `0x${opcode.toString(16)}`).join(", ");

/** Returns a user-readable message for each fault of a module. */
export function checkWasm(bytes: Uint8Array): string[] {
  let module;
  try {
    module = readWasm(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return [`It is not a WebAssembly module: ${error.message}.`];
    throw error;
  }

  const faults: string[] = [];
  for (const { module: from, name } of module.imports) {
    if (from !== "port") faults.push(`It imports ${from}.${name}; only imports from "port" are allowed.`);
  }
  if (module.hasStart) {
    faults.push("It has a start function: some top-level variable has an initialiser that is not constant.");
  }
  if (module.hasTable) faults.push("It has a table of functions.");
  const { memory } = module;
  if (memory === undefined) {
    faults.push("It has no memory of its own.");
  } else if (memory.initial !== memory.max) {
    const max = memory.max === undefined ? "without limit" : `to ${memory.max} pages`;
    faults.push(`Its memory can grow from ${memory.initial} pages ${max}; initial and maximum must be the same.`);
  }
  if (module.globalTypes.some((type) => type === F32 || type === F64)) faults.push("It has a global of a float type.");
  if (module.globalTypes.includes(I64)) faults.push("It has a global of type i64.");
  for (const { name, opcodes, types } of module.functions) {
    const floats = [...opcodes].filter((opcode) => within(floatOpcodes, opcode));
    const longs = [...opcodes].filter((opcode) => within(i64Opcodes, opcode));
    if (floats.length > 0) faults.push(`${name} computes with floats (opcodes ${hex(floats)}).`);
    else if (types.has(F32) || types.has(F64)) faults.push(`${name} has a parameter, result or local of a float type.`);
    if (longs.length > 0) faults.push(`${name} computes with i64 (opcodes ${hex(longs)}).`);
    else if (types.has(I64)) faults.push(`${name} has a parameter, result or local of type i64.`);
  }
  return faults;
}

if (isMain(import.meta.url)) {
  const [input] = process.argv.slice(2);
  if (input === undefined) {
    console.error("check-wasm: name the module: tsx host/build/check-wasm.ts MODULE.wasm");
    process.exit(2);
  }
  try {
    const faults = checkWasm(readFileSync(input));
    for (const fault of faults) console.error(`${basename(input)}: ${fault}`);
    if (faults.length > 0) process.exit(1);
  } catch (error) {
    console.error(`check-wasm: ${(error as Error).message}`);
    process.exit(1);
  }
}
