// `make docs`: the API reference, made from the public headers: one page for each call, as HTML and as a man page.
//     tsx host/docs/reference.ts OUT
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isMain } from "../build/main.js";
import { versionOf } from "../build/sbom.js";
import { type Block, type Entry, type Header, publicHeaders, readHeader } from "./headers.js";

/** A page in the form of a man page: what follows NAME. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A sentence; names of functions stay as they are. */
const text = (words: string): Block => ({
  kind: "text",
  text: /^\w+\(/.test(words) ? words : words.charAt(0).toUpperCase() + words.slice(1),
});
const code = (lines: string): Block => ({ kind: "code", lines: lines.split("\n") });

/** The sections of a page about functions. `structs` are those of all headers. */
export function sectionsOf(entry: Entry, structs: readonly Entry[]): Section[] {
  const used = structs.filter(({ names }) => new RegExp(`\\bstruct ${names[0]}\\b`).test(entry.synopsis));
  return [
    { title: "SYNOPSIS", blocks: [code(`#include <${entry.header}>\n\n${entry.synopsis}`)] },
    { title: "DESCRIPTION", blocks: entry.blocks },
    ...used.map((struct) => ({ title: "STRUCTURE", blocks: [...struct.blocks, code(struct.synopsis)] })),
    { title: "RETURN VALUE", blocks: [text(entry.returns)] },
    { title: "ERRORS", blocks: [text(entry.errors)] },
    { title: "CONTEXT", blocks: [text(entry.context)] },
    { title: "SOURCE", blocks: [text(entry.source)] },
  ];
}

/** A function's short description, as the line NAME of a man page has it. */
const summaryOf = (entry: Entry): string => entry.summary.charAt(0).toLowerCase() + entry.summary.slice(1);

// ---- Man pages -------------------------------------------------------------------------------------------------------

/** Text for roff: no character of it is a command. */
function roff(line: string): string {
  const escaped = line.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return escaped.replace(/^(?=[.'])/, "\\&").replaceAll(/`([^`]*)`/g, "\\fI$1\\fP");
}

function roffBlock(block: Block): string {
  if (block.kind === "code") return [".PP", ".nf", ...block.lines.map((line) => roff(line)), ".fi"].join("\n");
  return `${block.kind === "item" ? ".IP \\(bu 2" : ".PP"}\n${roff(block.text)}`;
}

function manPage(entry: Entry, structs: readonly Entry[], version: string): string {
  const body = sectionsOf(entry, structs).flatMap(({ title, blocks }) =>
    [`.SH ${title}`].concat(blocks.map(roffBlock)),
  );
  const head = `.TH ${entry.names[0]} 3 "" "pktsock ${version}" "pktsock"`;
  const name = `${entry.names.join(", ")} \\- ${roff(summaryOf(entry))}`;
  return `${[head, ".SH NAME", name, ...body].join("\n")}\n`;
}

// ---- HTML ------------------------------------------------------------------------------------------------------------

const STYLE = `body { max-width: 54rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; }
h2 { font-size: 1rem; margin: 1.5rem 0 0.3rem; } pre { background: #f4f4f4; padding: 0.8rem; overflow-x: auto; }
code, pre { font: 0.9rem/1.4 monospace; } td { padding-right: 1rem; vertical-align: top; }`;

const escapeHtml = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The functions that have a page; "recv()" and "pktsock_recv()" mean the same one. */
function linked(words: string, pages: ReadonlySet<string>): string {
  const marked = escapeHtml(words).replaceAll(/`([^`]*)`/g, "<code>$1</code>");
  return marked.replaceAll(/\b(\w+)\(\)/g, (call, name: string) => {
    const page = [name, `pktsock_${name}`].find((candidate) => pages.has(candidate));
    return page === undefined ? call : `<a href="${page}.html">${call}</a>`;
  });
}

function htmlBlock(block: Block, pages: ReadonlySet<string>): string {
  if (block.kind === "code") return `<pre>${escapeHtml(block.lines.join("\n"))}</pre>`;
  if (block.kind === "item") return `<ul><li>${linked(block.text, pages)}</li></ul>`;
  return `<p>${linked(block.text, pages)}</p>`;
}

function htmlPage(title: string, body: readonly string[]): string {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width">`;
  return `<!DOCTYPE html>\n<html lang="en"><head>${head}<title>${title}</title><style>${STYLE}</style></head><body>
${body.join("\n")}\n</body></html>\n`;
}

function callPage(name: string, entry: Entry, structs: readonly Entry[], pages: ReadonlySet<string>): string {
  const names = `<p>${entry.names.join(", ")} - ${linked(summaryOf(entry), pages)}</p>`;
  const body = sectionsOf(entry, structs).flatMap(({ title, blocks }) =>
    [`<h2>${title}</h2>`].concat(blocks.map((block) => htmlBlock(block, pages))),
  );
  return htmlPage(name, [
    `<p><a href="index.html">pktsock</a></p>`,
    `<h1>${name}</h1>`,
    "<h2>NAME</h2>",
    names,
    ...body,
  ]);
}

function indexPage(headers: readonly Header[], pages: ReadonlySet<string>, version: string): string {
  const body = headers.flatMap(({ name, about, entries }) => {
    const rows = entries.flatMap((entry) =>
      entry.names.map(
        (one) => `<tr><td><a href="${one}.html">${one}()</a></td><td>${linked(summaryOf(entry), pages)}</td></tr>`,
      ),
    );
    const blocks = about.blocks.map((block) => htmlBlock(block, pages));
    return [`<h2>&lt;${name}&gt;</h2>`, ...blocks, `<table>${rows.join("\n")}</table>`];
  });
  return htmlPage(`pktsock ${version}: calls`, [`<h1>pktsock ${version}: calls</h1>`, ...body]);
}

/** All pages: the path of each below the documentation's folder, and its content. */
export function pagesOf(headers: readonly Header[], version: string): Map<string, string> {
  const entries = headers.flatMap((header) => header.entries);
  const structs = entries.filter(({ kind }) => kind === "struct");
  const calls = entries.filter(({ kind }) => kind === "function");
  const names = new Set(calls.flatMap((entry) => entry.names));
  const listed = headers
    .map((header) => ({ ...header, entries: header.entries.filter(({ kind }) => kind === "function") }))
    .filter((header) => header.entries.length > 0);
  const pages = new Map([["reference/index.html", indexPage(listed, names, version)]]);
  for (const entry of calls) {
    const [first] = entry.names;
    for (const name of entry.names) {
      pages.set(`reference/${name}.html`, callPage(name, entry, structs, names));
      const page = name === first ? manPage(entry, structs, version) : `.so man3/${first}.3\n`;
      pages.set(`man/man3/${name}.3`, page);
    }
  }
  return pages;
}

/** The reference of this repository's headers. */
export function reference(): Map<string, string> {
  const headers = publicHeaders().map(([name, file]) => readHeader(name, file));
  return pagesOf(headers, versionOf("package.json"));
}

if (isMain(import.meta.url)) {
  const [out] = process.argv.slice(2);
  rmSync(out!, { recursive: true, force: true });
  const pages = reference();
  for (const [path, content] of pages) {
    mkdirSync(dirname(join(out!, path)), { recursive: true });
    writeFileSync(join(out!, path), content);
  }
  console.log(`  docs   ${out}/reference/index.html, ${out}/man: ${pages.size - 1} pages`);
}
