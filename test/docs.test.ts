// The pages of README.md, docs/ and examples/: what they name exists, and the C code that they show compiles.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { options } from "../host/build/options.js";
import { cases } from "./conformance/cases/index.js";

const folder = "build/docs-test";
const pages = execFileSync("git", ["ls-files", "*.md"], { encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((page) => existsSync(page) && page !== "boards/dist/archive/INTEGRATING.md"); // its links are those of the archive

/** What stands between backquotes and looks like a path of the repository; what a link names; a verb of the Makefile. */
const PATH = /`((?:assembly|boards|docs|examples|host|test)\/[\w./-]*)`/g;
const LINK = /\]\(([^):\s]+)\)/g;
const VERB = /(?:^ {4}|`|^)make (?:[A-Z_0-9]+=[^\s`]+ )*([a-z][a-z-]+)(?=[` \n])/gm;

/** Code of a page that needs headers which no package of the tests has. */
const FOREIGN = /<monocypher/;

/** The anchors of a page, as GitHub makes them of its headings. */
function anchors(text: string): string[] {
  const headings = [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe("the pages of documentation", function () {
  this.timeout(240_000);
  const help = execFileSync("make", ["help"], { encoding: "utf8" });
  const verbs = new Set([...help.matchAll(/^ {2}make ([a-z-]+)/gm)].map(([, verb]) => verb!));
  before(() => mkdirSync(folder, { recursive: true }));

  for (const page of pages) {
    const text = readFileSync(page, "utf8");

    it(`${page} names files, sections and verbs that exist`, () => {
      for (const [, target] of text.matchAll(LINK)) {
        const [path, anchor] = target!.split("#") as [string, string?];
        const file = path === "" ? page : join(dirname(page), path);
        assert.ok(existsSync(file), target);
        if (anchor !== undefined) assert.ok(anchors(readFileSync(file, "utf8")).includes(anchor), target);
      }
      for (const [, path] of text.matchAll(PATH)) assert.ok(existsSync(path!) || /[A-Z]{4}/.test(path!), path); // NAME and the like stand for others
      for (const [, verb] of text.matchAll(VERB)) assert.ok(verbs.has(verb!), `make ${verb}`);
    });
  }

  it("README lists each page of docs/, and each page leads to others that exist", () => {
    const text = readFileSync("README.md", "utf8");
    for (const name of readdirSync("docs").filter((file) => file.endsWith(".md")))
      assert.ok(text.includes(`(docs/${name})`), `README.md does not name docs/${name}`);
  });

  it("docs/compare.md names a conformance case for each row, and says something of each system", () => {
    const table = /^\| what (?:\|.*\n)+/m.exec(readFileSync("docs/compare.md", "utf8"))![0];
    const [head, , ...rows] = table
      .trim()
      .split("\n")
      .map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim()),
      );
    assert.deepEqual(head!.slice(1), ["pktsock", "NuttX", "Zephyr", "ESP-IDF L2 TAP", "Linux", "case"]);
    assert.ok(rows.length > 15, `${rows.length} rows`);
    for (const row of rows) {
      assert.equal(row.filter((cell) => cell !== "").length, head!.length, row[0]);
      const [, start] = /^`(.+)`$/.exec(row.at(-1)!)!;
      assert.ok(
        cases.some(({ name }) => name.startsWith(start!)),
        `${row[0]}: no case "${start}..."`,
      );
    }
  });

  it("docs/firmware.md has the options as they are", () => {
    const text = readFileSync("docs/firmware.md", "utf8");
    const rows = options.map(
      ({ name, default: value, min, max, help: words }) =>
        `| \`CONFIG_${name}\` | ${value} | ${min} to ${max} | ${words} |`,
    );
    assert.equal(/^\| option .*\n\|---.*\n((?:\|.*\n)+)/m.exec(text)![1], `${rows.join("\n")}\n`);
  });

  for (const page of pages.filter((name) => name.startsWith("docs/"))) {
    const programs = [...readFileSync(page, "utf8").matchAll(/^```c\n(.*?)^```$/gms)].filter(
      ([, program]) => !FOREIGN.test(program!),
    );
    for (const [index, [, program]] of programs.entries()) {
      it(`${page} shows C that compiles for a firmware: ${index + 1} of ${programs.length}`, () => {
        const file = `${folder}/${page.replaceAll("/", "_")}-${index}.c`;
        writeFileSync(file, program!);
        const posix = /<(sys|net|netpacket|linux|arpa|poll)[/.]/.test(program!) ? ["-Iboards/posix"] : [];
        const flags = [
          "--specs=picolibc.specs",
          "-mcpu=cortex-m3",
          "-mthumb",
          "-std=gnu11",
          "-Wall",
          "-Wextra",
          "-Werror",
        ];
        const paths = [...posix, "-Iboards/include", "-Ibuild/gen", "-fsyntax-only"];
        const { status, stderr } = spawnSync("arm-none-eabi-gcc", [...flags, ...paths, file], { encoding: "utf8" });
        assert.equal(status, 0, stderr);
      });
    }
  }
});
