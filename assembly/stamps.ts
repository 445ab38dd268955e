// Time stamps of received frames: SO_TIMESTAMP, SO_TIMESTAMPNS, SIOCGSTAMP.

import * as abi from "./abi";
import { Socket, Special } from "./layout";
import { control, exchange } from "./memory";
import { ENOENT } from "./packet";
import { queuedFrames } from "./queue";

/** Drivers stamp received frames while any socket wants it. One more does, or one fewer. */
function wantStamps(begin: bool): void {
  let iface = control.firstIface;
  while (iface) {
    iface.stamping = begin ? iface.stamping + 1 : iface.stamping - 1;
    iface = iface.next;
  }
}

/** close(2): the socket no longer wants stamps. */
export function endStamping(socket: Socket): void {
  setStamping(socket, 0);
  if (socket.special & Special.STAMP) wantStamps(false);
}

/** Turns time stamps of one kind on (OPTION_TIMESTAMP or OPTION_TIMESTAMPNS) or off (0). */
export function setStamping(socket: Socket, kind: u32): void {
  const both = abi.OPTION_TIMESTAMP | abi.OPTION_TIMESTAMPNS;
  const before = socket.options & both;
  socket.options = (socket.options & ~both) | kind;
  if (!kind != !before) wantStamps(kind != 0);
}

/**
 * SIOCGSTAMP: writes seconds and nanoseconds of the last received frame to the exchange area; seconds are 0 when the time is
 * not known. The socket keeps times from its first call on. Returns 0, or -ENOENT when nothing was received.
 */
export function lastStamp(socket: Socket): i32 {
  if (!(socket.special & Special.STAMP)) {
    socket.special |= Special.STAMP;
    wantStamps(true);
  }
  if (socket.packets == queuedFrames(socket)) return -ENOENT;
  store<u32>(exchange, socket.stampSec);
  store<u32>(exchange, socket.stampNsec, 4);
  return 0;
}
