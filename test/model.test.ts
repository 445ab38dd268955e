// The socket layer against a model of it: random sequences of calls, frames, completions and link changes on both, compared
// after each step, with the invariants of the frame pool read from linear memory.
//
// A failing run prints its seed and path; MODEL_SEED=... MODEL_PATH=... runs it again. MODEL_RUNS=... sets how many runs.
import * as fc from "fast-check";
import { engineNames } from "../host/engine/engine.js";
import { Run } from "./model/run.js";
import { setups, steps } from "./model/steps.js";

const seed = Number(process.env.MODEL_SEED ?? Date.now() % 0x7fffffff);
const path = process.env.MODEL_PATH;
const runs = { v8: 700, wasm3: 150, "wasm3-tuned": 150 };

/** Under V8, with a swap before each step: `make swaps` has the long form. */
const swapRuns = process.env.SWAPS === "long" ? 1500 : 100;

describe("the module and its model", () => {
  const numSwapRuns = Number(process.env.MODEL_RUNS ?? swapRuns);
  it(`agree in ${numSwapRuns} random runs with a swap before each step (MODEL_SEED=${seed})`, function () {
    this.timeout(0);
    fc.assert(
      fc.property(setups, steps, (setup, all) => {
        const run = new Run("v8", setup, true);
        for (const step of all) run.step(step);
        run.end();
      }),
      { seed, numRuns: numSwapRuns, unbiased: true, ...(path === undefined ? {} : { path }) },
    );
  });

  for (const engine of engineNames) {
    const numRuns = Number(process.env.MODEL_RUNS ?? runs[engine]);
    it(`agree in ${numRuns} random runs on ${engine} (MODEL_SEED=${seed})`, function () {
      this.timeout(0);
      fc.assert(
        fc.property(setups, steps, (setup, all) => {
          const run = new Run(engine, setup);
          for (const step of all) run.step(step);
          run.end();
        }),
        { seed, numRuns, unbiased: true, ...(path === undefined ? {} : { path }) },
      );
    });
  }
});
