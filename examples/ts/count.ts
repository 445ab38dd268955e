// A tap that counts all frames by protocol, and reports the counters every second in a broadcast of a local EtherType: words in
// network order, of ARP, IPv4, IPv6, VLAN-tagged and all other frames, and of all bytes.
import { App, ETH_P_ALL, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, Frame, PacketSocket } from "pktsock/app";

const ETH_P_REPORT: u32 = 0x88b5;
const ARP: u32 = 0;
const IPV4: u32 = 1;
const IPV6: u32 = 2;
const TAGGED: u32 = 3;
const OTHER: u32 = 4;
const BYTES: u32 = 5;
const COUNTERS: u32 = 6;

export default class Count extends App {
  tap: PacketSocket;

  tableLength(): u32 {
    return COUNTERS;
  }

  start(): void {
    this.tap = PacketSocket.open(ETH_P_ALL, 1);
    this.tap.promiscuous(1);
    this.every(0, 1000);
  }

  onFrame(socket: PacketSocket, frame: Frame): void {
    this.add(kindOf(frame), 1);
    this.add(BYTES, frame.length);
  }

  onTimer(id: u32): void {
    const report = this.tap.reserve(60);
    if (!report) return;
    report.clear(0, 60);
    report.set32(0, 0xffffffff);
    report.set16(4, 0xffff);
    report.setHwaddr(6);
    report.set16(12, ETH_P_REPORT);
    // Rounds: 6
    for (let i: u32 = 0; i < COUNTERS; ++i) report.set32(14 + i * 4, this.word(i));
    this.tap.send(report);
  }

  private add(counter: u32, amount: u32): void {
    this.setWord(counter, this.word(counter) + amount);
  }
}

function kindOf(frame: Frame): u32 {
  if (frame.vlan >= 0) return TAGGED;
  switch (frame.protocol) {
    case ETH_P_ARP:
      return ARP;
    case ETH_P_IP:
      return IPV4;
    case ETH_P_IPV6:
      return IPV6;
    default:
      return OTHER;
  }
}
