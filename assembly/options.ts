// setsockopt(2) and getsockopt(2), poll(2). What would do nothing is refused with -ENOPROTOOPT.

import { Iface, Options, Socket, Special } from "./layout";
import { control, exchange } from "./memory";
import {
  AF_PACKET,
  EINVAL,
  ENOPROTOOPT,
  IFF_UP,
  PACKET_IGNORE_OUTGOING,
  PACKET_STATISTICS,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SOL_PACKET,
  SOL_SOCKET,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_SNDBUF,
  SO_TYPE,
} from "./packet";
import { popFree, pushFree } from "./pool";
import { give, take } from "./port";
import { service, takeError } from "./receive";
import { choosePath, limitQueue, rebind } from "./sockets";
import { mayQueue } from "./transmit";

/** setsockopt(2): the value, `len` bytes, comes from the caller's buffer. Returns 0, -EINVAL, -EDOM or -ENOPROTOOPT. */
export function setOption(socket: Socket, level: u32, name: u32, len: u32): i32 {
  if (level != SOL_SOCKET && level != SOL_PACKET) return -ENOPROTOOPT;
  if (len < 4) return -EINVAL;
  take(exchange, 4);
  const value = load<u32>(exchange);
  if (level == SOL_PACKET) {
    if (name == PACKET_IGNORE_OUTGOING) {
      if (value > 1) return -EINVAL;
      setFlag(socket, Options.IGNORE_OUTGOING, value);
      rebind(socket);
      return 0;
    }
    return -ENOPROTOOPT;
  }
  if (name == SO_RCVBUF) {
    setReceiveBuffer(socket, value);
    return 0;
  }
  if (name == SO_SNDBUF) {
    const frames = bufferBytes(value) / control.frameStride;
    socket.sndbuf = max(frames, 1);
    choosePath(socket);
    return 0;
  }
  return -ENOPROTOOPT;
}

function setFlag(socket: Socket, flag: u32, on: u32): void {
  socket.options = on ? socket.options | flag : socket.options & ~flag;
}

/** Linux doubles what it is asked for, to make room for its bookkeeping, and has a least and a greatest size. */
function bufferBytes(asked: u32): u32 {
  const most = control.frames * control.frameStride;
  return min(max(min(asked, most) << 1, 2304), most);
}

function setReceiveBuffer(socket: Socket, asked: u32): void {
  const bytes = bufferBytes(asked);
  socket.rcvbuf = bytes;
  limitQueue(socket, bytes / control.frameStride);
}

/** getsockopt(2): gives at most `len` bytes to the caller; returns how many, or -ENOPROTOOPT. */
export function getOption(socket: Socket, level: u32, name: u32, len: u32): i32 {
  if (level == SOL_PACKET && name == PACKET_STATISTICS) return getStatistics(socket, len);
  const value = simpleOption(socket, level, name);
  if (value < 0) return value;
  store<u32>(exchange, value);
  const n = min(len, 4);
  give(exchange, n);
  return n;
}

function simpleOption(socket: Socket, level: u32, name: u32): i32 {
  if (level == SOL_SOCKET) {
    switch (name) {
      case SO_TYPE:
        return socket.type;
      case SO_ERROR:
        return takeError(socket);
      case SO_DOMAIN:
        return AF_PACKET;
      case SO_PROTOCOL:
        return socket.protocol;
      case SO_ACCEPTCONN:
        return 0;
      case SO_RCVBUF:
        return socket.rcvbuf;
      case SO_SNDBUF:
        return (socket.sndbuf ? socket.sndbuf : control.txFrames) * control.frameStride;
    }
  } else if (level == SOL_PACKET) {
    if (name == PACKET_IGNORE_OUTGOING) return socket.options & Options.IGNORE_OUTGOING ? 1 : 0;
  }
  return -ENOPROTOOPT;
}

/** struct tpacket_stats: tp_packets with the drops, tp_drops; reading clears both. */
function getStatistics(socket: Socket, len: u32): i32 {
  const drops = socket.dropsQueueFull + socket.dropsPoolEmpty;
  store<u32>(exchange, socket.packets + drops);
  store<u32>(exchange, drops, 4);
  socket.packets = 0;
  socket.dropsQueueFull = 0;
  socket.dropsPoolEmpty = 0;
  const n = min(len, 8);
  give(exchange, n);
  return n;
}

/** poll(2): POLLIN, POLLOUT, POLLERR, POLLHUP as they are now. */
export function pollSocket(socket: Socket): u32 {
  service();
  let events: u32 = 0;
  if (socket.head.frame) events |= POLLIN;
  if (socket.special & Special.ERROR) events |= POLLERR;
  const iface = socket.iface;
  if (!iface) return events | POLLOUT;
  if (!(iface.flags & IFF_UP)) return events | POLLHUP | POLLOUT;
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
