// The program that runs images of the STM32 boards in models of their chips.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";

export const harness = "build/stm32/harness";

/** Those sources in test/stm32 that run on the boards. */
const applications = new Set(["echo.c", "stamps.c"]);

export function buildHarness(): void {
  const sources = readdirSync("test/stm32").filter((name) => name.endsWith(".c") && !applications.has(name));
  mkdirSync("build/stm32", { recursive: true });
  const flags = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror"];
  execFileSync("cc", [...flags, ...sources.map((name) => `test/stm32/${name}`), "-o", harness, "-lunicorn"]);
}
