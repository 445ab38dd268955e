// Compiles the module to C, for boards/engine/aot.c: `tsx host/build/aot.ts exact|guarded IN.wasm OUT.h`. Each function of the
// module becomes one of C, each value a variable that is set once; what is left is the C compiler's work. Memory accesses
// are checked, but for those that an earlier check of the same value covers.
//
//   exact    an access that leaves linear memory traps
//   guarded  an access traps when its base lies outside linear memory. Base and constant offset may lead up to AOT_SLACK
//            bytes behind the end, which belong to the engine, without a trap; one that may lead further is checked to its end.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type Bounds, FunctionCompiler, LEAST, SLACK, UnsupportedError } from "./aot-function.js";
import { checkWasm } from "./check-wasm.js";
import type { ExportName } from "../engine/exports.js";
import { isMain } from "./main.js";
import { readWasm, type Signature, type WasmModule } from "./wasm.js";

function indented(lines: readonly string[]): string[] {
  let depth = 1;
  return lines.map((line) => {
    if (line.startsWith("}")) depth--;
    const text = "  ".repeat(depth) + line;
    if (line.endsWith("{")) depth++;
    return text;
  });
}

/** GCC and clang compile such a function for size. */
const RARE = "__attribute__((cold))";

const listed = (count: number, entry: (i: number) => string): string =>
  count === 0 ? "void" : Array.from({ length: count }, (_, i) => entry(i)).join(", ");

/** The exports that are called for every frame; their functions must be fast, and all others small. */
const frequent: ReadonlySet<string> = new Set<ExportName>([
  ...(["receive", "receiveFrom", "service", "send", "sendTo"] as const),
  ...(["peek", "reserve", "release", "submit", "pollSocket"] as const),
]);

function declaration(number: number, { params, results }: Signature): string {
  return `static ${results.length > 0 ? "uint32_t" : "void"} f${number}(${listed(params.length, (i) => `uint32_t v${i}`)})`;
}

/** An export as the engine calls it: with four arguments and a result. */
function exported(name: string, number: number, { params, results }: Signature): string {
  const speed = frequent.has(name) ? "" : `${RARE} `;
  const call = `f${number}(${params.length === 0 ? "" : listed(params.length, (i) => `v${i}`)});`;
  const body = results.length > 0 ? `return ${call}` : `${call} return 0;`;
  return `${speed}static uint32_t export_${name}(${listed(4, (i) => `uint32_t v${i}`)}) { ${body} }`;
}

/** All functions that `roots` call, and those that these call. */
function reachable(calls: ReadonlyMap<number, ReadonlySet<number>>, roots: readonly number[]): Set<number> {
  const found = new Set(roots);
  for (const number of found) calls.get(number)?.forEach((callee) => found.add(callee));
  return found;
}

/** Functions on the way of the longest chain of calls. Throws when a function may call itself. */
function depthOf(calls: ReadonlyMap<number, ReadonlySet<number>>, nameOf: (number: number) => string): number {
  const depths = new Map<number, number>();
  const visit = (number: number): number => {
    const known = depths.get(number);
    if (known === 0) throw new UnsupportedError(`${nameOf(number)} may call itself: the call depth is not bounded.`);
    if (known !== undefined) return known;
    depths.set(number, 0);
    const depth = 1 + Math.max(0, ...[...(calls.get(number) ?? [])].map(visit));
    depths.set(number, depth);
    return depth;
  };
  return Math.max(0, ...[...calls.keys()].map(visit));
}

/** FNV-1a, as aot.c computes it of the module that it is given. */
function hashOf(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

/** An empty module that names the one with these bytes: what an image has instead of it. */
function standIn(wasm: Uint8Array): Uint8Array {
  const name = Buffer.from("pktsock.aot");
  const digest = createHash("sha256").update(wasm).digest();
  const section = Buffer.concat([Buffer.from([name.length]), name, digest]);
  return Buffer.concat([Buffer.from("\0asm\x01\0\0\0", "latin1"), Buffer.from([0, section.length]), section]);
}

const constantOf = (module: WasmModule, name: string): number | undefined =>
  module.constants[module.exportedGlobals.get(name) ?? -1];

/** The module in C. Throws UnsupportedError, or MalformedError of wasm.ts. */
export function compileModule(wasm: Uint8Array, bounds: Bounds, from: string): string {
  const faults = checkWasm(wasm);
  if (faults.length > 0) throw new UnsupportedError(faults.join(" "));
  if (!WebAssembly.validate(wasm as BufferSource)) throw new UnsupportedError("It is not valid WebAssembly.");
  const module = readWasm(wasm);
  const { imports, functions } = module;
  if (module.hasData) throw new UnsupportedError("It has bytes that memory starts with.");
  if (module.hasTable) throw new UnsupportedError("It has a table of functions.");
  if (imports.some(({ signature }) => signature === undefined)) throw new UnsupportedError("It imports more than functions.");

  const calls = new Map<number, ReadonlySet<number>>();
  let reach = 0;
  const definitions = functions.flatMap((source, i) => {
    const number = imports.length + i;
    const compiler = new FunctionCompiler(module, source, bounds);
    const lines = compiler.compile();
    calls.set(number, compiler.calls);
    reach = Math.max(reach, compiler.reach);
    return [``, `/* ${source.name} */`, `${declaration(number, source.signature)} {`, ...indented(lines), `}`];
  });
  const depth = depthOf(calls, (number) => functions[number - imports.length]?.name ?? "An import");
  const roots = [...module.exportedFunctions].filter(([name]) => frequent.has(name)).map(([, number]) => number);
  const fast = reachable(calls, roots);
  const abi = constantOf(module, "PKTSOCK_ABI");
  if (abi === undefined) throw new UnsupportedError("It exports no PKTSOCK_ABI.");
  const standInBytes = standIn(wasm);
  return [
    `/* Generated from ${from} by host/build/aot.ts; do not edit. Functions call each other ${depth} deep at most. */`,
    `#pragma GCC system_header /* no warnings: a module may compare a value to itself */`,
    `#define AOT_MODULE_SIZE ${wasm.length}u`,
    `#define AOT_MODULE_HASH ${hashOf(wasm)}u`,
    `#define AOT_STAND_IN {${Array.from(standInBytes).join(", ")}}`,
    `#define AOT_ABI_VERSION ${abi}u`,
    `#define AOT_LAYOUT ${(constantOf(module, "PKTSOCK_LAYOUT") ?? 0) >>> 0}u`,
    `#define AOT_LEAST_MEMORY ${LEAST}u`,
    ...(module.exportedFunctions.has("appStart") ? [`#define AOT_HAS_APP`] : []),
    `#define AOT_REACH ${reach}u`,
    `#define AOT_SLACK ${bounds === "guarded" ? SLACK : 0}u`,
    ``,
    ...functions.map(({ signature }, i) => {
      const number = imports.length + i;
      return `${fast.has(number) ? "" : `${RARE} `}${declaration(number, signature)};`;
    }),
    ...definitions,
    ``,
    ...[...module.exportedFunctions].map(([name, number]) => {
      const target = functions[number - imports.length];
      if (target === undefined) throw new UnsupportedError(`It exports its import as ${name}.`);
      return exported(name, number, target.signature);
    }),
    ``,
  ].join("\n");
}

if (isMain(import.meta.url)) {
  const [bounds, input, output] = process.argv.slice(2);
  if ((bounds !== "exact" && bounds !== "guarded") || input === undefined || output === undefined) {
    console.error("aot: say how memory is guarded, the module and the C file: tsx host/build/aot.ts exact IN.wasm OUT.h");
    process.exit(2);
  }
  try {
    const source = compileModule(readFileSync(input), bounds, basename(input));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, source);
  } catch (error) {
    console.error(`aot: ${basename(input)}: ${(error as Error).message}`);
    process.exit(1);
  }
}
