// make conformance: runs the cases on the targets, prints a matrix and writes build/conformance.json.
//   tsx test/conformance/run.ts [--list] [--target NAME]... [--case NAME]...

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cases } from "./cases/index.js";
import { execute } from "./execute.js";
import { startTarget } from "./start.js";
import type { Case } from "./steps.js";
import { list } from "./table.js";
import { described, TARGETS, type TargetName } from "./targets.js";

const JSON_PATH = fileURLToPath(new URL("../../build/conformance.json", import.meta.url));

type Row = { case: string; source: string } & Record<TargetName, string>;

/** Without a terminal, how many cases there are to a line of progress. */
const CASES_PER_LINE = 50;

interface Failure {
  readonly target: TargetName;
  readonly name: string;
  readonly why: string;
}

function usageError(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}

function chooseTargets(names: readonly string[]): readonly TargetName[] {
  for (const name of names) {
    if (!(TARGETS as readonly string[]).includes(name)) {
      usageError(`There is no target "${name}". Targets:\n${list()}`);
    }
  }
  return names.length ? TARGETS.filter((name) => names.includes(name)) : TARGETS;
}

function chooseCases(names: readonly string[]): readonly Case[] {
  for (const name of names) {
    if (cases.some((one) => one.name === name)) continue;
    const words = name.toLowerCase().split(/\W+/).filter(Boolean);
    const near = cases.filter((one) => words.some((word) => one.name.toLowerCase().includes(word)));
    const hint = near.slice(0, 10).map((one) => `\n  ${one.name}`);
    usageError(`There is no case "${name}".${hint.length ? ` Did you mean one of these?${hint.join("")}` : ""}`);
  }
  return names.length ? cases.filter((one) => names.includes(one.name)) : cases;
}

/** Tells how far a target is: one line that counts on a terminal, else a line now and then. */
class Progress {
  private done = 0;

  constructor(
    private readonly target: TargetName,
    private readonly all: number,
  ) {
    this.write("starts");
  }

  count(failed: number): void {
    this.done++;
    const sum = `${this.done} of ${this.all} cases${failed ? `, ${failed} failed` : ""}`;
    if (process.stdout.isTTY || this.done % CASES_PER_LINE === 0 || this.done === this.all) this.write(sum);
  }

  /** Leaves the line. */
  end(): void {
    if (process.stdout.isTTY) process.stdout.write("\n");
  }

  private write(text: string): void {
    const line = `${this.target}: ${text}`;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
}

async function runOn(target: TargetName, rows: Map<string, Row>, chosen: readonly Case[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  const progress = new Progress(target, chosen.length);
  const started = await startTarget(described(target)).finally(() => progress.end());
  if (typeof started === "string") {
    console.log(`${target}: skipped, ${started}`);
    for (const one of chosen) rows.get(one.name)![target] = `skip: ${started}`;
    return failures;
  }
  try {
    for (const one of chosen) {
      try {
        rows.get(one.name)![target] = await execute(one, started);
      } catch (error) {
        rows.get(one.name)![target] = "fail";
        failures.push({ target, name: one.name, why: (error as Error).message });
      }
      progress.count(failures.length);
    }
  } finally {
    progress.end();
    await started.stop();
  }
  return failures;
}

function printMatrix(rows: readonly Row[], targets: readonly TargetName[]): void {
  const width = Math.max(...rows.map((row) => row.case.length));
  console.log(`${"".padEnd(width)}  ${targets.map((name) => name.padEnd(7)).join("  ")}`);
  for (const row of rows) {
    const cells = targets.map((name) => row[name].replace(/:.*/, "").padEnd(7));
    console.log(`${row.case.padEnd(width)}  ${cells.join("  ")}`);
  }
  const reasons = new Map<string, string[]>();
  for (const row of rows) {
    for (const name of targets) {
      if (/^(skip|differs)/.test(row[name])) {
        const key = `${name} ${row[name]}`;
        reasons.set(key, [...(reasons.get(key) ?? []), row.case]);
      }
    }
  }
  for (const [reason, names] of reasons) {
    console.log(`\n${reason}\n  ${names.length > 5 ? `${names.length} cases` : names.join("\n  ")}`);
  }
}

function printSum(rows: readonly Row[], targets: readonly TargetName[]): void {
  for (const name of targets) {
    const count = (start: string): number => rows.filter((row) => row[name].startsWith(start)).length;
    const sums = `${count("pass")} pass, ${count("differs")} differ on purpose`;
    console.log(`${name.padEnd(7)} ${sums}, ${count("skip")} skipped, ${count("fail")} failed`);
  }
}

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    case: { type: "string", multiple: true },
    list: { type: "boolean" },
  },
});
if (values.list) {
  console.log(list());
  process.exit();
}
const targets = chooseTargets((values.target ?? []).flatMap((names) => names.split(/[ ,]+/).filter(Boolean)));
const chosen = chooseCases(values.case ?? []);
const rows = new Map<string, Row>();
for (const { name, source } of chosen) {
  const verdicts = Object.fromEntries(TARGETS.map((target) => [target, "skip: not asked for"]));
  rows.set(name, { case: name, source, ...verdicts } as Row);
}
const failures: Failure[] = [];
for (const target of targets) failures.push(...(await runOn(target, rows, chosen)));
const results = [...rows.values()];
printMatrix(results, targets);
for (const { target, name, why } of failures)
  console.log(`\nFAILED on ${target}: ${name}\n  ${why.replace(/\n/g, "\n  ")}`);
console.log("");
printSum(results, targets);
mkdirSync(new URL(".", `file://${JSON_PATH}`), { recursive: true });
writeFileSync(JSON_PATH, `${JSON.stringify({ cases: results }, null, 2)}\n`);
process.exitCode = failures.length ? 1 : 0;
