// The error that waits for a socket: told once, by the next call that can, or by SO_ERROR.

import { Iface, Socket, Special } from "./layout";
import { control } from "./memory";

/** Tells a socket of an error once. */
export function reportError(socket: Socket, error: u32): void {
  socket.error = error;
  socket.special |= Special.ERROR;
  socket.out = null;
  control.news = 1;
}

/** Tells all sockets that are bound to the interface. */
export function reportToBound(iface: Iface, error: u32): void {
  for (let i: u32 = 0; i < control.tableLength; ++i) {
    const socket = changetype<Socket>(load<u32>(control.table + (i << 2)));
    if (changetype<usize>(socket) && socket.iface == iface) reportError(socket, error);
  }
}

/** The pending error of a socket, which is thereby reported. */
export function takeError(socket: Socket): i32 {
  const error = socket.error;
  socket.error = 0;
  socket.special &= ~Special.ERROR;
  return error;
}
