// The targets by their names.

import { BoardTarget, missingFor } from "./board.js";
import { LinuxTarget } from "./linux.js";
import type { TargetName } from "./steps.js";
import type { Target } from "./target.js";
import { vethObstacle } from "./veth.js";

/** Starts a target, or says why it cannot run on this machine. */
export async function startTarget(name: TargetName): Promise<Target | string> {
  switch (name) {
    case "linux":
      return vethObstacle() ?? LinuxTarget.start();
    default:
      return missingFor(name) ?? BoardTarget.start(name);
  }
}
