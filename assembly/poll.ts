// poll(2).

import * as abi from "./abi";
import { hasMessages } from "./errqueue";
import { Iface, Socket, Special } from "./layout";
import { IFF_UP, POLLERR, POLLIN, POLLOUT, POLLPRI } from "./packet";
import { popFree, pushFree } from "./pool";
import { service } from "./receive";
import { mayQueue } from "./transmit";

/** The events that hold now: POLLIN, POLLOUT, POLLERR and POLLPRI. */
export function pollSocket(socket: Socket): u32 {
  service();
  let events: u32 = 0;
  if (socket.head.frame) events |= POLLIN;
  if (hasMessages(socket) || socket.special & Special.ERROR) {
    events |= socket.options & abi.OPTION_SELECT_ERR_QUEUE ? POLLERR | POLLPRI : POLLERR;
  }
  const iface = socket.iface;
  if (!iface) return events | POLLOUT;
  // Sending on an interface that is down does not wait: it fails at once.
  if (!(iface.flags & IFF_UP)) return events | POLLOUT;
  if (hasRoom(socket, iface)) events |= POLLOUT;
  return events;
}

function hasRoom(socket: Socket, iface: Iface): bool {
  if (socket.sndbuf && !mayQueue(socket)) return false;
  const frame = popFree(iface);
  if (!frame) return false;
  pushFree(iface, frame);
  return true;
}
