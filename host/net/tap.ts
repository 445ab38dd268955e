// A TAP interface of the Linux kernel as the end of a cable. socat holds it open.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Socat } from "./socat.js";

export interface TapOptions {
  /** Name of the interface, which must not exist yet; at most 15 bytes. */
  name: string;
  /** Network namespace to move the interface to; it must exist, and is not removed. */
  netns?: string;
  /** Address of the interface with its prefix length, such as "192.0.2.2/24". */
  address?: string;
}

/** Returns why there can be no TAP interface here, or undefined when there can. */
export function tapObstacle(): string | undefined {
  if (process.platform !== "linux") return "TAP interfaces need Linux";
  if (process.getuid?.() !== 0) return "TAP interfaces need root";
  if (!existsSync("/dev/net/tun")) return "/dev/net/tun is missing";
  for (const [program, option, debian] of [
    ["socat", "-V", "socat"],
    ["ip", "-V", "iproute2"],
  ] as const) {
    try {
      execFileSync(program, [option], { stdio: "ignore" });
    } catch {
      return `the program ${program} is missing: install the package ${debian}`;
    }
  }
  return undefined;
}

/** Runs ip(8). Throws an Error with its message when it fails. */
function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

export class Tap extends Socat {
  /** Creates the interface and brings it up. This needs root. */
  static async open({ name, netns, address }: TapOptions): Promise<Tap> {
    const obstacle = tapObstacle();
    if (obstacle !== undefined) throw new Error(obstacle);
    if (!/^[^\s/:,]{1,15}$/.test(name)) throw new Error(`"${name}" cannot be the name of an interface`);
    if (existsSync(`/sys/class/net/${name}`)) throw new Error(`the interface ${name} exists already`);
    const tap = await Socat.start(Tap, `TUN,tun-name=${name},tun-type=tap,iff-no-pi`);
    try {
      await tap.started(`socat did not create the interface ${name}`);
      if (netns !== undefined) ip("link", "set", name, "netns", netns);
      const inside = netns === undefined ? [] : ["-n", netns];
      if (address !== undefined) ip(...inside, "address", "add", address, "dev", name);
      ip(...inside, "link", "set", name, "up");
    } catch (error) {
      await tap.close();
      throw error;
    }
    return tap;
  }
}
