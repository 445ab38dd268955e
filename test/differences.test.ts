// docs/differences.md names every reason for which a conformance case expects something else of ours than of Linux.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as packet from "../assembly/packet.js";
import { ErrnoError } from "../host/engine/errno.js";
import { cases } from "./conformance/cases/index.js";
import type { Step } from "./conformance/steps.js";
import { linuxOptions } from "./support/linux-options.js";
import { start } from "./support/module.js";

function reasonsOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "call") return [];
    const inner = reasonsOf(step.meanwhile ?? []);
    return step.differs === undefined ? inner : [step.differs.reason, ...inner];
  });
}

const page = readFileSync("docs/differences.md", "utf8");

/** The time-outs are the glue's, which waits; the module does not know them. */
const OF_THE_GLUE = new Set(["SO_RCVTIMEO", "SO_SNDTIMEO"]);

/** Does the call fail with ENOPROTOOPT? */
function refuses(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (error instanceof ErrnoError) return error.errno === packet.ENOPROTOOPT;
    throw error;
  }
}

/** The calls that refuse an option of the module, as a row of the page names them, or "" when none does. */
function refusing(level: number, name: number): string {
  const { sockets } = start("v8");
  const fd = sockets.socket(packet.SOCK_RAW);
  const set = refuses(() => sockets.setsockopt(fd, level, name, 1));
  const get = refuses(() => sockets.getsockopt(fd, level, name, 128));
  return set && get ? "both" : set ? "`setsockopt()`" : get ? "`getsockopt()`" : "";
}

/** What a row of the table of refused options names. */
function listed(calls: string, level: string): string[] {
  const row = page.split("\n").find((line) => line.startsWith(`| ${calls} | ${level} |`));
  return [...(row ?? "").split("|")[3]!.matchAll(/[A-Z][A-Z0-9_]+/g)].map(([name]) => name);
}

describe("docs/differences.md", () => {
  it("has a row for each reason of the conformance cases, and no other", () => {
    const wanted = new Set(cases.flatMap((one) => reasonsOf(one.steps)));
    const rows = page.split("\n## ")[0]!.matchAll(/^\| (.+?) \|/gm);
    const reasons = [...rows].map(([, reason]) => reason!).filter((reason) => !/^(reason|-+)$/.test(reason));
    assert.deepEqual(reasons.sort(), [...wanted].sort());
  });

  for (const [level, number] of [
    ["SOL_SOCKET", packet.SOL_SOCKET],
    ["SOL_PACKET", packet.SOL_PACKET],
  ] as const) {
    it(`lists the options of ${level} that the module refuses, and no other`, () => {
      const known = Object.entries(linuxOptions[level]).filter(([name]) => !OF_THE_GLUE.has(name));
      for (const calls of ["both", "`setsockopt()`", "`getsockopt()`"]) {
        const refused = known.filter(([, option]) => refusing(number, option) === calls).map(([name]) => name);
        assert.deepEqual(listed(calls, level), refused, `${calls}, ${level}`);
      }
    });
  }
});
