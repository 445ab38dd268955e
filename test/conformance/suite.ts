// A mocha suite of conformance cases.

import { execute } from "./execute.js";
import type { Case } from "./steps.js";
import type { Target } from "./target.js";
import { startTarget } from "./start.js";
import type { Description } from "./targets.js";

/** One test for each case. */
export function conformanceSuite(title: string, description: Description, cases: readonly Case[]): void {
  describe(title, () => {
    let target: Target | string;

    before(async function () {
      this.timeout(300_000);
      target = await startTarget(description);
    });

    after(async function () {
      this.timeout(240_000);
      if (typeof target !== "string") await target?.stop();
    });

    for (const one of cases) {
      it(one.name, async function () {
        this.timeout(240_000);
        const verdict = typeof target === "string" ? `skip: ${target}` : await execute(one, target);
        if (!verdict.startsWith("skip")) return;
        this.test!.title += ` (${verdict})`;
        this.skip();
      });
    }

    if (description.start.kind !== "model") return;
    it("all of them in less than half of the task stack, which wasm3 deepens with every operation here", function () {
      if (typeof target === "string") return this.skip();
      const { used, size } = target.taskStack!();
      this.test!.title += ` (${used} of ${size} bytes)`;
      if (used <= 1000 || used >= size / 2) throw new Error(`${used} of ${size} bytes`);
    });
  });
}
