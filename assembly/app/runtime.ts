// Runs an application: what hooks.ts declares for the core, and the exports for the glue (boards/pktsock/app.c).

import { Frame as CoreFrame, Iface, Socket } from "../layout";
import { EINVAL } from "../packet";
import { unref } from "../pool";
import { Frame } from "./frame";
import {
  MAX_TIMERS,
  PENDING,
  RUNNING,
  STOPPED,
  Timer,
  control,
  head,
  programStart,
  socketsStart,
  timerAt,
} from "./head";
import { PacketSocket } from "./socket";
import { dropReserved, returnHome } from "./transmit";
import Program from "./program";

// @ts-ignore: decorator
@inline
function program(): Program {
  return changetype<Program>(programStart());
}

/** Bytes of its fields and its table. */
function stateBytes(): u32 {
  return <u32>offsetof<Program>() + (program().tableLength() << 2);
}

/** Records the version and size of the state, which now has this version's form. */
function takeState(): void {
  head.version = program().version();
  head.bytes = stateBytes();
  head.table = programStart() + offsetof<Program>();
  head.tableLength = program().tableLength();
}

/** See hooks.ts. When the application needs more than there is, init() finds that out. */
export function appBytes(): u32 {
  const needed = (<u32>(programStart() - changetype<usize>(head)) + stateBytes() + 7) & ~7;
  control.needed = needed;
  return needed > control.size ? 0x10000 : control.size;
}

// @ts-ignore: decorator
@inline
export function deliver(): void {
  // Rounds: 8
  for (let at = socketsStart(); at < head.socketsEnd; at += sizeof<usize>()) {
    const socket = changetype<Socket | null>(load<usize>(at));
    if (socket) {
      if (socket.head.frame) deliverTo(socket);
    }
  }
}

/** Hands the oldest frame of a socket to the application: there is never more than one, because this follows each frame. */
function deliverTo(socket: Socket): void {
  const entry = socket.head;
  const frame = changetype<Frame>(entry.frame);
  entry.frame = null;
  socket.head = entry.next;
  head.received = frame;
  program().onFrame(changetype<PacketSocket>(socket), frame);
  dropReserved();
  if (head.received) unref(frame);
  head.received = null;
}

// @ts-ignore: decorator
@inline
export function returned(iface: Iface, frame: CoreFrame): bool {
  if (frame.iface == iface) return false;
  returnHome(iface, changetype<Frame>(frame));
  return true;
}

/** Starts the application, once all interfaces are there. Returns 0, or the errno of the first socket that could not be opened. */
export function appStart(): i32 {
  head.socketsEnd = socketsStart();
  takeState();
  program().start();
  dropReserved();
  return head.error;
}

/**
 * Goes on with the state that the previous version has left, as it is or migrated. Returns 0, or -EINVAL: it is one that this
 * version does not know, and is unchanged.
 */
export function appAdopt(): i32 {
  const known = head.version == program().version() && head.bytes == stateBytes();
  if (!known && !program().migrate(head.version)) return -EINVAL;
  takeState();
  return 0;
}

/**
 * Calls onTimer() for the timers that are due. `now`: milliseconds of a clock that never goes back, low 32 bits. Returns the
 * milliseconds until the next timer is due, at most i32.MAX_VALUE, which also means that there is none.
 */
export function appTimers(now: u32): i32 {
  head.now = now;
  // Rounds: 4
  for (let id: u32 = 0; id < MAX_TIMERS; ++id) {
    const timer = timerAt(id);
    if (timer.phase != STOPPED && date(timer, now) <= 0) fire(timer, id, now);
  }
  control.wake = 0;
  let next: i32 = i32.MAX_VALUE;
  // Rounds: 4
  for (let id: u32 = 0; id < MAX_TIMERS; ++id) {
    const timer = timerAt(id);
    if (timer.phase != STOPPED) next = min(next, max(date(timer, now), 0));
  }
  return next;
}

/** Lets a timer run that was set since the last time. Returns the milliseconds until it is due; they are not above 0 if it is. */
function date(timer: Timer, now: u32): i32 {
  if (timer.phase == PENDING) {
    timer.due += now;
    timer.phase = RUNNING;
  }
  return timer.due - now;
}

function fire(timer: Timer, id: u32, now: u32): void {
  const interval = timer.interval;
  timer.due += interval;
  if (!interval) timer.phase = STOPPED;
  else if (<i32>(now - timer.due) >= 0) timer.due = now + interval;
  program().onTimer(id);
  dropReserved();
}
