// The frame pool of an interface and the module's side of its four rings. A frame is always in exactly one place:
//
//   FILL -> driver -> RX -> held by sockets and stack -> FILL      (receiving)
//   free stack -> filled by send() -> TX -> driver -> COMPLETION -> free stack      (sending)
//
// and never leaves its interface's pool. The pool is shared like this: `txOwned` frames belong to sending (`txMissing` fewer
// than configured), sockets may hold frames while `spare` is above 0, and the driver has all others, at least the configured
// reserve. A frame that is sent and also held by a tap counts as held: the next frame that comes free takes its place on the
// sending side.

import * as abi from "./abi";
import { returned } from "./app/hooks";
import { letGoOf, reportSent } from "./errqueue";
import { TIMESTAMPS } from "./features";
import { Frame, Iface } from "./layout";
import { state } from "./memory";

/** Gives an empty frame to the driver for receiving. */
// @ts-ignore: decorator
@inline
export function fill(iface: Iface, frame: Frame): void {
  const slot = iface.fill;
  slot.frame = frame;
  iface.fill = slot.next;
}

/** Puts a frame on the stack of those that are free for sending. */
// @ts-ignore: decorator
@inline
export function pushFree(iface: Iface, frame: Frame): void {
  const top = iface.free + 4;
  store<usize>(top, changetype<usize>(frame));
  iface.free = top;
}

/** Takes a frame for sending, or returns null. */
export function popFree(iface: Iface): Frame | null {
  let top = iface.free;
  let frame = load<usize>(top);
  if (!frame) {
    reap(iface);
    top = iface.free;
    frame = load<usize>(top);
    if (!frame) return null;
  }
  iface.free = top - 4;
  return changetype<Frame>(frame);
}

/** Removes one holder of the frame; without holders it returns to the pool. */
export function unref(frame: Frame): void {
  const refs = frame.refs - 1;
  frame.refs = refs;
  if (!refs) returnToPool(frame);
}

/** Puts a frame without holders on the sending side if that lacks one, else into FILL. */
// @ts-ignore: decorator
@inline
export function returnToPool(frame: Frame): void {
  const iface = frame.iface;
  ++iface.spare;
  if (iface.txMissing) {
    --iface.txMissing;
    ++iface.txOwned;
    pushFree(iface, frame);
  } else {
    fill(iface, frame);
  }
}

/** Takes back the frames that the driver has sent. */
export function reap(iface: Iface): void {
  let slot = iface.completion;
  let next = slot.frame;
  if (!next) return;
  // Kept here meanwhile, for few accesses to memory.
  let filled = iface.fill;
  let spare = iface.spare;
  // Rounds: frames
  do {
    const frame = changetype<Frame>(next);
    slot.frame = null;
    slot = slot.next;
    const owner = frame.owner;
    if (owner) {
      frame.owner = null;
      --owner.sending;
      if (TIMESTAMPS && frame.flags & (abi.FRAME_WANTS_STAMP | abi.FRAME_WANTS_HW_STAMP)) {
        iface.spare = spare;
        reportSent(owner, frame);
        spare = iface.spare;
      }
    }
    const refs = frame.refs;
    if (refs) {
      if (!returned(iface, frame)) {
        frame.refs = refs - 1;
        if (refs == 1) {
          ++spare;
          if (iface.txMissing) {
            --iface.txMissing;
            ++iface.txOwned;
            pushFree(iface, frame);
          } else {
            filled.frame = frame;
            filled = filled.next;
          }
        }
      }
    } else {
      pushFree(iface, frame);
    }
    next = slot.frame;
  } while (next);
  iface.completion = slot;
  iface.fill = filled;
  iface.spare = spare;
}

/**
 * Takes a frame for sending, or returns null. Usually nobody holds the frame that was sent first; then it is used again
 * directly, without a turn in the free list.
 */
// @ts-ignore: decorator
@inline
export function takeFree(iface: Iface): Frame | null {
  const slot = iface.completion;
  const frame = slot.frame;
  if (!frame || frame.refs | (<u32>changetype<usize>(frame.owner))) return popFree(iface);
  slot.frame = null;
  iface.completion = slot.next;
  return frame;
}

/** Takes back what error queues hold: sockets may hold no further frame. */
// @ts-ignore: decorator
@inline
export function letGo(iface: Iface): void {
  if (TIMESTAMPS && state.heldByMessages) letGoOf(iface);
}

/** Takes back what the driver has sent and, if sockets may hold no further frame, what error queues hold. */
// @ts-ignore: decorator
@inline
export function reclaim(iface: Iface): void {
  reap(iface);
  if (iface.spare <= 0) letGo(iface);
}
