import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { buildApp } from "../build/app.js";
import { type Command, parsing, UsageError } from "./command.js";

const usage = `APP.ts [-o FILE]
Compiles an application together with the module, and checks that it suits a small chip (docs/apps.md). Errors of the compiler
have file and line.
Options:
  -o, --output FILE           where the module goes (default: APP.wasm)`;

const options = { output: { type: "string", short: "o" } } as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parsing(() => parseArgs({ args, options, allowPositionals: true }));
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new UsageError("name one application: pktsock build app.ts.");
  const out = values.output ?? `${basename(file, ".ts")}.wasm`;
  const wasm = await buildApp(file);
  writeFileSync(out, wasm);
  console.log(`${out}: ${wasm.length} bytes`);
  return 0;
}

export const build: Command = {
  summary: "compile an application in TypeScript together with the module",
  usage,
  run,
};
