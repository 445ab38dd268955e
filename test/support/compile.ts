// Programs for this machine, which the tests of several files compile and run side by side.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Compiles a program with the system's compiler. The file is there in one piece: a process that runs the one before goes on with
 * that.
 */
export function compileHere(flags: readonly string[], sources: readonly string[], out: string): void {
  mkdirSync(dirname(out), { recursive: true });
  const unfinished = `${out}.${process.pid}`;
  execFileSync("cc", [...flags, ...sources, "-o", unfinished], { stdio: ["ignore", "inherit", "inherit"] });
  renameSync(unfinished, out);
}
