import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkWasm } from "../host/build/check-wasm.js";
import { compile } from "./support/asc.js";

const fixed = ["--maximumMemory", "1"];
const good = `
  import { give } from "./port";
  let count: u32 = 0;
  export function sum(from: u32, bytes: u32): u32 {
    let total: u32 = 0;
    for (let i: u32 = 0; i < bytes; i++) total += load<u8>(from + i);
    memory.copy(from + bytes, from, bytes);
    memory.fill(from, 0, bytes);
    switch (total % 5) {
      case 0: give(from, bytes); break;
      case 1: total = clz(total); break;
      case 2: total = total / bytes; break;
      case 3: total = <u32><i8>total; break;
      default: ++count;
    }
    return total;
  }`;
const port = `export declare function give(offset: usize, len: u32): void;`;

describe("check-wasm: what a release module must not contain", function () {
  this.timeout(240_000);

  it("passes a module with only the port's imports and 32-bit integers", async () => {
    assert.deepEqual(checkWasm(await compile({ "index.ts": good, "port.ts": port }, ...fixed)), []);
  });

  it("reports imports of other modules", async () => {
    const other = `import { now } from "./clock"; export function f(): i32 { return now(); }`;
    const wasm = await compile({ "index.ts": other, "clock.ts": "export declare function now(): i32;" }, ...fixed);
    assert.deepEqual(checkWasm(wasm), [`It imports clock.now; only imports from "port" are allowed.`]);
  });

  it("reports a start function", async () => {
    const source = `export let n = 1; function g(): i32 { return n++ + load<i32>(8); } export const start: i32 = g();`;
    assert.match(checkWasm(await compile({ "index.ts": source }, ...fixed)).join(), /^It has a start function:/);
  });

  it("reports memory that can grow", async () => {
    const source = `export function f(): void {}`;
    const limited = await compile({ "index.ts": source }, "--maximumMemory", "3");
    assert.match(checkWasm(limited).join(), /can grow from 1 pages to 3 pages/);
    assert.match(checkWasm(await compile({ "index.ts": source })).join(), /can grow from 1 pages without limit/);
  });

  for (const [what, source, expected] of [
    ["float arithmetic", `export function f(a: i32): i32 { return <i32>(<f32>a * 1.5); }`, /^f computes with floats/],
    [
      "a float load and store",
      `export function f(): void { store<f64>(8, load<f64>(16)); }`,
      /^f computes with floats/,
    ],
    ["a float parameter", `export function f(a: f32): void {}`, /^f has a parameter, result or local of a float type/],
    ["a float global", `export let g: f64 = 1; export function f(): void {}`, /^It has a global of a float type/],
    ["i64 arithmetic", `export function f(a: i32): i32 { return <i32>((<i64>a * a) >> 8); }`, /^f computes with i64/],
    ["i64 copies", `export function f(): void { store<u64>(8, load<u64>(16)); }`, /opcodes 0x29, 0x37/],
    ["an i64 parameter", `export function f(a: u64): void {}`, /^f has a parameter, result or local of type i64/],
    [
      "a table of functions",
      `function g(a: u32): u32 { return a; } export let h: (a: u32) => u32 = g; export function f(): u32 { return h(1); }`,
      /^It has a table of functions/,
    ],
    ["an i64 global", `export let g: u64 = 1; export function f(): void {}`, /^It has a global of type i64/],
  ] as const) {
    it(`reports ${what}`, async () => {
      assert.match(checkWasm(await compile({ "index.ts": source }, ...fixed)).join("\n"), expected);
    });
  }

  it("is not deceived by immediates that look like opcodes", async () => {
    // 0x43, 0x44 and 0x29 as constants, offsets and local numbers
    const source = `export function f(p: usize): u32 { return load<u32>(p, 0x43) + load<u32>(p, 0x29) + 0x44; }`;
    assert.deepEqual(checkWasm(await compile({ "index.ts": source }, ...fixed)), []);
  });

  it("reports each cut of a module as malformed or survives it", async () => {
    const wasm = await compile({ "index.ts": good, "port.ts": port }, ...fixed);
    for (let length = 0; length < wasm.length; length++) {
      for (const fault of checkWasm(wasm.subarray(0, length))) assert.match(fault, /^It .*\.$/);
    }
    assert.match(checkWasm(wasm.subarray(0, wasm.length - 3)).join(), /^It is not a WebAssembly module: .*longer/);
    assert.match(checkWasm(Buffer.from("hello, world")).join(), /^It is not a WebAssembly module: it does not start/);
  });

  it("fails the build: exit status 1 and the file's name", async () => {
    const dir = mkdtempSync(join(tmpdir(), "pktsock-check-"));
    try {
      writeFileSync(join(dir, "f.wasm"), await compile({ "index.ts": `export function f(a: f32): void {}` }, ...fixed));
      const script = ["--import=tsx", "host/build/check-wasm.ts"];
      const bad = spawnSync(process.execPath, [...script, join(dir, "f.wasm")], { encoding: "utf8" });
      assert.equal(bad.status, 1);
      assert.match(bad.stderr, /^f\.wasm: f has a parameter/);
      assert.equal(spawnSync(process.execPath, script).status, 2);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
