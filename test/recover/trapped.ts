// A target whose module traps while a case runs: at random moments at which a trap costs nothing that the case can see.

import type { EngineName } from "../support/engines.js";
import { parseAnswer } from "../conformance/agent.js";
import { BoardTarget } from "../conformance/board.js";
import { execute, type Verdict } from "../conformance/execute.js";
import type { Case } from "../conformance/steps.js";
import type { Target } from "../conformance/target.js";
import { described, type Description } from "../conformance/targets.js";

/** A call that traps fails with EIO and has done nothing, so it is made again; with every third call into the module a trap. */
const MOST_TRIES = 100;

/** Runs of a case in which frames arrived in the very moment of a trap, and were lost. */
const MOST_RUNS = 5;

/** Steps whose answers are counts, stamps and messages of sent frames, which begin anew with a trap. */
const COUNTS = /STATISTICS|counters|SIOCGSTAMP|OVFL|TIMESTAMPING|ERRQUEUE/;

/** A frame that is lent for sending is lost with a trap, and the case would need another: no more traps after this call. */
const LENDS = /^sendlend /;

export interface Trapped {
  readonly verdict: Verdict;
  readonly traps: number;
  /** The exports that were to be called instead of which, or in which, there was a trap. */
  readonly hits: readonly string[];
}

export class TrappedTarget {
  private readonly retrying: Target;
  private sum = { traps: 0, lost: 0, hits: [] as string[] };

  private constructor(private readonly target: Target) {
    const call = this.callAgain.bind(this);
    this.retrying = new Proxy<Target>(target, {
      get: (of, name) => {
        if (name === "call") return call;
        const value = Reflect.get(of, name, of) as unknown;
        return typeof value === "function" ? value.bind(of) : value;
      },
    });
  }

  static async start(engine: EngineName): Promise<TrappedTarget> {
    const settings = ["SANITIZE=1", "OUT_SUFFIX=-trapped"];
    const app = "test/recover/conformance.c";
    const start = { kind: "board", board: "linux", engine, suffix: "-trapped", settings, app } as const;
    const description: Description = { ...described("host"), start };
    return new TrappedTarget(await BoardTarget.start(description, start));
  }

  private async callAgain(command: string, timeout: number): Promise<string> {
    for (let tries = 1; ; tries++) {
      const line = await this.target.call(command, timeout);
      if (/^= (-1 EIO|0 errno=EIO)/.test(line) && tries < MOST_TRIES) continue;
      if (LENDS.test(command) && line.startsWith("= 0")) await this.traps("off");
      return line;
    }
  }

  /** Where the module traps from now on; adds up what there was before. */
  private async traps(where: "off" | "counts" | "nothing", seed = 0): Promise<void> {
    const { ret, fields } = parseAnswer(await this.target.call(`traps ${seed} ${where}`, 10_000));
    this.sum.traps += Number(ret);
    this.sum.lost += Number(fields.lost);
    this.sum.hits.push(...fields.hits!.split(",").filter(Boolean));
  }

  /** Throws what went wrong although no frame was lost. */
  async execute(test: Case, seed: number): Promise<Trapped> {
    const where = COUNTS.test(JSON.stringify(test.steps)) ? "nothing" : "counts";
    for (let run = 0; ; run++) {
      await this.traps(where, seed + run);
      this.sum = { traps: 0, lost: 0, hits: [] };
      const outcome = await execute(test, this.retrying).catch((error: Error) => error);
      await this.traps("off");
      const { traps, lost, hits } = this.sum;
      if (!(outcome instanceof Error)) return { verdict: outcome, traps, hits };
      if (lost === 0 || run === MOST_RUNS) throw outcome;
    }
  }

  async stop(): Promise<void> {
    await this.target.stop();
  }
}
