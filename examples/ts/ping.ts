// A host at 192.0.2.2: it answers ARP (RFC 826) and ping (RFC 792). A reply is the request, turned around where it lies.
import { App, ETH_P_ARP, ETH_P_IP, Frame, PacketSocket } from "pktsock/app";

const ADDRESS: u32 = 0xc0000202;

// Offsets from the start of the frame.
const IP: u32 = 14;
const ARP: u32 = 14;
const ARP_OPERATION: u32 = ARP + 6;
const ARP_SENDER: u32 = ARP + 8;
const ARP_SENDER_IP: u32 = ARP + 14;
const ARP_TARGET: u32 = ARP + 18;
const ARP_TARGET_IP: u32 = ARP + 24;
const REQUEST: u32 = 1;
const REPLY: u32 = 2;
const ICMP: u32 = 1;
const ECHO_REQUEST: u32 = 8;

export default class Ping extends App {
  arpReplies: u32;
  echoReplies: u32;

  start(): void {
    PacketSocket.open(ETH_P_ARP);
    PacketSocket.open(ETH_P_IP);
  }

  onFrame(socket: PacketSocket, frame: Frame): void {
    if (frame.protocol == ETH_P_ARP) this.answerArp(socket, frame);
    else this.answerPing(socket, frame);
  }

  private answerArp(socket: PacketSocket, frame: Frame): void {
    if (frame.get16(ARP_OPERATION) != REQUEST || frame.get32(ARP_TARGET_IP) != ADDRESS) return;
    const reply = socket.writable(frame);
    if (!reply) return;
    reply.turn();
    reply.set16(ARP_OPERATION, REPLY);
    reply.move(ARP_TARGET, ARP_SENDER, 10);
    reply.setHwaddr(ARP_SENDER);
    reply.set32(ARP_SENDER_IP, ADDRESS);
    if (socket.send(reply) > 0) ++this.arpReplies;
  }

  private answerPing(socket: PacketSocket, frame: Frame): void {
    if (!frame.isToUs || frame.get32(IP + 16) != ADDRESS || frame.get8(IP + 9) != ICMP) return;
    const header = (frame.get8(IP) & 15) << 2;
    const icmp = IP + header;
    const end = IP + frame.get16(IP + 2);
    const isFragment = (frame.get16(IP + 6) & 0x3fff) != 0;
    if (header < 20 || isFragment || end < icmp + 8 || end > frame.length) return;
    if (frame.get8(icmp) != ECHO_REQUEST || frame.checksum(IP, header) || frame.checksum(icmp, end - icmp)) return;
    const reply = socket.writable(frame);
    if (!reply) return;
    reply.turn();
    reply.move(IP + 16, IP + 12, 4);
    reply.set32(IP + 12, ADDRESS);
    // The type is 8 less, so the checksum is 8 << 8 more (RFC 1624). The header's addresses have only changed places.
    const sum = reply.get16(icmp + 2) + (ECHO_REQUEST << 8);
    reply.set8(icmp, 0);
    reply.set16(icmp + 2, sum + (sum >> 16));
    if (socket.send(reply) > 0) ++this.echoReplies;
  }
}
