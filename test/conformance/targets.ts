// The targets by their names.

import { BoardTarget, isInstalled, missingFor } from "./board.js";
import { LinuxTarget } from "./linux.js";
import type { TargetName } from "./steps.js";
import type { Target } from "./target.js";

/** Starts a target, or says why it cannot run on this machine. */
export async function startTarget(name: TargetName): Promise<Target | string> {
  switch (name) {
    case "linux":
      return linuxIsPossible() ?? LinuxTarget.start();
    default:
      return missingFor(name) ?? BoardTarget.start(name);
  }
}

function linuxIsPossible(): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  if (!isInstalled("ip")) return "the command ip (package iproute2) is missing";
  if (!isInstalled("cc")) return "a C compiler is missing";
  return undefined;
}
