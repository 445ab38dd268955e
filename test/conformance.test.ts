// One test for each conformance case on each target that this machine can run; see conformance/.

import { cases } from "./conformance/cases/index.js";
import { execute } from "./conformance/execute.js";
import { TARGETS } from "./conformance/steps.js";
import type { Target } from "./conformance/target.js";
import { startTarget } from "./conformance/targets.js";

for (const name of TARGETS) {
  describe(`conformance on ${name}`, () => {
    let target: Target | string;

    before(async function () {
      this.timeout(300_000);
      target = await startTarget(name);
    });

    after(async function () {
      this.timeout(60_000);
      if (typeof target !== "string") await target?.stop();
    });

    for (const one of cases) {
      it(one.name, async function () {
        this.timeout(120_000);
        const verdict = typeof target === "string" ? `skip: ${target}` : await execute(one, target);
        if (!verdict.startsWith("skip")) return;
        this.test!.title += ` (${verdict})`;
        this.skip();
      });
    }
  });
}
