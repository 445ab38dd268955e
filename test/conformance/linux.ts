// The Linux kernel's own AF_PACKET: the agent at one end of a veth pair, its peer at the other.

import { hidesTags } from "../differential/kernel.js";
import { Agent } from "./agent.js";
import type { Target } from "./target.js";
import type { Description, Need } from "./targets.js";
import { AGENT, NAME, OWN, PEER, Veth } from "./veth.js";

export class LinuxTarget implements Target {
  readonly ifname = NAME;
  readonly names = { OWN, PEER };
  ifindex = 0;

  private own: Agent | undefined;

  private constructor(
    public description: Description,
    private readonly veth: Veth,
  ) {}

  /** Makes cable and agents; stop() removes them. */
  static async start(description: Description): Promise<LinuxTarget> {
    const target = new LinuxTarget(description, await Veth.start());
    try {
      await target.restart();
      await target.trySlow();
      if (!hidesTags()) target.lack("tags hidden from SOCK_DGRAM", "Linux hides them since version 6.10");
    } catch (error) {
      await target.stop();
      throw error;
    }
    return target;
  }

  private lack(need: Need, why: string): void {
    this.description = { ...this.description, lacks: { ...this.description.lacks, [need]: why } };
  }

  private async trySlow(): Promise<void> {
    try {
      await this.slow(true);
      await this.slow(false);
    } catch {
      this.lack("a slow line", "tc cannot limit the rate of the veth pair: no qdisc tbf");
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
