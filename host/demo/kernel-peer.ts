// The Linux kernel as the peer, with a TAP interface in its own network namespace, and Debian's arping and ping.
import { existsSync } from "node:fs";
import { Namespace } from "./namespace.js";
import { type Answers, type Peer, PEER_IP } from "./peer.js";
import { runProgram } from "./program.js";
import { findProgram } from "./tools.js";

const TAP = "tap0";
/** Seconds between two pings, so that the board can print what it taps, even on a busy machine. */
const INTERVAL = 0.5;
/** Time limit of the last request in seconds. */
const LIMIT = 2;

/** Returns why the kernel cannot be the peer on this machine, or undefined when it can. */
export function kernelObstacle(): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "this is not root";
  if (!existsSync("/dev/net/tun")) return "there is no /dev/net/tun";
  for (const program of ["ip", "arping", "ping", "unshare", "nsenter"]) {
    if (findProgram(program) === undefined) return `the program ${program} is missing`;
  }
  return undefined;
}

/** Returns the program's counts: the number in the brackets of each pattern. Throws an Error when a pattern is missing. */
function answers(output: string, sent: RegExp, received: RegExp): Answers {
  const number = (pattern: RegExp): number => {
    const match = pattern.exec(output);
    if (match === null) throw new Error(`arping or ping printed something unexpected:\n${output}`);
    return Number(match[1]);
  };
  const damaged = /wrong data byte|DUP!/.exec(output)?.[0];
  const times = /rtt .*/.exec(output)?.[0];
  return {
    sent: number(sent),
    received: number(received),
    remark: damaged ?? times ?? "",
    right: damaged === undefined,
  };
}

export class KernelPeer implements Peer {
  readonly description = `the Linux kernel, ${PEER_IP} on TAP interface ${TAP} in a network namespace of its own`;
  readonly nic = { qemu: `tap,ifname=${TAP},script=no,downscript=no`, linux: `tap:${TAP}` };

  private constructor(private readonly namespace: Namespace) {}

  /** Throws an Error with a user-readable message when the system refuses a namespace or a TAP. */
  static async open(): Promise<KernelPeer> {
    const namespace = await Namespace.open();
    try {
      await namespace.must("ip", "tuntap", "add", "dev", TAP, "mode", "tap");
      // Without IPv6 the kernel sends nothing by itself.
      await namespace.must("ip", "link", "set", TAP, "addrgenmode", "none");
      await namespace.must("ip", "address", "add", `${PEER_IP}/24`, "dev", TAP);
      await namespace.must("ip", "link", "set", TAP, "up");
    } catch (error) {
      await namespace.close();
      throw error;
    }
    return new KernelPeer(namespace);
  }

  start(command: readonly string[]): string[] {
    return this.namespace.inside(command);
  }

  async arping(ip: string, count: number): Promise<Answers> {
    const limits = ["-c", `${count}`, "-w", `${count + LIMIT}`];
    return answers(
      await this.output("arping", ...limits, "-I", TAP, ip),
      /Sent (\d+) probe/,
      /Received (\d+) response/,
    );
  }

  async ping(ip: string, count: number, size: number): Promise<Answers> {
    const limits = ["-c", `${count}`, "-i", `${INTERVAL}`, "-W", `${LIMIT}`];
    const said = await this.output("ping", "-n", ...limits, "-s", `${size}`, ip);
    return answers(said, /(\d+) packets transmitted/, /(\d+) received/);
  }

  async close(): Promise<void> {
    await this.namespace.close();
  }

  private async output(...command: string[]): Promise<string> {
    const { output, complaints } = await runProgram(this.namespace.inside(command));
    return output + complaints;
  }
}
