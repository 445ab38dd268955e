// A packet socket of an application. It is a socket like those of C: the same lists, queue, filter, memberships and counters.

import * as abi from "../abi";
import { detachFilter } from "../filter";
import { htons } from "../frame";
import { Sockaddr, Socket } from "../layout";
import { join } from "../membership";
import { exchange, socketAt } from "../memory";
import { AF_PACKET, EBADF, EMFILE, PACKET_MR_MULTICAST, PACKET_MR_PROMISC, SLL_BYTES, SOCK_RAW } from "../packet";
import { bindSocket, closeSocket, openSocket, rebind } from "../sockets";
import { attach, beginProgram, setFilter, writeInstruction } from "./filter";
import { Frame } from "./frame";
import { head, placeOf } from "./head";
import { reserve, send, writable } from "./transmit";

/** Notes why the start fails, and returns a socket that is not open. */
function refused(error: i32): PacketSocket {
  if (!head.error) head.error = error;
  return changetype<PacketSocket>(0);
}

/** Writes a struct packet_mreq without an address to the exchange area. */
function describeMembership(ifindex: u32, type: u32, length: u32): void {
  store<u32>(exchange, ifindex);
  store<u32>(exchange, type | (length << 16), 4);
}

/** An open socket of SOCK_RAW, or one that open() could not open: every call on that fails with EBADF. */
@unmanaged
export class PacketSocket {
  private get core(): Socket {
    return changetype<Socket>(this);
  }

  /**
   * socket(2) and bind(2): `protocol` as in an Ethernet header, ETH_P_ALL for all frames; `ifindex` 0 for all interfaces.
   * It receives what the MAC receives, and not what other sockets send. If it cannot be opened, start() fails with the errno.
   */
  static open(protocol: u32, ifindex: u32 = 0): PacketSocket {
    const place = placeOf(null);
    const descriptor = place ? openSocket(SOCK_RAW, 0) : -EMFILE;
    if (descriptor < 0) return refused(descriptor);
    const core = socketAt(descriptor);
    core.options |= abi.OPTION_IGNORE_OUTGOING;
    const socket = changetype<PacketSocket>(core);
    const result = socket.bind(protocol, ifindex);
    if (result < 0) {
      closeSocket(core);
      return refused(result);
    }
    store<usize>(place, changetype<usize>(socket));
    head.socketsEnd = max(head.socketsEnd, place + sizeof<usize>());
    return socket;
  }

  get isOpen(): bool {
    return changetype<usize>(this) != 0;
  }

  /** bind(2). Returns 0 or a negative errno. */
  bind(protocol: u32, ifindex: u32): i32 {
    if (!this.isOpen) return -EBADF;
    const address = changetype<Sockaddr>(exchange);
    address.family = <u16>AF_PACKET;
    address.protocol = <u16>htons(protocol);
    address.ifindex = ifindex;
    return bindSocket(this.core, SLL_BYTES);
  }

  /** close(2). */
  close(): void {
    const place = this.isOpen ? placeOf(this) : 0;
    if (!place) return;
    store<usize>(place, 0);
    closeSocket(this.core);
  }

  /** PACKET_ADD_MEMBERSHIP of a multicast address, byte by byte. Returns 0 or a negative errno. */
  join(ifindex: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32): i32 {
    if (!this.isOpen) return -EBADF;
    describeMembership(ifindex, PACKET_MR_MULTICAST, abi.ETH_ALEN);
    store<u32>(exchange, a | (b << 8) | (c << 16) | (d << 24), 8);
    store<u32>(exchange, e | (f << 8), 12);
    return join(this.core);
  }

  /** PACKET_ADD_MEMBERSHIP of PACKET_MR_PROMISC: the MAC receives all frames. Returns 0 or a negative errno. */
  promiscuous(ifindex: u32): i32 {
    if (!this.isOpen) return -EBADF;
    describeMembership(ifindex, PACKET_MR_PROMISC, 0);
    return join(this.core);
  }

  /**
   * A filter with one test, as most applications need: onFrame() only gets frames whose 32 bits at `at`, in network order, are `value` under `mask`; others
   * take no frame of the pool. Returns 0, -EBADF, or -ENOMEM (NET_PKT_HEAP_SIZE).
   */
  filter(at: u32, mask: u32, value: u32): i32 {
    return this.isOpen ? setFilter(this.core, at, mask, value) : -EBADF;
  }

  /**
   * Begins a filter of `count` instructions of classic BPF, which instruction() writes one after the other and attach() attaches.
   * There is one at a time. Returns 0, -EINVAL (none, or more than 4096), or -ENOMEM (NET_PKT_HEAP_SIZE has 8 bytes for each).
   */
  static beginFilter(count: u32): i32 {
    return beginProgram(count);
  }

  /** The next instruction: the four numbers of a struct sock_filter, as `tcpdump -dd` prints them. */
  static instruction(code: u32, jt: u32, jf: u32, k: u32): void {
    writeInstruction((code & 0xffff) | ((jt & 0xff) << 16) | ((jf & 0xff) << 24), k);
  }

  /**
   * SO_ATTACH_FILTER: frames that the filter refuses take no frame of the pool, and onFrame() does not get them. Returns 0, -EBADF,
   * -EINVAL (it has more or fewer instructions than beginFilter() was told, or one of them is none that Linux takes) or -ENOMEM; then
   * the socket keeps the filter that it had.
   */
  attach(): i32 {
    return this.isOpen ? attach(this.core) : -EBADF;
  }

  /** SO_DETACH_FILTER. Returns 0, -EBADF or -ENOENT (it has no filter). */
  detach(): i32 {
    if (!this.isOpen) return -EBADF;
    const result = detachFilter(this.core);
    if (!result) rebind(this.core);
    return result;
  }

  /**
   * A frame to fill and send: `bytes` bytes, not cleared, for the interface `ifindex` or the one that the socket is bound to. Or
   * null: there is no such interface, it is down, or no frame is free. There is one such frame at a time; at the end of the
   * callback it is taken back unless it was sent.
   */
  reserve(bytes: u32, ifindex: u32 = 0): Frame | null {
    return this.isOpen ? reserve(this.core, bytes, ifindex) : null;
  }

  /**
   * In onFrame(): the received frame, to be written and sent back where it lies; or a copy, as reserve() returns it, while other
   * sockets hold the frame too; or null if no frame is free for that. `ifindex`: the interface that it will be sent through, if
   * that is not the one that has received it.
   */
  writable(frame: Frame, ifindex: u32 = 0): Frame | null {
    return writable(frame, ifindex);
  }

  /**
   * Sends a frame of reserve() or the one that onFrame() has got, which then belong to the driver: to the interface `ifindex`, or
   * the one that the socket is bound to, or the one that has received it. A received frame is sent where it lies, also through
   * another interface, but is copied if others hold it too, or if NET_PKT_RX_RESERVE such frames are on their way already.
   * Returns the frame's length, or -EBADF, -ENXIO, -ENETDOWN, -EMSGSIZE, -EINVAL (another frame), -EAGAIN (no frame is free for
   * the copy).
   */
  send(frame: Frame, ifindex: u32 = 0): i32 {
    return this.isOpen ? send(this.core, frame, ifindex) : -EBADF;
  }

  /** Frames that entered the queue, and those that were dropped, of PACKET_STATISTICS; neither is reset. */
  get packets(): u32 {
    return this.isOpen ? this.core.packets : 0;
  }

  get drops(): u32 {
    return this.isOpen ? this.core.dropsQueueFull + this.core.dropsPoolEmpty : 0;
  }
}
