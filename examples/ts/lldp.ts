// LLDP (IEEE 802.1AB): says every 30 seconds who we are, and remembers the neighbour that said so last.
import { App, Frame, PacketSocket } from "pktsock/app";

const ETH_P_LLDP: u32 = 0x88cc;
const INTERVAL_MS: u32 = 30000;
/** Seconds for which a neighbour may believe what we say. */
const LIFETIME: u32 = 120;

// Types of TLVs, in the upper 7 bits of their first word; the lower 9 are the length.
const END: u32 = 0;
const CHASSIS: u32 = 1;
const PORT: u32 = 2;
const TTL: u32 = 3;
const MAC_ADDRESS: u32 = 4; // subtype of CHASSIS
const LOCAL: u32 = 7; // subtype of PORT

export default class Lldp extends App {
  socket: PacketSocket;
  sent: u32;
  /** The neighbour: its address, how long it is to be believed, and when it will be forgotten. */
  neighbours: u32;
  neighbourHead: u32;
  neighbourTail: u32;
  lifetime: u32;

  start(): void {
    this.socket = PacketSocket.open(ETH_P_LLDP, 1);
    this.socket.join(1, 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e);
    this.after(0, 100);
  }

  onTimer(id: u32): void {
    if (id == 1) this.neighbours = 0;
    else this.speak();
  }

  private speak(): void {
    this.after(0, INTERVAL_MS);
    const frame = this.socket.reserve(60);
    if (!frame) return;
    frame.clear(0, 60);
    frame.set32(0, 0x0180c200);
    frame.set16(4, 0x000e);
    frame.setHwaddr(6);
    frame.set16(12, ETH_P_LLDP);
    frame.set16(14, (CHASSIS << 9) | 7);
    frame.set8(16, MAC_ADDRESS);
    frame.setHwaddr(17);
    frame.set16(23, (PORT << 9) | 2);
    frame.set8(25, LOCAL);
    frame.set8(26, 0x31); // "1"
    frame.set16(27, (TTL << 9) | 2);
    frame.set16(29, LIFETIME);
    frame.set16(31, END);
    if (this.socket.send(frame) > 0) ++this.sent;
  }

  onFrame(socket: PacketSocket, frame: Frame): void {
    let at: u32 = 14;
    // Rounds: 64
    for (let tlvs = 0; tlvs < 64; ++tlvs) {
      const tlv = frame.get16(at);
      const type = tlv >> 9;
      if (type == TTL) return this.remember(frame, frame.get16(at + 2));
      if (type == END) return;
      at += 2 + (tlv & 0x1ff);
    }
  }

  private remember(frame: Frame, seconds: u32): void {
    this.neighbours = seconds ? 1 : 0;
    this.neighbourHead = frame.get32(6);
    this.neighbourTail = frame.get16(10);
    this.lifetime = seconds;
    this.after(1, seconds * 1000);
  }
}
