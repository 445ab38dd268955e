// Compiles an application together with the module: `tsx host/build/app.ts APP.ts OUT.wasm
// [NET_PKT_FEATURE=0...]`. The application's file takes the
// place of assembly/app/program.ts, and assembly/app/runtime.ts that of assembly/app/hooks.ts.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkApp } from "./check-app.js";
import { layoutChecksum } from "./layout.js";
import { type Origin, originOf, originsOf } from "./loops.js";
import { isMain } from "./main.js";

/** The folder that has assembly/: the repository, seen from here or from the tool in build/; or that of the package. */
const home = ["../..", "..", "."]
  .map((up) => fileURLToPath(new URL(up, import.meta.url)))
  .find((folder) => exists(`${folder}/assembly/app/runtime.ts`));

function exists(path: string): boolean {
  return read(path) !== null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** The application cannot be compiled; the message has asc's own errors, with file and line, or what it must not do. */
export class AppError extends Error {}

const importOfApi = /(\bfrom\s*)(["'])pktsock\/app\2/g;

/** The path from one file to another as an import has it. */
const pathTo = (from: string, to: string): string => {
  const path = posix.relative(posix.dirname(from), to).replace(/\.ts$/, "");
  return path.startsWith(".") ? path : `./${path}`;
};

/** Where asc finds the folder of an application that is not in the folder of assembly/. */
const ELSEWHERE = "application/";

export interface AppOptions {
  /** What the module leaves out, each as NET_PKT_FEATURE=0. */
  without?: readonly string[];
  /** Further options of asc. */
  asc?: readonly string[];
  /** Gets the paths of the application's files. */
  files?: string[];
}

/**
 * Compiles the application in `file`, whose default export is a class that extends App, with the module. Returns the whole module.
 * Throws AppError.
 */
export async function buildApp(file: string, options: AppOptions = {}): Promise<Uint8Array> {
  const { wasm } = await compile(file, options);
  if (checkApp(wasm).length === 0) return wasm;
  const named = await buildNamedApp(file, { ...options, files: [] });
  const faults = checkApp(named.wasm, (offset) => {
    const origin = named.origins[originOf(offset, named.origins)];
    return origin === undefined ? file : `${origin.file}:${origin.line}`;
  });
  throw new AppError(faults.map((fault) => `${file}: ${fault}`).join("\n"));
}

/** The same module with the names of its functions, and where its instructions come from. */
export async function buildNamedApp(
  file: string,
  options: AppOptions = {},
): Promise<{ wasm: Uint8Array; origins: readonly Origin[] }> {
  const asc = [...(options.asc ?? []), "--debug", "--sourceMap"];
  const { wasm, map } = await compile(file, { ...options, asc });
  const origins = originsOf(map).map(({ offset, file: name, line }) => ({ offset, file: pathOf(file, name), line }));
  return { wasm, origins };
}

/** The path, from the current directory, of what asc calls `name`: a file of the application or of the module. */
function pathOf(file: string, name: string): string {
  const path = name.startsWith(ELSEWHERE) ? join(dirname(file), name.slice(ELSEWHERE.length)) : join(home ?? ".", name);
  return relative(".", path);
}

async function compile(file: string, options: AppOptions): Promise<{ wasm: Uint8Array; map: string }> {
  if (home === undefined) throw new AppError("The folder assembly/ with the module's sources is not there.");
  if (!exists(file)) throw new AppError(`There is no file ${file}.`);
  const { main } = await import("assemblyscript/asc").catch(() => {
    throw new AppError("The compiler is missing: npm install assemblyscript.");
  });
  const folder = home;
  const inside = relative(folder, resolve(file)).replaceAll("\\", "/");
  const program = inside.startsWith("..") ? ELSEWHERE + basename(file) : inside;
  const place = (name: string): string =>
    name.startsWith(ELSEWHERE) ? resolve(dirname(file), name.slice(ELSEWHERE.length)) : resolve(folder, name);
  const generated: Record<string, string> = {
    "assembly/module.ts": `export * from "./index";\nexport { appStart, appAdopt, appTimers } from "./app/runtime";\n`,
    "assembly/app/hooks.ts": `export { appBytes, deliver, returned } from "./runtime";\n`,
    "assembly/app/program.ts": `import Program from "${pathTo("assembly/app/program.ts", program)}";\nexport default Program;\n`,
  };
  let wasm: Uint8Array | undefined;
  let map = "";
  const without = options.without ?? [];
  const head = readFileSync(`${home}/assembly/app/head.ts`, "utf8");
  const layout = layoutChecksum(`${home}/assembly`, [head, ...without].join(" "));
  const flags = ["assembly/module.ts", "--config", "none", "--outFile", "app.wasm", ...release(home), ...(options.asc ?? [])];
  for (const constant of [`PKTSOCK_LAYOUT_SUM=${layout}`, ...without]) flags.push("--use", constant);
  const { error, stderr } = await main(flags, {
    readFile: (name) => {
      const text = generated[name] ?? read(place(name));
      if (text === null || name.startsWith("assembly/")) return text;
      options.files?.push(relative(".", place(name)));
      return text.replace(importOfApi, `$1$2${pathTo(name, "assembly/app/index.ts")}$2`);
    },
    writeFile: (name, contents) => {
      if (name === "app.wasm") wasm = contents as Uint8Array;
      if (name === "app.wasm.map") map = contents as string;
    },
    listFiles: (listed) => {
      try {
        return readdirSync(place(listed)).filter((name) => name.endsWith(".ts"));
      } catch {
        return null;
      }
    },
  });
  if (error !== null || wasm === undefined) {
    const said = stderr.toString().trim() || (error?.message ?? "");
    throw new AppError(said.replaceAll(` in ${ELSEWHERE}`, ` in ${relative(".", dirname(file)) || "."}/`));
  }
  return { wasm, map };
}

/** The options of the release build in asconfig.json. */
function release(folder: string): string[] {
  const { options, targets } = JSON.parse(readFileSync(`${folder}/asconfig.json`, "utf8")) as {
    options: Record<string, unknown>;
    targets: { release: Record<string, unknown> };
  };
  return Object.entries({ ...options, ...targets.release }).flatMap(([name, value]) => {
    if (value === false || name === "outFile" || name === "textFile" || name === "converge") return [];
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap((word) => [`--${name}`, String(word)]);
  });
}

if (isMain(import.meta.url)) {
  const [input, output, ...without] = process.argv.slice(2);
  if (input === undefined || output === undefined) {
    console.error("app: name the application and the module: tsx host/build/app.ts APP.ts OUT.wasm");
    process.exit(2);
  }
  try {
    const files: string[] = [];
    const wasm = await buildApp(input, { files, without });
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, wasm);
    const needs = files.map((name) => `${output}: ${name}\n${name}:\n`);
    writeFileSync(output.replace(/\.wasm$/, ".d"), needs.join(""));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
