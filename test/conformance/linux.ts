// The Linux kernel's own AF_PACKET: the agent at one end of a veth pair, its peer at the other.

import { Agent } from "./agent.js";
import type { Target } from "./target.js";
import { AGENT, NAME, OWN, PEER, Veth } from "./veth.js";

export class LinuxTarget implements Target {
  readonly name = "linux";
  readonly ifname = NAME;
  readonly names = { OWN, PEER };
  readonly shortest = 0;
  readonly capacities = {};
  readonly firstDescriptor = 3;
  ifindex = 0;
  neverSlow: string | undefined;

  private own: Agent | undefined;

  private constructor(private readonly veth: Veth) {}

  /** Makes cable and agents; stop() removes them. */
  static async start(): Promise<LinuxTarget> {
    const target = new LinuxTarget(await Veth.start());
    try {
      await target.restart();
      await target.trySlow();
    } catch (error) {
      await target.stop();
      throw error;
    }
    return target;
  }

  private async trySlow(): Promise<void> {
    try {
      await this.slow(true);
      await this.slow(false);
    } catch {
      this.neverSlow = "tc cannot limit the rate of the veth pair: no qdisc tbf";
    }
  }

  async restart(): Promise<void> {
    this.ifindex = await this.veth.connect();
    this.own = await Agent.start(this.veth.run([AGENT]));
  }

  async call(command: string, timeout: number): Promise<string> {
    if (!this.own) throw new Error("the agent does not run");
    return this.own.call(command, timeout);
  }

  async inject(frame: string): Promise<void> {
    await this.veth.inject(frame);
  }

  async next(timeout: number): Promise<Buffer | null> {
    return this.veth.next(timeout);
  }

  async plug(plugged: boolean): Promise<void> {
    await this.veth.plug(plugged);
  }

  async slow(slow: boolean): Promise<void> {
    this.veth.slow(slow);
  }

  async ready(): Promise<void> {
    await this.veth.ready();
  }

  async stop(): Promise<void> {
    await this.veth.stop();
  }
}
