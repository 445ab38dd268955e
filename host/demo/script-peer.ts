// A peer written in TypeScript. It uses the UDP cable of QEMU and BOARD=linux and needs no root.
import { Cable } from "../net/cable.js";
import { Host } from "../net/host.js";
import { arping, ping, type Statistics, summary } from "../net/probe.js";
import { udpNic } from "../net/qemu.js";
import { freePort, UdpCable } from "../net/udp.js";
import { type Answers, type Peer, PEER_IP } from "./peer.js";

/** Milliseconds between two requests, so that the board can print what it taps. */
const INTERVAL_MS = 500;

function answers(statistics: Statistics): Answers {
  const { sent, received, wrong, surplus } = statistics;
  const remark = summary(statistics).split(", ").slice(2).join(", ");
  return { sent, received, remark, right: wrong + surplus === 0 };
}

export class ScriptPeer implements Peer {
  readonly description = `a host written in TypeScript, ${PEER_IP} over a UDP cable on loopback`;
  readonly nic: Peer["nic"];
  private readonly cable = new Cable();
  private readonly host = new Host({ mac: "02:00:00:00:00:0a", ip: PEER_IP });

  private constructor(udp: UdpCable) {
    this.nic = { qemu: udpNic(udp), linux: `udp:${udp.remotePort}:${udp.localPort}` };
    this.cable.attach("board", udp);
    this.cable.attach("peer", this.host);
  }

  static async open(): Promise<ScriptPeer> {
    return new ScriptPeer(await UdpCable.open(await freePort()));
  }

  start(command: readonly string[]): string[] {
    return [...command];
  }

  async arping(ip: string, count: number): Promise<Answers> {
    return answers(await arping(this.host, ip, { count, intervalMs: INTERVAL_MS }));
  }

  async ping(ip: string, count: number, size: number): Promise<Answers> {
    return answers(await ping(this.host, ip, { count, size, intervalMs: INTERVAL_MS }));
  }

  async close(): Promise<void> {
    await this.cable.close();
  }
}
