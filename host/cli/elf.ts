// Checks of a program before it is run with a preloaded library.
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { findProgram } from "../demo/tools.js";

const PT_INTERP = 3;
const S_ISUID = 0o4000;

const headerBytes = 64;
const programHeaderBytes = 56;

/** Returns `bytes` of the file at `position`, or undefined if it does not have them. */
function bytesAt(file: number, position: number, bytes: number): Buffer | undefined {
  const { size } = fstatSync(file);
  if (position + bytes > size) return undefined;
  const found = Buffer.alloc(bytes);
  return readSync(file, found, 0, bytes, position) === bytes ? found : undefined;
}

/** Does an ELF file load no libraries, because it has no interpreter? The kernel refuses a damaged one with its own words. */
function isStaticElf(file: number): boolean {
  const head = bytesAt(file, 0, headerBytes);
  if (head === undefined || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return false;
  const [at, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  const table = size === programHeaderBytes ? bytesAt(file, at, size * count) : undefined;
  if (table === undefined) return false;
  for (let i = 0; i < count; i++) if (table.readUInt32LE(i * size) === PT_INTERP) return false;
  return true;
}

/** Is the file a statically linked program? Interpreters of scripts are not checked. */
function isStatic(path: string): boolean {
  const file = openSync(path, "r");
  try {
    return isStaticElf(file);
  } finally {
    closeSync(file);
  }
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
