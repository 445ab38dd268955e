// Addresses in linear memory: the control block, the global state and the lists behind it.

import * as abi from "./abi";
import { Control, Entry, LISTS, Listeners, Socket, State } from "./layout";

export const control = changetype<Control>(abi.CONTROL);
export const state = changetype<State>(abi.CONTROL + abi.CONTROL_BYTES);
/** An array of LISTS Listeners: the sockets that are offered received frames. */
export const lists: usize = abi.CONTROL + abi.CONTROL_BYTES + offsetof<State>();
export const listsEnd: usize = lists + LISTS * offsetof<Listeners>();
/** Names, addresses and option values that enter or leave the module. */
export const exchange: usize = abi.CONTROL + abi.CONTROL_EXCHANGE;

/** The socket of a descriptor below CONTROL_TABLE_LENGTH that is open. */
// @ts-ignore: decorator
@inline
export function socketAt(descriptor: u32): Socket {
  return changetype<Socket>(load<usize>(control.table + (descriptor << 2)));
}

/** Bytes of a socket with its receive queue and its list of lent frames. */
export function socketBytes(): u32 {
  return <u32>offsetof<Socket>() + control.queueFrames * (<u32>offsetof<Entry>() + 4);
}

/** Links `count` entries of `size` bytes into a circle; the link is at offset `at` of each. */
export function makeCircle(first: usize, count: u32, size: u32, at: u32): void {
  let entry = first;
  // Rounds: frames + queue
  for (let i: u32 = 1; i < count; ++i) {
    store<usize>(entry + at, entry + size);
    entry += size;
  }
  store<usize>(entry + at, first);
}

/** Bytes of an interface with its four rings and its stack of free frames (with a 0 below the lowest). */
export function ifaceBytes(): u32 {
  return abi.IFACE_BYTES + control.frames * (4 * abi.SLOT_BYTES + 4) + 4;
}
