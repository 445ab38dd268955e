// A socket as the model knows it.
import { ETH_P_ALL, SOCK_DGRAM } from "../../assembly/packet.js";
import { htons } from "../../host/engine/sockaddr.js";
import type { ErrorQueue } from "./errqueue.js";
import type { Filter } from "./filters.js";
import type { Frame } from "./frame.js";
import type { Pool } from "./pool.js";

export const ALL = htons(ETH_P_ALL);
/** The type of the network stack's hold on an interface. */
export const STACK = 255;
/** A snap length that cuts nothing. */
export const EVERYTHING = 0xffffffff;

export interface Queued {
  frame: Frame;
  /** Bytes that the filter lets through. */
  snap: number;
}

export interface Membership {
  iface: Pool;
  type: number;
  /** As hexadecimal digits. */
  address: string;
  count: number;
}

export class Socket {
  iface: Pool | undefined;
  /** Network order. */
  protocol = 0;
  queue: Queued[] = [];
  lent: Frame[] = [];
  error = 0;
  nonblock = false;
  ignoreOutgoing = false;
  filter: Filter | undefined;
  filterLocked = false;
  /** Has had a filter: it is served together with the sockets that have one. */
  watches: boolean;
  memberships: Membership[] = [];
  /** SO_SNDBUF as the maximum of unsent frames (0: no limit) and in bytes, and the number of unsent frames. */
  sndbuf = 0;
  sndbufBytes = 0;
  sending = 0;
  stamping: "" | "us" | "ns" = "";
  /** SO_TIMESTAMPING, SO_SELECT_ERR_QUEUE, and the error queue once stamps of sent frames were asked for. */
  timestamping = 0;
  selectsErrors = false;
  errors: ErrorQueue | undefined;
  keepsStamp = false;
  stamp: readonly [number, number] = [0, 0];
  /** Since PACKET_STATISTICS was read: frames that entered the queue, and drops. */
  packets = 0;
  drops = 0;
  /** Since it was opened: frames that matched and passed the filter; of these, taken by the application, and dropped. */
  matched = 0;
  taken = 0;
  lost = 0;
  filtered = 0;

  constructor(
    readonly type: number,
    /** Most frames in the queue. */
    public limit: number,
    public rcvbuf: number,
    /** Allocated on its own: goes back to the heap. */
    readonly single: boolean,
  ) {
    this.watches = type === STACK;
  }

  /** The module starts afresh. Returns what decides in which lists it is, which is then as after socket(2). */
  restart(): { filter: Filter | undefined; ignoreOutgoing: boolean } {
    const { filter, ignoreOutgoing } = this;
    this.queue = [];
    this.lent = [];
    this.stamp = [0, 0];
    this.error = this.sending = this.packets = this.drops = 0;
    this.matched = this.taken = this.lost = this.filtered = 0;
    this.filter = undefined;
    this.ignoreOutgoing = false;
    this.watches = this.type === STACK;
    return { filter, ignoreOutgoing };
  }

  /** Bytes of a frame's header that it does not see. */
  get skip(): number {
    return this.type === SOCK_DGRAM ? 14 : 0;
  }

  matches(frame: Frame): boolean {
    if (this.protocol === 0 || (this.iface !== undefined && this.iface.index !== frame.about.ifindex)) return false;
    return this.protocol === ALL || this.protocol === frame.about.protocol;
  }

  /** How many bytes of a frame that is offered to it the filter lets through. */
  verdict(frame: Frame): number {
    const verdict = this.filter?.verdict(frame.bytes.subarray(this.skip), frame) ?? EVERYTHING;
    if (verdict === 0) this.filtered++;
    else this.matched++;
    return verdict;
  }

  /** Puts the frame into the queue. False: it is full. */
  append(frame: Frame, snap: number): boolean {
    if (this.queue.length >= this.limit) return (this.drop(), false);
    this.queue.push({ frame, snap });
    this.packets++;
    return true;
  }

  drop(): void {
    this.drops++;
    this.lost++;
  }
}
