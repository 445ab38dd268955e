// How an application sends: a frame that it has filled, or the received one where it lies.

import * as abi from "../abi";
import { ifaceOf } from "../interfaces";
import { Iface, Socket } from "../layout";
import { control } from "../memory";
import { EAGAIN, EINVAL, EMSGSIZE, ENETDOWN, ENXIO } from "../packet";
import { fill, pushFree, reap, takeFree, unref } from "../pool";
import { pad, queue } from "../transmit";
import { Frame } from "./frame";
import { crossing, head } from "./head";

/** A frame of the interface that is free for sending, or null. */
function takeFrame(iface: Iface, bytes: u32): Frame | null {
  let frame = head.reserved;
  if (!frame || frame.iface != iface) {
    dropReserved();
    frame = changetype<Frame | null>(takeFree(iface));
    if (!frame) return null;
    head.reserved = frame;
  }
  frame.mac = frame.buffer + iface.txOffset;
  frame.len = bytes;
  frame.key = iface.key;
  frame.flags = 0;
  return frame;
}

/** Takes back the frame of reserve(). */
export function dropReserved(): void {
  const frame = head.reserved;
  if (!frame) return;
  pushFree(frame.iface, frame);
  head.reserved = null;
}

export function reserve(socket: Socket, bytes: u32, ifindex: u32): Frame | null {
  const iface = ifindex ? ifaceOf(ifindex) : socket.iface;
  if (!iface || bytes - abi.ETH_HLEN >= iface.limit) return null;
  return takeFrame(iface, bytes);
}

/** Others hold the frame, once those that were sent have been taken back. */
function isShared(frame: Frame): bool {
  if (frame.refs > 1) reap(frame.iface);
  return frame.refs > 1;
}

export function writable(frame: Frame, ifindex: u32): Frame | null {
  if (frame != head.received || !isShared(frame)) return frame;
  const iface = ifindex ? ifaceOf(ifindex) : frame.iface;
  return iface ? copyOf(frame, iface) : null;
}

/** A copy that can be sent through the interface, or null. */
function copyOf(frame: Frame, iface: Iface): Frame | null {
  const copy = takeFrame(iface, frame.len);
  if (!copy) return null;
  copy.flags = frame.flags & abi.FRAME_VLAN;
  copy.tci = frame.tci;
  memory.copy(copy.mac, frame.mac, frame.len);
  return copy;
}

export function send(socket: Socket, frame: Frame, ifindex: u32): i32 {
  const iface = ifindex ? ifaceOf(ifindex) : socket.iface ? socket.iface : frame.iface;
  if (!iface) return -ENXIO;
  const len = frame.len;
  // Unsigned: a length below the header's becomes a large number.
  if (len - abi.ETH_HLEN >= iface.limit) return !iface.limit ? -ENETDOWN : len < abi.ETH_HLEN ? -EINVAL : -EMSGSIZE;
  let sent = frame;
  if (frame == head.received && !isShared(frame) && mayGoAsItIs(frame, iface)) {
    head.received = null;
    if (frame.iface == iface) exchange(iface, frame);
  } else {
    if (frame == head.received) {
      const copy = copyOf(frame, iface);
      if (!copy) return -EAGAIN;
      sent = copy;
    }
    if (sent != head.reserved || sent.iface != iface) return -EINVAL;
    head.reserved = null;
  }
  if (len < abi.ETH_ZLEN) pad(sent, len);
  queue(socket, iface, sent, len);
  return len;
}

/**
 * A received frame that is sent takes the place of one that is free for sending, which goes to the driver instead: so receiving
 * does not lack it for as long as it is on its way. Without a free one it counts as held until it has been sent.
 */
function exchange(iface: Iface, frame: Frame): void {
  const free = takeFree(iface);
  if (!free) return;
  fill(iface, free);
  frame.refs = 0;
  ++iface.spare;
}

/** Is there room for the padding, and in the rings of an interface whose pool the frame is not of? */
function mayGoAsItIs(frame: Frame, iface: Iface): bool {
  if (frame.len < abi.ETH_ZLEN && frame.room < abi.ETH_ZLEN) return false;
  return frame.iface == iface || mayCross(iface);
}

/**
 * A ring has a slot for each frame of its own pool. Of these, NET_PKT_RX_RESERVE never are on the sending side: so many of
 * other pools may be there instead.
 */
function mayCross(iface: Iface): bool {
  const count = crossing(iface);
  if (load<u32>(count) >= control.rxReserve) reap(iface);
  const crosses = load<u32>(count);
  if (crosses >= control.rxReserve) return false;
  store<u32>(count, crosses + 1);
  return true;
}

/** Returns a frame of another pool, which the interface has sent, to its own. */
export function returnHome(iface: Iface, frame: Frame): void {
  const count = crossing(iface);
  store<u32>(count, load<u32>(count) - 1);
  unref(frame);
}
