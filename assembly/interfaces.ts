// The interface table: netdevice(7).

import * as abi from "./abi";
import { reportToBound } from "./errors";
import { ExchangeIface, Frame, Iface, Slot } from "./layout";
import { control, exchange, ifaceBytes, makeCircle, state } from "./memory";
import {
  EEXIST,
  EINVAL,
  ENODEV,
  ENOMEM,
  ENETDOWN,
  IFF_ALLMULTI,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_MASTER,
  IFF_MULTICAST,
  IFF_POINTOPOINT,
  IFF_PROMISC,
  IFF_RUNNING,
  IFF_SLAVE,
  IFF_UP,
} from "./packet";
import { fill, pushFree } from "./pool";

/** The interface with the NUL-padded name at address `name`, or null. */
export function findName(name: usize): Iface | null {
  let iface = control.firstIface;
  // Rounds: interfaces
  while (iface) {
    if (
      iface.name0 == load<u32>(name) &&
      iface.name1 == load<u32>(name, 4) &&
      iface.name2 == load<u32>(name, 8) &&
      iface.name3 == load<u32>(name, 12)
    ) {
      return iface;
    }
    iface = iface.next;
  }
  return null;
}

/** The interface of that index, or null. */
export function ifaceOf(index: u32): Iface | null {
  let iface = control.firstIface;
  // Rounds: interfaces
  while (iface && iface.index != index) iface = iface.next;
  return iface;
}

/**
 * Adds an interface, which is down. The exchange area holds its name (IFNAMSIZ bytes, NUL-padded) and then its hardware
 * address (6 bytes). Returns its index (from 1) or -EINVAL, -EEXIST, -ENOMEM.
 */
export function addIface(mtu: u32, txOffset: u32): i32 {
  const wanted = changetype<ExchangeIface>(exchange);
  const name = exchange;
  if (!load<u8>(name) || load<u8>(name, abi.IFNAMSIZ - 1)) return -EINVAL;
  if (mtu < 46 || txOffset + abi.ETH_HLEN + abi.VLAN_HLEN + mtu > control.frameSize) return -EINVAL;
  if (findName(name)) return -EEXIST;
  if (state.interfaces == control.interfaces) return -ENOMEM;

  const iface = changetype<Iface>(state.nextIface);
  state.nextIface += ifaceBytes();
  iface.next = control.firstIface;
  control.firstIface = iface;
  iface.index = ++state.interfaces;
  iface.key = iface.index << 16;
  iface.flags = IFF_BROADCAST | IFF_MULTICAST;
  iface.mtu = mtu;
  iface.txOffset = txOffset;
  iface.hwaddrHead = wanted.hwaddrHead;
  iface.hwaddrTail = wanted.hwaddrTail;
  memory.copy(changetype<usize>(iface) + offsetof<Iface>("name0"), name, abi.IFNAMSIZ);
  resetRings(iface);
  return iface.index;
}

/** Lays out the rings with all frames at their initial places. Only before the driver starts. */
function resetRings(iface: Iface): void {
  const length = control.frames;
  const ringBytes = length * abi.SLOT_BYTES;
  const rings = changetype<usize>(iface) + abi.IFACE_BYTES;
  // Rounds: 4
  for (let i: u32 = 0; i < 4; ++i) makeCircle(rings + i * ringBytes, length, abi.SLOT_BYTES, abi.SLOT_NEXT);
  iface.ringLength = length;
  iface.fill = iface.fillRing = changetype<Slot>(rings);
  iface.rx = iface.rxRing = changetype<Slot>(rings + ringBytes);
  iface.tx = iface.txRing = changetype<Slot>(rings + 2 * ringBytes);
  iface.completion = iface.completionRing = changetype<Slot>(rings + 3 * ringBytes);
  iface.free = rings + 4 * ringBytes;

  iface.txOwned = control.txFrames;
  iface.spare = length - control.txFrames - control.rxReserve;
  const first = (iface.index - 1) * length;
  // Rounds: frames
  for (let i: u32 = 0; i < length; ++i) {
    const frame = changetype<Frame>(control.frameTable + (first + i) * abi.FRAME_BYTES);
    frame.iface = iface;
    frame.buffer = control.umem + (first + i) * control.frameStride;
    if (i < control.txFrames) pushFree(iface, frame);
    else fill(iface, frame);
  }
}

/** The index of the interface whose name is in the exchange area, or -ENODEV. */
export function ifaceIndex(): i32 {
  const iface = findName(exchange);
  return iface ? iface.index : -ENODEV;
}

/**
 * Sets an interface's flags (IFF_*, netdevice(7)). When it goes down, the sockets that are bound to it get ENETDOWN once.
 */
export function setIfaceFlags(iface: Iface, flags: u32): void {
  const wasUp = iface.flags & IFF_UP;
  if ((iface.flags ^ flags) & (IFF_PROMISC | IFF_ALLMULTI)) iface.filterChanged = 1;
  iface.flags = flags;
  iface.limit = flags & IFF_UP ? iface.mtu + 1 : 0;
  if (wasUp && !(flags & IFF_UP)) reportToBound(iface, ENETDOWN);
}

/** What SIOCSIFFLAGS can change, and what it ignores because it is decided elsewhere, like Linux. */
const SETTABLE: u32 = IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST;
const DECIDED: u32 = IFF_RUNNING | IFF_BROADCAST | IFF_LOOPBACK | IFF_POINTOPOINT | IFF_MASTER | IFF_SLAVE;

/** SIOCSIFFLAGS: `flags` are the low 16 bits of the wanted flags. Returns 0, or -EINVAL for what cannot be changed. */
export function requestIfaceFlags(iface: Iface, flags: u32): i32 {
  const change = (iface.flags ^ flags) & 0xffff & ~DECIDED;
  if (change & ~SETTABLE) return -EINVAL;
  setIfaceFlags(iface, iface.flags ^ change);
  return 0;
}
