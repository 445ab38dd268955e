// What happens to a received frame when the sockets hold all frames of a pool that they may hold. The socket with most of
// them in its queue loses the newest to a socket that has fewer, so that a slow socket starves nobody. While a
// network stack is attached, two thirds of the shared frames are its own; it loses none of these, and loses others after
// the sockets.
// Drops are counted where they happen. Lent frames cannot be reclaimed, so one always stays unlent.

import { EVERYTHING, accept } from "./filter";
import { Frame, Iface, STACK, Socket } from "./layout";
import { control, state } from "./memory";
import { dropNewest, enqueueAccepted, firstLent, framesOf, lentOf } from "./queue";

/** Offers a frame for which there may be no room. Returns the number of its holders. */
export function offerScarce(iface: Iface, frame: Frame): u32 {
  // One frame counts once, however many sockets lose something.
  const counted = iface.rxPoolEmpty + 1;
  const refs = offerScarceTo(state.receivers, iface, frame, 0, counted);
  return offerScarceTo(state.watchers, iface, frame, refs, counted);
}

/** Offers a frame, which has `refs` holders, to a list of sockets. Returns the new number. `counted`: rxPoolEmpty + 1. */
function offerScarceTo(list: Socket | null, iface: Iface, frame: Frame, refs: u32, counted: u32): u32 {
  let socket = list;
  while (socket) {
    if (!((socket.key ^ frame.key) & socket.mask)) {
      const snap = filterAndCount(socket, frame);
      if (snap) {
        // Once one socket has it, another may share it. A socket whose queue is full must not cost others a frame.
        if (refs || socket.tail.frame || mayHold(socket, iface, counted)) {
          refs += enqueueAccepted(socket, frame, snap);
        } else {
          ++socket.dropsPoolEmpty;
          iface.rxPoolEmpty = counted;
        }
      }
    }
    socket = socket.next;
  }
  return refs;
}

/** Runs the socket's filter, if it has one. Returns the number of bytes that pass; counts a refused frame. */
export function filterAndCount(socket: Socket, frame: Frame): u32 {
  if (!socket.filter) return EVERYTHING;
  const snap = accept(socket, frame);
  if (!snap) ++socket.filtered;
  return snap;
}

/**
 * The frames of each pool that only the network stack may hold while one is attached. Sockets keep a third of what is
 * shared, rounded down, or less when CONFIG_NET_PKT_STACK_RESERVE asks for more, but at least one frame.
 */
// @ts-ignore: decorator
@inline
export function stackShare(): u32 {
  const shared = control.frames - control.txFrames - control.rxReserve;
  return min(max(control.stackReserve, shared - shared / 3), shared - 1);
}

/** May this socket hold another frame of the pool? Others may lose one for it. */
function mayHold(socket: Socket, iface: Iface, counted: u32): bool {
  const share = stackShare();
  if (socket.type == STACK) return mayStackHold(socket, iface, share, counted);
  // A socket with no frames may take another's last one: a slow socket would keep it for ever.
  const queued = framesOf(socket, iface);
  const least = queued ? queued + 2 : 1;
  const stack = stackOf(iface);
  // A frame that several sockets hold comes free only when each has lost it.
  while (iface.spare + <i32>shareInUse(stack) <= 0) {
    let loser = richestSocket(iface);
    if (!loser || framesOf(loser, iface) < least) {
      loser = stack;
      if (!loser || !loser.head.frame) return false;
      // Lent frames are part of the share, too.
      if (framesOf(loser, iface) + lentOf(loser, iface) < max(least, share + 1)) return false;
    }
    dropNewest(loser, iface);
    iface.rxPoolEmpty = counted;
  }
  return true;
}

/** May the stack hold another frame? Sockets that held its share before it was attached lose theirs. */
function mayStackHold(stack: Socket, iface: Iface, share: u32, counted: u32): bool {
  while (iface.spare + <i32>share <= 0) {
    if (framesOf(stack, iface) + lentOf(stack, iface) >= share) return false;
    const loser = richestSocket(iface);
    if (!loser) return false;
    dropNewest(loser, iface);
    iface.rxPoolEmpty = counted;
  }
  return true;
}

/** The number of frames of its share that the network stack alone holds: Iface.spare does not have them twice. */
export function shareInUse(stack: Socket | null): u32 {
  if (!stack) return 0;
  let frames: u32 = 0;
  let entry = stack.head;
  for (let left = stack.queueLength; entry.frame && left; --left) {
    if (changetype<Frame>(entry.frame).refs == 1) ++frames;
    entry = entry.next;
  }
  for (let at = firstLent(stack); at != stack.lentTop; at += 4) {
    if (changetype<Frame>(load<usize>(at)).refs == 1) ++frames;
  }
  return min(frames, stackShare());
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
