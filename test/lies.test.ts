// A module that lies (test/lies), in a short form: `make lies` runs the long one. LIES_SEED=... does a run again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

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
    const made = spawnSync("npx", ["tsx", "test/lies/mutants.ts", "build/pktsock.wasm", "build/fuzz/mutants.short", "200", seed]);
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
  ] as const;
  for (const [engine, what, count] of runs) {
    it(`${what} on ${engine}: each call ends, and nothing else is touched`, () => {
      const output = lies(engine, [what, count, seed]);
      assert.match(output, /, no finding$/m, output.slice(-4000));
      if (what !== "modules") assert.doesNotMatch(output, / 0 traps/);
    });
  }

  it("a bound that is wrong is found", () => {
    const output = lies("aot", ["results", "0", seed], { LIES_BREAK: "1" });
    assert.match(output, /FINDING|AddressSanitizer/);
    assert.match(output, /result of export/);
  });
});
