// The targets by their names.

import { execFileSync } from "node:child_process";
import { LinuxTarget } from "./linux.js";
import type { TargetName } from "./steps.js";
import type { Target } from "./target.js";

/** Starts a target, or says why it cannot run on this machine. */
export async function startTarget(name: TargetName): Promise<Target | string> {
  switch (name) {
    case "linux":
      return linuxIsPossible() ?? LinuxTarget.start();
    default:
      return "this target is not built yet";
  }
}

function linuxIsPossible(): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  try {
    execFileSync("ip", ["netns", "list"], { stdio: "ignore" });
  } catch {
    return "the command ip (package iproute2) is missing";
  }
  return undefined;
}
