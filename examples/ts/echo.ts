// Answers every frame of a local EtherType: the frame goes back where it lies.
import { App, Frame, PacketSocket } from "pktsock/app";

/** IEEE 802: for local experiments. */
const ETH_P_ECHO: u32 = 0x88b5;

export default class Echo extends App {
  answered: u32;

  start(): void {
    PacketSocket.open(ETH_P_ECHO);
  }

  onFrame(socket: PacketSocket, frame: Frame): void {
    if (!frame.isToUs) return;
    const reply = socket.writable(frame);
    if (!reply) return;
    reply.turn();
    if (socket.send(reply) > 0) ++this.answered;
  }
}
