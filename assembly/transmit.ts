// Sending takes a frame from the interface's free stack, fills it once from the caller's buffer, shows it to the sockets
// that watch outgoing frames, and puts it on the TX ring, from where the driver sends it.

import * as abi from "./abi";
import { noteDrop } from "./drops";
import { requestStamp } from "./errqueue";
import { takeError } from "./errors";
import { FILTER, TIMESTAMPS } from "./features";
import { ifaceOf } from "./interfaces";
import { acceptFrom } from "./filter";
import { endOfTags, htons, isTag, tagAt } from "./frame";
import { Frame, Iface, Outgoing, Sockaddr, Socket, Special } from "./layout";
import { control, exchange, state } from "./memory";
import {
  EAGAIN,
  EINVAL,
  EMSGSIZE,
  ENETDOWN,
  ENXIO,
  ETH_P_802_2,
  ETH_P_802_3,
  ETH_P_8021Q,
  ETH_P_ALL,
  IFF_UP,
  SLL_ADDR,
  SLL_BYTES,
} from "./packet";
import { pushFree, reap, reclaim, takeFree } from "./pool";
import { take } from "./port";
import { enqueue, enqueueAccepted, insert } from "./queue";
import { filterAndCount, settleCopy, shareInUse, stackOf, takeCopy } from "./scarcity";

/** send(2) without flags. Returns `len`, or a negative errno; -EAGAIN when no frame is free. */
export function send(socket: Socket, len: u32): i32 {
  const iface = socket.out;
  // Unsigned: a length below the header's becomes a large number.
  if (!iface || len - abi.ETH_HLEN >= iface.limit) return sendOn(socket, socket.iface, socket.protocol, len, 0);
  const frame = takeFree(iface);
  if (!frame) return noRoom(socket, iface);
  const mac = frame.buffer + iface.txOffset;
  take(mac, len);
  frame.mac = mac;
  if (len < abi.ETH_ZLEN) pad(frame, len);
  queue(socket, iface, frame, len);
  return len;
}

/** Sending must wait for room on that interface, which the glue reads from the socket. Returns -EAGAIN. */
export function noRoom(socket: Socket, iface: Iface): i32 {
  socket.full = iface;
  return -EAGAIN;
}

/** sendto(2) to the sockaddr_ll of `addressLength` bytes in the exchange area. Returns the same as send(). */
export function sendTo(socket: Socket, len: u32, addressLength: u32): i32 {
  const address = changetype<Sockaddr>(exchange);
  if (addressLength < SLL_BYTES || address.halen > addressLength - SLL_ADDR) return -EINVAL;
  return sendOn(socket, ifaceOf(address.ifindex), address.protocol, len, exchange + SLL_ADDR);
}

/** Sends with the checks of Linux's packet_snd(), in its order. `to`: where the destination's address is, or 0. */
function sendOn(socket: Socket, iface: Iface | null, protocol: u32, len: u32, to: usize): i32 {
  if (!iface) return -ENXIO;
  if (!(iface.flags & IFF_UP)) return -ENETDOWN;
  const skip = socket.skip;
  const most = iface.mtu + abi.ETH_HLEN;
  if (len > most + abi.VLAN_HLEN - skip) return -EMSGSIZE;
  if (socket.special & Special.ERROR) return -takeError(socket);
  const total = len + skip;
  if (total < abi.ETH_HLEN || (skip && !to)) return -EINVAL;
  if (socket.sndbuf && !mayQueue(socket)) return noRoom(socket, iface);
  const frame = takeFree(iface);
  if (!frame) return noRoom(socket, iface);
  const mac = frame.buffer + iface.txOffset;
  if (skip) {
    store<u32>(mac, load<u32>(to));
    store<u16>(mac, load<u16>(to, 4), 4);
    store<u32>(mac, iface.hwaddrHead, 6);
    store<u16>(mac, iface.hwaddrTail, 10);
    store<u16>(mac, isLength(protocol) ? htons(len) : protocol, 12);
  }
  take(mac + skip, len);
  if (total > most && load<u16>(mac, 12) != htons(ETH_P_8021Q)) {
    pushFree(iface, frame);
    return -EMSGSIZE;
  }
  if (socket.sndbuf) {
    frame.owner = socket;
    frame.flags = 0; // a frame with an owner must not keep what an earlier one asked for
    ++socket.sending;
  }
  frame.mac = mac;
  if (total < abi.ETH_ZLEN) pad(frame, total);
  frame.len = total;
  if (socket.outgoing) beforeSending(socket, iface, frame, protocol);
  putIntoTx(iface, frame);
  return len;
}

/** Does a frame of this protocol have its length in place of an EtherType? */
function isLength(protocol: u32): bool {
  return protocol == htons(ETH_P_802_2) || protocol == htons(ETH_P_802_3);
}

/** SIOCOUTQ: bytes of the pool in unsent frames, of the socket if SO_SNDBUF limits it, else of its interface. */
export function bytesUnsent(socket: Socket): i32 {
  reapAll();
  if (socket.sndbuf) return socket.sending * control.frameStride;
  const iface = socket.iface;
  if (!iface) return 0;
  const bottom = changetype<usize>(iface.completionRing) + iface.ringLength * abi.SLOT_BYTES;
  const free = (<u32>(iface.free - bottom)) >> 2;
  return (iface.txOwned - free) * control.frameStride;
}

/** Takes back sent frames of all interfaces: sendto() may have named any of them. Error queues get their messages. */
export function reapAll(): void {
  let iface = control.firstIface;
  // Rounds: interfaces
  while (iface) {
    reap(iface);
    iface = iface.next;
  }
}

/** Does SO_SNDBUF leave room for another frame? */
export function mayQueue(socket: Socket): bool {
  if (socket.sending < socket.sndbuf) return true;
  reapAll();
  return socket.sending < socket.sndbuf;
}

/** Puts a filled and padded frame on the TX ring, after the sockets that watch outgoing frames have seen it. */
// @ts-ignore: decorator
@inline
export function queue(socket: Socket, iface: Iface, frame: Frame, len: u32): void {
  frame.len = len;
  if (socket.outgoing) beforeSending(socket, iface, frame, socket.protocol);
  putIntoTx(iface, frame);
}

/** Writes zeros behind a frame that is shorter than Ethernet's minimum. */
// @ts-ignore: decorator
@inline
export function pad(frame: Frame, len: u32): void {
  memory.fill(frame.mac + len, 0, abi.ETH_ZLEN - len);
}

// @ts-ignore: decorator
@inline
function putIntoTx(iface: Iface, frame: Frame): void {
  const slot = iface.tx;
  slot.frame = frame;
  iface.tx = slot.next;
}

/**
 * May taps hold another frame that is being sent? However slow they are, one frame stays for sending. `held`: the frame was
 * received and is sent on, so that Iface.spare does not include it.
 */
// @ts-ignore: decorator
@inline
function mayShare(iface: Iface, held: bool): bool {
  return held ? iface.spare >= 0 : iface.txOwned > 1 && iface.spare > 0;
}

/** The same, after sent frames have been taken back, and with exactly what the network stack holds. */
function mayShareAfterReap(iface: Iface, held: bool): bool {
  reclaim(iface);
  if (mayShare(iface, held)) return true;
  if (!held && iface.txOwned <= 1) return false;
  return iface.spare + <i32>shareInUse(stackOf(iface)) >= (held ? 0 : 1);
}

/** Counts a frame that taps of the list would have got if the pool had one to spare. */
function dropForPool(list: Socket | null, sender: Socket, frame: Frame): void {
  let tap = list;
  // Rounds: listeners
  while (tap) {
    if (wants(tap, sender, frame) && filterAndCount(tap, frame)) countDropForPool(tap);
    tap = tap.nextTap;
  }
}

function countDropForPool(tap: Socket): void {
  ++tap.dropsPoolEmpty;
  noteDrop(tap);
}

/** What Socket.outgoing asks for. */
function beforeSending(socket: Socket, iface: Iface, frame: Frame, protocol: u32): void {
  if (socket.outgoing & Outgoing.SEEN) showToTaps(socket, iface, frame, protocol);
  if (TIMESTAMPS && socket.outgoing & Outgoing.STAMPED) requestStamp(socket, iface, frame);
}

/** Is the frame shown to this tap? To SOCK_DGRAM Linux shows a header without payload only if a filter lets it through. */
function wants(tap: Socket, sender: Socket, frame: Frame): bool {
  const key = frame.key;
  if (tap == sender || (tap.key ^ key) & tap.mask) return false;
  return !tap.skip || (!isTag(key & 0xffff) && (frame.len > tap.skip || (FILTER && tap.filter != 0)));
}

/**
 * Offers an outgoing frame to all sockets of ETH_P_ALL except its sender. A frame that they take is held by them and by the
 * TX ring, and no longer counts for the sending side.
 */
function showToTaps(sender: Socket, iface: Iface, frame: Frame, protocol: u32): void {
  if (!protocol || protocol == htons(ETH_P_ALL)) protocol = load<u16>(frame.mac, 12);
  const key = protocol | iface.key;
  frame.key = key;
  frame.flags = abi.FRAME_OUTGOING;
  const held = frame.refs != 0;
  if (!mayShare(iface, held) && !mayShareAfterReap(iface, held)) {
    dropForPool(state.taps, sender, frame);
    dropForPool(state.pickyTaps, sender, frame);
  } else {
    let refs: u32 = 0;
    let tap = state.taps;
    if (tap) {
      // Rounds: listeners
      do {
        const on = tap.iface;
        if (on == iface || !on) {
          if (tap != sender) {
            // append() without a snap length, as in receiveFrame().
            const entry = tap.tail;
            if (entry.frame) {
              ++tap.dropsQueueFull;
            } else {
              insert(tap, entry, frame);
              ++refs;
            }
          }
        }
        tap = tap.nextTap;
      } while (tap);
    }
    tap = state.pickyTaps;
    // Rounds: listeners
    while (tap) {
      if (wants(tap, sender, frame)) refs += enqueue(tap, frame);
      tap = tap.nextTap;
    }
    if (refs) {
      control.news = 1;
      if (held) {
        frame.refs += refs;
      } else {
        frame.refs = refs + 1;
        --iface.spare;
        --iface.txOwned;
        ++iface.txMissing;
      }
    }
  }
  if (isTag(key & 0xffff)) showWithoutTags(sender, iface, frame);
}

/**
 * Shows a sent frame with tags to the taps of SOCK_DGRAM. Linux shows them what is behind the tags, the innermost protocol
 * and the first tag; so they share a copy without tags.
 */
function showWithoutTags(sender: Socket, iface: Iface, frame: Frame): void {
  const key = frame.key;
  const mac = frame.mac;
  const end = endOfTags(mac, frame.len);
  const start = end ? end : abi.ETH_HLEN;
  let copy = changetype<Frame | null>(0);
  let refs: u32 = 0;
  let tap = state.pickyTaps;
  // Rounds: listeners
  while (tap) {
    if (tap != sender && tap.skip && !((tap.key ^ key) & tap.mask)) {
      const snap = acceptFrom(tap, frame, start);
      if (snap) {
        if (!copy) copy = takeCopy(iface);
        if (copy) refs += enqueueAccepted(tap, copy, snap);
        else countDropForPool(tap);
      }
    }
    tap = tap.nextTap;
  }
  if (!copy) return;
  copy.len = abi.ETH_HLEN + frame.len - start;
  memory.copy(copy.mac, mac, abi.ETH_HLEN);
  memory.copy(copy.mac + abi.ETH_HLEN, mac + start, frame.len - start);
  copy.key = iface.key | (end ? load<u16>(mac + end - 2) : 0);
  copy.flags = abi.FRAME_OUTGOING | abi.FRAME_VLAN;
  copy.tci = tagAt(mac, frame.len, key & 0xffff);
  settleCopy(iface, copy, refs);
}
