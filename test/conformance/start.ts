// Starts targets.

import { ModelTarget } from "../esp32/target.js";
import { PreloadedTarget } from "../support/preloaded.js";
import { BoardTarget, missingFor } from "./board.js";
import { LinuxTarget } from "./linux.js";
import type { Target } from "./target.js";
import type { Description } from "./targets.js";
import { vethObstacle } from "./veth.js";

/** Builds and starts a target, or says why it cannot run on this machine. */
export async function startTarget(description: Description): Promise<Target | string> {
  const { start } = description;
  switch (start.kind) {
    case "kernel":
      return vethObstacle() ?? LinuxTarget.start(description);
    case "preload":
      return PreloadedTarget.start(description);
    case "board":
      return missingFor(start) ?? BoardTarget.start(description, start);
    case "model":
      return ModelTarget.start(description, start);
  }
}
