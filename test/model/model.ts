// The reference model of the socket layer: what each call does, in the plainest form. No memory, no rings, no layout;
// where the component decides by what it has, the model counts the same frames.
import * as packet from "../../assembly/packet.js";
import type { Received } from "../../host/engine/pktsock.js";
import { decodeSockaddr, encodeSockaddr, htons, type SockaddrLl } from "../../host/engine/sockaddr.js";
import type { Component, Counters, Lending, Lent, SentMessage } from "./component.js";
import { fail } from "./fail.js";
import { Frame, innermost, isTag } from "./frame.js";
import { Options } from "./options.js";
import type { Pool } from "./pool.js";
import { packetType, sendable, withHeader } from "./rules.js";
import { ALL, type Queued, type Socket, STACK } from "./socket.js";
import { Sockets } from "./sockets.js";

const { SOCK_RAW, SOCK_DGRAM, MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_ERRQUEUE } = packet;

/** SOCK_DGRAM is told the protocol behind all tags. */
function toldProtocol(socket: Socket, { frame: { bytes, about }, snap }: Queued): number {
  if (socket.skip === 0 || !isTag(htons(about.protocol))) return about.protocol;
  return htons(innermost(bytes.subarray(0, 14 + snap))?.type ?? 0);
}

export class Model extends Sockets implements Component {
  private readonly options = new Options(this);
  /** Frames that were lent, by name. */
  private readonly lent: Frame[] = [];

  // ---- Sockets ----

  socket(type: number, protocol = 0): number {
    const base = type & 0xf;
    const flags = type - base;
    if (base > 10 || (flags & ~(packet.SOCK_NONBLOCK | packet.SOCK_CLOEXEC)) !== 0) return fail("EINVAL");
    if (base !== SOCK_RAW && base !== SOCK_DGRAM) return fail("ESOCKTNOSUPPORT");
    const fd = this.open(base);
    this.table[fd]!.nonblock = (flags & packet.SOCK_NONBLOCK) !== 0;
    this.attach(this.table[fd]!, undefined, protocol);
    return fd;
  }

  openStack(ifindex: number): number {
    const iface = this.ifaceOf(ifindex) ?? fail("ENODEV");
    if (this.tap.stackOf(iface) !== undefined) return fail("EBUSY");
    if (iface.wouldLendAll(this.lentTo(iface, false), 0, true)) return fail("ENOBUFS");
    const fd = this.open(STACK);
    iface.stackAttached = true;
    this.attach(this.table[fd]!, iface, ALL);
    return fd;
  }

  close(fd: number): void {
    const socket = this.of(fd);
    this.tap.leave(socket);
    for (const { frame } of socket.queue.splice(0)) frame.pool.release(frame);
    for (const frame of socket.lent.splice(0)) this.unlend(frame);
    this.options.close(socket);
    if (socket.type === STACK) socket.iface!.stackAttached = false;
    for (const { tx, sending, completed } of this.interfaces) {
      for (const frame of [...tx, ...sending, ...completed]) if (frame.owner === socket) frame.owner = undefined;
    }
    this.remove(fd, socket);
  }

  bind(fd: number, address: Partial<SockaddrLl>, length = packet.SLL_BYTES): void {
    const socket = this.of(fd);
    const { family = packet.AF_PACKET, ifindex = 0, protocol = 0 } = address;
    if (length < packet.SLL_BYTES || family !== packet.AF_PACKET || socket.type === STACK) return fail("EINVAL");
    const iface = this.ifaceOf(ifindex);
    if (ifindex !== 0 && iface === undefined) return fail("ENODEV");
    this.move(socket, iface, protocol || socket.protocol);
  }

  getsockname(fd: number): { address: SockaddrLl; length: number } {
    const { iface, protocol } = this.of(fd);
    const address = { family: packet.AF_PACKET, protocol, ifindex: iface?.index ?? 0, hatype: 0, pkttype: 0 };
    if (iface === undefined) return { address: { ...address, addr: new Uint8Array(0) }, length: 12 };
    return { address: { ...address, hatype: packet.ARPHRD_ETHER, addr: new Uint8Array(iface.hwaddr) }, length: 18 };
  }

  setsockopt(fd: number, level: number, name: number, value: number | Uint8Array): void {
    const bytes = typeof value === "number" ? new Uint8Array(Int32Array.of(value).buffer) : value;
    this.options.set(this.of(fd), level, name, Buffer.from(bytes));
  }

  getsockopt(fd: number, level: number, name: number, length = 4): Uint8Array {
    return new Uint8Array(this.options.get(this.of(fd), level, name).subarray(0, length));
  }

  lastStamp(fd: number): readonly [number, number] {
    return this.options.lastStamp(this.of(fd));
  }

  poll(fd: number): number {
    const socket = this.of(fd);
    const { iface } = socket;
    this.service();
    let events = socket.queue.length > 0 ? packet.POLLIN : 0;
    const errors = socket.selectsErrors ? packet.POLLERR | packet.POLLPRI : packet.POLLERR;
    if (this.hasMessages(socket) || socket.error !== 0) events |= errors;
    if (iface === undefined) return events | packet.POLLOUT;
    if (!iface.up) return events | packet.POLLOUT;
    return this.mayQueue(socket) && iface.hasFree() ? events | packet.POLLOUT : events;
  }

  // ---- Receiving ----

  service(): void {
    const newestFirst = [...this.interfaces].sort((a, b) => b.index - a.index);
    for (const iface of newestFirst) if (iface.rx.length > 0) this.tap.receive(iface);
  }

  /** The oldest frame of the queue, after a look for new ones if there is none. */
  private oldest(socket: Socket): Queued | undefined {
    if (socket.queue.length === 0) this.service();
    return socket.queue[0];
  }

  /** What the socket may see of a frame. */
  private visible(socket: Socket, { frame, snap }: Queued): Buffer {
    return frame.bytes.subarray(socket.skip).subarray(0, snap);
  }

  recv(fd: number, length = 2048): Uint8Array {
    return this.recvfrom(fd, length).data;
  }

  recvfrom(fd: number, length = 2048, flags = 0): Received {
    const socket = this.of(fd);
    if ((flags & ~(MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT)) !== 0) return fail("EINVAL");
    this.reportError(socket);
    const oldest = this.oldest(socket) ?? fail("EAGAIN");
    const { frame } = oldest;
    const visible = this.visible(socket, oldest);
    const data = new Uint8Array(visible.subarray(0, length));
    if (socket.keepsStamp) socket.stamp = frame.about.stamp ?? [0, 0];
    if ((flags & MSG_PEEK) === 0) {
      this.take(socket);
      frame.pool.release(frame);
    }
    return {
      result: (flags & MSG_TRUNC) !== 0 ? visible.length : data.length,
      data,
      address: {
        family: packet.AF_PACKET,
        protocol: toldProtocol(socket, oldest),
        ifindex: frame.about.ifindex,
        hatype: packet.ARPHRD_ETHER,
        pkttype: packetType(socket, frame),
        addr: new Uint8Array(frame.bytes.subarray(6, 12)),
      },
      flags: data.length < visible.length ? MSG_TRUNC : 0,
      uncutLength: frame.bytes.length - socket.skip,
    };
  }

  private hasMessages({ errors }: Socket): boolean {
    if (errors !== undefined) for (const iface of this.interfaces) iface.reap();
    return errors !== undefined && errors.messages.length > 0;
  }

  message(fd: number, length: number): SentMessage {
    const socket = this.of(fd);
    if (!this.hasMessages(socket)) return fail("EAGAIN");
    const { frame, id } = socket.errors!.messages.shift()!;
    const bytes = frame?.bytes ?? Buffer.alloc(0);
    const data = new Uint8Array(bytes.subarray(0, length));
    frame?.pool.release(frame);
    return { data, id, flags: MSG_ERRQUEUE | (data.length < bytes.length ? MSG_TRUNC : 0) };
  }

  private take(socket: Socket): Frame {
    socket.taken++;
    return socket.queue.shift()!.frame;
  }

  bytesReadable(fd: number): number {
    const socket = this.of(fd);
    const oldest = this.oldest(socket);
    return oldest === undefined ? 0 : this.visible(socket, oldest).length;
  }

  // ---- Sending ----

  send(fd: number, bytes: Uint8Array): number {
    const socket = this.of(fd);
    return this.transmitFrom(socket, socket.iface, socket.protocol, Buffer.from(bytes));
  }

  sendto(fd: number, bytes: Uint8Array, address: Partial<SockaddrLl>, length = packet.SLL_BYTES): number {
    const socket = this.of(fd);
    if (length < packet.SLL_BYTES) return fail("EINVAL");
    const { ifindex, protocol } = decodeSockaddr(encodeSockaddr(address));
    const to = Buffer.alloc(6);
    to.set((address.addr ?? []).slice(0, 6));
    return this.transmitFrom(socket, this.ifaceOf(ifindex), protocol, Buffer.from(bytes), to);
  }

  private transmitFrom(socket: Socket, iface: Pool | undefined, protocol: number, bytes: Buffer, to?: Buffer): number {
    if (iface === undefined) return fail("ENXIO");
    if (!iface.up) return fail("ENETDOWN");
    if (bytes.length > iface.mtu + 18 - socket.skip) return fail("EMSGSIZE");
    this.reportError(socket);
    if (bytes.length + socket.skip < 14 || (socket.type === SOCK_DGRAM && to === undefined)) return fail("EINVAL");
    if (!this.mayQueue(socket) || !iface.takeFree()) return fail("EAGAIN");
    const whole = socket.type === SOCK_DGRAM ? withHeader(iface, to!, protocol, bytes) : bytes;
    if (!sendable(iface, whole)) {
      iface.free++;
      return fail("EMSGSIZE");
    }
    const frame = new Frame(iface, whole, { protocol: 0, ifindex: 0, outgoing: true }, iface.txOffset);
    if (socket.sndbuf > 0) {
      frame.owner = socket;
      socket.sending++;
    }
    this.queue(socket, frame, protocol);
    return bytes.length;
  }

  private queue(socket: Socket, frame: Frame, protocol: number): void {
    this.tap.showOutgoing(socket, frame, protocol);
    frame.wantsStamp = false;
    socket.errors?.request(frame, socket.timestamping);
    if (frame.wantsStamp && frame.owner === undefined) {
      frame.owner = socket;
      socket.sending++;
    }
    frame.pool.tx.push(frame);
  }

  /** Does SO_SNDBUF leave room for another frame? */
  private mayQueue(socket: Socket): boolean {
    if (socket.sndbuf === 0 || socket.sending < socket.sndbuf) return true;
    for (const iface of this.interfaces) iface.reap();
    return socket.sending < socket.sndbuf;
  }

  bytesUnsent(fd: number): number {
    const socket = this.of(fd);
    const { iface } = socket;
    for (const each of this.interfaces) each.reap();
    if (socket.sndbuf > 0) return socket.sending * this.stride;
    return iface === undefined ? 0 : (iface.owned - iface.free) * this.stride;
  }

  // ---- Zero copy ----

  lend(fd: number, what: Lending): Lent {
    const socket = this.of(fd);
    return what === "empty" ? this.reserve(socket) : this.peek(socket, what === "exclusive");
  }

  /** How many received frames of an interface are lent to the stack, or to sockets, counting one as often as it is. */
  private lentTo(iface: Pool, stack: boolean): number {
    const lent = this.openSockets().flatMap((socket) => ((socket.type === STACK) === stack ? socket.lent : []));
    return lent.filter((frame) => frame.pool === iface && frame.refs > 0).length;
  }

  private peek(socket: Socket, exclusive: boolean): Lent {
    this.reportError(socket);
    const frame = this.oldest(socket)?.frame;
    if (frame === undefined) return fail("EAGAIN");
    if (socket.lent.length === this.capacities.queueFrames) return fail("ENOBUFS");
    const { pool } = frame;
    if (exclusive && frame.refs > 1) pool.reap();
    if (exclusive && frame.refs > 1) return fail("ENOBUFS");
    const toStack = socket.type === STACK;
    const lent = [this.lentTo(pool, false) + Number(!toStack), this.lentTo(pool, true) + Number(toStack)] as const;
    if (pool.spare <= 0) pool.reclaim();
    if (pool.spare <= 0 && pool.wouldLendAll(...lent)) return fail("ENOBUFS");
    this.take(socket);
    socket.lent.push(frame);
    return { name: this.lent.push(frame) - 1, data: new Uint8Array(frame.bytes), shared: frame.refs > 1 };
  }

  private reserve(socket: Socket): Lent {
    const { iface } = socket;
    if (iface === undefined) return fail("ENXIO");
    if (!iface.up) return fail("ENETDOWN");
    if (socket.lent.length === this.capacities.queueFrames) return fail("ENOBUFS");
    if (!iface.mayLendEmpty()) return fail("ENOBUFS");
    if (!iface.takeFree()) return fail("EAGAIN");
    iface.reserve();
    const room = this.capacities.frameSize - iface.txOffset;
    const frame = new Frame(iface, Buffer.alloc(0), { protocol: 0, ifindex: 0, outgoing: true }, iface.txOffset);
    socket.lent.push(frame);
    return { name: this.lent.push(frame) - 1, data: new Uint8Array(room), shared: false };
  }

  private takeBack(socket: Socket, name: number): Frame {
    const frame = this.lent[name];
    if (frame === undefined || !socket.lent.includes(frame)) return fail("EINVAL");
    socket.lent = socket.lent.filter((lent) => lent !== frame);
    return frame;
  }

  private unlend(frame: Frame): void {
    if (frame.refs > 0) return frame.pool.release(frame);
    frame.pool.takeBackEmpty();
    frame.pool.free++;
  }

  release(fd: number, name: number): void {
    this.unlend(this.takeBack(this.of(fd), name));
  }

  submit(fd: number, name: number, bytes: Buffer): number {
    const socket = this.of(fd);
    const { iface } = socket;
    const frame = this.lent[name];
    if (iface === undefined) return fail("ENXIO");
    if (!iface.up) return fail("ENETDOWN");
    if (bytes.length < 14) return fail("EINVAL");
    if (bytes.length > iface.mtu + 14) return fail("EMSGSIZE");
    if (frame === undefined || !socket.lent.includes(frame) || frame.pool !== iface) return fail("EINVAL");
    if (frame.offset + Math.max(bytes.length, 60) > this.capacities.frameSize) return fail("EMSGSIZE");
    if (frame.refs > 1) iface.reap();
    if (frame.refs > 1) return fail("EBUSY");
    this.takeBack(socket, name);
    if (frame.refs === 0) iface.takeBackEmpty();
    frame.bytes = bytes;
    this.queue(socket, frame, socket.protocol);
    return bytes.length;
  }

  /** Does a socket have the frame? */
  isLent(name: number): boolean {
    const frame = this.lent[name];
    return frame !== undefined && this.openSockets().some((socket) => socket.lent.includes(frame));
  }

  /** May the application write to the frame? Nobody else must hold it. */
  isWritable(name: number): boolean {
    return this.isLent(name) && this.lent[name]!.refs <= 1;
  }

  /** What a lent frame has received. */
  bytesOf(name: number): Buffer | undefined {
    return this.lent[name]?.bytes;
  }

  // ---- Interfaces ----

  private named(ifindex: number): Pool {
    return this.ifaceOf(ifindex) ?? fail("ENODEV");
  }

  setFlags(ifindex: number, flags: number): void {
    const iface = this.named(ifindex);
    const went = iface.up && (flags & packet.IFF_UP) === 0;
    if (((iface.flags ^ flags) & (packet.IFF_PROMISC | packet.IFF_ALLMULTI)) !== 0) iface.filterChanged = true;
    iface.flags = flags;
    if (went) for (const socket of this.openSockets()) if (socket.iface === iface) socket.error = packet.ENETDOWN;
  }

  requestFlags(ifindex: number, flags: number): void {
    const { flags: now } = this.named(ifindex);
    const settable = packet.IFF_UP | packet.IFF_PROMISC | packet.IFF_ALLMULTI | packet.IFF_MULTICAST;
    const others = packet.IFF_LOOPBACK | packet.IFF_POINTOPOINT | packet.IFF_MASTER | packet.IFF_SLAVE;
    const ignored = packet.IFF_RUNNING | packet.IFF_BROADCAST | others | 0xffff0000;
    if (((now ^ flags) & ~(settable | ignored)) !== 0) return fail("EINVAL");
    this.setFlags(ifindex, (now & ~settable) | (flags & settable));
  }

  setMulticast(ifindex: number, on: boolean, address: Buffer): void {
    this.options.setMulticast(this.named(ifindex), on, address);
  }

  macFilter(ifindex: number): { changed: boolean; flags: number; addresses: string[] } {
    return this.options.macFilter(this.named(ifindex));
  }

  counters(ifindex: number): Counters {
    return this.named(ifindex).counters;
  }

  prefetch(ifindex: number): boolean {
    return this.named(ifindex).prefetch();
  }

  receive(ifindex: number, bytes: Buffer, offset: number, stamp: readonly [number, number]): boolean {
    return this.named(ifindex).receive(bytes, offset, stamp);
  }

  transmit(ifindex: number): Buffer | undefined {
    return this.named(ifindex).transmit();
  }

  complete(ifindex: number, which: number): boolean {
    return this.named(ifindex).complete(which);
  }
}
