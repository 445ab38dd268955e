// Publishes a state as GOOSE does (IEC 61850-8-1): a change goes out at once, then again after 2, 4, 8, ... milliseconds, and
// every second while nothing changes. It is like GOOSE, and not GOOSE: the PDU has only the numbers and one boolean. A frame of
// a local EtherType, whose first byte is the new state, stands in for the input that is watched.
import { App, Frame, PacketSocket } from "pktsock/app";

const ETH_P_GOOSE: u32 = 0x88b8;
const ETH_P_INPUT: u32 = 0x88b5;
const APPID: u32 = 0x0001;
const FIRST_MS: u32 = 2;
const STABLE_MS: u32 = 1000;
const BYTES: u32 = 14 + 8 + 2 + 15;

export default class Goose extends App {
  output: PacketSocket;
  state: u32;
  /** Changes so far, and repetitions of the present state. */
  stNum: u32;
  sqNum: u32;
  interval: u32;

  start(): void {
    this.output = PacketSocket.open(ETH_P_GOOSE, 1);
    PacketSocket.open(ETH_P_INPUT, 1);
    this.change(0);
  }

  onFrame(socket: PacketSocket, frame: Frame): void {
    const state = frame.get8(14) & 1;
    if (frame.protocol == ETH_P_INPUT && state != this.state) this.change(state);
  }

  onTimer(id: u32): void {
    ++this.sqNum;
    this.publish();
  }

  private change(state: u32): void {
    this.state = state;
    ++this.stNum;
    this.sqNum = 0;
    this.interval = FIRST_MS / 2;
    this.publish();
  }

  private publish(): void {
    this.interval = min(this.interval * 2, STABLE_MS);
    this.after(0, this.interval);
    const frame = this.output.reserve(BYTES);
    if (!frame) return;
    frame.set32(0, 0x010ccd01);
    frame.set16(4, 0x0001);
    frame.setHwaddr(6);
    frame.set16(12, ETH_P_GOOSE);
    frame.set16(14, APPID);
    frame.set16(16, BYTES - 14);
    frame.set32(18, 0); // reserved
    frame.set16(22, 0x610f); // goosePdu, 15 bytes
    frame.set16(24, 0x8504); // stNum
    frame.set32(26, this.stNum);
    frame.set16(30, 0x8604); // sqNum
    frame.set32(32, this.sqNum);
    frame.set16(36, 0x8301); // boolean
    frame.set8(38, this.state);
    this.output.send(frame);
  }
}
