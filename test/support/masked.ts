import assert from "node:assert/strict";
import type { Longest } from "../bench/counted.js";

/** Instructions that may follow each other with interrupts masked. */
export const MOST_MASKED = 60;

export function expectShortlyMasked({ instructions, where }: Longest): void {
  console.log(`      ${instructions} instructions in ${where}`);
  assert.ok(instructions > 0, "no interrupt was ever masked: nothing was counted");
  assert.ok(instructions <= MOST_MASKED, `${where} masks interrupts for ${instructions} instructions`);
}
