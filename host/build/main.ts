import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Was the file with this import.meta.url started as a program, rather than imported? */
export function isMain(url: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(url);
}
