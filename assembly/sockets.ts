// The socket table: NuttX's connection options, the descriptor table, and binding.

import * as abi from "./abi";
import { endDrops } from "./drops";
import { closeErrorQueue } from "./errqueue";
import { reportError } from "./errors";
import { freeFilter } from "./filter";
import { htons } from "./frame";
import { allocate, free } from "./heap";
import { ifaceOf } from "./interfaces";
import { Frame, Iface, STACK, Sockaddr, Socket, Special } from "./layout";
import { detach, enlist, limitWork, noteTaps } from "./lists";
import { control, exchange, socketAt, socketBytes, state } from "./memory";
import {
  AF_PACKET,
  ARPHRD_ETHER,
  EBUSY,
  EINVAL,
  ENETDOWN,
  ENOBUFS,
  ENODEV,
  ESOCKTNOSUPPORT,
  ETH_P_ALL,
  IFF_UP,
  SLL_ADDR,
  SLL_BYTES,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_PACKET,
  SOCK_RAW,
  SOCK_TYPE_MASK,
} from "./packet";
import { leaveAll } from "./membership";
import { unref } from "./pool";
import { dequeue, firstLent, makeQueue } from "./queue";
import { stackOf, stackShare } from "./scarcity";
import { endStamping } from "./stamps";
import { takeBackLent, wouldLendAll } from "./zerocopy";

/**
 * socket(2): `type` with its flags SOCK_NONBLOCK and SOCK_CLOEXEC (F_GETFD reads it), numbered like Linux's; the low 16
 * bits of `protocol`, in network order. Returns a descriptor, or -EINVAL, -ESOCKTNOSUPPORT, -ENOBUFS.
 */
export function openSocket(type: u32, protocol: u32): i32 {
  const base = type & SOCK_TYPE_MASK;
  if (base > SOCK_PACKET || (type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) return -EINVAL;
  if (base != SOCK_RAW && base != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
  const descriptor = open(base);
  if (descriptor < 0) return descriptor;
  const socket = socketAt(descriptor);
  socket.nonblock = type & SOCK_NONBLOCK ? 1 : 0;
  socket.options = type & SOCK_CLOEXEC ? abi.OPTION_CLOEXEC : 0;
  attach(socket, null, protocol & 0xffff);
  return descriptor;
}

/** A new socket with the lowest free descriptor, not attached yet. Returns the descriptor, or -ENOBUFS. */
function open(type: u32): i32 {
  let descriptor: u32 = 0;
  // Rounds: sockets
  while (load<u32>(control.table + (descriptor << 2))) {
    if (++descriptor == control.tableLength) return -ENOBUFS;
  }
  const socket = newConnection();
  if (!socket) return -ENOBUFS;
  store<u32>(control.table + (descriptor << 2), changetype<usize>(socket));
  socket.descriptor = descriptor;
  socket.type = type;
  socket.skip = type == SOCK_DGRAM ? abi.ETH_HLEN : 0;
  state.openEnd = max(state.openEnd, descriptor + 1);
  const length = control.queueFrames;
  const lent = firstLent(socket);
  socket.lentTop = lent;
  socket.lentEnd = lent + (length << 2);
  makeQueue(socket, length, 0);
  socket.rcvbuf = length * control.frameStride;
  return descriptor;
}

/** Opens the network stack's descriptor on the interface with that index. Returns it, or -ENODEV, -EBUSY, -ENOBUFS. */
export function openStack(index: u32): i32 {
  const iface = ifaceOf(index);
  if (!iface) return -ENODEV;
  if (stackOf(iface)) return -EBUSY;
  if (wouldLendAll(iface, null, stackShare())) return -ENOBUFS;
  const descriptor = open(STACK);
  if (descriptor < 0) return descriptor;
  iface.spare -= stackShare();
  attach(socketAt(descriptor), iface, htons(ETH_P_ALL));
  return descriptor;
}

/** A zeroed connection from the free list, or a new one if CONFIG_NET_PKT_ALLOC_CONNS and _MAX_CONNS allow it; or null. */
function newConnection(): Socket | null {
  if (!state.freeSockets) allocateConnections();
  const socket = state.freeSockets;
  if (!socket) return null;
  state.freeSockets = socket.next;
  const single = socket.single;
  memory.fill(changetype<usize>(socket), 0, socketBytes());
  socket.single = single;
  return socket;
}

function allocateConnections(): void {
  let count = control.allocConns;
  if (control.maxConns) {
    if (state.connections >= control.maxConns) return;
    count = min(count, control.maxConns - state.connections);
  }
  if (!count) return;
  const bytes = socketBytes();
  let at = allocate(count * bytes);
  if (!at) return;
  state.connections += count;
  // Rounds: sockets
  for (let i: u32 = 0; i < count; ++i) {
    const socket = changetype<Socket>(at);
    socket.single = control.allocConns == 1 ? 1 : 0;
    socket.next = state.freeSockets;
    state.freeSockets = socket;
    at += bytes;
  }
}

/** close(2): frees received frames; frames in the TX ring are still sent. */
export function closeSocket(socket: Socket): void {
  detach(socket);
  let frame = dequeue(socket);
  // Rounds: queue
  while (frame) {
    unref(frame);
    frame = dequeue(socket);
  }
  takeBackLent(socket);
  freeFilter(socket);
  endDrops(socket);
  leaveAll(socket);
  endStamping(socket);
  closeErrorQueue(socket);
  const iface = socket.iface;
  if (socket.type == STACK && iface) iface.spare += stackShare();
  if (socket.sending) disown(socket);
  store<u32>(control.table + (socket.descriptor << 2), 0);
  // Rounds: sockets
  while (state.openEnd && !load<u32>(control.table + ((state.openEnd - 1) << 2))) --state.openEnd;
  noteTaps();
  limitWork();
  if (socket.single) {
    --state.connections;
    free(changetype<usize>(socket));
  } else {
    socket.next = state.freeSockets;
    state.freeSockets = socket;
  }
}

/** Frames that are still being sent no longer count against the socket's SO_SNDBUF. */
function disown(socket: Socket): void {
  const end = control.frameTable + control.frameCount * abi.FRAME_BYTES;
  // Rounds: frames * interfaces
  for (let at = control.frameTable; at < end; at += abi.FRAME_BYTES) {
    const frame = changetype<Frame>(at);
    if (frame.owner != socket) continue;
    frame.owner = null;
    frame.flags &= ~(abi.FRAME_WANTS_STAMP | abi.FRAME_WANTS_HW_STAMP);
  }
}

/**
 * bind(2) to the sockaddr_ll of `addressLength` bytes in the exchange area. Protocol 0 keeps the socket's, ifindex 0 means
 * every interface. Returns 0, -EINVAL or -ENODEV.
 */
export function bindSocket(socket: Socket, addressLength: u32): i32 {
  const address = changetype<Sockaddr>(exchange);
  if (addressLength < SLL_BYTES || address.family != AF_PACKET) return -EINVAL;
  if (socket.type == STACK) return -EINVAL; // its share belongs to one interface
  const index = address.ifindex;
  const iface = ifaceOf(index);
  if (index && !iface) return -ENODEV;
  const protocol = <u32>address.protocol;
  moveTo(socket, iface, protocol ? protocol : socket.protocol);
  return 0;
}

/** Binds a socket anew. It keeps what it has received. If the interface is down, ENETDOWN is reported once. */
export function moveTo(socket: Socket, iface: Iface | null, protocol: u32): void {
  detach(socket);
  attach(socket, iface, protocol);
  if (iface && !(iface.flags & IFF_UP)) reportError(socket, ENETDOWN);
}

/** getsockname(2): writes a sockaddr_ll to the exchange area and returns its length. */
export function socketName(socket: Socket): i32 {
  const iface = socket.iface;
  const address = changetype<Sockaddr>(exchange);
  address.family = <u16>AF_PACKET;
  address.protocol = <u16>socket.protocol;
  address.ifindex = iface ? iface.index : 0;
  address.hatype = iface ? <u16>ARPHRD_ETHER : 0;
  address.pkttype = 0;
  address.halen = iface ? <u8>abi.ETH_ALEN : 0;
  if (!iface) return SLL_ADDR;
  address.addrHead = iface.hwaddrHead;
  address.addrTail = iface.hwaddrTail;
  return SLL_ADDR + abi.ETH_ALEN;
}

/** Binds a detached socket. */
function attach(socket: Socket, iface: Iface | null, protocol: u32): void {
  socket.iface = iface;
  socket.protocol = protocol;
  socket.key = protocol | (iface ? iface.key : 0);
  socket.mask = (protocol == htons(ETH_P_ALL) ? 0 : 0xffff) | (iface ? 0xffff0000 : 0);
  choosePath(socket);
  if (protocol) enlist(socket);
  noteTaps();
  limitWork();
}

/** Moves a socket to the lists where it belongs, after something has changed that decides this. */
export function rebind(socket: Socket): void {
  detach(socket);
  attach(socket, socket.iface, socket.protocol);
}

/** Decides whether send() may take its fast path. */
export function choosePath(socket: Socket): void {
  const plain = socket.type != SOCK_DGRAM && !socket.sndbuf && !(socket.special & Special.ERROR);
  socket.out = plain ? socket.iface : null;
}
