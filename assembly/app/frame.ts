// A frame as an application sees it: where it lies, from its link-layer header on.

import * as abi from "../abi";
import { htonl, htons } from "../frame";
import * as layout from "../layout";
import { control } from "../memory";

/** Offsets are bytes from the link-layer header on. All numbers are in the byte order of the machine. */
@unmanaged
export class Frame extends layout.Frame {
  /** Bytes from the link-layer header to the end, without FCS. */
  get length(): u32 {
    return this.len;
  }

  /** For a frame to send: at most `room` bytes. What it did not have before is not cleared. */
  set length(bytes: u32) {
    assert(bytes <= this.room);
    this.len = bytes;
  }

  /** Bytes that its buffer has from the link-layer header on. */
  get room(): u32 {
    return <u32>(this.buffer + control.frameSize - this.mac);
  }

  /** EtherType behind the VLAN tag that may have been removed; ETH_P_802_2 for frames with a length. */
  get protocol(): u32 {
    return htons(this.key & 0xffff);
  }

  /** The interface that has received it. */
  get ifindex(): u32 {
    return this.key >> 16;
  }

  /** The VLAN tag that was removed: its TCI, or -1. */
  get vlan(): i32 {
    return this.flags & abi.FRAME_VLAN ? <i32>(this.tci & 0xffff) : -1;
  }

  /** Other sockets hold the same bytes: they must not be written. PacketSocket.writable() returns a frame that may be. */
  get shared(): bool {
    return this.refs > 1;
  }

  /** Is it addressed to the interface that has received it (PACKET_HOST of packet(7))? */
  get isToUs(): bool {
    const iface = this.iface;
    return load<u32>(this.mac) == iface.hwaddrHead && <u32>load<u16>(this.mac, 4) == iface.hwaddrTail;
  }

  private holds(at: u32, bytes: u32): bool {
    return bytes <= this.len && at <= this.len - bytes;
  }

  /** The byte at an offset; 0 behind the frame's end, as for the functions below. */
  // @ts-ignore: decorator
  @inline
  get8(at: u32): u32 {
    return at < this.len ? <u32>load<u8>(this.mac + at) : 0;
  }

  /** The number of 16 or 32 bits at an offset, which is in network order in the frame. */
  // @ts-ignore: decorator
  @inline
  get16(at: u32): u32 {
    return at < this.len - 1 ? htons(<u32>load<u16>(this.mac + at)) : 0;
  }

  // @ts-ignore: decorator
  @inline
  get32(at: u32): u32 {
    return at < this.len - 3 ? htonl(load<u32>(this.mac + at)) : 0;
  }

  /** Writes a byte, or a number in network order. Behind `length` bytes the application traps. */
  // @ts-ignore: decorator
  @inline
  set8(at: u32, value: u32): void {
    assert(at < this.len);
    store<u8>(this.mac + at, <u8>value);
  }

  // @ts-ignore: decorator
  @inline
  set16(at: u32, value: u32): void {
    assert(at < this.len - 1);
    store<u16>(this.mac + at, <u16>htons(value & 0xffff));
  }

  // @ts-ignore: decorator
  @inline
  set32(at: u32, value: u32): void {
    assert(at < this.len - 3);
    store<u32>(this.mac + at, htonl(value));
  }

  /** Copies `bytes` bytes from one offset to another of the same frame; the two may overlap. */
  move(to: u32, from: u32, bytes: u32): void {
    assert(this.holds(to, bytes) && this.holds(from, bytes));
    memory.copy(this.mac + to, this.mac + from, bytes);
  }

  /** Copies `bytes` bytes at `from` of another frame to the offset `to`. */
  copy(to: u32, other: Frame, from: u32, bytes: u32): void {
    assert(this.holds(to, bytes) && other.holds(from, bytes));
    memory.copy(this.mac + to, other.mac + from, bytes);
  }

  /** Writes zeros. */
  clear(at: u32, bytes: u32): void {
    assert(this.holds(at, bytes));
    memory.fill(this.mac + at, 0, bytes);
  }

  /** Puts the VLAN tag back that was removed, if one was and there is room for it. */
  restoreTag(): void {
    if (!(this.flags & abi.FRAME_VLAN) || this.room < this.len + abi.VLAN_HLEN) return;
    const tci = this.tci;
    this.flags &= ~abi.FRAME_VLAN;
    if (this.mac >= this.buffer + abi.VLAN_HLEN) {
      this.mac -= abi.VLAN_HLEN;
      memory.copy(this.mac, this.mac + abi.VLAN_HLEN, 2 * abi.ETH_ALEN);
    } else {
      memory.copy(this.mac + 12 + abi.VLAN_HLEN, this.mac + 12, this.len - 12);
    }
    this.len += abi.VLAN_HLEN;
    this.set16(12, tci >> 16);
    this.set16(14, tci & 0xffff);
  }

  /** Writes the hardware address of the interface that has received it, or that a frame of reserve() is for. */
  setHwaddr(at: u32): void {
    const iface = this.iface;
    assert(this.holds(at, abi.ETH_ALEN));
    store<u32>(this.mac + at, iface.hwaddrHead);
    store<u16>(this.mac + at, iface.hwaddrTail, 4);
  }

  /** Turns a received frame around: to its sender, from the interface that has received it. */
  turn(): void {
    this.move(0, abi.ETH_ALEN, abi.ETH_ALEN);
    this.setHwaddr(abi.ETH_ALEN);
  }

  /** The Internet checksum (RFC 1071) of `bytes` bytes, in the form in which set16() writes it; of 0 over a correct one. */
  checksum(at: u32, bytes: u32): u32 {
    assert(this.holds(at, bytes));
    let sum: u32 = 0;
    let from = this.mac + at;
    const end = from + (bytes & ~3);
    // Rounds: frameSize / 4
    while (from < end) {
      const word = load<u32>(from);
      sum += (word & 0xffff) + (word >> 16);
      from += 4;
    }
    if (bytes & 2) {
      sum += <u32>load<u16>(from);
      from += 2;
    }
    if (bytes & 1) sum += <u32>load<u8>(from);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return htons(~sum & 0xffff);
  }
}
