// A socket's receive queue: a circle of entries as long as the socket's limit, in the order of their addresses behind the
// list of lent frames. Its frames are contiguous, from `head` to the entry before `tail`; an entry without a frame is free.

import { noteDrop, removeMark, swapMarks } from "./drops";
import { FILTER, ZEROCOPY } from "./features";
import { EVERYTHING, accept } from "./filter";
import { Entry, Frame, Iface, Socket } from "./layout";
import { control, makeCircle } from "./memory";
import { returnToPool } from "./pool";

/** Puts a frame into a socket's queue if the socket's filter and its limit allow it. Returns 1 if they do, else 0. */
// @ts-ignore: decorator
@inline
export function put(socket: Socket, frame: Frame): u32 {
  let snap = EVERYTHING;
  if (FILTER && socket.filter) {
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

/** The same for a frame that has passed the socket's filter. receiveFrame() contains a copy without the snap length. */
// @ts-ignore: decorator
@inline
export function append(socket: Socket, frame: Frame, snap: u32): u32 {
  const entry = socket.tail;
  if (entry.frame) {
    ++socket.dropsQueueFull;
    noteDrop(socket);
    return 0;
  }
  if (FILTER) entry.snap = snap;
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

/** The number of frames in a socket's receive queue. Nothing counts them when they come and go: head and tail say it. */
// @ts-ignore: decorator
@inline
export function countQueued(socket: Socket): u32 {
  const head = socket.head;
  if (!head.frame) return 0;
  const ahead = <i32>(changetype<usize>(socket.tail) - changetype<usize>(head)) / <i32>offsetof<Entry>();
  return ahead > 0 ? ahead : ahead + socket.queueLength;
}

/** countQueued() for callers where size matters more than speed. */
export function queuedFrames(socket: Socket): u32 {
  return countQueued(socket);
}

/** How many of the `queued` frames in a socket's receive queue are of the interface's pool. */
export function framesOf(socket: Socket, iface: Iface, queued: u32): u32 {
  let entry = socket.head;
  let frames: u32 = 0;
  // Rounds: queue
  for (let left = queued; left; --left) {
    if (changetype<Frame>(entry.frame).iface == iface) ++frames;
    entry = entry.next;
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
  if (!ZEROCOPY) return 0;
  let frames: u32 = 0;
  // Rounds: queue
  for (let at = firstLent(socket); at != socket.lentTop; at += 4) {
    const frame = changetype<Frame>(load<usize>(at));
    if (frame.refs && frame.iface == iface) ++frames;
  }
  return frames;
}

/** Drops the newest frame of the interface's pool from a socket's queue, which must have one. */
export function dropNewest(socket: Socket, iface: Iface): void {
  const last = before(socket, socket.tail);
  let frame = changetype<Frame>(last.frame);
  if (frame.iface != iface) frame = takeOut(socket, last, iface);
  else removeMark(socket, last);
  last.frame = null;
  socket.tail = last;
  --socket.packets;
  ++socket.dropsPoolEmpty;
  noteDrop(socket);
  const refs = frame.refs - 1;
  frame.refs = refs;
  if (!refs) returnToPool(frame);
}

/** Takes out the newest frame of the interface's pool. Newer frames, of other interfaces, move up; `last` is to be emptied. */
function takeOut(socket: Socket, last: Entry, iface: Iface): Frame {
  let entry = socket.head;
  let newest = entry;
  // Rounds: queue
  while (entry != last) {
    if (changetype<Frame>(entry.frame).iface == iface) newest = entry;
    entry = entry.next;
  }
  const frame = changetype<Frame>(newest.frame);
  removeMark(socket, newest);
  // Rounds: queue
  while (newest != last) {
    const next = newest.next;
    newest.frame = next.frame;
    newest.snap = next.snap;
    newest = next;
  }
  return frame;
}

/** The entry of the socket whose `next` is `entry`. */
// @ts-ignore: decorator
@inline
function before(socket: Socket, entry: Entry): Entry {
  const first = changetype<usize>(firstEntry(socket));
  const next =
    changetype<usize>(entry) == first ? first + socket.queueLength * <u32>offsetof<Entry>() : changetype<usize>(entry);
  return changetype<Entry>(next - offsetof<Entry>());
}

/** The entry of a socket with the lowest address. */
// @ts-ignore: decorator
@inline
function firstEntry(socket: Socket): Entry {
  return changetype<Entry>(socket.lentEnd);
}

// @ts-ignore: decorator
@inline
function entryAt(socket: Socket, i: u32): Entry {
  return changetype<Entry>(changetype<usize>(firstEntry(socket)) + i * <u32>offsetof<Entry>());
}

/** Makes the circle of a socket whose first `queued` entries have frames, the oldest first, and whose others have none. */
export function makeQueue(socket: Socket, length: u32, queued: u32): void {
  const first = firstEntry(socket);
  makeCircle(changetype<usize>(first), length, <u32>offsetof<Entry>(), <u32>offsetof<Entry>("next"));
  socket.queueLength = length;
  socket.head = first;
  socket.tail = entryAt(socket, queued == length ? 0 : queued);
}

/** Limits the receive queue to `frames` frames, but not below what it holds now. */
export function limitQueue(socket: Socket, frames: u32): void {
  const queued = queuedFrames(socket);
  const length = socket.queueLength;
  // Rotates the entries, so that the oldest frame is in the first.
  const start = <u32>(changetype<usize>(socket.head) - changetype<usize>(firstEntry(socket))) / <u32>offsetof<Entry>();
  reverse(socket, 0, start);
  reverse(socket, start, length);
  reverse(socket, 0, length);
  makeQueue(socket, max(min(max(frames, 1), control.queueFrames), queued), queued);
}

/** Reverses the order of the entries from `from` to the one before `to`. */
function reverse(socket: Socket, from: u32, to: u32): void {
  // Rounds: queue / 2
  while (from + 1 < to) {
    const low = entryAt(socket, from++);
    const high = entryAt(socket, --to);
    const frame = low.frame;
    const snap = low.snap;
    low.frame = high.frame;
    low.snap = high.snap;
    high.frame = frame;
    high.snap = snap;
    swapMarks(socket, low, high);
  }
}
