// What happens to a received frame when the sockets hold all frames of a pool that they may hold. The socket with the
// most of them in its queue gives up its newest one to a socket that has fewer, so a slow socket starves nobody. While a
// network stack is attached, two thirds of the shared frames are its own; it loses none of these, and loses others after
// the sockets.
// Drops are counted where they happen. Lent frames cannot be reclaimed, so one always stays unlent.

import { noteDrop } from "./drops";
import { FILTER, ZEROCOPY } from "./features";
import { EVERYTHING, accept } from "./filter";
import { Frame, Iface, STACK, Socket } from "./layout";
import { pairOf, receiversIn, watchersIn } from "./lists";
import { control, state } from "./memory";
import { tagVisible } from "./frame";
import { popFree, pushFree, reclaim } from "./pool";
import { append, countQueued, dropNewest, firstLent, framesOf, lentOf } from "./queue";

/** State.most before the frames are counted. */
const UNKNOWN: u32 = 0xffffffff;

/** Which sockets offerScarce() asks: those of ETH_P_ALL, those of one protocol, or both. */
export const OfAll: u32 = 1;
export const OfOne: u32 = 2;
export const OfAny: u32 = OfAll | OfOne;

/** Offers a frame for which there may be no room. Returns the number of its holders. */
export function offerScarce(iface: Iface, frame: Frame, kinds: u32): u32 {
  // One frame counts once, however many sockets lose something.
  const counted = iface.rxPoolEmpty + 1;
  state.most = UNKNOWN;
  const stack = stackOf(iface);
  state.stack = stack;
  state.stackInUse = stack ? shareInUse(stack) : 0;
  const key = frame.key;
  const hasStack = stack != null;
  const roomy: u32 = iface.spare > 0 ? 1 : 0; // of a frame that is offered twice, when it is offered first
  let lost = false;
  let refs: u32 = 0;
  const lists = pairOf(key);
  let socket = receiversIn(lists);
  let others = watchersIn(lists);
  // Rounds: listeners
  while (true) {
    if (!socket) {
      socket = others;
      if (!socket) break;
      others = null;
    }
    if (!((socket.key ^ key) & socket.mask)) {
      if (kinds == OfAny || kinds == (tagVisible(socket) ? OfAll : OfOne)) {
        let snap = EVERYTHING;
        if (FILTER && socket.filter) snap = filterAndCount(socket, frame);
        if (snap) {
          // Once one socket has it, another may share it. A socket whose queue is full must not cost others a frame.
          let may = true;
          if (!(refs | roomy)) {
            if (!socket.tail.frame) may = mayHold(socket, iface, hasStack, counted);
          }
          if (may) {
            refs += append(socket, frame, snap);
          } else {
            ++socket.dropsPoolEmpty;
            lost = true;
            noteDrop(socket);
          }
        }
      }
    }
    socket = socket.next;
  }
  if (lost) iface.rxPoolEmpty = counted;
  return refs;
}

/**
 * Takes a frame of the sending side for a copy that sockets will hold, or returns null: one stays for sending. settleCopy()
 * must follow.
 */
export function takeCopy(iface: Iface): Frame | null {
  reclaim(iface);
  if (iface.txOwned <= 1 || iface.spare <= 0) return null;
  const frame = popFree(iface);
  if (!frame) return null;
  if (iface.txOwned <= 1) {
    // Taking it has given another one to an error queue.
    pushFree(iface, frame);
    return null;
  }
  frame.mac = frame.buffer + iface.txOffset;
  return frame;
}

/** The copy has `refs` holders and no longer counts for the sending side, or it has none and goes back there. */
export function settleCopy(iface: Iface, copy: Frame, refs: u32): void {
  if (!refs) return pushFree(iface, copy);
  control.news = 1;
  copy.refs = refs;
  --iface.spare;
  --iface.txOwned;
  ++iface.txMissing;
}

/** Runs the socket's filter, if it has one. Returns the number of bytes that pass; counts a refused frame. */
export function filterAndCount(socket: Socket, frame: Frame): u32 {
  if (!FILTER || !socket.filter) return EVERYTHING;
  const snap = accept(socket, frame);
  if (!snap) ++socket.filtered;
  return snap;
}

/**
 * The frames of each pool that only the network stack may hold while one is attached. Sockets keep a third of what is
 * shared, rounded down, or less when CONFIG_NET_PKT_STACK_RESERVE asks for more, but at least one frame.
 */
export function stackShare(): u32 {
  const shared = control.frames - control.txFrames - control.rxReserve;
  return min(max(control.stackReserve, shared - shared / 3), shared - 1);
}

/** May this socket hold another frame of a pool that has none to spare? Others may lose one for it. */
// @ts-ignore: decorator
@inline
function mayHold(socket: Socket, iface: Iface, hasStack: bool, counted: u32): bool {
  if (state.most == UNKNOWN) countAll(iface);
  // A socket with no frames may take another's last one: a slow socket would keep it for ever.
  const queued = socket.queued;
  const least = queued ? queued + 2 : 1;
  // Without a stack, most sockets need not look further.
  if (!hasStack) {
    if (state.most < least) return false;
  }
  return makeRoom(socket, iface, least, counted);
}

/** Counts the frames of the interface's pool in all queues. */
function countAll(iface: Iface): void {
  const several = state.interfaces != 1;
  let most: u32 = 0;
  const end = control.table + (state.openEnd << 2);
  // Rounds: sockets
  for (let at = control.table; at < end; at += 4) {
    const socket = changetype<Socket | null>(load<usize>(at));
    if (!socket) continue;
    let queued = countQueued(socket);
    if (several) queued = framesOf(socket, iface, queued);
    socket.queued = queued;
    if (queued > most) {
      if (socket.type != STACK) {
        most = queued;
        state.richest = socket;
      }
    }
  }
  state.most = most;
}

/** Takes frames from sockets that have at least `least`, or from the stack, until there is room. Returns whether there is. */
function makeRoom(socket: Socket, iface: Iface, least: u32, counted: u32): bool {
  if (socket.type == STACK) return mayStackHold(socket, iface, counted);
  if (hasRoom(iface)) return true;
  iface.rxPoolEmpty = counted;
  // A frame that several sockets hold comes free only when each has lost it.
  // Each round drops a queued frame, and a frame is queued once at most by each socket.
  // Rounds: queue / batch + 2, on average over the frames of a batch and the sockets that they are offered to.
  while (true) {
    if (state.most >= least) {
      if (takeFromRichest(iface)) return true;
      continue;
    }
    const stack = state.stack;
    if (!stack || !stack.head.frame) return false;
    // Lent frames are part of the share, too.
    if (stack.queued + lentOf(stack, iface) < max(least, stackShare() + 1)) return false;
    take(stack, iface);
    if (hasRoom(iface)) return true;
  }
}

/** May sockets hold another frame? What the stack holds of its share is in Iface.spare already. */
// @ts-ignore: decorator
@inline
function hasRoom(iface: Iface): bool {
  return iface.spare + <i32>state.stackInUse > 0;
}

/** May the stack hold another frame? Sockets that held its share before it was attached lose theirs. */
function mayStackHold(stack: Socket, iface: Iface, counted: u32): bool {
  const share = stackShare();
  // Rounds: queue / batch + 2, on average as in makeRoom().
  while (iface.spare + <i32>share <= 0) {
    if (!state.most || stack.queued + lentOf(stack, iface) >= share) return false;
    iface.rxPoolEmpty = counted;
    takeFromRichest(iface);
  }
  return true;
}

/** Drops a frame from a socket's queue. */
// @ts-ignore: decorator
@inline
function take(loser: Socket, iface: Iface): void {
  dropNewest(loser, iface);
  --loser.queued;
  if (state.stack) state.stackInUse = shareInUse(state.stack);
}

/**
 * Drops a frame from the queue of the richest socket, which must exist. Returns true if that makes room; if not, the
 * next one is found. Until a frame has a holder, queues only become shorter: the next one has as many and is behind this one,
 * or has one less. So the table is walked at most twice for each frame of the longest queue, however many sockets lose one.
 */
function takeFromRichest(iface: Iface): bool {
  const richest = changetype<Socket>(state.richest);
  take(richest, iface);
  if (hasRoom(iface)) return true;
  findRichest(richest.descriptor + 1);
  return false;
}

/** The first socket from `descriptor` on that has State.most frames becomes the richest; else the first with one less. */
// @ts-ignore: decorator
@inline
function findRichest(descriptor: u32): void {
  const end = control.table + (state.openEnd << 2);
  let at = control.table + (descriptor << 2);
  // Rounds: 2, on average over the calls.
  do {
    // Rounds: 2, on average over the calls.
    for (; at < end; at += 4) {
      const socket = changetype<Socket | null>(load<usize>(at));
      if (socket) {
        if (socket.queued == state.most) {
          if (socket.type != STACK) {
            state.richest = socket;
            return;
          }
        }
      }
    }
    at = control.table;
  } while (--state.most);
}

/** The number of frames of its share that the network stack alone holds: Iface.spare does not have them twice. */
export function shareInUse(stack: Socket | null): u32 {
  if (!stack) return 0;
  let frames: u32 = 0;
  let entry = stack.head;
  // Rounds: queue
  for (let left = stack.queueLength; entry.frame && left; --left) {
    if (changetype<Frame>(entry.frame).refs == 1) ++frames;
    entry = entry.next;
  }
  // Rounds: queue
  for (let at = firstLent(stack); ZEROCOPY && at != stack.lentTop; at += 4) {
    if (changetype<Frame>(load<usize>(at)).refs == 1) ++frames;
  }
  return min(frames, stackShare());
}

/** The network stack of the interface, or null. */
export function stackOf(iface: Iface): Socket | null {
  let watcher = watchersIn(0); // they end each list
  // Rounds: sockets
  while (watcher && (watcher.type != STACK || watcher.iface != iface)) watcher = watcher.next;
  return watcher;
}
