// One test for each conformance case on each target that this machine can run; see conformance/.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cases } from "./conformance/cases/index.js";
import { conformanceSuite } from "./conformance/suite.js";
import { table } from "./conformance/table.js";
import { described, TARGETS } from "./conformance/targets.js";

for (const name of TARGETS) conformanceSuite(`conformance on ${name}`, described(name), cases);

it("docs/conformance.md has the table of the targets", () => {
  assert.ok(readFileSync("docs/conformance.md", "utf8").includes(table()), `docs/conformance.md lacks:\n${table()}`);
});
