import { existsSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder with all programs of PATH but those that `isMissing`. Remove it when done. */
export function pathWithout(isMissing: RegExp): string {
  const folder = mkdtempSync(join(tmpdir(), "pktsock-path-"));
  const linked = new Set<string>();
  for (const from of (process.env["PATH"] ?? "").split(":").filter((path) => existsSync(path))) {
    for (const name of readdirSync(from)) {
      if (isMissing.test(name) || linked.has(name)) continue;
      symlinkSync(join(from, name), join(folder, name));
      linked.add(name);
    }
  }
  return folder;
}
