// The fuzz targets (docs/testing.md): inputs that found something once, the seeds, and a fixed number of new inputs from a
// seed that is printed. FUZZ_SEED=... does a run again, FUZZ_RUNS=... sets how many inputs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUp, fuzzReader, readers, readOne } from "./fuzz/readers.js";

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 0x7fffffff) || 1;
const targets = { api: 80_000, filter: 200_000, server: 8000, cable: 10_000, signed: 100_000, manage: 5000 };
/** What can be broken, and what the target then says. */
const breaks = [
  ["api", "a frame is lost", /frame \d+ is in 0 places|has no frame left|cannot send/],
  ["api", "the bystander's frame", /the bystander got/],
  ["filter", "a filter's jump", /the filter: .* pass/],
  ["filter", "the old filter", /the filter before: 33 bytes and not 34 pass/],
  ["server", "an answer", /no answer/],
  ["cable", "the cable", /frame 0 is not received/],
  ["signed", "a version", /read as another, or as version/],
  ["manage", "a piece", /what is swapped in is not what was sent|a module is not taken/],
] as const;

function missing(): string | undefined {
  const library = "ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a";
  const isThere = (how: string) => spawnSync("sh", ["-c", how]).status === 0;
  if (["command -v clang", library].every(isThere)) return undefined;
  return "fuzzing needs the Debian packages clang and libclang-rt-14-dev";
}

/** Runs a fuzz program with folders or files of inputs. */
function fuzz(program: string, args: readonly string[], broken = ""): { status: number | null; output: string } {
  const artifacts = `-artifact_prefix=build/fuzz/findings/${program}-`;
  const { status, stderr } = spawnSync(`build/fuzz/${program}`, ["-timeout=60", artifacts, ...args], {
    encoding: "latin1",
    env: { ...process.env, FUZZ_BREAK: broken },
    maxBuffer: 1 << 28,
  });
  return { status, output: stderr };
}

/** The folders of the inputs to start from. */
function seedsOf(target: string): string[] {
  return [`test/fuzz/seeds/${target}`, `build/fuzz/made/${target}`].filter((folder) => existsSync(folder));
}

function inputsOf(target: string): string[] {
  return [`test/fuzz/regressions/${target}`, ...seedsOf(target)]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
}

function succeeds(program: string, args: readonly string[]): string {
  const { status, output } = fuzz(program, args);
  assert.equal(status, 0, `${program}: ${output.slice(-6000)}`);
  return output;
}

describe(`fuzzing (FUZZ_SEED=${seed})`, function () {
  this.timeout(0);
  let corpus: string;

  before("build the fuzz targets", function () {
    const why = missing();
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    const { status, stderr } = spawnSync("make", ["-s", "fuzz-build"], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    mkdirSync("build/fuzz/findings", { recursive: true });
    corpus = mkdtempSync(join(tmpdir(), "pktsock-fuzz-"));
  });
  after(() => corpus !== undefined && existsSync(corpus) && rmSync(corpus, { recursive: true }));

  for (const [target, runs] of Object.entries(targets)) {
    for (const engine of ["aot", "wasm3"]) {
      it(`${target}: what was found once, and the seeds, on ${engine}`, () => {
        const inputs = inputsOf(target);
        const output = succeeds(`${target}-${engine}`, inputs);
        assert.equal(output.match(/^Executed /gm)?.length, inputs.length);
      });
    }

    const count = Number(process.env.FUZZ_RUNS ?? runs);
    it(`${target}: ${count} inputs`, () => {
      const folder = join(corpus, target);
      for (const seeds of seedsOf(target)) cpSync(seeds, folder, { recursive: true });
      const options = [`-runs=${count}`, `-seed=${seed}`, "-max_len=1024", "-verbosity=0", "-print_final_stats=1"];
      const output = succeeds(`${target}-aot`, [...options, folder]);
      assert.match(output, new RegExp(`number_of_executed_units: ${count}\\b`));
    });
  }

  for (const [target, what, says] of breaks) {
    it(`${target}: says so when this is broken: ${what}`, () => {
      const { status, output } = fuzz(`${target}-aot`, inputsOf(target), what);
      assert.notEqual(status, 0);
      assert.match(output, says);
    });
  }
});

describe(`damaged files (FUZZ_SEED=${seed})`, function () {
  this.timeout(0);
  after(cleanUp);

  const count = Number(process.env.FUZZ_RUNS ?? 3000);
  for (const [name, reader] of Object.entries(readers)) {
    it(`${name}: ${count} files are read, or it is said what is wrong`, () => {
      reader.read(reader.good);
      const [file, message] = reader.found ?? [reader.good, undefined];
      if (message === undefined) reader.read(file);
      else assert.throws(() => reader.read(file), message);
      assert.equal(
        fuzzReader(name, seed, (reads) => reads < count),
        count,
      );
    });
  }

  it("says so when a reader does not look", () => {
    const careless = (file: Uint8Array) => void new DataView(file.buffer).getUint32(file.length);
    assert.throws(() => readOne({ good: new Uint8Array(4), read: careless }, new Uint8Array(4)), RangeError);
  });
});
