// Frames that an application reads and writes in place. A socket remembers what it lent, so that a frame given back twice
// is an error and one never given back returns when the socket closes. Until then it costs the others nothing but room: of
// the frames that sockets may hold two are left, of those for sending one.

import * as abi from "./abi";
import { Frame, Iface, Socket, Special } from "./layout";
import { control } from "./memory";
import { EAGAIN, EBUSY, EINVAL, EMSGSIZE, ENETDOWN, ENOBUFS, ENXIO, IFF_UP } from "./packet";
import { popFree, pushFree, reap, release } from "./pool";
import { service, takeError } from "./receive";
import { queue } from "./transmit";

function lend(socket: Socket, frame: Frame): i32 {
  store<usize>(socket.lent + (socket.lentCount++ << 2), changetype<usize>(frame));
  return <i32>changetype<usize>(frame);
}

/** Takes a frame off the socket's list; false when it is not on it. */
function takeBack(socket: Socket, frame: Frame): bool {
  const lent = socket.lent;
  const last = socket.lentCount - 1;
  for (let i = last; i != -1; --i) {
    if (load<usize>(lent + (i << 2)) == changetype<usize>(frame)) {
      store<usize>(lent + (i << 2), load<usize>(lent + (last << 2)));
      socket.lentCount = last;
      return true;
    }
  }
  return false;
}

function isLent(frame: Frame): bool {
  for (let descriptor: u32 = 0; descriptor < control.tableLength; ++descriptor) {
    const socket = changetype<Socket | null>(load<usize>(control.table + (descriptor << 2)));
    if (!socket) continue;
    for (let i: u32 = 0; i < socket.lentCount; ++i) {
      if (load<usize>(socket.lent + (i << 2)) == changetype<usize>(frame)) return true;
    }
  }
  return false;
}

/** Frames of the interface but `frame` that sockets hold (or not: that are for sending), and that are lent or not. */
function countOthers(frame: Frame, held: bool, lent: bool): u32 {
  const end = control.frameTable + control.frameCount * abi.FRAME_BYTES;
  let count: u32 = 0;
  for (let at = control.frameTable; at < end; at += abi.FRAME_BYTES) {
    const other = changetype<Frame>(at);
    if (other == frame || other.iface != frame.iface || (other.refs != 0) != held) continue;
    if (isLent(other) == lent) ++count;
  }
  return count;
}

/**
 * Does a socket that holds lent frames have so many that it shall not have another one? Two must be left of those that
 * sockets may hold: a queue that is longer by two can lose one to another. A socket's first is not asked about: that would
 * cost each frame, and it takes as many sockets as there are frames to do harm.
 */
function isTooMuch(socket: Socket, frame: Frame): bool {
  if (socket.lentCount == control.queueFrames) return true;
  const iface = frame.iface;
  if (iface.spare < 2) reap(iface);
  return iface.spare < 2 && iface.spare + <i32>countOthers(frame, true, false) < 2;
}

function letGo(frame: Frame): void {
  if (frame.refs) release(frame);
  else pushFree(frame.iface, frame);
}

/**
 * The oldest received frame, lent in place: FRAME_MAC and FRAME_LEN say where it is. Others may look at the same bytes:
 * read only. Returns the frame's offset, -EAGAIN (nothing received), -ENOBUFS (too many lent) or the pending error.
 */
export function lendReceived(socket: Socket): i32 {
  if (socket.special & Special.ERROR) return -takeError(socket);
  const entry = socket.head;
  if (!entry.frame) service();
  const frame = entry.frame;
  if (!frame) return -EAGAIN;
  if (socket.lentCount && isTooMuch(socket, frame)) return -ENOBUFS;
  entry.frame = null;
  socket.head = entry.next;
  return lend(socket, frame);
}

/** Why the last free frame cannot be lent, an errno, or 0: another one must come back for the others to send with. */
function whyLast(iface: Iface, frame: Frame): u32 {
  const lent = countOthers(frame, false, true);
  if (lent + 1 < iface.txOwned) return 0;
  // A single frame for sending may be lent when there is never another.
  return lent ? ENOBUFS : iface.txMissing ? EAGAIN : 0;
}

/**
 * An empty frame to be written in place, from its link-layer header at FRAME_MAC on, and passed to sendLent(). Returns the
 * frame's offset, or -ENXIO (not bound to an interface), -ENETDOWN, -EAGAIN (no frame free), -ENOBUFS (too many lent).
 */
export function lendEmpty(socket: Socket): i32 {
  const iface = socket.iface;
  if (!iface) return -ENXIO;
  if (!iface.limit) return -ENETDOWN;
  if (socket.lentCount == control.queueFrames) return -ENOBUFS;
  const frame = popFree(iface);
  if (!frame) return -EAGAIN;
  if (!load<usize>(iface.free)) {
    const error = whyLast(iface, frame);
    if (error) {
      pushFree(iface, frame);
      return -error;
    }
  }
  frame.mac = frame.buffer + iface.txOffset;
  return lend(socket, frame);
}

/** Gives a lent frame back unsent. Returns 0, or -EINVAL when the socket does not hold it. */
export function giveBack(socket: Socket, frame: Frame): i32 {
  if (!takeBack(socket, frame)) return -EINVAL;
  letGo(frame);
  return 0;
}

/** Why a lent frame cannot be sent: an errno, or 0. */
function whyNot(iface: Iface, frame: Frame, len: u32): u32 {
  if (frame.iface != iface) return EINVAL;
  // A received frame may start anywhere in its buffer.
  if (frame.mac + len > frame.buffer + control.frameSize) return EMSGSIZE;
  if (frame.refs > 1) reap(iface);
  return frame.refs > 1 ? EBUSY : 0;
}

/**
 * Sends a lent frame, empty or received, from where it lies: `len` bytes from its link-layer header on. Returns `len` and
 * owns the frame then; with an error the frame stays lent: -EINVAL (not lent, of another interface, or shorter than the
 * header), -EBUSY (a received frame that others still hold), -EMSGSIZE (also when the buffer ends before), -ENXIO,
 * -ENETDOWN.
 */
export function sendLent(socket: Socket, frame: Frame, len: u32): i32 {
  const iface = socket.iface;
  if (!iface) return -ENXIO;
  if (!iface.limit) return -ENETDOWN;
  if (len < abi.ETH_HLEN) return -EINVAL;
  if (len - abi.ETH_HLEN >= iface.limit) return -EMSGSIZE;
  if (!takeBack(socket, frame)) return -EINVAL;
  if (frame.refs > 1 || frame.iface != iface || len > frame.len) {
    const error = whyNot(iface, frame, len);
    if (error) {
      lend(socket, frame);
      return -error;
    }
  }
  queue(socket, iface, frame, frame.mac, len, socket.protocol);
  return len;
}

/** close(2): nothing stays lent. */
export function takeBackLent(socket: Socket): void {
  while (socket.lentCount) {
    letGo(changetype<Frame>(load<usize>(socket.lent + (--socket.lentCount << 2))));
  }
}
