// The cases on the Linux kernel's own packet sockets, in a network namespace that ends with the program in it.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { release } from "node:os";
import { type Case, decodeResults, encodeCases, type Result } from "./cases.js";

const PROGRAM = "build/differential/kernel";

/** A veth pair on which nobody else sends, with the indices and addresses that the module's interfaces have too. */
const script = (program: string) => `
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# Room for the longest program, where a namespace has a limit of its own.
sysctl -qw net.core.optmem_max=1000000 2>/dev/null || true
ip link add name near index 2 address 02:00:00:00:00:01 type veth peer name far index 3 address 02:00:00:00:00:02
ip link set near up
ip link set far up
while [ "$(cat /sys/class/net/far/carrier)" != 1 ]; do sleep 0.01; done
exec ./${program} 2 3
`;

/** Why the kernel cannot be asked here; undefined when it can. */
export function obstacle(): string | undefined {
  try {
    execFileSync("unshare", ["-n", "ip", "link", "add", "name", "near", "type", "veth"], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `there is no veth pair in a network namespace to be had: ${(error as Error).message.split("\n").at(-1)}`;
  }
}

/** Does this kernel, since version 6.10, hide the tags of sent frames from SOCK_DGRAM? */
export function hidesTags(): boolean {
  const [major, minor] = release().split(".").map(Number) as [number, number];
  return major > 6 || (major === 6 && minor >= 10);
}

export function onKernel(cases: readonly Case[]): Result[] {
  mkdirSync("build/differential", { recursive: true });
  const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"];
  execFileSync("cc", [...flags, "test/differential/kernel.c", "-o", PROGRAM], { stdio: "inherit" });
  return decodeResults(inNamespace(PROGRAM, encodeCases(cases)), cases);
}

/** Runs a program that gets the indices of the two interfaces, and returns what it writes. */
export function inNamespace(program: string, input: Buffer): Buffer {
  // /sys shows the interfaces of the namespace that mounted it.
  const inside = `mount -t sysfs none /sys\n${script(program)}`;
  const command = ["-n", "-m", "sh", "-euc", inside];
  return execFileSync("unshare", command, { input, maxBuffer: 1 << 30, stdio: ["pipe", "pipe", "inherit"] });
}
