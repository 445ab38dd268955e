// The record of the module's ABI: `tsx host/build/abi.ts MODULE.wasm RECORD.json` writes it anew, if ABI_VERSION was raised.
// test/abi.test.ts compares.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as abi from "../../assembly/abi.js";
import { isMain } from "./main.js";
import { readWasm } from "./wasm.js";

export interface AbiRecord {
  version: number;
  /** Every other constant of assembly/abi.ts. */
  constants: Record<string, number>;
  /** The functions that the module imports and exports, with their types. */
  functions: Record<string, string>;
}

const sorted = <T>(entries: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The ABI that assembly/abi.ts and the module have now. */
export function currentAbi(wasm: Uint8Array): AbiRecord {
  const { ABI_VERSION: version, ...constants } = abi;
  return { version, constants: sorted(constants), functions: sorted(readWasm(wasm).signatures) };
}

/** The differences, one line each: "constants.SLOT_BYTES: 8, now 12". */
export function differences(recorded: AbiRecord, now: AbiRecord): string[] {
  return (["constants", "functions"] as const).flatMap((part) => {
    const names = new Set([...Object.keys(recorded[part]), ...Object.keys(now[part])]);
    return [...names]
      .filter((name) => recorded[part][name] !== now[part][name])
      .map((name) => `${part}.${name}: ${recorded[part][name] ?? "none"}, now ${now[part][name] ?? "none"}`);
  });
}

/** Tells the developer what to do about a difference; undefined when record and module agree. */
export function complaint(recorded: AbiRecord, now: AbiRecord): string | undefined {
  const changed = differences(recorded, now);
  if (changed.length === 0 && recorded.version === now.version) return undefined;
  const todo =
    recorded.version === now.version
      ? "The ABI has changed: raise ABI_VERSION in assembly/abi.ts, then run `make abi`."
      : "ABI_VERSION has changed: run `make abi`.";
  return [todo, ...changed].join("\n  ");
}

if (isMain(import.meta.url)) {
  const [module, path] = process.argv.slice(2);
  if (module === undefined || path === undefined) throw new Error("usage: abi.ts MODULE.wasm RECORD.json");
  const now = currentAbi(readFileSync(module));
  const recorded = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as AbiRecord) : undefined;
  if (recorded !== undefined && recorded.version === now.version && differences(recorded, now).length > 0) {
    console.error(complaint(recorded, now));
    process.exit(1);
  }
  writeFileSync(path, `${JSON.stringify(now, undefined, 2)}\n`);
}
