// docs/differences.md names every reason for which a conformance case expects something else of ours than of Linux.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cases } from "./conformance/cases/index.js";
import type { Step } from "./conformance/steps.js";

function reasonsOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "call") return [];
    const inner = reasonsOf(step.meanwhile ?? []);
    return step.differs === undefined ? inner : [step.differs.reason, ...inner];
  });
}

describe("docs/differences.md", () => {
  it("has a row for each reason of the conformance cases, and no other", () => {
    const wanted = new Set(cases.flatMap((one) => reasonsOf(one.steps)));
    const rows = readFileSync("docs/differences.md", "utf8").matchAll(/^\| (.+?) \|/gm);
    const listed = [...rows].map(([, reason]) => reason!).filter((reason) => !/^(reason|-+)$/.test(reason));
    assert.deepEqual(listed.sort(), [...wanted].sort());
  });
});
