// A network host in TypeScript that answers ARP and ping for its address. With probe.ts it also sends requests: it
// replaces the Linux kernel where there is no root or no TAP.
import type { Endpoint } from "./endpoint.js";
import {
  type Arp,
  BROADCAST,
  decodeArp,
  decodeEcho,
  decodeEthernet,
  type Echo,
  encodeArp,
  encodeEcho,
  encodeEthernet,
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  formatIp,
  formatMac,
  parseIp,
  parseMac,
} from "./wire.js";

export class Host implements Endpoint {
  onFrame: ((frame: Buffer) => void) | null = null;
  /** Called with the answers to the requests of this host. */
  onArpReply: ((arp: Arp) => void) | null = null;
  onEchoReply: ((echo: Echo) => void) | null = null;
  /** Number of dropped IPv4 packets with a wrong length or checksum. */
  damaged = 0;
  readonly mac: string;
  readonly ip: string;

  /** Addresses such as "02:00:00:00:00:01" and "192.0.2.1". */
  constructor({ mac, ip }: { mac: string; ip: string }) {
    this.mac = formatMac(parseMac(mac));
    this.ip = formatIp(parseIp(ip));
  }

  /** Takes a frame from the wire. */
  send(bytes: Uint8Array): void {
    const frame = decodeEthernet(Buffer.from(bytes));
    if (frame === null || (frame.to !== this.mac && frame.to !== BROADCAST)) return;
    if (frame.type === ETHERTYPE_ARP) this.takeArp(decodeArp(frame.payload));
    else if (frame.type === ETHERTYPE_IP) this.takeEcho(frame.from, decodeEcho(frame.payload));
  }

  async close(): Promise<void> {
    this.onFrame = null;
  }

  /** Broadcasts an ARP request. */
  sendArpRequest(targetIp: string): void {
    this.sendArp(BROADCAST, { operation: "request", targetMac: "00:00:00:00:00:00", targetIp });
  }

  /** Sends an ICMP echo request. */
  sendEchoRequest(mac: string, echo: Pick<Echo, "to" | "id" | "sequence" | "payload">): void {
    this.sendEcho(mac, { ...echo, kind: "request", from: this.ip });
  }

  private sendArp(to: string, arp: Pick<Arp, "operation" | "targetMac" | "targetIp">): void {
    const payload = encodeArp({ ...arp, senderMac: this.mac, senderIp: this.ip });
    this.onFrame?.(encodeEthernet({ to, from: this.mac, type: ETHERTYPE_ARP, payload }));
  }

  private sendEcho(to: string, echo: Echo): void {
    this.onFrame?.(encodeEthernet({ to, from: this.mac, type: ETHERTYPE_IP, payload: encodeEcho(echo) }));
  }

  private takeArp(arp: Arp | null): void {
    if (arp === null || arp.targetIp !== this.ip) return;
    if (arp.operation === "reply") this.onArpReply?.(arp);
    else this.sendArp(arp.senderMac, { operation: "reply", targetMac: arp.senderMac, targetIp: arp.senderIp });
  }

  private takeEcho(from: string, echo: Echo | "damaged" | null): void {
    if (echo === "damaged") this.damaged++;
    else if (echo === null || echo.to !== this.ip) return;
    else if (echo.kind === "reply") this.onEchoReply?.(echo);
    else this.sendEcho(from, { ...echo, kind: "reply", from: this.ip, to: echo.from });
  }
}
