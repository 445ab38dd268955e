// Who is offered which frames, and who loses when there are too few.
import type { Pool } from "./pool.js";
import { ALL, type Socket, STACK } from "./socket.js";
import { firstTag, Frame, innermost, isTag, untagged } from "./frame.js";
import { htons } from "../../host/engine/sockaddr.js";

/** What one call does for an interface at most: a frame, a socket that is offered it, 8 instructions of a filter count 1. */
const WORK = 64;

/** How many of an interface's frames wait in a socket's queue. */
function framesOf({ queue }: Socket, pool: Pool): number {
  return queue.filter(({ frame }) => frame.pool === pool).length;
}

/** How many of an interface's received frames are lent to a socket. */
function lentOf({ lent }: Socket, pool: Pool): number {
  return lent.filter((frame) => frame.pool === pool && frame.refs > 0).length;
}

/** A frame without payload is shown only to a socket with a filter. */
function sees({ filter }: Socket, { bytes }: Frame, skip: number): boolean {
  return filter !== undefined || bytes.length > skip;
}

export class Tap {
  /** Those without a filter, those with one and the network stacks, those that see outgoing frames: each with those that
   * entered last in front. */
  private receivers: Socket[] = [];
  private watchers: Socket[] = [];
  private taps: Socket[] = [];

  /** `sockets`: all that are open, in the order of their descriptors. */
  constructor(private readonly sockets: () => Socket[]) {}

  /** The network stacks. */
  stackOf(iface: Pool): Socket | undefined {
    return this.watchers.find((socket) => socket.type === STACK && socket.iface === iface);
  }

  /** Enters a socket anew; network stacks are last of all. */
  enter(socket: Socket): void {
    this.leave(socket);
    if (socket.protocol === 0) return;
    if (socket.type === STACK) this.watchers.push(socket);
    else (socket.watches ? this.watchers : this.receivers).unshift(socket);
    if (socket.protocol === ALL && socket.type !== STACK && !socket.ignoreOutgoing) this.taps.unshift(socket);
  }

  clear(): void {
    this.receivers = [];
    this.watchers = [];
    this.taps = [];
  }

  leave(socket: Socket): void {
    const others = (list: Socket[]) => list.filter((member) => member !== socket);
    this.receivers = others(this.receivers);
    this.watchers = others(this.watchers);
    this.taps = others(this.taps);
  }

  /** Looks at what an interface's driver has received. */
  receive(pool: Pool): void {
    if (!pool.up) {
      pool.counters.linkDown += pool.rx.length;
      pool.rx = [];
      return;
    }
    for (const frame of pool.rx.splice(0, this.framesAtOnce())) {
      if (!this.untag(frame)) continue;
      const { tag, protocol } = frame.about;
      if (tag !== undefined && (tag.tci & 0xfff) === 0 && isTag(htons(protocol))) {
        this.offerNested(frame);
        continue;
      }
      const holders = pool.hasSpare() ? this.offer(frame) : this.offerScarce(frame);
      if (holders > 0) pool.hold(frame, holders);
    }
  }

  /** How many frames one call takes from an interface. */
  private framesAtOnce(): number {
    const sockets = [...this.receivers, ...this.watchers];
    const filters = sockets.map(({ filter }) => Math.floor((filter?.program.length ?? 0) / 64));
    return Math.max(1, Math.floor(WORK / filters.reduce((sum, work) => sum + work, 1 + sockets.length)));
  }

  /** Removes the outermost tag, if there is one. False: the frame is dropped. */
  private untag(frame: Frame): boolean {
    const rest = untagged(frame.bytes);
    if (rest === undefined) return false;
    if (rest.tag !== undefined) frame.offset += 4;
    frame.bytes = rest.bytes;
    frame.about = { ...frame.about, protocol: htons(rest.protocol), tag: rest.tag };
    return true;
  }

  /** VLAN 0 in front of another tag, which only sockets of ETH_P_ALL see. The others share a copy if both want it. */
  private offerNested(frame: Frame): void {
    const { pool } = frame;
    if (pool.spare <= 0) pool.letGo();
    const first = this.offerScarce(frame, (socket) => socket.protocol === ALL);
    let inner = frame;
    if (first > 0) {
      pool.hold(frame, first);
      if (!pool.mayCopy()) {
        pool.counters.poolEmpty++;
        return;
      }
      inner = new Frame(pool, frame.bytes, frame.about, pool.txOffset);
    }
    do {
      if (!this.untag(inner)) return;
    } while ((inner.about.tag!.tci & 0xfff) === 0 && isTag(htons(inner.about.protocol)));
    const second = this.offerScarce(inner, (socket) => socket.protocol !== ALL);
    if (second === 0) return;
    pool.hold(inner, second);
    if (inner !== frame) pool.leaveSending();
  }

  /** Those that a frame is offered to, in this order: sockets of one protocol before those of ETH_P_ALL. */
  private matching(frame: Frame): Socket[] {
    const inOrder = (list: Socket[]) => [
      ...list.filter(({ protocol }) => protocol !== ALL),
      ...list.filter(({ protocol }) => protocol === ALL),
    ];
    return [...inOrder(this.receivers), ...inOrder(this.watchers)].filter((socket) => socket.matches(frame));
  }

  private offer(frame: Frame): number {
    return this.matching(frame).filter((socket) => {
      const snap = socket.verdict(frame);
      return snap !== 0 && socket.append(frame, snap);
    }).length;
  }

  /** The sockets hold their whole share: a socket with few frames takes one from the socket with the most. */
  private offerScarce(frame: Frame, wanted: (socket: Socket) => boolean = () => true): number {
    const { pool } = frame;
    let holders = 0;
    let isLoss = false;
    for (const socket of this.matching(frame).filter(wanted)) {
      const snap = socket.verdict(frame);
      if (snap === 0) continue;
      // A frame that does not enter the queue must not cost another socket a frame.
      const room = holders > 0 || socket.queue.length >= socket.limit ? "there" : this.makeRoom(socket, pool);
      if (room !== "there") isLoss = true;
      if (room === "none") socket.drop();
      else if (socket.append(frame, snap)) holders++;
    }
    if (isLoss) pool.counters.poolEmpty++;
    return holders;
  }

  /** Is there room for another frame in what the socket may hold? "made": others lost some; "none": nevertheless. */
  private makeRoom(socket: Socket, pool: Pool): "there" | "made" | "none" {
    const own = framesOf(socket, pool);
    const isStack = socket.type === STACK;
    const isFull = () => pool.spare + (isStack ? pool.stackShare : this.shareInUse(pool)) <= 0;
    if (!isFull()) return "there";
    while (isFull()) {
      const loser = isStack ? this.loserToStack(socket, pool) : this.loserTo(own, pool);
      if (loser === undefined) return "none";
      const at = loser.queue.findLastIndex(({ frame }) => frame.pool === pool);
      const [dropped] = loser.queue.splice(at, 1);
      loser.packets--;
      loser.drop();
      pool.release(dropped!.frame);
    }
    return "made";
  }

  /** Who loses a frame to a socket that has `own` in its queue. One with none may take another's last one. */
  private loserTo(own: number, pool: Pool): Socket | undefined {
    const least = own === 0 ? 1 : own + 2;
    const richest = this.richest(pool);
    if (richest !== undefined && framesOf(richest, pool) >= least) return richest;
    // The stack loses after the sockets, and nothing of its share.
    const stack = this.stackOf(pool);
    if (stack === undefined || stack.queue.length === 0) return undefined;
    return framesOf(stack, pool) + lentOf(stack, pool) >= Math.max(least, pool.stackShare + 1) ? stack : undefined;
  }

  /** Who loses a frame to the stack: sockets that held its share before it was attached. */
  private loserToStack(stack: Socket, pool: Pool): Socket | undefined {
    return framesOf(stack, pool) + lentOf(stack, pool) < pool.stackShare ? this.richest(pool) : undefined;
  }

  /** Frames of the stack's share that only the stack holds. */
  private shareInUse(pool: Pool): number {
    const stack = this.stackOf(pool);
    if (stack === undefined) return 0;
    const held = [...stack.queue.map(({ frame }) => frame), ...stack.lent];
    return Math.min(held.filter(({ refs }) => refs === 1).length, pool.stackShare);
  }

  /** The socket that has most of an interface's frames in its queue. */
  private richest(pool: Pool): Socket | undefined {
    let richest: Socket | undefined;
    let most = 0;
    for (const socket of this.sockets()) {
      const frames = framesOf(socket, pool);
      if (socket.type === STACK || frames <= most) continue;
      most = frames;
      richest = socket;
    }
    return richest;
  }

  /** Shows a frame that is about to be sent through the interface. */
  showOutgoing(sender: Socket, frame: Frame, protocol: number): void {
    const { pool } = frame;
    const others = this.taps.filter((tap) => tap !== sender);
    if (others.length === 0) return;
    if (protocol === 0 || protocol === ALL) protocol = htons(frame.bytes.readUInt16BE(12));
    frame.about = { protocol, ifindex: pool.index, outgoing: true };
    const tagged = isTag(htons(protocol));
    const all = others.filter((tap) => tap.matches(frame));
    const matching = all.filter((tap) => tap.skip === 0 || (!tagged && sees(tap, frame, tap.skip)));
    const room = pool.mayShare(frame, () => this.shareInUse(pool));
    let holders = 0;
    for (const tap of matching) {
      const snap = tap.verdict(frame);
      if (snap === 0) continue;
      if (!room) tap.drop();
      else if (tap.append(frame, snap)) holders++;
    }
    if (holders > 0) pool.share(frame, holders);
    if (tagged)
      this.showWithoutTags(
        all.filter((tap) => tap.skip > 0),
        frame,
      );
  }

  /** Taps of SOCK_DGRAM see what is behind the tags. */
  private showWithoutTags(taps: readonly Socket[], { pool, bytes, about }: Frame): void {
    const inner = innermost(bytes);
    const start = inner?.start ?? 14;
    if (taps.length === 0) return;
    const may = pool.mayCopy();
    const copy = new Frame(pool, Buffer.concat([bytes.subarray(0, 14), bytes.subarray(start)]), about, pool.txOffset);
    let holders = 0;
    for (const tap of taps) {
      const snap = sees(tap, copy, 14) ? tap.verdict(copy) : 0;
      if (snap === 0) continue;
      if (!may) tap.drop();
      else if (tap.append(copy, snap)) holders++;
    }
    copy.about = { ...about, protocol: htons(inner?.type ?? 0), tag: firstTag(bytes) };
    if (holders === 0) return;
    pool.hold(copy, holders);
    pool.leaveSending();
  }
}
