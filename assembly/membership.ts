// The addresses that sockets and interfaces want to receive: memberships of packet(7), addresses of SIOCADDMULTI, and what
// both mean for the filter of the MAC.

import * as abi from "./abi";
import { allocate, free } from "./heap";
import { Iface, Membership, Socket, State } from "./layout";
import { ifaceOf } from "./interfaces";
import { control, exchange, state } from "./memory";
import {
  EINVAL,
  ENOBUFS,
  ENODEV,
  ENOENT,
  IFF_ALLMULTI,
  IFF_PROMISC,
  PACKET_MR_ALLMULTI,
  PACKET_MR_MULTICAST,
  PACKET_MR_PROMISC,
  PACKET_MR_UNICAST,
} from "./packet";

// struct packet_mreq
const MR_IFINDEX: usize = 0;
const MR_TYPE: usize = 4;
const MR_ALEN: usize = 6;
const MR_ADDRESS: usize = 8;
export const MREQ_BYTES: u32 = 16;

/** Does a packet_mreq of `len` bytes, whose first 16 are in the exchange area, contain the address that it claims? */
export function holdsAddress(len: u32): bool {
  return len - <u32>MR_ADDRESS >= <u32>load<u16>(exchange, MR_ALEN);
}

/** PACKET_ADD_MEMBERSHIP: the exchange area holds a packet_mreq. Returns 0, -ENODEV, -EINVAL or -ENOBUFS. */
export function join(socket: Socket): i32 {
  const iface = ifaceOf(load<u32>(exchange, MR_IFINDEX));
  if (!iface) return -ENODEV;
  const type = <u32>load<u16>(exchange, MR_TYPE);
  const length = <u32>load<u16>(exchange, MR_ALEN);
  if (length > abi.ETH_ALEN || type > PACKET_MR_UNICAST) return -EINVAL;
  if ((type == PACKET_MR_MULTICAST || type == PACKET_MR_UNICAST) && length != abi.ETH_ALEN) return -EINVAL;
  return add(changetype<usize>(socket) + offsetof<Socket>("memberships"), iface, type, length, exchange + MR_ADDRESS);
}

/** PACKET_DROP_MEMBERSHIP: returns 0, also when there was no such membership or is no such interface, like Linux. */
export function leave(socket: Socket): i32 {
  const iface = ifaceOf(load<u32>(exchange, MR_IFINDEX));
  if (!iface) return 0;
  const list = changetype<usize>(socket) + offsetof<Socket>("memberships");
  remove(list, iface, load<u16>(exchange, MR_TYPE), load<u16>(exchange, MR_ALEN), exchange + MR_ADDRESS);
  return 0;
}

/** close(2): ends the socket's memberships. */
export function leaveAll(socket: Socket): void {
  let membership = socket.memberships;
  // Rounds: memberships
  while (membership) {
    membership.iface.filterChanged = 1;
    const next = membership.next;
    free(changetype<usize>(membership));
    membership = next;
  }
  socket.memberships = null;
}

/** SIOCADDMULTI (`on`) and SIOCDELMULTI of the address in the exchange area. Returns 0, -EINVAL, -ENOBUFS or -ENOENT. */
export function setMulticast(iface: Iface, on: u32): i32 {
  const list = changetype<usize>(state) + offsetof<State>("multicast");
  if (!(load<u8>(exchange) & 1)) return -EINVAL;
  if (on) {
    // Adding an address twice has the effect of adding it once, like on Linux.
    remove(list, iface, PACKET_MR_MULTICAST, abi.ETH_ALEN, exchange);
    return add(list, iface, PACKET_MR_MULTICAST, abi.ETH_ALEN, exchange);
  }
  return remove(list, iface, PACKET_MR_MULTICAST, abi.ETH_ALEN, exchange) ? 0 : -ENOENT;
}

/** The link to the membership with these values in the list at `link`, or the link at the end of the list. */
function find(link: usize, iface: Iface, type: u32, length: u32, head: u32, tail: u32): usize {
  // Rounds: memberships
  while (true) {
    const membership = changetype<Membership | null>(load<usize>(link));
    if (!membership) return link;
    if (
      membership.iface == iface &&
      membership.type == type &&
      membership.length == length &&
      membership.head == head &&
      membership.tail == tail
    ) {
      return link;
    }
    link = changetype<usize>(membership) + offsetof<Membership>("next");
  }
}

/** The four bytes at `from` of an address of `length` bytes; bytes behind its end are 0. */
function part(address: usize, length: u32, from: u32): u32 {
  if (length <= from) return 0;
  const word = load<u32>(address + from);
  const bytes = length - from;
  return bytes >= 4 ? word : word & ((1 << (bytes << 3)) - 1);
}

function add(list: usize, iface: Iface, type: u32, length: u32, address: usize): i32 {
  const head = part(address, length, 0);
  const tail = part(address, length, 4);
  const link = find(list, iface, type, length, head, tail);
  const known = changetype<Membership | null>(load<usize>(link));
  if (known) {
    ++known.count;
    return 0;
  }
  const membership = changetype<Membership | null>(allocate(<u32>offsetof<Membership>()));
  if (!membership) return -ENOBUFS;
  membership.iface = iface;
  membership.type = type;
  membership.length = length;
  membership.head = head;
  membership.tail = tail;
  membership.count = 1;
  store<usize>(link, changetype<usize>(membership));
  iface.filterChanged = 1;
  return 0;
}

function remove(list: usize, iface: Iface, type: u32, length: u32, address: usize): bool {
  const link = find(list, iface, type, length, part(address, length, 0), part(address, length, 4));
  const membership = changetype<Membership | null>(load<usize>(link));
  if (!membership) return false;
  if (!--membership.count) {
    store<usize>(link, changetype<usize>(membership.next));
    free(changetype<usize>(membership));
    iface.filterChanged = 1;
  }
  return true;
}

/** IFF_PROMISC and IFF_ALLMULTI for the MAC's filter: set by the interface's flags or by a membership. */
export function macFilterFlags(iface: Iface): u32 {
  let flags = iface.flags & (IFF_PROMISC | IFF_ALLMULTI);
  let i: u32 = 0;
  let membership = nthMembership(iface, i);
  // Rounds: memberships
  while (membership) {
    if (membership.type == PACKET_MR_PROMISC) flags |= IFF_PROMISC;
    else if (membership.type == PACKET_MR_ALLMULTI) flags |= IFF_ALLMULTI;
    membership = nthMembership(iface, ++i);
  }
  return flags;
}

/**
 * Writes the address of membership number `n` of the interface to the exchange area. Returns 1, 0 (it has no address) or
 * -ENOENT (there are no more).
 */
export function macFilterAddress(iface: Iface, n: u32): i32 {
  const membership = nthMembership(iface, n);
  if (!membership) return -ENOENT;
  store<u32>(exchange, membership.head);
  store<u16>(exchange, membership.tail, 4);
  return membership.type == PACKET_MR_MULTICAST || membership.type == PACKET_MR_UNICAST ? 1 : 0;
}

/** The interface's membership number `n`, or null. */
function nthMembership(iface: Iface, n: u32): Membership | null {
  let i: u32 = 0;
  // Rounds: sockets + 1
  for (let descriptor: u32 = 0; descriptor <= control.tableLength; ++descriptor) {
    let membership = state.multicast;
    if (descriptor < control.tableLength) {
      const socket = changetype<Socket | null>(load<usize>(control.table + (descriptor << 2)));
      membership = socket ? socket.memberships : null;
    }
    // Rounds: memberships / (sockets + 1), on average over the descriptors.
    while (membership) {
      if (membership.iface == iface && i++ == n) return membership;
      membership = membership.next;
    }
  }
  return null;
}
