// SO_RXQ_OVFL: recvmsg() reports with each frame how many the socket had lost by the time that frame was queued, like Linux.
// The count is written down where a frame is dropped, so a frame that is not dropped costs nothing more.

import * as abi from "./abi";
import { allocate, free } from "./heap";
import { Entry, Socket, Special } from "./layout";
import { control } from "./memory";
import { ENOBUFS } from "./packet";

/**
 * Socket.dropMarks: the count for the oldest entry, then a word for each entry. Where frames were dropped while an entry was
 * the newest, its word is the count for the entries behind it; else 0.
 */
// @ts-ignore: decorator
@inline
function markOf(socket: Socket, entry: Entry): usize {
  // The entries start where the list of lent frames ends.
  const index = (changetype<usize>(entry) - socket.lentEnd) / offsetof<Entry>();
  return socket.dropMarks + 4 + (index << 2);
}

/** Begins or ends to count for SO_RXQ_OVFL. Returns 0 or -ENOBUFS. The caller rebinds the socket. */
export function countDrops(socket: Socket, on: u32): i32 {
  if (!on) {
    endDrops(socket);
  } else if (!socket.dropMarks) {
    const bytes = 4 + (control.queueFrames << 2);
    const marks = allocate(bytes);
    if (!marks) return -ENOBUFS;
    memory.fill(marks, 0, bytes);
    socket.dropMarks = marks;
    socket.special |= Special.DROPS;
    noteDrop(socket);
  }
  return 0;
}

/** Ends to count: SO_RXQ_OVFL is 0, or close(2). */
export function endDrops(socket: Socket): void {
  free(socket.dropMarks);
  socket.dropMarks = 0;
  socket.special &= ~Special.DROPS;
}

/** A frame has been dropped and counted. */
// @ts-ignore: decorator
@inline
export function noteDrop(socket: Socket): void {
  if (socket.dropMarks) markDrop(socket);
}

/** The same for a socket with SO_RXQ_OVFL. */
function markDrop(socket: Socket): void {
  const count = socket.dropsQueueFull + socket.dropsPoolEmpty;
  let entry = socket.head;
  if (!entry.frame) {
    store<u32>(socket.dropMarks, count);
    return;
  }
  // Rounds: queue
  while (entry.next != socket.tail) entry = entry.next;
  store<u32>(markOf(socket, entry), count);
}

/** The count for the oldest frame. */
export function dropsBefore(socket: Socket): u32 {
  return load<u32>(socket.dropMarks);
}

/** The oldest frame, in `entry`, has left the queue. */
export function passMark(socket: Socket, entry: Entry): void {
  const mark = markOf(socket, entry);
  const count = load<u32>(mark);
  if (!count) return;
  store<u32>(socket.dropMarks, count);
  store<u32>(mark, 0);
}

/** The frame in `entry` leaves the queue from its middle or end, and those behind it move up. */
// @ts-ignore: decorator
@inline
export function removeMark(socket: Socket, entry: Entry): void {
  if (socket.dropMarks) moveMarks(socket, entry);
}

/** The same for a socket with SO_RXQ_OVFL. */
function moveMarks(socket: Socket, entry: Entry): void {
  let at = markOf(socket, entry);
  let count = load<u32>(at);
  let before = socket.dropMarks;
  // Rounds: queue
  for (let older = socket.head; older != entry; older = older.next) before = markOf(socket, older);
  if (count) store<u32>(before, count);
  // Rounds: queue
  for (entry = entry.next; entry != socket.tail; entry = entry.next) {
    const next = markOf(socket, entry);
    store<u32>(at, load<u32>(next));
    at = next;
  }
  store<u32>(at, 0);
}

/** Two entries change places. */
export function swapMarks(socket: Socket, one: Entry, other: Entry): void {
  if (!socket.dropMarks) return;
  const first = markOf(socket, one);
  const second = markOf(socket, other);
  const count = load<u32>(first);
  store<u32>(first, load<u32>(second));
  store<u32>(second, count);
}
