import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Was the file with this import.meta.url started as a program, rather than imported? In a bundle, where all files have one URL, no. */
export function isMain(url: string): boolean {
  const started = process.argv[1];
  return started?.endsWith(".ts") === true && realpathSync(started) === fileURLToPath(url);
}
