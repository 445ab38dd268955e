// What happens to a received frame when the sockets hold all frames of a pool that they may hold. The longest queue loses:
// its newest frame makes room for a socket that has fewer, so that a slow socket starves nobody. Drops are counted where
// they happen.

import { accept } from "./filter";
import { Entry, Frame, Iface, STACK, Socket } from "./layout";
import { control, state } from "./memory";
import { release } from "./pool";
import { enqueue } from "./receive";

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
      // Once one socket has it, another may share it.
      if (refs || mayHold(socket, iface)) refs += enqueue(socket, frame);
      else if (!socket.filter || accept(socket, frame)) ++socket.dropsPoolEmpty;
    }
    socket = socket.next;
  }
  return refs;
}

/** May this socket hold another frame of the pool, because it is the network stack with its reserve, or at a longer queue's cost? */
function mayHold(socket: Socket, iface: Iface): bool {
  if (socket.type == STACK) return iface.spare + <i32>control.stackReserve > 0;
  const queued = queuedFrames(socket);
  // A frame that several sockets hold comes free only when each has lost it.
  while (iface.spare <= 0) {
    const longest = longestQueue();
    if (!longest || queuedFrames(longest) < queued + 2) return false;
    dropNewest(longest);
  }
  return true;
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

function longestQueue(): Socket | null {
  let longest = changetype<Socket | null>(0);
  let most: u32 = 0;
  for (let descriptor: u32 = 0; descriptor < control.tableLength; ++descriptor) {
    const socket = changetype<Socket | null>(load<usize>(control.table + (descriptor << 2)));
    if (!socket || socket.type == STACK) continue;
    const queued = queuedFrames(socket);
    if (queued > most) {
      most = queued;
      longest = socket;
    }
  }
  return longest;
}

/** Takes the newest frame out of a socket's queue and counts it as dropped. */
function dropNewest(socket: Socket): void {
  const entry = before(socket.tail);
  const frame = entry.frame;
  if (!frame) return;
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
