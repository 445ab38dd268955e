// What an application is: a class that extends App, the default export of its file. Its one object lies in linear memory and is
// never made with `new`: all fields begin as 0, and keep their values when the next version of the application is swapped in.

import { Frame } from "./frame";
import { PENDING, STOPPED, control, head, timerAt } from "./head";
import { PacketSocket } from "./socket";

function startTimer(id: u32, milliseconds: u32, interval: u32): void {
  const timer = timerAt(id);
  timer.due = milliseconds;
  timer.interval = interval;
  timer.phase = PENDING;
  control.wake = 1;
}

/** All functions are called under the component's lock, one at a time, and never while another one runs. */
export class App {
  /** The version of the fields, which must rise when they change; see migrate(). */
  version(): u32 {
    return 1;
  }

  /** How many words the table has that follows the fields: a class has no arrays of its own. They keep their values, too. */
  tableLength(): u32 {
    return 0;
  }

  /** Opens the sockets: when the component starts, and again after a trap, when all fields are 0. */
  start(): void {}

  /**
   * A frame that a socket has received, where it lies. It is read-only while it is shared, and returns to the pool when this
   * returns, unless it was sent.
   */
  onFrame(socket: PacketSocket, frame: Frame): void {}

  /** A timer of after() or every() is due. */
  onTimer(id: u32): void {}

  /**
   * After a swap, when the previous version of the fields was `from`: makes them those of this version. Fields that were added
   * at the end are 0. Sockets and timers stay as they are. Returns false if it cannot: then the previous module goes on.
   */
  migrate(from: u32): bool {
    return false;
  }

  /** The word number `i` of the table. */
  word(i: u32): u32 {
    assert(i < head.tableLength);
    return load<u32>(head.table + (i << 2));
  }

  setWord(i: u32, value: u32): void {
    assert(i < head.tableLength);
    store<u32>(head.table + (i << 2), value);
  }

  /** Calls onTimer(id) once, after so many milliseconds (at most 2^31 - 1). `id` is 0 to 3; it replaces what the timer did. */
  after(id: u32, milliseconds: u32): void {
    startTimer(id, milliseconds, 0);
  }

  /** Calls onTimer(id) every so many milliseconds. What was missed is not made up for. */
  every(id: u32, milliseconds: u32): void {
    startTimer(id, milliseconds, max(milliseconds, 1));
  }

  stop(id: u32): void {
    timerAt(id).phase = STOPPED;
  }

  /** Milliseconds since some moment, when timers were last looked at: a number that wraps around. */
  get now(): u32 {
    return head.now;
  }
}
