// Which sockets are offered a frame. A received frame's protocol selects one of LISTS pairs of lists (Listeners), so that
// the frame meets its sockets and few others. The sockets of ETH_P_ALL end each list: all lists share them, and one loop
// visits everyone. What is sent meets the taps, which are in lists of their own.

import * as abi from "./abi";
import { FILTER } from "./features";
import { htons, tagVisible } from "./frame";
import { LISTENERS_SHIFT, LISTS, Listeners, Outgoing, STACK, Socket, Special, State } from "./layout";
import { control, lists, listsEnd, socketAt, state } from "./memory";
import { ETH_P_ALL } from "./packet";

/** The pair of lists for a frame or socket with that key, as an offset from `lists`. */
// @ts-ignore: decorator
@inline
export function pairOf(key: u32): u32 {
  // The low bits of an EtherType differ most. The key is in network order, so they are in its second byte.
  return (key >> (8 - LISTENERS_SHIFT)) & ((LISTS - 1) << LISTENERS_SHIFT);
}

/** The first of the receivers in a pair of lists. */
// @ts-ignore: decorator
@inline
export function receiversIn(pair: u32): Socket | null {
  return changetype<Socket | null>(load<usize>(pair, lists + offsetof<Listeners>("receivers")));
}

/** The first of the watchers in a pair of lists. */
// @ts-ignore: decorator
@inline
export function watchersIn(pair: u32): Socket | null {
  return changetype<Socket | null>(load<usize>(pair, lists + offsetof<Listeners>("watchers")));
}

/** Enters a socket into the lists of sockets that are offered frames. */
export function enlist(socket: Socket): void {
  const kind = watches(socket) ? offsetof<Listeners>("watchers") : offsetof<Listeners>("receivers");
  if (tagVisible(socket)) {
    // Rounds: 8
    for (let at = lists; at < listsEnd; at += offsetof<Listeners>()) addToAll(at + kind, socket);
  } else {
    push(lists + pairOf(socket.key) + kind, socket, offsetof<Socket>("next"));
  }
  if (!tagVisible(socket) || socket.type == STACK || socket.options & abi.OPTION_IGNORE_OUTGOING) return;
  const taps = isPicky(socket) ? offsetof<State>("pickyTaps") : offsetof<State>("taps");
  push(changetype<usize>(state) + taps, socket, offsetof<Socket>("nextTap"));
}

/** Removes a socket from the lists of sockets that are offered frames. */
export function detach(socket: Socket): void {
  const all = tagVisible(socket);
  const first = all ? lists : lists + pairOf(socket.key);
  const end = all ? listsEnd : first + offsetof<Listeners>();
  // Rounds: 8
  for (let at = first; at < end; at += offsetof<Listeners>()) {
    unlink(at + offsetof<Listeners>("receivers"), socket, offsetof<Socket>("next"));
    unlink(at + offsetof<Listeners>("watchers"), socket, offsetof<Socket>("next"));
  }
  unlink(changetype<usize>(state) + offsetof<State>("taps"), socket, offsetof<Socket>("nextTap"));
  unlink(changetype<usize>(state) + offsetof<State>("pickyTaps"), socket, offsetof<Socket>("nextTap"));
}

/** Puts `socket` in front of the list that starts at `link`; its members have their link at offset `next`. */
function push(link: usize, socket: Socket, next: usize): void {
  store<usize>(changetype<usize>(socket) + next, load<usize>(link));
  store<usize>(link, changetype<usize>(socket));
}

/** Adds a socket of ETH_P_ALL to the list that starts at `link`: as the first of these, or the network stack as the last. */
function addToAll(link: usize, socket: Socket): void {
  let at = link;
  let member = changetype<Socket | null>(load<usize>(at));
  // Rounds: sockets
  while (member && member != socket && (socket.type == STACK || !tagVisible(member))) {
    at = changetype<usize>(member) + offsetof<Socket>("next");
    member = member.next;
  }
  if (member == socket) return; // with the end that the lists share
  store<usize>(at, changetype<usize>(socket));
  socket.next = member;
}

/** Removes `socket`, if it is there, from the list that starts at `link`; its members have their link at offset `next`. */
function unlink(link: usize, socket: Socket, next: usize): void {
  // Rounds: sockets
  for (;;) {
    const member = load<usize>(link);
    if (!member) return;
    if (member == changetype<usize>(socket)) {
      store<usize>(link, load<usize>(member + next));
      return;
    }
    link = member + next;
  }
}

/** Does the socket belong to the watchers, which receive() does not serve in its inner loop? */
function watches(socket: Socket): bool {
  return socket.type == STACK || (socket.special & (Special.SNAP | Special.DROPS)) != 0;
}

/** Must showToTaps() look at more than the socket's key? */
function isPicky(socket: Socket): bool {
  return socket.skip != 0 || watches(socket);
}

/** Notes in all sockets whether others see what they send, after the list of taps or the table has changed. */
export function noteTaps(): void {
  // Rounds: sockets
  for (let descriptor: u32 = 0; descriptor < control.tableLength; ++descriptor) {
    const socket = socketAt(descriptor);
    if (!socket) continue;
    const seen = hasOther(state.taps, socket) || hasOther(state.pickyTaps, socket);
    socket.outgoing = (socket.outgoing & ~Outgoing.SEEN) | (seen ? Outgoing.SEEN : 0);
  }
}

/** Is a tap in the list besides this socket? The usual tap is the sender itself, which does not see what it sends. */
function hasOther(tap: Socket | null, socket: Socket): bool {
  return tap && (tap != socket || tap.nextTap != null);
}

/**
 * How much one call may do with the received frames of an interface, so that no burst keeps the lock for long. A frame, and
 * each socket that may be offered it, counts 1; eight instructions of a filter count as a further socket.
 */
const WORK: u32 = 64;

/** Sets how many frames one call demultiplexes, after the table, a protocol or a filter has changed. */
export function limitWork(): void {
  let work: u32 = 1;
  // Rounds: sockets
  for (let descriptor: u32 = 0; descriptor < control.tableLength; ++descriptor) {
    const socket = socketAt(descriptor);
    if (!socket || !socket.protocol) continue;
    ++work;
    if (FILTER && socket.filter) work += socket.filterLength >> 3;
  }
  state.framesAtOnce = max(1, WORK / work);
}
