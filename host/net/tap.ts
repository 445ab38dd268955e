// A TAP interface of the Linux kernel as the end of a cable. socat holds it open, because Node has no ioctl(2), and carries
// its frames over a pair of UDP ports on loopback, one datagram for each frame.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoint } from "./endpoint.js";
import { freePort, UdpCable } from "./udp.js";

/** Time limit for socat to create the interface. */
const LIMIT_MS = 5000;

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

export class Tap implements Endpoint {
  private constructor(
    private readonly udp: UdpCable,
    private readonly socat: ChildProcess,
    private readonly killAtExit: () => void,
  ) {}

  /** Creates the interface and brings it up. This needs root. */
  static async open({ name, netns, address }: TapOptions): Promise<Tap> {
    const obstacle = tapObstacle();
    if (obstacle !== undefined) throw new Error(obstacle);
    if (!/^[^\s/:,]{1,15}$/.test(name)) throw new Error(`"${name}" cannot be the name of an interface`);
    if (existsSync(`/sys/class/net/${name}`)) throw new Error(`the interface ${name} exists already`);
    const udp = await UdpCable.open(await freePort());
    const socat = spawn(
      "socat",
      [
        `TUN,tun-name=${name},tun-type=tap,iff-no-pi`,
        `UDP-DATAGRAM:127.0.0.1:${udp.localPort},bind=127.0.0.1:${udp.remotePort}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const killAtExit = () => void socat.kill();
    process.once("exit", killAtExit);
    const tap = new Tap(udp, socat, killAtExit);
    try {
      await tap.made(name);
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

  get onFrame(): ((frame: Buffer) => void) | null {
    return this.udp.onFrame;
  }

  set onFrame(listener: ((frame: Buffer) => void) | null) {
    this.udp.onFrame = listener;
  }

  send(frame: Uint8Array): void {
    this.udp.send(frame);
  }

  /** Ends socat, which removes the interface. */
  async close(): Promise<void> {
    process.off("exit", this.killAtExit);
    if (this.socat.exitCode === null && this.socat.signalCode === null) {
      const ended = new Promise((resolve) => this.socat.once("exit", resolve));
      this.socat.kill();
      await ended;
    }
    await this.udp.close();
  }

  /** Waits until socat has created the interface. */
  private async made(name: string): Promise<void> {
    let complaints = "";
    this.socat.stderr!.setEncoding("utf8").on("data", (text: string) => void (complaints += text));
    const limit = performance.now() + LIMIT_MS;
    while (!existsSync(`/sys/class/net/${name}`)) {
      if (this.socat.exitCode !== null)
        throw new Error(`socat did not create the interface ${name}: ${complaints.trim()}`);
      if (performance.now() > limit)
        throw new Error(`socat did not create the interface ${name} within ${LIMIT_MS} ms`);
      await sleep(10);
    }
  }
}
