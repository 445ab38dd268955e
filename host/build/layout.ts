// The checksum of the layout of linear memory: `tsx host/build/layout.ts [NET_PKT_FEATURE=0...]` prints it, of a module without
// these features. The build passes it to asc, and the module exports it as PKTSOCK_LAYOUT. Two modules with the same one can use the
// same linear memory one after the other.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMain } from "./main.js";

/** The words of AssemblyScript without comments, so that their place and format do not matter. */
function words(source: string): string[] {
  const code = source.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, "");
  return code.match(/\w+|[^\w\s]/g) ?? [];
}

/** What describes linear memory: the shared offsets, all that layout.ts has, and the structs that other files keep there. */
function description(folder: string): string[] {
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const others = readdirSync(folder).filter((file) => file.endsWith(".ts") && file !== "layout.ts" && file !== "abi.ts");
  const structs = others.sort().flatMap((file) => read(file).match(/@unmanaged\n[^}]*\}/g) ?? []);
  return ["abi.ts", "layout.ts"].map(read).concat(structs).flatMap(words);
}

/** A number that two layouts have in common only by chance; never 0. `folder` is assembly/; `word` says what else is in memory. */
export function layoutChecksum(folder: string, word = ""): number {
  const digest = createHash("sha256").update([...description(folder), word].join(" ")).digest();
  return digest.readUInt32LE(0) || 1;
}

if (isMain(import.meta.url)) console.log(layoutChecksum("assembly", process.argv.slice(2).join(" ")));
