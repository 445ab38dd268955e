// What is kept of an application beside its own state, which follows: in linear memory behind the lists of sockets, where
// the next version of the application finds both (DESIGN.md). Words that are written only here stay zero until then.

import * as abi from "../abi";
import { MAX_INTERFACES } from "../capacities";
import { ControlApp, Iface } from "../layout";
import { listsEnd } from "../memory";
import { Frame } from "./frame";
import { PacketSocket } from "./socket";

/** Sockets that an application can have open at a time. */
export const MAX_SOCKETS: u32 = 8;
/** Timers that an application has. */
export const MAX_TIMERS: u32 = 4;


@unmanaged
export class Head {
  /** What version() of the application returned, and the bytes of its state. */
  version: u32;
  bytes: u32;
  /** The first error of an open(), which ends the start. */
  error: i32;
  /** Milliseconds, as appTimers() was given them last. */
  now: u32;
  /** The frame that onFrame() was called for, until it is sent. */
  received: Frame | null;
  /** The frame that reserve() has handed out, until it is sent. */
  reserved: Frame | null;
  /** Behind the last socket of the table. */
  socketsEnd: usize;
  /** The filter that instruction() writes until attach(): its block of the heap or 0, where the next one goes, and its end. */
  program: usize;
  programAt: usize;
  programEnd: usize;
  /** The words of the application's table, behind its fields, and how many these are. */
  table: usize;
  tableLength: u32;
}

/** A timer. */
@unmanaged
export class Timer {
  /** When it is due; with PENDING the milliseconds until then. */
  due: u32;
  /** Milliseconds between two calls; 0: it is called once. */
  interval: u32;
  /** STOPPED, PENDING or RUNNING. */
  phase: u32;
}

export const STOPPED: u32 = 0;
/** The timer was set after the module last learned the time. It starts when the module learns it again. */
export const PENDING: u32 = 1;
export const RUNNING: u32 = 2;

export const control = changetype<ControlApp>(abi.CONTROL + abi.CONTROL_APP_SIZE);
export const head = changetype<Head>(listsEnd);

/** The timers, the sockets (words, 0 for none), and the application's state, one behind the other. */
// @ts-ignore: decorator
@inline
function timersStart(): usize {
  return changetype<usize>(head) + offsetof<Head>();
}

// @ts-ignore: decorator
@inline
export function socketsStart(): usize {
  return timersStart() + MAX_TIMERS * offsetof<Timer>();
}

/** Behind the sockets: for each interface, how many frames of other pools it is sending. */
// @ts-ignore: decorator
@inline
function crossingStart(): usize {
  return socketsStart() + MAX_SOCKETS * sizeof<usize>();
}

// @ts-ignore: decorator
@inline
export function crossing(iface: Iface): usize {
  return crossingStart() + ((iface.index - 1) << 2);
}

// @ts-ignore: decorator
@inline
export function programStart(): usize {
  return crossingStart() + MAX_INTERFACES * 4;
}

/** One of the timers. The application traps when there is none of that number. */
export function timerAt(id: u32): Timer {
  assert(id < MAX_TIMERS);
  return changetype<Timer>(timersStart() + id * offsetof<Timer>());
}

/** Where the socket is in the table, or 0. `socket`: null finds a free place. */
export function placeOf(socket: PacketSocket | null): usize {
  // Rounds: 8
  for (let at = socketsStart(); at < crossingStart(); at += sizeof<usize>()) {
    if (load<usize>(at) == changetype<usize>(socket)) return at;
  }
  return 0;
}
