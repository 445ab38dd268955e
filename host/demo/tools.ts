// Finds the tools of this machine, and the board for the demo.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { qemuOf } from "../net/qemu.js";

/** Returns the path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  const paths = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Returns the value of the first line with `NAME := value` or `NAME ?= value` in a makefile. */
function valueIn(makefile: string, name: string): string {
  return new RegExp(`^${name} *[:?]= *(.*)$`, "m").exec(readFileSync(makefile, "utf8"))?.[1] ?? "";
}

/** Returns why an image for this board cannot be built and run here, or undefined when it can. */
export function boardObstacle(board: string): string | undefined {
  if (board === "linux") return undefined;
  const qemu = qemuOf(board).command[0]!;
  if (findProgram(qemu) === undefined) return `the program ${qemu} is missing`;
  const family = `boards/family/${valueIn(`boards/targets/${board}/board.mk`, "FAMILY")}/family.mk`;
  const compiler = `${valueIn(family, "CROSS")}gcc`;
  if (findProgram(compiler) === undefined) return `the compiler ${compiler} is missing`;
  const specs = /--specs=\S+/.exec(readFileSync(family, "utf8"))?.slice(0, 1) ?? [];
  const compiled = spawnSync(compiler, [...specs, "-E", "-x", "c", "-include", "stdio.h", "/dev/null"]);
  return compiled.status === 0 ? undefined : `${compiler} has no C library (picolibc)`;
}

/** Throws an Error with a user-readable message when the demo does not know this board. */
export function checkBoard(board: string): void {
  if (!existsSync(`boards/targets/${board}/board.mk`)) {
    throw new Error(`There is no board "${board}"; "make help" lists them.`);
  }
  if (board !== "linux") qemuOf(board);
}
