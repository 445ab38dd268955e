// Which loop of the sources a loop of the module is, and how many rounds that makes at most: the comment "Rounds: EXPRESSION"
// above it says so. The compiler's source map tells the line of each instruction.
import { readFileSync } from "node:fs";

/** A loop of a source: its lines (from 1), and what its comment says. */
export interface SourceLoop {
  readonly file: string;
  readonly first: number;
  readonly last: number;
  /** Its test is at the end: it executes its body as often as it makes rounds, and not once more. */
  readonly testsLast: boolean;
  readonly rounds: string | undefined;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
const loopStart = /^(?:\} )?(?!\} while).*?\b(?:while|for|do)\b(?: \(| \{)/;

/** The loops of a source that prettier has formatted. */
export function loopsOf(file: string, text: string): SourceLoop[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const code = line.replace(/\/\/.*/, "").trimStart();
    if (/^(\*|\/\*)/.test(code) || code.startsWith("} while") || !loopStart.test(code)) return [];
    let last = i;
    if (!code.trimEnd().endsWith(";")) {
      const indent = indentOf(line);
      last++;
      while (last < lines.length - 1 && indentOf(lines[last]!) > indent) last++;
      if (!lines[last]!.trimStart().startsWith("}")) last--;
    }
    let above = i - 1;
    while (above >= 0 && /^\s*\/\//.test(lines[above]!) && !/Rounds:/.test(lines[above]!)) above--;
    const rounds = /^\s*\/\/ Rounds: ([^.,]+)/.exec(lines[above] ?? "")?.[1];
    return [{ file, first: i + 1, last: last + 1, testsLast: code.startsWith("do "), rounds }];
  });
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment of a source map, in base 64 VLQ. */
function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = digits.indexOf(letter);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

/** Where each part of the module comes from, sorted by its offset. */
export interface Origin {
  readonly offset: number;
  readonly file: string;
  readonly line: number;
}

export function originsOf(map: string): Origin[] {
  const { sources, mappings } = JSON.parse(map) as { sources: string[]; mappings: string };
  let offset = 0;
  let source = 0;
  let line = 0;
  return mappings.split(",").map((segment) => {
    const [byOffset = 0, bySource = 0, byLine = 0] = numbersOf(segment);
    offset += byOffset;
    source += bySource;
    line += byLine;
    return { offset, file: sources[source]!, line: line + 1 };
  });
}

/** The loops of these sources. */
export function readLoops(files: readonly string[]): SourceLoop[] {
  return files.flatMap((file) => loopsOf(file, readFileSync(file, "utf8")));
}

/** The number of the last origin that is not behind this offset, or -1. */
export function originOf(offset: number, origins: readonly Origin[]): number {
  let [low, high] = [0, origins.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (origins[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The source's loop that most of these instructions, which are in a loop of the module and in none within it, come from. */
export function loopAt(offsets: readonly number[], origins: readonly Origin[], loops: readonly SourceLoop[]): SourceLoop {
  const votes = new Map<SourceLoop, number>();
  for (const offset of offsets) {
    const origin = origins[originOf(offset, origins)];
    const around = loops.filter(
      ({ file, first, last }) => file === origin?.file && first <= origin.line && origin.line <= last,
    );
    const loop = around[around.length - 1];
    if (loop !== undefined) votes.set(loop, (votes.get(loop) ?? 0) + 1);
  }
  const [most] = [...votes].sort(([, a], [, b]) => b - a);
  if (most === undefined) throw new Error("A loop of the module is none of the sources.");
  return most[0];
}
