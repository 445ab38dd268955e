// Mutants on the aot engine: `tsx test/lies/compiled.ts COUNT SEED`. Each mutant is compiled to C and linked with the lies'
// application. Mutants that host/build/aot.ts refuses do not count.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileModule } from "../../host/build/aot.js";
import { UnsupportedError } from "../../host/build/aot-function.js";
import { isMain } from "../../host/build/main.js";
import { MalformedError } from "../../host/build/wasm.js";
import { mutants } from "./mutants.js";

const folder = "build/fuzz/compiled";

export interface Outcome {
  readonly mutants: number;
  readonly refused: number;
  readonly traps: number;
}

function compile(wasm: Uint8Array, name: string): boolean {
  try {
    const source = compileModule(wasm, "exact", name);
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "pktsock_aot.h"), source);
    return true;
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof MalformedError) return false;
    throw error;
  }
}

/** Runs `count` mutants. Throws with what a finding says. */
export function runCompiled(count: number, seed: number): Outcome {
  const ours = readFileSync("build/pktsock.wasm");
  let [made, refused, traps] = [0, 0, 0];
  rmSync(folder, { recursive: true, force: true });
  for (const mutant of mutants(ours, Infinity, seed)) {
    const name = String(made);
    if (!compile(mutant, name)) {
      refused++;
      continue;
    }
    const program = join(folder, name, "lies");
    const built = spawnSync("make", ["-s", program], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(`${program} cannot be compiled: ${built.stderr.slice(-3000)}`);
    const { status, stdout, stderr } = spawnSync(program, ["compiled"], { encoding: "latin1" });
    const said = /, (\d+) traps .*, no finding$/m.exec(stdout);
    if (status !== 0 || said === null) throw new Error(`${program} (seed ${seed}): ${stdout}${stderr}`);
    traps += Number(said[1]);
    rmSync(join(folder, name), { recursive: true });
    if (++made === count) break;
  }
  return { mutants: made, refused, traps };
}

if (isMain(import.meta.url)) {
  const [count, seed] = process.argv.slice(2).map(Number);
  if (count === undefined || seed === undefined) throw new Error("usage: compiled.ts COUNT SEED");
  const { mutants: made, refused, traps } = runCompiled(count, seed);
  console.log(`compiled: ${made} mutants, ${traps} traps, ${refused} more refused by the compiler, no finding`);
}
