// `make bench-diff`: the last `make bench` and `make size` beside the committed baseline. Fails if a figure is worse.
// `make bench-accept`: the last run becomes the baseline, and docs/engines.md shows it.
import { argv, exit } from "node:process";
import { compare, lastRun, readBaseline, writeBaseline } from "./baseline.js";
import { writeDocs } from "./show.js";

const run = lastRun();
if (run.costs.length === 0 && run.sizes.length === 0) {
  console.error("There is nothing to compare: run make bench or make size first.");
  exit(2);
}
if (argv[2] === "accept") {
  if (run.costs.length === 0 || run.sizes.length === 0) {
    console.error("A baseline has costs and sizes: run make bench and make size first.");
    exit(2);
  }
  writeBaseline(run);
  await writeDocs(run);
  exit(0);
}
const changes = compare(readBaseline(), run);
for (const { name, was, is, worse } of changes) {
  const percent = was === undefined || is === undefined ? "new" : `${((is / was - 1) * 100).toFixed(1)} %`;
  console.log(`${worse ? "WORSE" : "     "} ${name}: ${was ?? "-"} -> ${is ?? "-"} (${percent})`);
}
const worse = changes.filter((change) => change.worse).length;
console.log(`${changes.length} figures differ from the baseline, ${worse} are worse by more than 1 %.`);
exit(worse > 0 ? 1 : 0);
