// A switch with two ports that learns addresses (IEEE 802.1D), and a firewall in it: Telnet does not pass. A frame goes from eth0
// to eth1 where it lies, without a copy.
import { App, ETH_P_ALL, ETH_P_IP, Frame, PacketSocket } from "pktsock/app";

const ENTRIES: u32 = 16;
const AGE_MS: u32 = 60000;
const OLDEST: u32 = 5;
const TCP: u32 = 6;
const TELNET: u32 = 23;

export default class Switch extends App {
  /** Frames that were forwarded, that the firewall has dropped, and for which there was no room. */
  forwarded: u32;
  refused: u32;
  lost: u32;

  /** Two words for each address: its last four bytes; the first two, the port and the age. 0: none. */
  tableLength(): u32 {
    return 2 * ENTRIES;
  }

  start(): void {
    this.open(1);
    this.open(2);
    this.every(0, AGE_MS);
  }

  private open(port: u32): void {
    PacketSocket.open(ETH_P_ALL, port).promiscuous(port);
  }

  onFrame(socket: PacketSocket, frame: Frame): void {
    const from = frame.ifindex;
    const to = 3 - from;
    this.learn(frame, from);
    if (isForThisLink(frame) || this.portOf(frame, 0) == from) return;
    if (isTelnet(frame)) {
      ++this.refused;
      return;
    }
    let sent: Frame | null = frame;
    if (frame.vlan >= 0) {
      sent = socket.writable(frame, to);
      if (sent) sent.restoreTag();
    }
    if (sent && socket.send(sent, to) > 0) ++this.forwarded;
    else ++this.lost;
  }

  onTimer(id: u32): void {
    // Rounds: 16
    for (let i: u32 = 0; i < 2 * ENTRIES; i += 2) {
      const entry = this.word(i + 1);
      const age = (entry & 15) + 1;
      this.setWord(i + 1, age > OLDEST || !entry ? 0 : (entry & ~15) | age);
    }
  }

  /** An address takes the entry of its last byte, whatever was there. */
  private learn(frame: Frame, port: u32): void {
    const i = entryOf(frame, 6);
    this.setWord(i, frame.get32(8));
    this.setWord(i + 1, (frame.get16(6) << 16) | (port << 4));
  }

  /** The port of the address at an offset, or 0. */
  private portOf(frame: Frame, at: u32): u32 {
    const i = entryOf(frame, at);
    const entry = this.word(i + 1);
    const isIt = entry >> 16 == frame.get16(at) && this.word(i) == frame.get32(at + 2);
    return isIt ? (entry >> 4) & 15 : 0;
  }
}

function entryOf(frame: Frame, at: u32): u32 {
  return 2 * (frame.get8(at + 5) % ENTRIES);
}

/** Frames to 01:80:c2:00:00:00 to 0f never pass a switch. */
function isForThisLink(frame: Frame): bool {
  return frame.get32(0) == 0x0180c200 && frame.get16(4) < 16;
}

function isTelnet(frame: Frame): bool {
  if (frame.protocol != ETH_P_IP || frame.get8(14 + 9) != TCP) return false;
  const tcp = 14 + ((frame.get8(14) & 15) << 2);
  return frame.get16(tcp) == TELNET || frame.get16(tcp + 2) == TELNET;
}
