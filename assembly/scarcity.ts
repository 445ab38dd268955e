// What happens to a received frame when the sockets hold all frames of a pool that they may hold. The longest queue loses:
// its newest frame makes room for a socket that has fewer, so that a slow socket starves nobody. Drops are counted where
// they happen.

import { EVERYTHING, accept } from "./filter";
import { Entry, Frame, Iface, STACK, Socket } from "./layout";
import { control, state } from "./memory";
import { release } from "./pool";
import { enqueueAccepted } from "./receive";

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
      const snap = sift(socket, frame);
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
export function sift(socket: Socket, frame: Frame): u32 {
  if (!socket.filter) return EVERYTHING;
  const snap = accept(socket, frame);
  if (!snap) ++socket.filtered;
  return snap;
}

/** May this socket hold another frame of the pool, because it is the network stack with its reserve, or at a longer queue's cost? */
function mayHold(socket: Socket, iface: Iface): bool {
  if (socket.type == STACK) return iface.spare + <i32>control.stackReserve > 0;
  const queued = queuedFrames(socket);
  // A frame that several sockets hold comes free only when each has lost it.
  while (iface.spare <= 0) {
    let longest = longestQueue(iface);
    if (!longest || queuedFrames(longest) < queued + 2) {
      longest = stackOf(iface);
      if (!longest || queuedFrames(longest) < max(queued + 2, control.stackReserve + 1)) return false;
    }
    dropNewest(longest);
  }
  return true;
}

/** The network stack, which loses after the sockets, and nothing of its reserve. */
function stackOf(iface: Iface): Socket | null {
  let watcher = state.watchers;
  while (watcher && (watcher.type != STACK || watcher.iface != iface)) watcher = watcher.next;
  return watcher;
}

/** Frames that wait in a socket's receive queue. */
export function queuedFrames(socket: Socket): u32 {
  let entry = socket.head;
  let queued: u32 = 0;
  while (entry.frame && queued < socket.queueLength) {
    entry = entry.next;
    ++queued;
  }
  return queued;
}

/** The socket with the longest queue, of those whose newest frame would come back to the interface. */
function longestQueue(iface: Iface): Socket | null {
  let longest = changetype<Socket | null>(0);
  let most: u32 = 0;
  for (let descriptor: u32 = 0; descriptor < control.tableLength; ++descriptor) {
    const socket = changetype<Socket | null>(load<usize>(control.table + (descriptor << 2)));
    if (!socket || socket.type == STACK) continue;
    const queued = queuedFrames(socket);
    if (queued > most && newest(socket).iface == iface) {
      most = queued;
      longest = socket;
    }
  }
  return longest;
}

/** The newest frame of a queue that is not empty. */
function newest(socket: Socket): Frame {
  return changetype<Frame>(before(socket.tail).frame);
}

/** Takes the newest frame out of a socket's queue and counts it as dropped. */
function dropNewest(socket: Socket): void {
  const frame = newest(socket);
  const entry = before(socket.tail);
  entry.frame = null;
  socket.tail = entry;
  --socket.packets;
  ++socket.dropsPoolEmpty;
  release(frame);
}

/** The entry whose `next` is `entry`. */
export function before(entry: Entry): Entry {
  let at = entry;
  while (at.next != entry) at = at.next;
  return at;
}
