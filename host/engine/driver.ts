// The driver side of an interface's four rings, for Ethernet MACs written in TypeScript: the counterpart of
// boards/include/pktsock/ring.h, with the same checks and counters.
import * as abi from "../../assembly/abi.js";
import type { Memory } from "./memory.js";

/** One of the four rings: a circle of slots. Each holds the offset of a frame, or 0. */
class Ring {
  private at = 0;
  constructor(
    private readonly memory: Memory,
    private readonly first: number,
    private readonly length: number,
  ) {}

  private get slot(): number {
    return this.first + this.at * abi.SLOT_BYTES + abi.SLOT_FRAME;
  }

  private advance(): void {
    this.at = (this.at + 1) % this.length;
  }

  peek(): number {
    return this.memory.u32(this.slot);
  }

  take(): number {
    const frame = this.peek();
    if (frame === 0) return 0;
    this.memory.set32(this.slot, 0);
    this.advance();
    return frame;
  }

  /** Returns false when the slot is occupied. */
  give(frame: number): boolean {
    if (this.peek() !== 0) return false;
    this.memory.set32(this.slot, frame);
    this.advance();
    return true;
  }
}

/** Frames are passed as offsets in linear memory; 0 means none. */
export class Driver {
  private readonly fill: Ring;
  private readonly rx: Ring;
  private readonly tx: Ring;
  private readonly completion: Ring;
  private readonly frameTable: number;
  private readonly frameCount: number;
  private readonly umem: number;
  private readonly umemEnd: number;
  private readonly frameSize: number;

  /** `iface`: offset of the interface. */
  constructor(
    private readonly memory: Memory,
    private readonly iface: number,
  ) {
    const control = (field: number) => memory.u32(abi.CONTROL + field);
    this.frameTable = control(abi.CONTROL_FRAME_TABLE);
    this.frameCount = control(abi.CONTROL_FRAME_COUNT);
    this.frameSize = control(abi.CONTROL_FRAME_SIZE);
    this.umem = control(abi.CONTROL_UMEM);
    this.umemEnd = this.umem + this.frameCount * control(abi.CONTROL_FRAME_STRIDE);
    const ring = (field: number) =>
      new Ring(memory, memory.u32(iface + field), memory.u32(iface + abi.IFACE_RING_LENGTH));
    this.fill = ring(abi.IFACE_FILL_RING);
    this.rx = ring(abi.IFACE_RX_RING);
    this.tx = ring(abi.IFACE_TX_RING);
    this.completion = ring(abi.IFACE_COMPLETION_RING);
  }

  private fault(): 0 {
    this.memory.count(this.iface + abi.IFACE_RING_FAULTS);
    return 0;
  }

  private take(ring: Ring): number {
    const frame = ring.take();
    if (frame === 0) return 0;
    const index = (frame - this.frameTable) / abi.FRAME_BYTES;
    return Number.isInteger(index) && index >= 0 && index < this.frameCount ? frame : this.fault();
  }

  /** Takes the next empty frame. */
  fillTake(): number {
    return this.take(this.fill);
  }

  /** Stamps a frame by the system's clock. */
  private stamp(frame: number): void {
    const now = Date.now();
    this.memory.set32(frame + abi.FRAME_SEC, Math.floor(now / 1000));
    this.memory.set32(frame + abi.FRAME_NSEC, (now % 1000) * 1_000_000);
    this.memory.set32(frame + abi.FRAME_FLAGS, this.memory.u32(frame + abi.FRAME_FLAGS) | abi.FRAME_STAMPED);
  }

  /** Begins a received frame's description, and stamps it if a socket asks for that. */
  rxBegin(frame: number): void {
    this.memory.set32(frame + abi.FRAME_FLAGS, 0);
    if (this.memory.u32(this.iface + abi.IFACE_STAMPING) !== 0) this.stamp(frame);
  }

  /** Hands over a received frame whose `length` bytes start `offset` bytes into its buffer. */
  rxGive(frame: number, offset: number, length: number): void {
    this.memory.set32(frame + abi.FRAME_MAC, this.memory.u32(frame + abi.FRAME_BUFFER) + offset);
    this.memory.set32(frame + abi.FRAME_LEN, length);
    this.memory.count(this.iface + abi.IFACE_RX_FRAMES);
    if (!this.rx.give(frame)) this.fault();
  }

  get txPending(): boolean {
    return this.tx.peek() !== 0;
  }

  /** Takes the next frame to send; txBytes() returns its content. */
  txTake(): number {
    const frame = this.take(this.tx);
    if (frame === 0) return 0;
    const mac = this.memory.u32(frame + abi.FRAME_MAC);
    const length = this.memory.u32(frame + abi.FRAME_LEN);
    const end = mac + Math.max(length, abi.ETH_ZLEN);
    if (mac < this.umem || length > this.frameSize || end > this.umemEnd) return this.fault();
    if ((this.memory.u32(frame + abi.FRAME_FLAGS) & abi.FRAME_WANTS_STAMP) !== 0) this.stamp(frame);
    return frame;
  }

  /** The bytes for the wire, at least ETH_ZLEN, without FCS. They are a view, not a copy. */
  txBytes(frame: number): Uint8Array {
    const length = Math.max(this.memory.u32(frame + abi.FRAME_LEN), abi.ETH_ZLEN);
    return this.memory.at(this.memory.u32(frame + abi.FRAME_MAC), length);
  }

  /** Gives back a frame that was sent. */
  completionGive(frame: number): void {
    if (!this.completion.give(frame)) this.fault();
  }

  /** Receives a frame from the wire like a MAC. Returns false when it is dropped; the interface's counters say why. */
  receive(bytes: Uint8Array, offset = 0): boolean {
    const drop = (counter: number) => {
      this.memory.count(this.iface + counter);
      return false;
    };
    if (bytes.length < abi.ETH_HLEN) return drop(abi.IFACE_RX_TOO_SHORT);
    if (bytes.length > this.frameSize - offset) return drop(abi.IFACE_RX_TOO_LONG);
    const frame = this.fillTake();
    if (frame === 0) return drop(abi.IFACE_RX_NO_FRAME);
    this.memory.at(this.memory.u32(frame + abi.FRAME_BUFFER) + offset, bytes.length).set(bytes);
    this.rxBegin(frame);
    this.rxGive(frame, offset, bytes.length);
    return true;
  }

  /** Sends all frames of the TX ring at once. Returns copies of the bytes that went to the wire. */
  transmit(): Uint8Array[] {
    const sent: Uint8Array[] = [];
    while (this.txPending) {
      const frame = this.txTake();
      if (frame === 0) continue;
      sent.push(this.txBytes(frame).slice());
      this.memory.count(this.iface + abi.IFACE_TX_FRAMES);
      this.completionGive(frame);
    }
    return sent;
  }
}
