// The tap: every frame that a driver received is offered to all matching sockets and then to the network stack. All of
// them share the frame; the only copy is into an application's buffer.

import * as abi from "./abi";
import { deliver } from "./app/hooks";
import { dropsBefore, passMark } from "./drops";
import { takeError } from "./errors";
import { receiveMessage } from "./errqueue";
import { FILTER, TIMESTAMPS } from "./features";
import { endOfTags, htons, isTag, netOffset, packetType, tagAt, tagVisible } from "./frame";
import { Entry, ExchangeReceived, Frame, Iface, Slot, Socket, Special } from "./layout";
import { pairOf, receiversIn, watchersIn } from "./lists";
import { control, exchange, state } from "./memory";
import {
  AF_PACKET,
  ARPHRD_ETHER,
  EAGAIN,
  ETH_P_802_2,
  ETH_P_802_3,
  ETH_P_8021AD,
  ETH_P_8021Q,
  EINVAL,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_PEEK,
  MSG_TRUNC,
} from "./packet";
import { returnToPool, fill, letGo, reclaim, unref } from "./pool";
import { give } from "./port";
import { insert, put } from "./queue";
import { OfAll, OfAny, OfOne, offerScarce, settleCopy, takeCopy } from "./scarcity";

/**
 * Demultiplexes what is in the RX rings of all interfaces: of each at least a frame, but no more than WORK allows
 * (lists.ts). The caller calls again while frames are left, and may release the lock in between.
 */
export function service(): void {
  let iface = control.firstIface;
  if (!iface) return;
  // Rounds: interfaces
  do {
    const slot = iface.rx;
    const frame = slot.frame;
    if (frame) receiveFrames(iface, slot, frame);
    iface = iface.next;
  } while (iface);
}

/** Offers the frames of the RX ring from `slot` on to the sockets; the first one is `frame`. */
// @ts-ignore: decorator
@inline
function receiveFrames(iface: Iface, slot: Slot, frame: Frame): void {
  if (!iface.limit) return dropAll(iface);
  let next: Frame | null = frame;
  let frames: u32 = 0;
  // Rounds: batch
  do {
    slot.frame = null;
    slot = slot.next;
    receiveFrame(iface, changetype<Frame>(next));
    deliver();
    next = slot.frame;
  } while (next && ++frames < state.framesAtOnce);
  iface.rx = slot;
  control.news = 1;
}

/** Offers a frame of the RX ring to the sockets. */
// @ts-ignore: decorator
@inline
function receiveFrame(iface: Iface, frame: Frame): void {
  const mac = frame.mac;
  let key = <u32>load<u16>(mac, 12);
  if ((key & 0xff) < 6) key = llcProtocol(frame);
  else if (key == htons(ETH_P_8021Q) || key == htons(ETH_P_8021AD)) {
    key = untag(iface, frame, key);
    if (!key) return;
  }
  key |= iface.key;
  frame.key = key;

  let spare = iface.spare;
  if (spare <= 0) {
    reclaim(iface);
    spare = iface.spare;
    if (spare <= 0) return hold(iface, frame, offerScarce(iface, frame, OfAny));
  }
  let refs: u32 = 0;
  const lists = pairOf(key);
  let socket = receiversIn(lists);
  if (socket) {
    // Rounds: listeners
    do {
      if (!((socket.key ^ key) & socket.mask)) {
        // append() without a snap length, in the form that costs an interpreter least.
        const entry = socket.tail;
        if (entry.frame) {
          ++socket.dropsQueueFull;
        } else {
          insert(socket, entry, frame);
          ++refs;
        }
      }
      socket = socket.next;
    } while (socket);
  }
  socket = watchersIn(lists);
  if (socket) {
    // Rounds: listeners
    do {
      if (!((socket.key ^ key) & socket.mask)) refs += put(socket, frame);
      socket = socket.next;
    } while (socket);
  }
  if (refs) {
    frame.refs = refs;
    iface.spare = spare - 1;
  } else {
    fill(iface, frame);
  }
}

/** The frame has got `refs` holders; without any it returns to the driver. */
function hold(iface: Iface, frame: Frame, refs: u32): void {
  if (refs) {
    frame.refs = refs;
    --iface.spare;
  } else {
    fill(iface, frame);
  }
}

/** Drops what the driver has received of an interface that is down. */
function dropAll(iface: Iface): void {
  let slot = iface.rx;
  let frame = slot.frame;
  // Rounds: frames
  while (frame) {
    slot.frame = null;
    slot = slot.next;
    fill(iface, frame);
    ++iface.rxIfaceDown;
    frame = slot.frame;
  }
  iface.rx = slot;
}

/** The protocol of a frame with a length instead of an EtherType, like Linux's eth_type_trans(). */
function llcProtocol(frame: Frame): u32 {
  // Novell's raw 802.3 starts its payload with a checksum of ones.
  const raw = frame.len >= abi.ETH_HLEN + 2 && load<u16>(frame.mac, abi.ETH_HLEN) == 0xffff;
  return htons(raw ? ETH_P_802_3 : ETH_P_802_2);
}

/**
 * Removes the VLAN tag from a frame, like Linux before packet sockets see it: the addresses move up by 4 bytes. Returns the
 * protocol behind the tag, or 0: the frame has been dropped or offered.
 */
function untag(iface: Iface, frame: Frame, tpid: u32): u32 {
  const key = removeTag(frame, tpid);
  if (!key) fill(iface, frame);
  else if (!(frame.tci & VLAN_ID) && isTag(key)) offerNested(iface, frame, key);
  else return key;
  return 0;
}

const VLAN_ID: u32 = 0xfff;
/** Linux drops a shorter frame with a tag. */
const SHORTEST_TAGGED: u32 = abi.ETH_HLEN + abi.VLAN_HLEN + 2;

/** Removes the tag. Returns the protocol behind it, or 0 when the frame is too short. */
function removeTag(frame: Frame, tpid: u32): u32 {
  if (frame.len < SHORTEST_TAGGED) return 0;
  const mac = frame.mac;
  frame.tci = tagAt(mac, frame.len, tpid);
  frame.flags |= abi.FRAME_VLAN;
  memory.copy(mac + abi.VLAN_HLEN, mac, 2 * abi.ETH_ALEN);
  frame.mac = mac + abi.VLAN_HLEN;
  frame.len -= abi.VLAN_HLEN;
  const key = <u32>load<u16>(mac, abi.VLAN_HLEN + 12);
  return (key & 0xff) < 6 ? llcProtocol(frame) : key;
}

/**
 * Offers a frame from which a tag of VLAN 0 was removed and that has another one. As on Linux that one is there for sockets
 * of ETH_P_ALL, and removed for sockets of one protocol. When both want the frame, the latter share a copy.
 */
function offerNested(iface: Iface, frame: Frame, key: u32): void {
  frame.key = key | iface.key;
  if (iface.spare <= 0) letGo(iface);
  let refs = offerScarce(iface, frame, OfAll);
  let inner = frame;
  if (refs) {
    frame.refs = refs;
    --iface.spare;
    const copy = takeCopy(iface);
    if (!copy) {
      ++iface.rxPoolEmpty;
      return;
    }
    memory.copy(copy.mac, frame.mac, frame.len);
    copy.len = frame.len;
    copy.flags = frame.flags;
    if (TIMESTAMPS) {
      copy.sec = frame.sec;
      copy.nsec = frame.nsec;
      copy.hwSec = frame.hwSec;
      copy.hwNsec = frame.hwNsec;
    }
    inner = copy;
  }
  // Rounds: frameSize / 4
  do {
    key = removeTag(inner, key);
  } while (key && !(inner.tci & VLAN_ID) && isTag(key));
  inner.key = key | iface.key;
  const held = key ? offerScarce(iface, inner, OfOne) : 0;
  if (inner != frame) return settleCopy(iface, inner, held);
  hold(iface, frame, held);
}

/** recv(2) without flags. Returns the number of bytes given to the caller, or a negative errno. */
export function receive(socket: Socket, len: u32): i32 {
  const special = socket.special;
  if (special & ~Special.SNAP) return receiveFrom(socket, len, 0);
  const entry = socket.head;
  let frame = entry.frame;
  if (!frame) {
    service();
    frame = entry.frame;
    if (!frame) return -EAGAIN;
  }
  const skip = socket.skip;
  let n = min(frame.len - skip, len);
  if (FILTER && special) n = min(n, entry.snap);
  give(frame.mac + skip, n);
  entry.frame = null;
  socket.head = entry.next;
  const refs = frame.refs - 1;
  frame.refs = refs;
  if (!refs) returnToPool(frame);
  return n;
}

/**
 * recvfrom(2) and recvmsg(2). `flags`: MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT and MSG_ERRQUEUE (the glue does the waiting), and
 * WANT_NAME. Returns the number of bytes given to the caller (with MSG_TRUNC the length of the frame), or a negative errno.
 */
export function receiveFrom(socket: Socket, len: u32, flags: u32): i32 {
  if (flags & ~(MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_ERRQUEUE | abi.WANT_NAME)) return -EINVAL;
  if (flags & MSG_ERRQUEUE) return TIMESTAMPS ? receiveMessage(socket, len) : -EAGAIN;
  if (socket.special & Special.ERROR) return -takeError(socket);
  const entry = socket.head;
  if (!entry.frame) service();
  const frame = entry.frame;
  if (!frame) return -EAGAIN;
  let there = frame.len - socket.skip;
  if (FILTER && socket.special & Special.SNAP) there = min(there, entry.snap);
  const n = min(there, len);
  give(frame.mac + socket.skip, n);
  if (flags & abi.WANT_NAME) {
    describe(socket, frame, there);
    const received = changetype<ExchangeReceived>(exchange);
    received.msgFlags = n < there ? MSG_TRUNC : 0;
    received.len = there;
  }
  if (socket.special & (Special.STAMP | Special.DROPS | Special.TIMESTAMPING)) remember(socket, entry, frame, flags);
  if (!(flags & MSG_PEEK)) {
    entry.frame = null;
    socket.head = entry.next;
    unref(frame);
  }
  return flags & MSG_TRUNC ? there : n;
}

/** What a socket with SIOCGSTAMP, SO_RXQ_OVFL or SO_TIMESTAMPING remembers and reports of the frame that it receives. */
function remember(socket: Socket, entry: Entry, frame: Frame, flags: u32): void {
  if (TIMESTAMPS && socket.special & Special.STAMP) {
    socket.stampSec = frame.flags & abi.FRAME_STAMPED ? frame.sec : 0;
    socket.stampNsec = frame.nsec;
  }
  if (socket.special & Special.DROPS) {
    if (flags & abi.WANT_NAME) changetype<ExchangeReceived>(exchange).drops = dropsBefore(socket);
    if (!(flags & MSG_PEEK)) passMark(socket, entry);
  }
  if (TIMESTAMPS && socket.special & Special.TIMESTAMPING && flags & abi.WANT_NAME) {
    const received = changetype<ExchangeReceived>(exchange);
    received.timestamping = socket.timestamping;
    received.hwSec = frame.hwSec;
    received.hwNsec = frame.hwNsec;
  }
}

/** Writes the sockaddr_ll of a frame of `there` bytes, and what recvmsg() says about it, to the exchange area. */
function describe(socket: Socket, frame: Frame, there: u32): void {
  const mac = frame.mac;
  const received = changetype<ExchangeReceived>(exchange);
  received.family = <u16>AF_PACKET;
  received.protocol = <u16>frame.key;
  received.ifindex = frame.key >> 16;
  received.hatype = <u16>ARPHRD_ETHER;
  received.pkttype = <u8>packetType(socket, frame);
  received.halen = <u8>abi.ETH_ALEN;
  received.addrHead = load<u32>(mac, abi.ETH_ALEN);
  received.addrTail = load<u16>(mac, abi.ETH_ALEN + 4);
  received.uncutLen = frame.len - socket.skip;
  received.net = netOffset(frame) - socket.skip;
  received.frameFlags = tagVisible(socket) ? frame.flags : frame.flags & ~abi.FRAME_VLAN;
  received.tci = frame.tci;
  if (socket.skip && isTag(received.protocol)) describeTags(received, frame, abi.ETH_HLEN + there);
  if (TIMESTAMPS) {
    received.sec = frame.sec;
    received.nsec = frame.nsec;
  }
  received.options = socket.options;
}

/**
 * SOCK_DGRAM does not see the header, so Linux reports the tags that are still in the frame: the protocol is the innermost
 * one, and the auxiliary data has the first tag, unless it already has one that was removed. Only the first `len` bytes count,
 * which the filter has left.
 */
function describeTags(received: ExchangeReceived, frame: Frame, len: u32): void {
  const end = endOfTags(frame.mac, len);
  received.protocol = end ? load<u16>(frame.mac + end - 2) : 0;
  if (received.frameFlags & abi.FRAME_VLAN) return;
  received.frameFlags |= abi.FRAME_VLAN;
  received.tci = tagAt(frame.mac, len, frame.key & 0xffff);
}

/** FIONREAD: the length of the next frame in bytes, or 0. */
export function bytesReadable(socket: Socket): u32 {
  if (!socket.head.frame) service();
  const entry = socket.head;
  const frame = entry.frame;
  if (!frame) return 0;
  const there = frame.len - socket.skip;
  return FILTER && socket.special & Special.SNAP ? min(there, entry.snap) : there;
}
