// An interface as the model knows it: its frames by where they are, and what its driver does.
import * as abi from "../../assembly/abi.js";
import { IFF_BROADCAST, IFF_MULTICAST, IFF_UP } from "../../assembly/packet.js";
import { Frame } from "./frame.js";

/** The capacities that frames are shared by. */
export interface Shares {
  frames: number;
  frameSize: number;
  txFrames: number;
  rxReserve: number;
  stackReserve: number;
}

export class Pool {
  flags = IFF_BROADCAST | IFF_MULTICAST;
  /** Given by the driver and not looked at yet. */
  rx: Frame[] = [];
  /** Given to the driver, taken by the driver, given back by the driver and not taken back yet. */
  tx: Frame[] = [];
  sending: Frame[] = [];
  completed: Frame[] = [];
  /** Empty frames that the driver has taken in advance. */
  prefetched = 0;
  /** Free for sending. */
  free: number;
  /** Lent to be written in place. */
  lentEmpty = 0;
  /** Of the sending side: free, or being sent and not held. */
  owned: number;
  /** Held by sockets or the network stack. */
  held = 0;
  stackAttached = false;
  stamping = 0;
  filterChanged = false;
  /** Makes error queues give up frames of this pool. */
  letGo: () => void = () => undefined;
  readonly counters = { frames: 0, noFrame: 0, tooShort: 0, tooLong: 0, poolEmpty: 0, linkDown: 0, sent: 0 };

  constructor(
    readonly index: number,
    readonly hwaddr: Buffer,
    readonly mtu: number,
    readonly txOffset: number,
    readonly shares: Shares,
  ) {
    this.free = this.owned = shares.txFrames;
  }

  get up(): boolean {
    return (this.flags & IFF_UP) !== 0;
  }

  /** What sockets and the stack share. */
  private get shared(): number {
    const { frames, txFrames, rxReserve } = this.shares;
    return frames - txFrames - rxReserve;
  }

  /** The frames that only a network stack may hold: two thirds of what is shared, but one is left for sockets. */
  get stackShare(): number {
    return Math.min(Math.max(this.shares.stackReserve, Math.ceil((this.shared * 2) / 3)), this.shared - 1);
  }

  /** How many more frames sockets may hold. */
  get spare(): number {
    return this.shared - (this.stackAttached ? this.stackShare : 0) - this.held;
  }

  /** Empty frames that the driver can take. */
  get fill(): number {
    return this.shares.frames - this.owned - this.lentEmpty - this.held - this.rx.length - this.prefetched;
  }

  /** Sockets hold a received frame. */
  hold(frame: Frame, holders: number): void {
    frame.refs = holders;
    this.held++;
  }

  /** Taps hold a frame that is being sent: it leaves the sending side, which is owed one. */
  share(frame: Frame, holders: number): void {
    if (frame.refs > 0) {
      frame.refs += holders;
    } else {
      this.hold(frame, holders + 1);
      this.owned--;
    }
  }

  /** May sockets hold a copy, which is a frame of the sending side? One stays there. */
  mayCopy(): boolean {
    this.reclaim();
    if (this.owned <= 1 || this.spare <= 0) return false;
    return this.free > 0;
  }

  /** A free frame has become a copy that is held. */
  leaveSending(): void {
    this.free--;
    this.owned--;
  }

  /** One holder less; the last one's frame goes to the sending side if that is owed one. */
  release(frame: Frame): void {
    if (--frame.refs > 0) return;
    this.held--;
    if (this.owned + this.lentEmpty === this.shares.txFrames) return;
    this.owned++;
    this.free++;
  }

  /** Takes back what was sent. Done when something is lacking, not before. */
  reap(): void {
    for (const frame of this.completed.splice(0)) {
      const { owner } = frame;
      frame.owner = undefined;
      if (owner !== undefined) owner.sending--;
      if (owner?.errors !== undefined && frame.wantsStamp) owner.errors.append(frame, owner.timestamping);
      if (frame.refs > 0) frame.pool.release(frame);
      else this.free++;
    }
  }

  /** Takes back what was sent and, if sockets may hold no further frame, what error queues hold. */
  reclaim(): void {
    this.reap();
    if (this.spare <= 0) this.letGo();
  }

  /** May a message hold this frame, which was sent? One stays for sending. If so, it does. */
  holdSent(frame: Frame): boolean {
    if (frame.refs === 0) {
      if (this.owned <= 1 || this.spare <= 0) return false;
      this.share(frame, 1);
    } else frame.refs++;
    return true;
  }

  /** Is there a frame to send with? */
  hasFree(): boolean {
    if (this.free === 0) this.reap();
    return this.free > 0;
  }

  /** Takes a frame to send with: the oldest that was sent, if nobody has it, else a free one. */
  takeFree(): boolean {
    const [oldest] = this.completed;
    if (oldest !== undefined && oldest.refs === 0 && oldest.owner === undefined) {
      this.completed.shift();
      return true;
    }
    if (!this.hasFree()) return false;
    this.free--;
    return true;
  }

  /** Lends an empty frame that was taken, or takes it back into the sending side. */
  reserve(): void {
    this.owned--;
    this.lentEmpty++;
  }

  takeBackEmpty(): void {
    this.lentEmpty--;
    this.owned++;
  }

  /** May another empty frame be lent? One always stays for sending. */
  mayLendEmpty(): boolean {
    if (this.owned <= 1) this.reap();
    return this.owned > 1;
  }

  /** Would these received frames, lent to sockets and to the stack, leave sockets none, with a stack or without? */
  wouldLendAll(toSockets: number, toStack: number, withStack = this.stackAttached): boolean {
    const share = withStack ? this.stackShare : 0;
    const lent = toSockets + Math.max(0, toStack - share);
    return lent > 0 && lent >= this.shared - share;
  }

  /** May sockets hold another frame? */
  hasSpare(): boolean {
    if (this.spare <= 0) this.reclaim();
    return this.spare > 0;
  }

  /** May taps hold a frame that is being sent? One always stays for sending. `inUse`: of the stack's share. */
  mayShare(frame: Frame, inUse: () => number): boolean {
    const held = frame.refs > 0;
    const may = (more: number) => (held ? this.spare + more >= 0 : this.owned > 1 && this.spare + more > 0);
    if (may(0)) return true;
    this.reclaim();
    return may(inUse());
  }

  /** The module starts afresh, and the driver: every frame is at home. Returns how many that has cost. */
  restart(): number {
    const lost = this.held + this.rx.length + this.tx.length;
    this.rx = [];
    this.tx = [];
    this.sending = [];
    this.completed = [];
    this.prefetched = this.lentEmpty = this.held = 0;
    this.free = this.owned = this.shares.txFrames;
    return lost;
  }

  // ---- The driver ----

  prefetch(): boolean {
    if (this.fill === 0) return false;
    this.prefetched++;
    return true;
  }

  receive(bytes: Buffer, offset: number, stamp: readonly [number, number]): boolean {
    const { counters } = this;
    if (bytes.length < abi.ETH_HLEN) return (counters.tooShort++, false);
    if (bytes.length > this.shares.frameSize - offset) return (counters.tooLong++, false);
    if (this.prefetched > 0) this.prefetched--;
    else if (this.fill === 0) return (counters.noFrame++, false);
    const about = { protocol: 0, ifindex: this.index, outgoing: false, stamp: this.stamping > 0 ? stamp : undefined };
    this.rx.push(new Frame(this, bytes, about, offset));
    counters.frames++;
    return true;
  }

  /** Takes the next frame to send; what goes to the wire. */
  transmit(): Buffer | undefined {
    const frame = this.tx.shift();
    if (frame === undefined) return undefined;
    this.sending.push(frame);
    this.counters.sent++;
    return Buffer.concat([frame.bytes, Buffer.alloc(Math.max(0, abi.ETH_ZLEN - frame.bytes.length))]);
  }

  /** Gives back one of the frames that were taken. */
  complete(which: number): boolean {
    const [frame] = this.sending.splice(which % Math.max(this.sending.length, 1), 1);
    if (frame === undefined) return false;
    this.completed.push(frame);
    return true;
  }
}
