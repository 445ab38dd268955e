// A socket's pending error: reported once, by the next call that can, or by SO_ERROR.

import { Iface, Socket, Special } from "./layout";
import { control } from "./memory";

/** Makes an error the pending one of a socket. */
export function reportError(socket: Socket, error: u32): void {
  socket.error = error;
  socket.special |= Special.ERROR;
  socket.out = null;
  control.news = 1;
}

/** Does this for all sockets that are bound to the interface. */
export function reportToBound(iface: Iface, error: u32): void {
  // Rounds: sockets
  for (let i: u32 = 0; i < control.tableLength; ++i) {
    const socket = changetype<Socket>(load<u32>(control.table + (i << 2)));
    if (changetype<usize>(socket) && socket.iface == iface) reportError(socket, error);
  }
}

/** Returns and clears the pending error of a socket. */
export function takeError(socket: Socket): i32 {
  const error = socket.error;
  socket.error = 0;
  socket.special &= ~Special.ERROR;
  return error;
}
