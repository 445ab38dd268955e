// docs/coverage.md names, for everything that the component promises, cases and tests that exist.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cases } from "./conformance/cases/index.js";

const LEAST_CASES = 180;

interface Promised {
  readonly what: string;
  /** How the names of conformance cases begin. */
  readonly names: readonly string[];
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

const rows = [...readFileSync("docs/coverage.md", "utf8").matchAll(/^\| (.+?) \| (.+) \|$/gm)];
const promises: readonly Promised[] = rows.flatMap(([, what, proofs]) => {
  if (what === "promise") return [];
  const found = [...proofs!.matchAll(/(?:(\S+\.test\.ts) )?`([^`]+)`/g)];
  const names = found.flatMap(([, file, name]) => (file === undefined ? [name!] : []));
  const tests = found.flatMap(([, file, title]) => (file === undefined ? [] : [{ file, title: title! }]));
  return [{ what: what!, names, tests }];
});

describe("docs/coverage.md", () => {
  it("has a row for each promise, and each is proven by something", () => {
    assert.ok(promises.length > 80, `${promises.length} rows`);
    for (const { what, names, tests } of promises) assert.ok(names.length + tests.length > 0, what);
  });

  it("names conformance cases that exist", () => {
    for (const { what, names } of promises) {
      for (const name of names)
        assert.ok(
          cases.some((one) => one.name.startsWith(name)),
          `${what}: no case "${name}..."`,
        );
    }
  });

  it("names tests that exist", () => {
    for (const { what, tests } of promises) {
      for (const { file, title } of tests) {
        assert.ok(readFileSync(file, "utf8").includes(title), `${what}: no test "${title}" in ${file}`);
      }
    }
  });

  it("is about cases that have names of their own and say where they come from", () => {
    assert.ok(cases.length >= LEAST_CASES);
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
    for (const { name, source } of cases) assert.notEqual(source, "", name);
  });
});
