// A socket's receive queue: a circle of entries as long as the socket's limit. Its frames are contiguous, from `head`
// to the entry before `tail`; an entry without a frame is free.

import { EVERYTHING, accept } from "./filter";
import { Entry, Frame, Iface, Socket } from "./layout";
import { unref } from "./pool";

/** Puts a frame into a socket's queue if the socket's filter and its limit allow it. Returns 1 if they do, else 0. */
// @ts-ignore: decorator
@inline
export function put(socket: Socket, frame: Frame): u32 {
  let snap = EVERYTHING;
  if (socket.filter) {
    snap = accept(socket, frame);
    if (!snap) {
      ++socket.filtered;
      return 0;
    }
  }
  return append(socket, frame, snap);
}

/** Puts a frame into the entry at the tail of a socket's queue, which must be free. */
// @ts-ignore: decorator
@inline
export function insert(socket: Socket, entry: Entry, frame: Frame): void {
  entry.frame = frame;
  socket.tail = entry.next;
  ++socket.packets;
}

/** The same for a frame that has passed the socket's filter. receiveFrames() contains a copy without the snap length. */
// @ts-ignore: decorator
@inline
function append(socket: Socket, frame: Frame, snap: u32): u32 {
  const entry = socket.tail;
  if (entry.frame) {
    ++socket.dropsQueueFull;
    return 0;
  }
  entry.snap = snap;
  insert(socket, entry, frame);
  return 1;
}

/** put() and append() for callers where size matters more than speed. */
export function enqueue(socket: Socket, frame: Frame): u32 {
  return put(socket, frame);
}

export function enqueueAccepted(socket: Socket, frame: Frame, snap: u32): u32 {
  return append(socket, frame, snap);
}

/** Takes the oldest frame out of a socket's queue; the frame stays held. */
export function dequeue(socket: Socket): Frame | null {
  const entry = socket.head;
  const frame = entry.frame;
  entry.frame = null;
  if (frame) socket.head = entry.next;
  return frame;
}

/** The number of frames in a socket's receive queue. */
export function queuedFrames(socket: Socket): u32 {
  let entry = socket.head;
  let queued: u32 = 0;
  while (entry.frame && queued < socket.queueLength) {
    entry = entry.next;
    ++queued;
  }
  return queued;
}

/** The number of frames of the interface's pool in a socket's receive queue. */
export function framesOf(socket: Socket, iface: Iface): u32 {
  let entry = socket.head;
  let frame = entry.frame;
  let frames: u32 = 0;
  for (let left = socket.queueLength; frame && left; --left) {
    if (frame.iface == iface) ++frames;
    entry = entry.next;
    frame = entry.frame;
  }
  return frames;
}

/** Where a socket's list of lent frames begins; it ends before Socket.lentTop. */
// @ts-ignore: decorator
@inline
export function firstLent(socket: Socket): usize {
  return changetype<usize>(socket) + offsetof<Socket>();
}

/** The number of received frames of the interface's pool that are lent to a socket. */
export function lentOf(socket: Socket, iface: Iface): u32 {
  let frames: u32 = 0;
  for (let at = firstLent(socket); at != socket.lentTop; at += 4) {
    const frame = changetype<Frame>(load<usize>(at));
    if (frame.refs && frame.iface == iface) ++frames;
  }
  return frames;
}

/** Drops the newest frame of the interface's pool from a socket's queue, which must have one. */
export function dropNewest(socket: Socket, iface: Iface): void {
  let entry = before(socket.tail);
  while (changetype<Frame>(entry.frame).iface != iface) entry = before(entry);
  const frame = changetype<Frame>(entry.frame);
  // Newer frames, of other interfaces, move up.
  let next = entry.next;
  while (next != socket.tail) {
    entry.frame = next.frame;
    entry.snap = next.snap;
    entry = next;
    next = entry.next;
  }
  entry.frame = null;
  socket.tail = entry;
  --socket.packets;
  ++socket.dropsPoolEmpty;
  unref(frame);
}

/** The entry whose `next` is `entry`. */
export function before(entry: Entry): Entry {
  let at = entry;
  while (at.next != entry) at = at.next;
  return at;
}
