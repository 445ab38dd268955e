import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileModule } from "../host/build/aot.js";
import { type Bounds, LEAST, SLACK, UnsupportedError } from "../host/build/aot-function.js";
import { exportArguments, type ExportName } from "../host/engine/exports.js";
import { Qemu } from "../host/net/qemu.js";
import { Random } from "../host/net/random.js";
import { missingFor } from "./conformance/board.js";
import { answersOf, type Call } from "./support/answers.js";
import { compile } from "./support/asc.js";
import { buildImage } from "./support/engines.js";
import { fake } from "./support/fake.js";
import { generateModule, interesting } from "./support/generate.js";
import { moduleBytes } from "./support/module.js";

const outOfBounds = "[trap] out of bounds memory access";
const names = Object.keys(exportArguments) as ExportName[];
/** What a firmware with the default capacities needs, which a build with static memory knows. */
let memorySize = 0;
/** How many random modules are compared; AOT_MODULES of the environment asks for more. */
const modules = Number(process.env.AOT_MODULES ?? 8);

const folder = mkdtempSync(join(tmpdir(), "pktsock-aot-"));

function readMemorySize(): number {
  const source = `#include <pktsock/memory.h>
    #include <stdio.h>
    int main(void) { printf("%zu", PKTSOCK_MEMORY_SIZE - PKTSOCK_MEMORY_HEADER - PKTSOCK_MEMORY_SLACK); }`;
  const program = join(folder, "size");
  execFileSync("cc", ["-Ibuild/gen", "-Iboards/include", "-xc", "-", "-o", program], { input: source });
  return Number(execFileSync(program, { encoding: "utf8" }));
}

/** Builds test/aot/calls.c with the module compiled ahead of time, for memory from malloc() or static memory. */
function build(wasm: Uint8Array, bounds: Bounds, memory: "malloc" | "static" = "malloc"): string {
  writeFileSync(join(folder, "pktsock_aot.h"), compileModule(wasm, bounds, "a test"));
  const flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"];
  const includes = [`-I${folder}`, "-Ibuild/gen", "-Iboards/include"];
  if (bounds === "guarded") includes.push(`-DPKTSOCK_MEMORY_SLACK=${SLACK}`);
  if (memory === "static") includes.push("-DPKTSOCK_STATIC_MEMORY");
  const image = join(folder, "calls");
  const sources = ["test/aot/calls.c", "boards/engine/aot.c"];
  execFileSync("cc", [...flags, "-fno-sanitize-recover=undefined", ...includes, ...sources, "-o", image]);
  return image;
}

/** `afresh`: the calls after which the module is loaded anew; after a trap it is anyway. */
function run(image: string, calls: readonly Call[], args: readonly string[], afresh?: readonly boolean[]): string[] {
  const input = calls.map(([name, a = 0, b = 0, c = 0, d = 0], i) => {
    const numbers = [a, b, c, d].map((argument) => argument >>> 0);
    return [names.indexOf(name), ...numbers, afresh?.[i] === true ? 1 : 0].join(" ");
  });
  return execFileSync(image, args, { input: `${input.join("\n")}\n`, encoding: "utf8" })
    .trimEnd()
    .split("\n");
}

const ahead = (wasm: Uint8Array, bounds: Bounds, calls: readonly Call[], memory?: "static"): string[] =>
  run(build(wasm, bounds, memory), calls, [String(memorySize)]);

const interpreted = (wasm: Uint8Array, calls: readonly Call[]): string[] => answersOf("wasm3", wasm, memorySize, calls);

describe("aot: the module as C", function () {
  this.timeout(240_000);
  before(() => (memorySize = readMemorySize()));
  after(() => rmSync(folder, { recursive: true }));

  it("traps where wasm3 does, and says the same", async () => {
    const wasm = await fake({
      openSocket: `export function openSocket(a: u32, b: u32): i32 { store<u32>(a, b, 8); return load<i32>(a, 8); }`,
      closeSocket: `export function closeSocket(a: u32): i32 { return load<i32>(a); }`,
      socketName: `export function socketName(a: u32): i32 { return load<i32>(a, 188) + load<u8>(a); }`,
      openStack: `export function openStack(a: u32): i32 { return load<u16>(a, 4000); }`,
      bytesReadable: `export function bytesReadable(a: u32): i32 { return load<i8>(a) + load<i16>(a, 1); }`,
      ifaceIndex: `export function ifaceIndex(): i32 { unreachable(); return 0; }`,
      addIface: `export function addIface(a: i32, b: i32): i32 { return a / b; }`,
      bindSocket: `export function bindSocket(a: i32, b: i32): i32 { return a % b; }`,
      receive: `export function receive(a: u32, b: u32): i32 { return a / b; }`,
      release: `export function release(a: u32, b: u32): i32 { return a % b; }`,
      send: `export function send(a: u32, b: u32): i32 { take(a, b); give(a, b); return 0; }`,
      submit: `export function submit(a: u32, b: u32, c: u32): i32 { memory.copy(a, b, c); return 0; }`,
      sendTo: `export function sendTo(a: u32, b: u32, c: u32): i32 { memory.fill(a, <u8>b, c); return 0; }`,
    });
    const addresses = [0, 16000, ...Array.from({ length: 16 }, (_, i) => memorySize + 1 - i), 0x80000000, -1, -4, -8];
    const divisions = ["addIface", "bindSocket", "receive", "release"] as const;
    const calls: Call[] = [
      ["ifaceIndex"],
      ...addresses.flatMap((at): Call[] => [
        ["openSocket", at, 0x12345678],
        ["closeSocket", at],
        ["socketName", at],
        ["socketName", at - 188],
        ["openStack", at],
        ["openStack", at - 4000],
        ["bytesReadable", at],
        ["send", at, 4],
        ["send", at, 0],
        ["submit", at, 100, 5],
        ["submit", 100, at, 5],
        ["submit", at, 0, 0],
        ["sendTo", at, 7, 3],
        ["sendTo", at, 7, 0],
      ]),
      ...divisions.flatMap((name): Call[] => [
        [name, -7, 2],
        [name, -7, 0],
        [name, 0x80000000, -1],
      ]),
    ];
    const expected = interpreted(wasm, calls);
    assert.deepEqual(new Set(expected.filter((answer) => answer.startsWith("["))).size, 4);
    assert.deepEqual(ahead(wasm, "exact", calls), expected);
    assert.deepEqual(ahead(wasm, "exact", calls, "static"), expected);
  });

  it("guarded: an access whose base lies outside traps; one that leads into the slack does not", async () => {
    const wasm = await fake({
      socketName: `export function socketName(a: u32): i32 { store<u8>(a, 1, 255); return load<u8>(a, 255); }`,
    });
    const calls: Call[] = [
      ["socketName", memorySize - 256],
      ["socketName", memorySize - 1],
      ["socketName", memorySize],
      ["socketName", -100],
    ];
    const traps = (answers: readonly string[]) => answers.map((answer) => answer === outOfBounds);
    assert.deepEqual(traps(ahead(wasm, "guarded", calls)), [false, false, true, true]);
    assert.deepEqual(traps(ahead(wasm, "guarded", calls, "static")), [false, false, true, true]);
    assert.deepEqual(traps(ahead(wasm, "exact", calls)), [false, true, true, true]);
  });

  for (let seed = 1; seed <= modules; seed++) {
    it(`computes what wasm3 does: random module ${seed}`, () => {
      const random = new Random(seed);
      const wasm = generateModule(random, memorySize);
      const calls = Array.from({ length: 600 }, (): Call => {
        const name = names[random.below(names.length)]!;
        return [name, ...Array.from({ length: exportArguments[name] }, () => interesting(random, memorySize))];
      });
      const expected = interpreted(wasm, calls);
      assert.deepEqual(expected.filter((answer) => !answer.startsWith("[")).length > 60, true);
      assert.deepEqual(ahead(wasm, "exact", calls), expected);
      assert.deepEqual(ahead(wasm, "exact", calls, "static"), expected);
      // Guarded, a call that leaves linear memory may go on in the slack, behind which the sanitizer watches: its answer is
      // not defined, and the next call needs a new instance. All other answers are those of wasm3.
      const undefinedFor = expected.map((answer) => answer === outOfBounds);
      const guarded = run(build(wasm, "guarded"), calls, [String(memorySize)], undefinedFor);
      assert.equal(guarded.length, expected.length);
      const defined = (answers: readonly string[]) => answers.filter((_, i) => !undefinedFor[i]);
      assert.deepEqual(defined(guarded), defined(expected));
    });
  }

  it("guarded: the slack is as long as accesses reach, also behind a base that is checked no more", async () => {
    const wasm = await fake({
      openSocket: `export function openSocket(a: u32, b: u32): i32 { return load<i32>(a) + load<i32>(a, 180); }`,
      closeSocket: `export function closeSocket(a: u32): i32 { return load<i32>(a) + load<i32>(a + 100, 100); }`,
    });
    assert.match(compileModule(wasm, "guarded", "a test"), /^#define AOT_REACH 204u$/m);
    const bases = Array.from({ length: 64 }, (_, i) => memorySize - 4 + i);
    const calls = bases.flatMap((a): Call[] => [
      ["openSocket", a, 0],
      ["closeSocket", a],
    ]);
    const answers = ahead(wasm, "guarded", calls, "static"); // the sanitizer knows where the slack ends
    assert.equal(answers.length, calls.length);
    assert.match(answers.at(-1)!, /out of bounds/);
  });

  it("is loaded for its own module only, with the memory that it needs", () => {
    const wasm = moduleBytes();
    const image = build(wasm, "exact");
    const other = Buffer.from(wasm);
    other[other.length - 1]! ^= 1;
    const answer = (bytes: Uint8Array, size = memorySize): string => {
      writeFileSync(join(folder, "module"), bytes);
      return run(image, [["bytesUnsent", 4000]], [String(size), join(folder, "module")])[0]!;
    };
    assert.match(answer(wasm), /^-?\d+ [0-9a-f]{8}$/);
    assert.match(run(image, [["bytesUnsent", 4000]], [String(memorySize)])[0]!, /^-?\d+ [0-9a-f]{8}$/);
    for (const bytes of [other, wasm.subarray(1), Buffer.alloc(0), Buffer.alloc(54)]) {
      assert.equal(answer(bytes), "this firmware runs the module that it was compiled with, and no other");
    }
    assert.match(answer(wasm, LEAST), /^\[trap\]|^-?\d+ /);
    assert.match(answer(wasm, LEAST - 1), /^less linear memory than/);
  });

  it("guarded: an access that reaches further than the slack is checked to its end", async () => {
    const wasm = await fake({
      socketName: `export function socketName(a: u32): i32 { store<u8>(a, 1, 3); return load<u8>(a, 256) + load<u8>(a, 999); }`,
    });
    const calls: Call[] = [1000, 999, 257, 1, 0, -100].map((left) => ["socketName", memorySize - left]);
    const expected = interpreted(wasm, calls);
    assert.deepEqual(
      expected.map((answer) => answer === outOfBounds),
      [false, true, true, true, true, true],
    );
    assert.deepEqual(ahead(wasm, "guarded", calls), expected);
  });

  it("that knows its memory is loaded into all of that only", () => {
    const image = build(moduleBytes(), "exact", "static");
    const answer = (size: number): string => run(image, [["bytesUnsent", 4000]], [String(size)])[0]!;
    assert.match(answer(memorySize), /^-?\d+ [0-9a-f]{8}$/);
    assert.match(answer(memorySize - 1), /^config\.memory is not all of pktsock_linear_memory/);
  });

  it("guarded, does not compile without the bytes behind linear memory", () => {
    writeFileSync(join(folder, "pktsock_aot.h"), compileModule(moduleBytes(), "guarded", "a test"));
    const command = [`-I${folder}`, "-Ibuild/gen", "-Iboards/include", "-fsyntax-only", "boards/engine/aot.c"];
    assert.throws(() => execFileSync("cc", command, { stdio: "pipe" }), /PKTSOCK_MEMORY_SLACK=256/);
    execFileSync("cc", [...command, `-DPKTSOCK_MEMORY_SLACK=${SLACK}`]);
  });

  it("refuses what it cannot compile, with a sentence", async () => {
    const refuse = (wasm: Uint8Array, message: RegExp, bounds: Bounds = "exact") =>
      assert.throws(
        () => compileModule(wasm, bounds, "a test"),
        (error) => error instanceof UnsupportedError && message.test(error.message),
      );
    const recursive = `export function socketName(a: u32): i32 { return a ? socketName(a - 1) + 1 : 0; }`;
    refuse(await fake({ socketName: recursive }), /^socketName may call itself: the call depth is not bounded\.$/);
    refuse(await fake({ init: `let n = 0; export function init(): i32 { return ++n; }` }), /a global that may change/);
    refuse(await fake({ init: `export function init(): i32 { return <i32>memory.data<u8>([1]); }` }), /bytes that/);
    refuse(await fake({}, ""), /exports no PKTSOCK_ABI/);
    refuse(await compile({ "index.ts": "export function f(a: f32): f32 { return a; }" }), /float type/);
    const plain = { "index.ts": "export function f(): i32 { return 1; }" };
    refuse(await compile(plain, "--maximumMemory", "1", "--exportTable"), /^It has a table of functions\.$/);
    assert.throws(() => compileModule(Buffer.from("garbage"), "exact", "a test"));
  });
});

describe("aot: traps on a board", function () {
  this.timeout(240_000);

  for (const board of ["qemu-lm3s6965evb", "qemu-xtensa"]) {
    for (const engine of ["wasm3", "wasm3-tuned", "aot", "aot-guarded"] as const) {
      if (engine === "wasm3-tuned" && board === "qemu-xtensa") continue; // gcc makes no tail calls there
      it(`end the call, and nothing else: ${engine} on ${board}`, async function () {
        if (missingFor({ kind: "board", board, engine, suffix: "", settings: [] }) !== undefined) this.skip();
        const image = buildImage(board, "test/aot/trap.c", engine);
        const qemu = await Qemu.boot({ board, image });
        try {
          await qemu.waitFor("trap: end");
          assert.deepEqual(
            [...qemu.output.matchAll(/trap (\d+) (.*)/g)].map(([, number, what]) => [number, what]),
            Array.from({ length: 12 }, (_, i) => [String(i), "was told"]),
          );
        } finally {
          await qemu.stop();
        }
      });
    }
  }
});
