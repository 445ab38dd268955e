// The figures that are committed (baseline.json), and the comparison of new ones with them.
import { readFileSync, writeFileSync } from "node:fs";
import type { Result } from "./bench.js";
import type { Size } from "./size.js";

export interface Figures {
  readonly costs: readonly Result[];
  readonly sizes: readonly Size[];
}

export const baselineFile = "test/bench/baseline.json";

/** What identifies a result; its other fields are figures. */
const identity = ["board", "engine", "image", "path", "sockets", "bytes"];

/** Figures may rise by this part before `make bench-diff` fails: RAM differs by some hundred bytes from run to run. */
const tolerance = 0.01;

function resultsIn<T>(file: string): readonly T[] {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { readonly results: readonly T[] }).results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The last run of `make bench` and `make size`; empty lists if there was none. */
export function lastRun(): Figures {
  return { costs: resultsIn("build/bench.json"), sizes: resultsIn("build/size.json") };
}

export function readBaseline(): Figures {
  return JSON.parse(readFileSync(baselineFile, "utf8")) as Figures;
}

/** One result a line, so that a changed figure is a changed line. */
export function writeBaseline({ costs, sizes }: Figures): void {
  const list = (results: readonly object[]): string =>
    results.map((result) => `    ${JSON.stringify(result)}`).join(",\n");
  writeFileSync(baselineFile, `{\n  "costs": [\n${list(costs)}\n  ],\n  "sizes": [\n${list(sizes)}\n  ]\n}\n`);
}

type Row = Readonly<Record<string, string | number>>;

function nameOf(row: Row): string {
  return identity.flatMap((field) => (field in row ? [`${row[field]}`] : [])).join(" ");
}

/** A figure that is not what it was. `was` or `is` is undefined if that side does not have it. */
export interface Change {
  readonly name: string;
  readonly was: number | undefined;
  readonly is: number | undefined;
  /** Dearer by more than the tolerance. */
  readonly worse: boolean;
}

function changesOf(before: readonly object[], after: readonly object[]): Change[] {
  const known = new Map((before as readonly Row[]).map((row) => [nameOf(row), row]));
  return (after as readonly Row[]).flatMap((row) => {
    const old = known.get(nameOf(row));
    return Object.keys(row)
      .filter((field) => !identity.includes(field) && row[field] !== old?.[field])
      .map((field) => {
        const [was, is] = [old?.[field] as number | undefined, row[field] as number];
        return { name: `${nameOf(row)} ${field}`, was, is, worse: was !== undefined && is > was * (1 + tolerance) };
      });
  });
}

/** Each figure of `after` that differs from `before`. What `after` did not measure is not compared. */
export function compare(before: Figures, after: Figures): Change[] {
  return [...changesOf(before.costs, after.costs), ...changesOf(before.sizes, after.sizes)];
}
