// Checks of a program before it is run with a preloaded library.
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { findProgram } from "../demo/tools.js";

const PT_INTERP = 3;
const S_ISUID = 0o4000;

/** Is the file an ELF file without an interpreter, which loads no libraries? Interpreters of scripts are not checked. */
function isStatic(path: string): boolean {
  const file = openSync(path, "r");
  const head = Buffer.alloc(4096);
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  const isElf64 = head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2;
  if (!isElf64) return false;
  const [table, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let i = 0; i < count && table + (i + 1) * size <= head.length; i++) {
    if (head.readUInt32LE(table + i * size) === PT_INTERP) return false;
  }
  return true;
}

/** Throws an Error with a user-readable message when a library cannot be preloaded into the program. */
export function checkProgram(name: string): void {
  const path = name.includes("/") ? name : findProgram(name);
  if (path === undefined) throw new Error(`there is not a program ${name}.`);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new Error(`${path} is not a program.`);
  if (isStatic(path)) throw new Error(`${path} is statically linked: nothing can be preloaded into it.`);
  const changesUser = (stat.mode & S_ISUID) !== 0 && stat.uid !== process.getuid?.();
  if (changesUser)
    throw new Error(`${path} is set-user-ID, so the system preloads nothing into it: run pktsock as root.`);
}
