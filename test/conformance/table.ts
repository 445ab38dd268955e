// The targets as text.

import { described, TARGETS } from "./targets.js";

/** For docs/conformance.md. */
export function table(): string {
  const rows = TARGETS.map((name) => {
    const { what, lacks } = described(name);
    return `| \`${name}\` | ${what} | ${Object.keys(lacks).join(", ")} |`;
  });
  return ["| ON= | target | cases are skipped that need |", "|---|---|---|", ...rows].join("\n");
}

/** For the console. */
export function list(): string {
  const width = Math.max(...TARGETS.map((name) => name.length));
  return TARGETS.map((name) => `  ${name.padEnd(width)}  ${described(name).what}`).join("\n");
}
