// The socket component as a TypeScript object, for tests and for programs on the host: the counterpart of boards/pktsock.
// Calls never wait: they throw EAGAIN where those of C would block.
import * as abi from "../../assembly/abi.js";
import * as packet from "../../assembly/packet.js";
import { type OptionName, options } from "../build/options.js";
import { Driver } from "./driver.js";
import { type Engine, type EngineName, load } from "./engine.js";
import { check, ErrnoError } from "./errno.js";
import type { CallName } from "./exports.js";
import { Memory } from "./memory.js";
import { decodeSockaddr, encodeSockaddr, type SockaddrLl } from "./sockaddr.js";

/** The capacities that are options of a build. */
export const optionOf = {
  preallocConns: "NET_PKT_PREALLOC_CONNS",
  allocConns: "NET_PKT_ALLOC_CONNS",
  maxConns: "NET_PKT_MAX_CONNS",
  interfaces: "NET_PKT_INTERFACES",
  frames: "NET_PKT_FRAMES",
  frameSize: "NET_PKT_FRAME_SIZE",
  txFrames: "NET_PKT_TX_FRAMES",
  rxReserve: "NET_PKT_RX_RESERVE",
  stackReserve: "NET_PKT_STACK_RESERVE",
  queueFrames: "NET_PKT_QUEUE_FRAMES",
  heapSize: "NET_PKT_HEAP_SIZE",
} as const satisfies Record<string, OptionName>;

type OptionCapacity = keyof typeof optionOf;

const defaultOf = (capacity: OptionCapacity) => options.find((option) => option.name === optionOf[capacity])!.default;

/** The capacities: where each is in the control block, and its default. */
const capacities = {
  frameAlign: [abi.CONTROL_FRAME_ALIGN, 4],
  preallocConns: [abi.CONTROL_PREALLOC_CONNS, defaultOf("preallocConns")],
  allocConns: [abi.CONTROL_ALLOC_CONNS, defaultOf("allocConns")],
  maxConns: [abi.CONTROL_MAX_CONNS, defaultOf("maxConns")],
  interfaces: [abi.CONTROL_INTERFACES, defaultOf("interfaces")],
  frames: [abi.CONTROL_FRAMES, defaultOf("frames")],
  frameSize: [abi.CONTROL_FRAME_SIZE, defaultOf("frameSize")],
  txFrames: [abi.CONTROL_TX_FRAMES, defaultOf("txFrames")],
  rxReserve: [abi.CONTROL_RX_RESERVE, defaultOf("rxReserve")],
  stackReserve: [abi.CONTROL_STACK_RESERVE, defaultOf("stackReserve")],
  queueFrames: [abi.CONTROL_QUEUE_FRAMES, defaultOf("queueFrames")],
  heapSize: [abi.CONTROL_HEAP_SIZE, defaultOf("heapSize")],
  // Only a module with an application looks at it.
  appSize: [abi.CONTROL_APP_SIZE, 0],
} as const;

export type Capacities = Partial<Record<keyof typeof capacities, number>>;

export interface PktSockOptions extends Capacities {
  engine?: EngineName;
  /** Bytes of linear memory; the default is what the capacities need. */
  memorySize?: number;
  /** The address at which the module assumes its memory to start; only the alignment of frames depends on it. */
  memoryBase?: number;
}

/** The results of recvfrom() and recvmsg(). */
export interface Received {
  /** The call's return value: the length of `data`, or with MSG_TRUNC the length of the frame. */
  result: number;
  data: Uint8Array;
  address: SockaddrLl;
  /** msg_flags of recvmsg(). */
  flags: number;
  /** Length of the frame for this socket before its filter truncated it. */
  uncutLength: number;
}

/** The same, and what control messages are made of. */
export interface Described extends Received {
  /** Where the network header starts in `data`. */
  net: number;
  /** FRAME_* of assembly/abi.ts, and the VLAN tag that was removed from the frame: TCI, and TPID << 16. */
  frameFlags: number;
  tci: number;
  /** With SO_RXQ_OVFL: the frames that the socket had lost when it received this one. */
  drops: number;
}

/** A message of a socket's error queue: when a frame was sent. */
export interface SentMessage {
  /** The frame that was sent, or nothing: SOF_TIMESTAMPING_OPT_TSONLY, or the pool needed the frame. */
  data: Uint8Array;
  flags: number;
  /** The time is that of the MAC's clock, not the system's. */
  byMac: boolean;
  seconds: number;
  nanoseconds: number;
  /** With SOF_TIMESTAMPING_OPT_ID: the number of the frame. */
  id: number;
}

/** A frame lent in place. */
export interface LentFrame {
  /** Identifies the frame in submit() and release(). */
  readonly handle: number;
  /** The bytes from the link-layer header on that were received or may be written: a view of linear memory. */
  readonly data: Uint8Array;
  /** Others hold the same bytes, which must not be written. */
  readonly shared: boolean;
}

/** An interface with a driver in place of a board's MAC. */
export class Interface {
  readonly driver: Driver;
  constructor(
    private readonly component: PktSock,
    readonly index: number,
    /** Its offset in linear memory. */
    readonly offset: number,
  ) {
    this.driver = new Driver(component.memory, offset);
  }

  /** IFF_* of netdevice(7). */
  get flags(): number {
    return this.component.memory.u32(this.offset + abi.IFACE_FLAGS);
  }

  set flags(flags: number) {
    this.component.call("setIfaceFlags", this.offset, flags);
  }

  /** Brings the interface up and gives it a carrier. */
  up(): this {
    this.flags |= packet.IFF_UP | packet.IFF_RUNNING;
    return this;
  }

  down(): this {
    this.flags &= ~(packet.IFF_UP | packet.IFF_RUNNING);
    return this;
  }

  /** One of the counters of assembly/abi.ts: counter(abi.IFACE_RX_NO_FRAME). */
  counter(field: number): number {
    return this.component.memory.u32(this.offset + field);
  }
}

const exchange = abi.CONTROL + abi.CONTROL_EXCHANGE;

export class PktSock {
  readonly memory: Memory;
  private constructor(readonly engine: Engine) {
    this.memory = new Memory(engine.memory);
  }

  /** Loads and initializes the module. Throws LoadError, or ErrnoError when the capacities are invalid or do not fit. */
  static load(wasm: Uint8Array, settings: PktSockOptions = {}): PktSock {
    const { engine = "v8", memorySize } = settings;
    if (memorySize !== undefined) {
      const component = new PktSock(load(wasm, { engine, memorySize }));
      check(component.init(settings), "init");
      return component;
    }
    // The module itself reports how much it needs when it is started with too little memory.
    const probe = new PktSock(load(wasm, { engine, memorySize: abi.CONTROL + abi.CONTROL_BYTES }));
    const result = probe.init(settings);
    const needed = probe.memory.u32(abi.CONTROL + abi.CONTROL_NEEDED);
    if (result !== -packet.ENOMEM || needed > 65536) throw new ErrnoError(-result, "init");
    return PktSock.load(wasm, { ...settings, memorySize: needed });
  }

  private init(settings: PktSockOptions): number {
    const set = (field: number, value: number) => this.memory.set32(abi.CONTROL + field, value);
    set(abi.CONTROL_MAGIC, abi.MAGIC);
    set(abi.CONTROL_ABI, abi.ABI_VERSION);
    set(abi.CONTROL_MEMORY_SIZE, this.memory.bytes.length);
    set(abi.CONTROL_MEMORY_BASE, settings.memoryBase ?? 0);
    for (const [name, [field, value]] of Object.entries(capacities)) {
      set(field, settings[name as keyof Capacities] ?? value);
    }
    return this.call("init");
  }

  /** Calls the module with numbers only. */
  call(name: CallName, ...args: number[]): number {
    return this.engine.call(name, args);
  }

  /** A word of the control block: control(abi.CONTROL_FRAMES). */
  control(field: number): number {
    return this.memory.u32(abi.CONTROL + field);
  }

  // ---- Interfaces ----

  /**
   * Adds an interface, which is down. `txOffset`: the offset of the link-layer header in frames to send, 0 or 2. The default
   * MTU is Ethernet's, or what fits into a frame.
   */
  addInterface(name: string, hwaddr: Uint8Array, options: { mtu?: number; txOffset?: number } = {}): Interface {
    const { txOffset = 0 } = options;
    const most = this.control(abi.CONTROL_FRAME_SIZE) - txOffset - abi.ETH_HLEN - abi.VLAN_HLEN;
    const { mtu = Math.min(most, abi.ETH_DATA_LEN) } = options;
    this.putName(name);
    this.memory.at(exchange + abi.IFNAMSIZ, abi.ETH_ALEN).set(hwaddr);
    const index = check(this.call("addIface", mtu, txOffset), "addInterface");
    return new Interface(this, index, this.ifaceOffset(index));
  }

  if_nametoindex(name: string): number {
    this.putName(name);
    return check(this.call("ifaceIndex"), "if_nametoindex");
  }

  if_indextoname(index: number): string {
    const name = this.memory.at(this.ifaceOffset(index) + abi.IFACE_NAME, abi.IFNAMSIZ);
    return Buffer.from(name).toString("latin1").replace(/\0.*$/s, "");
  }

  private putName(name: string): void {
    const bytes = Buffer.alloc(abi.IFNAMSIZ);
    if (Buffer.byteLength(name) >= bytes.length) throw new ErrnoError(packet.EINVAL, "interface name");
    bytes.write(name);
    this.memory.at(exchange, bytes.length).set(bytes);
  }

  private ifaceOffset(index: number): number {
    let offset = this.control(abi.CONTROL_FIRST_IFACE);
    while (offset !== 0 && this.memory.u32(offset + abi.IFACE_INDEX) !== index) {
      offset = this.memory.u32(offset + abi.IFACE_NEXT);
    }
    if (offset === 0) throw new ErrnoError(packet.ENXIO, "if_indextoname");
    return offset;
  }

  /** Empties the RX rings of all interfaces into the sockets' queues. Receiving and poll() do this, too. */
  service(): void {
    this.call("service");
  }

  // ---- An application that is compiled together with the module ----

  /** Starts it, once all interfaces are there. Throws if a socket cannot be opened. */
  startApp(): void {
    check(this.call("appStart"), "appStart");
  }

  /** Calls its timers that are due. `now`: milliseconds. Returns the milliseconds until the next one is due. */
  runTimers(now: number): number {
    return check(this.call("appTimers", now), "appTimers");
  }

  // ---- Sockets ----

  /** `type` SOCK_RAW or SOCK_DGRAM, `protocol` in network order. Returns a descriptor. */
  socket(type: number, protocol = 0): number {
    return check(this.call("openSocket", type, protocol), "socket");
  }

  close(fd: number): void {
    check(this.call("closeSocket", this.socketOf(fd, "close")), "close");
  }

  /** `length`: the length of the address, which can be invalid for tests. */
  bind(fd: number, address: Partial<SockaddrLl>, length = packet.SLL_BYTES): void {
    const socket = this.socketOf(fd, "bind");
    this.putAddress(address);
    check(this.call("bindSocket", socket, length), "bind");
  }

  /** Returns the address and its length. */
  getsockname(fd: number): { address: SockaddrLl; length: number } {
    const length = check(this.call("socketName", this.socketOf(fd, "getsockname")), "getsockname");
    return { address: this.getAddress(), length };
  }

  send(fd: number, bytes: Uint8Array): number {
    return check(this.engine.call("send", [this.socketOf(fd, "send"), bytes.length], bytes), "send");
  }

  sendto(fd: number, bytes: Uint8Array, address: Partial<SockaddrLl>, length = packet.SLL_BYTES): number {
    const socket = this.socketOf(fd, "sendto");
    this.putAddress(address);
    return check(this.engine.call("sendTo", [socket, bytes.length, length], bytes), "sendto");
  }

  /** Returns at most `length` bytes of the next frame. */
  recv(fd: number, length = 2048): Uint8Array {
    const buffer = new Uint8Array(length);
    const n = check(this.engine.call("receive", [this.socketOf(fd, "recv"), length], buffer), "recv");
    return buffer.subarray(0, n);
  }

  recvfrom(fd: number, length = 2048, flags = 0): Described {
    const buffer = new Uint8Array(length);
    const args = [this.socketOf(fd, "recvfrom"), length, flags | abi.WANT_NAME];
    const result = check(this.engine.call("receiveFrom", args, buffer), "recvfrom");
    return {
      result,
      data: buffer.subarray(0, Math.min(result, length)),
      address: this.getAddress(),
      flags: this.memory.u32(exchange + abi.EXCHANGE_MSG_FLAGS),
      uncutLength: this.memory.u32(exchange + abi.EXCHANGE_UNCUT_LEN),
      net: this.memory.u32(exchange + abi.EXCHANGE_NET),
      frameFlags: this.memory.u32(exchange + abi.EXCHANGE_FRAME_FLAGS),
      tci: this.memory.u32(exchange + abi.EXCHANGE_TCI),
      drops: this.memory.u32(exchange + abi.EXCHANGE_DROPS),
    };
  }

  /** recvmsg() with MSG_ERRQUEUE: the next message about a sent frame (SO_TIMESTAMPING). */
  recvMessage(fd: number, length = 2048): SentMessage {
    const { data, flags, frameFlags } = this.recvfrom(fd, length, packet.MSG_ERRQUEUE);
    const word = (field: number) => this.memory.u32(exchange + field);
    const byMac = (frameFlags & abi.FRAME_HW_STAMPED) !== 0;
    const fields = byMac ? [abi.EXCHANGE_HW_SEC, abi.EXCHANGE_HW_NSEC] : [abi.EXCHANGE_SEC, abi.EXCHANGE_NSEC];
    return {
      data,
      flags,
      byMac,
      seconds: word(fields[0]!),
      nanoseconds: word(fields[1]!),
      id: word(abi.EXCHANGE_STAMP_ID),
    };
  }

  /** FIONREAD of ioctl(2): the length of the next frame. */
  bytesReadable(fd: number): number {
    return this.call("bytesReadable", this.socketOf(fd, "ioctl"));
  }

  /** SIOCOUTQ of ioctl(2): bytes of the pool in unsent frames. */
  bytesUnsent(fd: number): number {
    return this.call("bytesUnsent", this.socketOf(fd, "ioctl"));
  }

  /** Sets an option. A number is passed as an int. */
  setsockopt(fd: number, level: number, name: number, value: number | Uint8Array): void {
    const bytes = typeof value === "number" ? new Uint8Array(Int32Array.of(value).buffer) : value;
    const args = [this.socketOf(fd, "setsockopt"), level, name, bytes.length];
    check(this.engine.call("setOption", args, bytes), "setsockopt");
  }

  /** Returns the value of an option, at most `length` bytes. */
  getsockopt(fd: number, level: number, name: number, length = 4): Uint8Array {
    const buffer = new Uint8Array(length);
    const args = [this.socketOf(fd, "getsockopt"), level, name, length];
    return buffer.subarray(0, check(this.engine.call("getOption", args, buffer), "getsockopt"));
  }

  /** Returns the socket's counters since it was opened: frames queued, and not queued by reason. */
  counters(fd: number): { packets: number; queueFull: number; poolEmpty: number; filtered: number } {
    this.call("socketCounters", this.socketOf(fd, "counters"));
    const [packets, queueFull, poolEmpty, filtered] = [0, 4, 8, 12].map((at) => this.memory.u32(exchange + at));
    return { packets: packets!, queueFull: queueFull!, poolEmpty: poolEmpty!, filtered: filtered! };
  }

  /** Returns the POLL* events that hold now. */
  poll(fd: number): number {
    return this.call("pollSocket", this.socketOf(fd, "poll"));
  }

  // ---- Zero copy ----

  /** Lends the oldest received frame; with `exclusive` only if nobody else holds it. */
  recvLend(fd: number, exclusive = false): LentFrame {
    const handle = check(this.call("peek", this.socketOf(fd, "recvLend"), Number(exclusive)), "recvLend");
    return this.lent(handle, this.memory.u32(handle + abi.FRAME_LEN));
  }

  sendLend(fd: number): LentFrame {
    const handle = check(this.call("reserve", this.socketOf(fd, "sendLend")), "sendLend");
    const head = this.memory.u32(handle + abi.FRAME_MAC) - this.memory.u32(handle + abi.FRAME_BUFFER);
    return this.lent(handle, this.control(abi.CONTROL_FRAME_SIZE) - head);
  }

  submit(fd: number, frame: LentFrame, length: number): number {
    return check(this.call("submit", this.socketOf(fd, "submit"), frame.handle, length), "submit");
  }

  release(fd: number, frame: LentFrame): void {
    check(this.call("release", this.socketOf(fd, "release"), frame.handle), "release");
  }

  private lent(handle: number, length: number): LentFrame {
    const data = this.memory.at(this.memory.u32(handle + abi.FRAME_MAC), length);
    return { handle, data, shared: this.memory.u32(handle + abi.FRAME_REFS) > 1 };
  }

  /** Returns the offset of the socket of a descriptor. */
  socketOf(fd: number, call: string): number {
    const inTable = Number.isInteger(fd) && fd >= 0 && fd < this.control(abi.CONTROL_TABLE_LENGTH);
    const socket = inTable ? this.memory.u32(this.control(abi.CONTROL_TABLE) + fd * 4) : 0;
    if (socket === 0) throw new ErrnoError(packet.EBADF, call);
    return socket;
  }

  private putAddress(address: Partial<SockaddrLl>): void {
    this.memory.at(exchange, packet.SLL_BYTES).set(encodeSockaddr(address));
  }

  private getAddress(): SockaddrLl {
    return decodeSockaddr(this.memory.at(exchange, packet.SLL_BYTES));
  }
}
