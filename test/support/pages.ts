import { readFileSync } from "node:fs";

/** The output of a program that a page shows: its block of text. */
export function outputIn(page: string): string {
  return /^```text\n(.*?)^```$/ms.exec(readFileSync(page, "utf8"))![1]!;
}
