// setsockopt(2) and getsockopt(2). Options that would have no effect are refused with -ENOPROTOOPT.

import * as abi from "./abi";
import { takeError } from "./errors";
import { attachFilter, detachFilter } from "./filter";
import { findName } from "./interfaces";
import { Iface, STACK, Socket } from "./layout";
import { MREQ_BYTES, join, leave } from "./membership";
import { control, exchange } from "./memory";
import {
  AF_PACKET,
  EINVAL,
  ENODEV,
  ENOPROTOOPT,
  EPERM,
  PACKET_ADD_MEMBERSHIP,
  PACKET_AUXDATA,
  PACKET_DROP_MEMBERSHIP,
  PACKET_IGNORE_OUTGOING,
  PACKET_ORIGDEV,
  PACKET_STATISTICS,
  SOL_PACKET,
  SOL_SOCKET,
  SO_ACCEPTCONN,
  SO_ATTACH_FILTER,
  SO_BINDTODEVICE,
  SO_BPF_EXTENSIONS,
  SO_DETACH_FILTER,
  SO_DOMAIN,
  SO_DONTROUTE,
  SO_ERROR,
  SO_LINGER,
  SO_LOCK_FILTER,
  SO_PRIORITY,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_SNDBUF,
  SO_TIMESTAMP,
  SO_TIMESTAMPNS,
  SO_TYPE,
} from "./packet";
import { give, take } from "./port";
import { limitQueue } from "./queue";
import { choosePath, moveTo, rebind } from "./sockets";
import { setStamping } from "./stamps";

/**
 * setsockopt(2): the value, `len` bytes, comes from the caller's buffer; for SO_ATTACH_FILTER it is the program itself.
 * Returns 0 or a negative errno.
 */
export function setOption(socket: Socket, level: u32, name: u32, len: u32): i32 {
  if (level == SOL_PACKET) return setPacketOption(socket, name, len);
  if (level != SOL_SOCKET) return -ENOPROTOOPT;
  if (name == SO_ATTACH_FILTER) return relisted(socket, attachFilter(socket, len));
  if (name == SO_BINDTODEVICE) return bindToDevice(socket, len);
  if (len < 4) return -EINVAL;
  const bytes = min(len, 8);
  take(exchange, bytes);
  const value = load<u32>(exchange);
  switch (name) {
    case SO_DETACH_FILTER:
      return relisted(socket, detachFilter(socket));
    case SO_LOCK_FILTER:
      if (socket.filterLocked && !value) return -EPERM;
      socket.filterLocked = value ? 1 : 0;
      return 0;
    case SO_RCVBUF:
      socket.rcvbuf = bufferBytes(value);
      limitQueue(socket, socket.rcvbuf / control.frameStride);
      return 0;
    case SO_SNDBUF:
      socket.sndbufBytes = bufferBytes(value);
      socket.sndbuf = max(socket.sndbufBytes / control.frameStride, 1);
      choosePath(socket);
      return 0;
    case SO_PRIORITY:
      socket.priority = value;
      return 0;
    case SO_DONTROUTE:
      socket.dontRoute = value ? 1 : 0;
      return 0;
    case SO_LINGER:
      if (bytes < 8) return -EINVAL;
      socket.lingerOn = value ? 1 : 0;
      socket.lingerTime = load<u32>(exchange, 4);
      return 0;
    case SO_TIMESTAMP:
      setStamping(socket, value ? abi.OPTION_TIMESTAMP : 0);
      return 0;
    case SO_TIMESTAMPNS:
      setStamping(socket, value ? abi.OPTION_TIMESTAMPNS : 0);
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

/** Moves a socket to the list where it belongs with or without a filter; `result` is that of attaching or detaching it. */
function relisted(socket: Socket, result: i32): i32 {
  if (!result) rebind(socket);
  return result;
}

function setPacketOption(socket: Socket, name: u32, len: u32): i32 {
  if (name == PACKET_ADD_MEMBERSHIP || name == PACKET_DROP_MEMBERSHIP) {
    if (len < MREQ_BYTES) return -EINVAL;
    take(exchange, MREQ_BYTES);
    return name == PACKET_ADD_MEMBERSHIP ? join(socket) : leave(socket);
  }
  if (!isPacketFlag(name)) return -ENOPROTOOPT;
  if (len < 4) return -EINVAL;
  take(exchange, 4);
  const value = load<u32>(exchange);
  if (name == PACKET_AUXDATA) {
    setFlag(socket, abi.OPTION_AUXDATA, value);
  } else if (name == PACKET_ORIGDEV) {
    // There are no stacked interfaces here: sll_ifindex is always the interface that received the frame.
    setFlag(socket, abi.OPTION_ORIGDEV, value);
  } else if (name == abi.TRANSLATED_FILTER) {
    setFlag(socket, abi.OPTION_TRANSLATED_FILTER, value);
  } else {
    if (value > 1) return -EINVAL;
    setFlag(socket, abi.OPTION_IGNORE_OUTGOING, value);
    rebind(socket);
  }
  return 0;
}

/** Is there such an option of SOL_PACKET that is on or off? */
function isPacketFlag(name: u32): bool {
  return (
    name == PACKET_IGNORE_OUTGOING || name == PACKET_AUXDATA || name == PACKET_ORIGDEV || name == abi.TRANSLATED_FILTER
  );
}

function setFlag(socket: Socket, flag: u32, on: u32): void {
  socket.options = on ? socket.options | flag : socket.options & ~flag;
}

/** Linux doubles the requested size, to make room for its bookkeeping, and limits it on both sides. */
function bufferBytes(asked: u32): u32 {
  const most = control.frames * control.frameStride;
  return min(max(min(asked, most) << 1, 2304), most);
}

/** SO_BINDTODEVICE: the name may lack its NUL; an empty one means every interface. */
function bindToDevice(socket: Socket, len: u32): i32 {
  if (socket.type == STACK) return -EINVAL;
  const bytes = min(len, abi.IFNAMSIZ - 1);
  take(exchange, bytes);
  store<u8>(exchange + bytes, 0);
  let iface = changetype<Iface | null>(0);
  const length = nameLength(exchange);
  if (length) {
    memory.fill(exchange + length, 0, abi.IFNAMSIZ - length);
    iface = findName(exchange);
    if (!iface) return -ENODEV;
  }
  moveTo(socket, iface, socket.protocol);
  return 0;
}

function nameLength(name: usize): u32 {
  let n: u32 = 0;
  while (n < abi.IFNAMSIZ && load<u8>(name + n)) ++n;
  return n;
}

/** getsockopt(2): gives at most `len` bytes to the caller; returns how many, or a negative errno. */
export function getOption(socket: Socket, level: u32, name: u32, len: u32): i32 {
  let bytes: u32 = 4;
  if (level == SOL_PACKET && name == PACKET_STATISTICS) {
    putStatistics(socket);
    bytes = 8;
  } else if (level == SOL_SOCKET && name == SO_LINGER) {
    store<u32>(exchange, socket.lingerOn);
    store<u32>(exchange, socket.lingerTime, 4);
    bytes = 8;
  } else if (level == SOL_SOCKET && name == SO_BINDTODEVICE) {
    if (len < abi.IFNAMSIZ) return -EINVAL;
    const iface = socket.iface;
    if (!iface) return 0;
    memory.copy(exchange, changetype<usize>(iface) + offsetof<Iface>("name0"), abi.IFNAMSIZ);
    bytes = nameLength(exchange) + 1;
  } else if (level == SOL_SOCKET && name == SO_PRIORITY) {
    store<u32>(exchange, socket.priority); // may be negative
  } else {
    const value =
      level == SOL_SOCKET ? socketOption(socket, name) : level == SOL_PACKET ? packetOption(socket, name) : -1;
    if (value < 0) return -ENOPROTOOPT;
    store<u32>(exchange, value);
  }
  const n = min(len, bytes);
  give(exchange, n);
  return n;
}

/** SKF_AD_MAX of <linux/filter.h>: filters know all ancillary offsets below. */
const BPF_EXTENSIONS: i32 = 64;

/** The value of an option of SOL_SOCKET, or -1 when there is no such option. */
function socketOption(socket: Socket, name: u32): i32 {
  switch (name) {
    case SO_TYPE:
      return socket.type;
    case SO_ERROR:
      return takeError(socket);
    case SO_DOMAIN:
      return AF_PACKET;
    case SO_PROTOCOL:
      return 0; // like Linux, which reports a packet socket's protocol in getsockname() only
    case SO_ACCEPTCONN:
      return 0;
    case SO_BPF_EXTENSIONS:
      return BPF_EXTENSIONS;
    case SO_RCVBUF:
      return socket.rcvbuf;
    case SO_SNDBUF:
      return socket.sndbuf ? socket.sndbufBytes : control.txFrames * control.frameStride;
    case SO_DONTROUTE:
      return socket.dontRoute;
    case SO_LOCK_FILTER:
      return socket.filterLocked;
    case SO_TIMESTAMP:
      return socket.options & abi.OPTION_TIMESTAMP ? 1 : 0;
    case SO_TIMESTAMPNS:
      return socket.options & abi.OPTION_TIMESTAMPNS ? 1 : 0;
    default:
      return -1;
  }
}

/** The value of an option of SOL_PACKET, or -1 when there is no such option. */
function packetOption(socket: Socket, name: u32): i32 {
  if (name == PACKET_IGNORE_OUTGOING) return socket.options & abi.OPTION_IGNORE_OUTGOING ? 1 : 0;
  if (name == PACKET_AUXDATA) return socket.options & abi.OPTION_AUXDATA ? 1 : 0;
  if (name == PACKET_ORIGDEV) return socket.options & abi.OPTION_ORIGDEV ? 1 : 0;
  if (name == abi.TRANSLATED_FILTER) return socket.options & abi.OPTION_TRANSLATED_FILTER ? 1 : 0;
  return -1;
}

/** Writes a struct tpacket_stats: tp_packets, which includes the drops, and tp_drops. Reading clears both. */
function putStatistics(socket: Socket): void {
  const dropped = socket.dropsQueueFull + socket.dropsPoolEmpty;
  const drops = dropped - socket.dropsRead;
  store<u32>(exchange, socket.packets - socket.packetsRead + drops);
  store<u32>(exchange, drops, 4);
  socket.packetsRead = socket.packets;
  socket.dropsRead = dropped;
}

/** Writes the socket's counters since it was opened to the exchange area: frames queued, dropped by reason, filtered. */
export function socketCounters(socket: Socket): void {
  store<u32>(exchange, socket.packets);
  store<u32>(exchange, socket.dropsQueueFull, 4);
  store<u32>(exchange, socket.dropsPoolEmpty, 8);
  store<u32>(exchange, socket.filtered, 12);
  store<u32>(exchange, socket.interpreted, 16);
}
