// setsockopt(2) and getsockopt(2). An option without effect is refused with -ENOPROTOOPT, unless what it asks for holds anyway.

import * as abi from "./abi";
import { countDrops } from "./drops";
import { takeError } from "./errors";
import { FILTER, TIMESTAMPS } from "./features";
import { attachFilter, detachFilter } from "./filter";
import { findName } from "./interfaces";
import { Iface, STACK, Socket } from "./layout";
import { MREQ_BYTES, holdsAddress, join, leave } from "./membership";
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
  PACKET_QDISC_BYPASS,
  PACKET_STATISTICS,
  SOL_PACKET,
  SOL_SOCKET,
  SO_ACCEPTCONN,
  SO_ATTACH_FILTER,
  SO_BINDTODEVICE,
  SO_BPF_EXTENSIONS,
  SO_BROADCAST,
  SO_DETACH_FILTER,
  SO_DOMAIN,
  SO_DONTROUTE,
  SO_ERROR,
  SO_LINGER,
  SO_LOCK_FILTER,
  SO_PRIORITY,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVLOWAT,
  SO_REUSEADDR,
  SO_RXQ_OVFL,
  SO_SELECT_ERR_QUEUE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SO_TIMESTAMP,
  SO_TIMESTAMPNS,
  SO_TIMESTAMPING,
  SO_TYPE,
} from "./packet";
import { give, take } from "./port";
import { limitQueue, queuedFrames } from "./queue";
import { choosePath, moveTo, rebind } from "./sockets";
import { setStamping, setTimestamping } from "./stamps";

/**
 * setsockopt(2): the value, `len` bytes, comes from the caller's buffer; for SO_ATTACH_FILTER it is the program itself.
 * Returns 0 or a negative errno.
 */
export function setOption(socket: Socket, level: u32, name: u32, len: u32): i32 {
  if (level == SOL_PACKET) return setPacketOption(socket, name, len);
  if (level != SOL_SOCKET) return -ENOPROTOOPT;
  if (FILTER && name == SO_ATTACH_FILTER) return relisted(socket, attachFilter(socket, len));
  if (name == SO_BINDTODEVICE) return bindToDevice(socket, len);
  if (len < 4) return -EINVAL;
  const bytes = min(len, 8);
  take(exchange, bytes);
  const value = load<u32>(exchange);
  switch (name) {
    case SO_DETACH_FILTER:
      if (!FILTER) return -ENOPROTOOPT;
      return relisted(socket, detachFilter(socket));
    case SO_LOCK_FILTER:
      if (FILTER && socket.options & abi.OPTION_LOCK_FILTER && !value) return -EPERM;
      break;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE: // the limit is that of the memory
      socket.rcvbuf = bufferBytes(forced(name == SO_RCVBUFFORCE, value));
      limitQueue(socket, socket.rcvbuf / control.frameStride);
      return 0;
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
      socket.sndbufBytes = bufferBytes(forced(name == SO_SNDBUFFORCE, value));
      socket.sndbuf = max(socket.sndbufBytes / control.frameStride, 1);
      choosePath(socket);
      return 0;
    case SO_PRIORITY:
      socket.priority = value;
      return 0;
    case SO_RCVLOWAT:
      // Linux stores it, and packet sockets do not look at it.
      socket.lowWater = <i32>value < 0 ? i32.MAX_VALUE : value;
      return 0;
    case SO_RXQ_OVFL: {
      const result = countDrops(socket, value);
      if (result) return result;
      rebind(socket);
      break;
    }
    case SO_LINGER:
      if (bytes < 8) return -EINVAL;
      setFlag(socket, abi.OPTION_LINGER, value);
      socket.lingerTime = load<u32>(exchange, 4);
      return 0;
    case SO_TIMESTAMP:
      if (!TIMESTAMPS) return -ENOPROTOOPT;
      setStamping(socket, value ? abi.OPTION_TIMESTAMP : 0);
      return 0;
    case SO_TIMESTAMPNS:
      if (!TIMESTAMPS) return -ENOPROTOOPT;
      setStamping(socket, value ? abi.OPTION_TIMESTAMPNS : 0);
      return 0;
    case SO_TIMESTAMPING:
      if (!TIMESTAMPS) return -ENOPROTOOPT;
      return setTimestamping(socket, value);
  }
  const flag = switchOf(name);
  if (!flag) return -ENOPROTOOPT;
  setFlag(socket, flag, value);
  return 0;
}

/** The OPTION_* of an option of SOL_SOCKET that is a switch, or 0. */
function switchOf(name: u32): u32 {
  switch (name) {
    case SO_BROADCAST:
      return abi.OPTION_BROADCAST;
    case SO_REUSEADDR:
      return abi.OPTION_REUSEADDR;
    case SO_DONTROUTE:
      return abi.OPTION_DONTROUTE;
    case SO_LOCK_FILTER:
      return FILTER ? abi.OPTION_LOCK_FILTER : 0;
    case SO_RXQ_OVFL:
      return abi.OPTION_RXQ_OVFL;
    case SO_SELECT_ERR_QUEUE:
      return abi.OPTION_SELECT_ERR_QUEUE; // without time stamps, too: of a pending error
    default:
      return 0;
  }
}

/** The OPTION_* of an option of SOL_PACKET that is a switch, or 0. */
function packetSwitchOf(name: u32): u32 {
  switch (name) {
    case PACKET_AUXDATA:
      return abi.OPTION_AUXDATA;
    case PACKET_ORIGDEV: // there are no stacked interfaces: sll_ifindex is always that of the one that received the frame
      return abi.OPTION_ORIGDEV;
    case PACKET_QDISC_BYPASS: // there is no queueing discipline
      return abi.OPTION_QDISC_BYPASS;
    case PACKET_IGNORE_OUTGOING:
      return abi.OPTION_IGNORE_OUTGOING;
    case abi.TRANSLATED_FILTER:
      return FILTER ? abi.OPTION_TRANSLATED_FILTER : 0;
    default:
      return 0;
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
    if (!holdsAddress(len)) return -EINVAL;
    return name == PACKET_ADD_MEMBERSHIP ? join(socket) : leave(socket);
  }
  const flag = packetSwitchOf(name);
  if (!flag) return -ENOPROTOOPT;
  if (len < 4) return -EINVAL;
  take(exchange, 4);
  const value = load<u32>(exchange);
  if (flag == abi.OPTION_IGNORE_OUTGOING && value > 1) return -EINVAL;
  setFlag(socket, flag, value);
  if (flag == abi.OPTION_IGNORE_OUTGOING) rebind(socket);
  return 0;
}

function setFlag(socket: Socket, flag: u32, on: u32): void {
  socket.options = on ? socket.options | flag : socket.options & ~flag;
}

/** SO_RCVBUFFORCE and SO_SNDBUFFORCE take a negative number for 0; the others take it for a large one. */
function forced(force: bool, value: u32): u32 {
  return force && <i32>value < 0 ? 0 : value;
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
  // Rounds: 16
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
    store<u32>(exchange, socket.options & abi.OPTION_LINGER ? 1 : 0);
    store<u32>(exchange, socket.lingerTime, 4);
    bytes = 8;
  } else if (TIMESTAMPS && level == SOL_SOCKET && name == SO_TIMESTAMPING) {
    store<u32>(exchange, socket.timestamping);
    store<u32>(exchange, 0, 4); // the clock of SOF_TIMESTAMPING_BIND_PHC
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
      level == SOL_SOCKET ? socketOption(socket, name) : level == SOL_PACKET ? isOn(socket, packetSwitchOf(name)) : -1;
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
      return FILTER ? BPF_EXTENSIONS : -1;
    case SO_RCVBUF:
      return socket.rcvbuf;
    case SO_SNDBUF:
      return socket.sndbuf ? socket.sndbufBytes : control.txFrames * control.frameStride;
    case SO_RCVLOWAT:
      return max(socket.lowWater, 1);
    case SO_TIMESTAMP:
      return TIMESTAMPS ? isOn(socket, abi.OPTION_TIMESTAMP) : -1;
    case SO_TIMESTAMPNS:
      return TIMESTAMPS ? isOn(socket, abi.OPTION_TIMESTAMPNS) : -1;
    default:
      return isOn(socket, switchOf(name));
  }
}

/** 1 or 0 for a switch, -1 when `flag` is none. */
function isOn(socket: Socket, flag: u32): i32 {
  if (!flag) return -1;
  return socket.options & flag ? 1 : 0;
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

/**
 * Writes the socket's counters since it was opened to the exchange area: frames queued, dropped by reason, filtered; then what
 * is in its queue now, and the instructions of its filter.
 */
export function socketCounters(socket: Socket): void {
  store<u32>(exchange, socket.packets);
  store<u32>(exchange, socket.dropsQueueFull, 4);
  store<u32>(exchange, socket.dropsPoolEmpty, 8);
  store<u32>(exchange, socket.filtered, 12);
  store<u32>(exchange, socket.interpreted, 16);
  store<u32>(exchange, queuedFrames(socket), 20);
  store<u32>(exchange, FILTER && socket.filter ? socket.filterLength : 0, 24);
}
