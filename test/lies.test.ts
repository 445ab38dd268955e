// A module that lies (test/lies), in a short form: `make lies` runs the long one. LIES_SEED=... does a run again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { Qemu } from "../host/net/qemu.js";
import { missingFor } from "./conformance/board.js";
import { buildImage, type EngineName } from "./support/engines.js";
import { fake } from "./support/fake.js";
import { runCompiled } from "./lies/compiled.js";

const seed = process.env.LIES_SEED ?? String(1 + (Date.now() % 0x7ffffffe));

function lies(engine: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
  const { stdout, stderr, status } = spawnSync(`build/fuzz/lies-${engine}`, args, {
    encoding: "latin1",
    env: { ...process.env, ...environment },
  });
  return status === 0 ? stdout : `${stdout}${stderr}\nstatus ${status}`;
}

describe(`lies of the module (LIES_SEED=${seed})`, function () {
  this.timeout(0);

  before("build them", function () {
    if (spawnSync("sh", ["-c", "command -v clang"]).status !== 0) {
      console.log("    skipped: it needs the Debian packages clang and libclang-rt-14-dev");
      this.skip();
    }
    const { status, stderr } = spawnSync("make", ["-s", "lies-build"], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const made = spawnSync("npx", [
      "tsx",
      "test/lies/mutants.ts",
      "build/pktsock.wasm",
      "build/fuzz/mutants.short",
      "200",
      seed,
    ]);
    assert.equal(made.status, 0, String(made.stderr));
  });

  const runs = [
    ["aot", "words", "4000"],
    ["aot", "results", "500"],
    ["aot", "flips", "2000"],
    ["wasm3", "words", "800"],
    ["wasm3", "results", "300"],
    ["wasm3", "flips", "800"],
    ["wasm3", "modules", "build/fuzz/mutants.short"],
    ["aot-guarded", "words", "800"],
    ["aot-guarded", "flips", "800"],
    ["wasm3-tuned", "words", "400"],
    ["wasm3-tuned", "flips", "400"],
    ["wasm3-tuned", "modules", "build/fuzz/mutants.short"],
  ] as const;
  for (const [engine, what, count] of runs) {
    it(`${what} on ${engine}: each call ends, and nothing else is touched`, () => {
      const output = lies(engine, [what, count, seed]);
      assert.match(output, /, no finding$/m, output.slice(-4000));
      if (what !== "modules") assert.doesNotMatch(output, / 0 traps/);
    });
  }

  it("mutants on aot: each call ends, and nothing else is touched", () => {
    assert.equal(runCompiled(5, Number(seed)).mutants, 5);
  });

  it("a bound that is wrong is found", () => {
    const output = lies("aot", ["results", "0", seed], { LIES_BREAK: "1" });
    assert.match(output, /FINDING|AddressSanitizer/);
    assert.match(output, /result of export/);
  });
});

describe("lies of the module on a board", function () {
  this.timeout(240_000);
  const board = "qemu-mps2-an385";

  /** What the board's console says until `end`. */
  async function outputOf(app: string, engine: EngineName, end: RegExp): Promise<string> {
    const qemu = await Qemu.boot({ board, image: buildImage(board, app, engine) });
    try {
      await qemu.waitFor(end);
      return qemu.output;
    } finally {
      await qemu.stop();
    }
  }

  before(function () {
    if (missingFor({ kind: "board", board, engine: "aot", suffix: "", settings: [] }) !== undefined) this.skip();
  });

  for (const engine of ["aot", "aot-guarded", "wasm3", "wasm3-tuned"] as const) {
    it(`each call ends, without a fault: ${engine}`, async () => {
      const output = await outputOf("test/lies/board.c", engine, /lies: .*\n/);
      const [, traps, failed] = /lies: end: 300 runs, (\d+) traps, (\d+) calls failed/.exec(output)!;
      assert.ok(Number(traps) > 10 && Number(failed) > 50, output);
    });
  }

  for (const engine of ["wasm3", "wasm3-tuned"] as const) {
    it(`a module that calls itself for ever traps: ${engine}`, async () => {
      const bytes = await fake({ init: `export function init(): i32 { return init() + 1; }` });
      mkdirSync("build/lies", { recursive: true });
      writeFileSync(
        "build/lies/recursive_module.h",
        `static const unsigned char recursive_module[] = {${[...bytes].join()}};\n`,
      );
      const output = await outputOf("test/lies/recursion.c", engine, /recursion: end/);
      assert.equal(output.match(/start: -1, \[trap\] stack overflow/g)?.length, 3, output);
    });
  }
});
