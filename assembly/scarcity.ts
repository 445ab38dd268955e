// What happens to a received frame when the sockets hold all frames of a pool that they may hold. Who has most of them in
// its queue loses the newest to a socket that has fewer, so that a slow socket starves nobody; the network stack loses after
// the sockets, and nothing of its reserve. Drops are counted where they happen. Frames that are lent cannot be taken from
// anybody, so there is always one that is not.

import { EVERYTHING, accept } from "./filter";
import { Frame, Iface, STACK, Socket } from "./layout";
import { control, state } from "./memory";
import { dropNewest, enqueueAccepted, framesOf, lentOf } from "./queue";

/** Offers a frame for which there is no room. Returns its holders. */
export function offerScarce(iface: Iface, frame: Frame): u32 {
  ++iface.rxPoolEmpty;
  return offerScarceTo(state.watchers, iface, frame, offerScarceTo(state.receivers, iface, frame, 0));
}

/** Offers it to a list of sockets; `refs` counts its holders before and after. */
function offerScarceTo(list: Socket | null, iface: Iface, frame: Frame, refs: u32): u32 {
  let socket = list;
  while (socket) {
    if (!((socket.key ^ frame.key) & socket.mask)) {
      const snap = filterAndCount(socket, frame);
      if (snap) {
        // Once one socket has it, another may share it. One whose queue is full shall not cost others a frame.
        if (refs || socket.tail.frame || mayHold(socket, iface)) refs += enqueueAccepted(socket, frame, snap);
        else ++socket.dropsPoolEmpty;
      }
    }
    socket = socket.next;
  }
  return refs;
}

/** Runs the socket's filter, if it has one, on a frame for which there may be no room. Returns the bytes that pass. */
export function filterAndCount(socket: Socket, frame: Frame): u32 {
  if (!socket.filter) return EVERYTHING;
  const snap = accept(socket, frame);
  if (!snap) ++socket.filtered;
  return snap;
}

/** May this socket hold another frame of the pool, because it is the network stack with its reserve, or at another's cost? */
function mayHold(socket: Socket, iface: Iface): bool {
  if (socket.type == STACK) return iface.spare + <i32>control.stackReserve > 0;
  // Who has none gets one, even another's only one: that one may be slow, and it would be kept for ever.
  const queued = framesOf(socket, iface);
  const least = queued ? queued + 2 : 1;
  const stack = stackOf(iface);
  // A frame that several sockets hold comes free only when each has lost it.
  while (iface.spare + <i32>reserveInUse(stack) <= 0) {
    let loser = richestSocket(iface);
    if (!loser || framesOf(loser, iface) < least) {
      loser = stack;
      if (!loser || !loser.head.frame) return false;
      // What it was lent counts: the reserve is for either.
      if (framesOf(loser, iface) + lentOf(loser, iface) < max(least, control.stackReserve + 1)) return false;
    }
    dropNewest(loser, iface);
  }
  return true;
}

/** Frames of the network stack's reserve that it holds, and nobody else: they are missing from Iface.spare twice. */
function reserveInUse(stack: Socket | null): u32 {
  if (!stack) return 0;
  let frames: u32 = 0;
  let entry = stack.head;
  for (let left = stack.queueLength; entry.frame && left; --left) {
    if (changetype<Frame>(entry.frame).refs == 1) ++frames;
    entry = entry.next;
  }
  for (let n: u32 = 0; n < stack.lentCount; ++n) {
    if (changetype<Frame>(load<usize>(stack.lent + (n << 2))).refs == 1) ++frames;
  }
  return min(frames, control.stackReserve);
}

/** The network stack of the interface, or null. */
export function stackOf(iface: Iface): Socket | null {
  let watcher = state.watchers;
  while (watcher && (watcher.type != STACK || watcher.iface != iface)) watcher = watcher.next;
  return watcher;
}

/** The socket with the most frames of the interface's pool in its queue, or null when none has any. */
function richestSocket(iface: Iface): Socket | null {
  let richest = changetype<Socket | null>(0);
  let most: u32 = 0;
  for (let descriptor: u32 = 0; descriptor < control.tableLength; ++descriptor) {
    const socket = changetype<Socket | null>(load<usize>(control.table + (descriptor << 2)));
    if (!socket || socket.type == STACK) continue;
    const frames = framesOf(socket, iface);
    if (frames > most) {
      most = frames;
      richest = socket;
    }
  }
  return richest;
}
