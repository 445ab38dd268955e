// Frames that an application reads and writes in place. A socket has a list of its lent frames, so that it is an error to
// release one twice, and close(2) takes the others back. Lent frames cannot be reclaimed, so each share always keeps one
// unlent: the frames that sockets may hold, and those for sending.

import * as abi from "./abi";
import { passMark } from "./drops";
import { takeError } from "./errors";
import { ZEROCOPY } from "./features";
import { Frame, Iface, STACK, Socket, Special } from "./layout";
import { control, state } from "./memory";
import { EAGAIN, EBUSY, EINVAL, EMSGSIZE, ENETDOWN, ENOBUFS, ENXIO, EOPNOTSUPP } from "./packet";
import { pushFree, letGo, reap, takeFree, unref } from "./pool";
import { firstLent, lentOf } from "./queue";
import { service } from "./receive";
import { stackOf, stackShare } from "./scarcity";
import { noRoom, pad, queue } from "./transmit";

/** `top`: Socket.lentTop. */
// @ts-ignore: decorator
@inline
function lend(socket: Socket, frame: Frame, top: usize): i32 {
  store<usize>(top, changetype<usize>(frame));
  socket.lentTop = top + 4;
  return <i32>changetype<usize>(frame);
}

/** Removes a frame from the socket's list; false when it is not there. */
function takeBack(socket: Socket, frame: Frame): bool {
  const last = socket.lentTop - 4;
  // Rounds: queue
  for (let at = last; at >= firstLent(socket); at -= 4) {
    if (load<usize>(at) == changetype<usize>(frame)) {
      store<usize>(at, load<usize>(last));
      socket.lentTop = last;
      return true;
    }
  }
  return false;
}

function unlend(frame: Frame): void {
  if (frame.refs) return unref(frame);
  ++frame.iface.txOwned;
  pushFree(frame.iface, frame);
}

/**
 * Returns true if no frame of the pool would stay unlent for sockets: with another one lent to `borrower` (unless null),
 * and with `share` frames for the network stack.
 */
export function wouldLendAll(iface: Iface, borrower: Socket | null, share: u32): bool {
  if (!ZEROCOPY) return false;
  let lent: u32 = 0;
  let lentToStack: u32 = 0;
  // Rounds: sockets
  for (let i: u32 = 0; i < state.openEnd; ++i) {
    const socket = changetype<Socket | null>(load<usize>(control.table + (i << 2)));
    if (!socket) continue;
    const frames = lentOf(socket, iface) + (socket == borrower ? 1 : 0);
    if (socket.type == STACK) lentToStack += frames;
    else lent += frames;
  }
  // Frames that are lent to the stack belong to its share first.
  if (lentToStack > share) lent += lentToStack - share;
  return lent != 0 && lent + share >= control.frames - control.txFrames - control.rxReserve;
}

/**
 * Lends the oldest received frame in place: FRAME_MAC and FRAME_LEN say where it is. While FRAME_REFS is above 1, others
 * hold the same bytes, and the frame is read-only. With `exclusive` a shared frame is not lent. Returns the
 * frame's offset, -EAGAIN (nothing received), -ENOBUFS (too many lent, or not exclusive; it stays in the queue) or the
 * pending error.
 */
export function peek(socket: Socket, exclusive: u32): i32 {
  if (!ZEROCOPY) return -EOPNOTSUPP;
  if (socket.special & (Special.ERROR | Special.DROPS)) return peekSpecially(socket, exclusive);
  return peekFrame(socket, exclusive);
}

// @ts-ignore: decorator
@inline
function peekFrame(socket: Socket, exclusive: u32): i32 {
  const entry = socket.head;
  if (!entry.frame) service();
  const frame = entry.frame;
  if (!frame) return -EAGAIN;
  const top = socket.lentTop;
  if (top == socket.lentEnd) return -ENOBUFS;
  const iface = frame.iface;
  if (exclusive) {
    if (isShared(iface, frame)) return -ENOBUFS;
  }
  if (iface.spare <= 0) {
    reap(iface);
    if (iface.spare <= 0) {
      letGo(iface);
      if (iface.spare <= 0 && wouldLendAll(iface, socket, stackOf(iface) ? stackShare() : 0)) return -ENOBUFS;
    }
  }
  entry.frame = null;
  socket.head = entry.next;
  return lend(socket, frame, top);
}

/** peek() with a pending error, or with SO_RXQ_OVFL. */
function peekSpecially(socket: Socket, exclusive: u32): i32 {
  if (socket.special & Special.ERROR) return -takeError(socket);
  const entry = socket.head;
  const result = peekFrame(socket, exclusive);
  if (result >= 0) passMark(socket, entry);
  return result;
}

/** Does a frame stay for sending if one is lent? What error queues hold goes first: taking a frame may have given them another. */
function staysOne(iface: Iface): bool {
  letGo(iface);
  return iface.txOwned > 1;
}

/**
 * Lends an empty frame, to be written in place from its link-layer header at FRAME_MAC on and passed to submit(). Returns
 * its offset, or -ENXIO (not bound to an interface), -ENETDOWN, -EAGAIN (no frame is free), -ENOBUFS (too many are lent or
 * held by taps: one stays for sending).
 */
export function reserve(socket: Socket): i32 {
  if (!ZEROCOPY) return -EOPNOTSUPP;
  const iface = socket.iface;
  if (!iface) return -ENXIO;
  if (!iface.limit) return -ENETDOWN;
  const top = socket.lentTop;
  if (top == socket.lentEnd) return -ENOBUFS;
  if (iface.txOwned <= 1) {
    reap(iface);
    if (!staysOne(iface)) return -ENOBUFS;
  }
  const frame = takeFree(iface);
  if (!frame) return noRoom(socket, iface);
  if (iface.txOwned <= 1 && !staysOne(iface)) {
    pushFree(iface, frame);
    return -ENOBUFS;
  }
  --iface.txOwned;
  frame.mac = frame.buffer + iface.txOffset;
  return lend(socket, frame, top);
}

/** Takes a lent frame back unsent. Returns 0, or -EINVAL when it is not lent to the socket. */
export function release(socket: Socket, frame: Frame): i32 {
  if (!ZEROCOPY) return -EOPNOTSUPP;
  if (!takeBack(socket, frame)) return -EINVAL;
  unlend(frame);
  return 0;
}

/** Do others hold this frame of the interface, too? The TX ring is one of them until the frame has been sent. */
// @ts-ignore: decorator
@inline
function isShared(iface: Iface, frame: Frame): bool {
  if (frame.refs > 1) reap(iface);
  return frame.refs > 1;
}

/** Why no frame of that length can be sent, negated. */
function lengthError(iface: Iface, len: u32): i32 {
  if (!iface.limit) return -ENETDOWN;
  return len < abi.ETH_HLEN ? -EINVAL : -EMSGSIZE;
}

/** Prepares a lent frame for sending if it may be sent. Returns 0, or an errno. */
function prepare(iface: Iface, frame: Frame, len: u32): u32 {
  if (frame.iface != iface) return EINVAL;
  // A received frame may start anywhere in its buffer, which must have room for the padding too.
  if (frame.mac + max(len, abi.ETH_ZLEN) > frame.buffer + control.frameSize) return EMSGSIZE;
  if (isShared(iface, frame)) return EBUSY;
  if (len < abi.ETH_ZLEN) pad(frame, len);
  return 0;
}

/**
 * Sends a lent frame, empty or received, in place: `len` bytes from its link-layer header on. Returns `len`; then the frame
 * is no longer lent. With an error it stays lent: -EINVAL (not lent, of another interface, or shorter than the
 * header), -EBUSY (a received frame that others still hold), -EMSGSIZE (also when the buffer ends before), -ENXIO,
 * -ENETDOWN.
 */
export function submit(socket: Socket, frame: Frame, len: u32): i32 {
  if (!ZEROCOPY) return -EOPNOTSUPP;
  const iface = socket.iface;
  if (!iface) return -ENXIO;
  // Unsigned: a length below the header's becomes a large number.
  if (len - abi.ETH_HLEN >= iface.limit) return lengthError(iface, len);
  if (!changetype<usize>(frame)) return -EINVAL;
  // The frame is usually the last of the list. Before the list is a 0.
  const last = socket.lentTop - 4;
  if (load<usize>(last) != changetype<usize>(frame)) {
    if (!takeBack(socket, frame)) return -EINVAL;
  } else {
    socket.lentTop = last;
  }
  const refs = frame.refs;
  // Held by others, of another interface, or of a length beyond the frame's or below ETH_ZLEN: a difference below 0.
  const strange = (refs >> 1) | (changetype<u32>(frame.iface) ^ changetype<u32>(iface));
  const unusual = strange | (((frame.len - len) | (len - abi.ETH_ZLEN)) >> 31);
  if (unusual) {
    const error = prepare(iface, frame, len);
    if (error) {
      lend(socket, frame, socket.lentTop);
      return -error;
    }
  }
  if (!refs) ++iface.txOwned;
  queue(socket, iface, frame, len);
  return len;
}

/** close(2): takes back all lent frames. */
export function takeBackLent(socket: Socket): void {
  if (!ZEROCOPY) return;
  // Rounds: queue
  for (let at = firstLent(socket); at != socket.lentTop; at += 4) unlend(changetype<Frame>(load<usize>(at)));
  socket.lentTop = firstLent(socket);
}
