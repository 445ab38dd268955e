import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { signModule } from "../sign/cose.js";
import { readPrivateKey } from "../sign/keys.js";
import { moduleFaults } from "../sign/validate.js";
import { type Command, numberOption, parsing, UsageError } from "./command.js";

const usage = `KEY MODULE.wasm -o FILE --version N
Validates a module, signs it with the private key in KEY and writes the signed module to FILE, for boards whose firmware was built
with SWAP_KEY=KEY. A module that is not valid, or that a board could not run, is not signed.
Options:
  -o, --output FILE           where to write
  --version N                 the module's number, 0 to 4294967295: a board takes a module only if its number is higher than that
                              of the one that it runs`;

const options = { output: { type: "string", short: "o" }, version: { type: "string" } } as const;
const LARGEST = 0xffffffff;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parsing(() => parseArgs({ args, options, allowPositionals: true }));
  const [keyPath, modulePath, ...more] = positionals;
  if (keyPath === undefined || modulePath === undefined || more.length > 0)
    throw new UsageError("name the key and the module.");
  if (values.output === undefined) throw new UsageError("say with -o FILE where the signed module goes.");
  if (values.version === undefined) throw new UsageError("give the module a number with --version N.");
  const version = numberOption("version", values.version, 0, 0, LARGEST);
  if (!Number.isInteger(version)) throw new UsageError(`--version must be a whole number, not "${values.version}".`);

  const wasm = readFileSync(modulePath);
  const faults = moduleFaults(wasm);
  if (faults.length > 0) throw new Error(`${modulePath} is not signed.\n${faults.join("\n")}`);
  const signed = signModule(wasm, version, readPrivateKey(keyPath));
  writeFileSync(values.output, signed);
  console.log(`${values.output}: version ${version}, ${wasm.length} bytes of module, ${signed.length} bytes signed`);
  return 0;
}

export const sign: Command = { summary: "validate and sign a module, for boards that swap it", usage, run };
