// The API reference (host/docs): what the public headers must say of each call, and the pages that are made of it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { publicHeaders, readHeader } from "../host/docs/headers.js";
import { reference } from "../host/docs/reference.js";

const SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "ERRORS", "CONTEXT", "SOURCE"];
const headers = publicHeaders();

/** The functions that a header declares for its users, found without its comments. */
function declared(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/\/\*[^]*?\*\//g, "");
  const names = [...text.matchAll(/^(?!typedef|#|\s)[a-z][\w *]*?\b(\w+)\(/gm)].map(([, name]) => name!);
  return names.filter((name) => !name.endsWith("_"));
}

describe("the API reference", function () {
  this.timeout(240_000);
  const pages = reference();

  it("finds every function of every public header", () => {
    for (const [name, file] of headers) {
      const documented = readHeader(name, file).entries.filter(({ kind }) => kind === "function");
      const undocumented = new Set(declared(file));
      for (const found of documented.flatMap(({ names }) => names)) undocumented.delete(found);
      assert.deepEqual([...undocumented], [], `${file}: no comment stands directly above these`);
    }
    assert.ok(pages.size > 150, `${pages.size} pages`);
  });

  for (const [name, file] of headers) {
    it(`knows what the functions of ${name} do, return, fail with, where they may be called, and what they follow`, () => {
      for (const { kind, names, summary, returns, errors, context, source } of readHeader(name, file).entries) {
        if (kind !== "function") continue;
        const says = { summary, Returns: returns, Errors: errors, Context: context, Source: source };
        for (const [what, words] of Object.entries(says)) assert.notEqual(words, "", `${names.join(", ")}: no ${what}`);
        assert.ok(summary.length < 130, `${names[0]}: the first sentence is no short description: ${summary}`);
      }
    });
  }

  it("has every section on every page", () => {
    for (const [path, page] of pages) {
      if (path.endsWith("index.html") || page.startsWith(".so ")) continue;
      const titles = [...page.matchAll(path.endsWith(".html") ? /<h2>(.*)<\/h2>/g : /^\.SH (.*)$/gm)].map(
        ([, title]) => title!,
      );
      assert.deepEqual(
        titles.filter((title) => title !== "STRUCTURE"),
        SECTIONS,
        path,
      );
    }
  });

  it("links to pages that exist", () => {
    for (const [path, page] of pages) {
      for (const [, target] of page.matchAll(/href="([^"]+)"/g))
        assert.ok(pages.has(join(dirname(path), target!)), `${path}: ${target}`);
      for (const [, target] of page.matchAll(/^\.so (.+)$/gm))
        assert.ok(pages.has(`man/${target}`), `${path}: ${target}`);
    }
  });

  it("is made of man pages that groff has nothing to say against", () => {
    const folder = mkdtempSync(join(tmpdir(), "pktsock-man-"));
    try {
      mkdirSync(join(folder, "man3"));
      const men = [...pages].filter(([path]) => path.endsWith(".3"));
      for (const [path, page] of men) writeFileSync(join(folder, "man3", basename(path)), page);
      const files = men.map(([path]) => join("man3", basename(path)));
      const { status, stderr } = spawnSync("groff", ["-man", "-ww", "-z", "-Tutf8", ...files], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      assert.equal(status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("shows text as the header has it", () => {
    const page = pages.get("reference/pktsock_recv.html")!;
    assert.match(page, /<code>\*address_len<\/code> is its room/);
    assert.match(page, /ssize_t|ptrdiff_t pktsock_recv\(int fd, void \*buffer, size_t len, int flags\);/);
    assert.match(pages.get("man/man3/pktsock_recvfrom.3")!, /^\.so man3\/pktsock_recv\.3$/m);
    assert.match(pages.get("reference/pktsock_peek.html")!, /bool shared;/);
  });

  it("has no line in a public header that is longer than 120 characters", () => {
    for (const [, file] of headers)
      for (const [index, line] of readFileSync(file, "utf8").split("\n").entries())
        assert.ok(line.length <= 120, `${file}:${index + 1}`);
  });
});
