import {
  AF_PACKET,
  SLL_ADDR,
  SLL_BYTES,
  SLL_FAMILY,
  SLL_HALEN,
  SLL_HATYPE,
  SLL_IFINDEX,
  SLL_PKTTYPE,
  SLL_PROTOCOL,
} from "../../assembly/packet.js";

/** struct sockaddr_ll of packet(7), without the prefix sll_. */
export interface SockaddrLl {
  family: number;
  /** Network order: htons(ETH_P_ALL). */
  protocol: number;
  ifindex: number;
  hatype: number;
  pkttype: number;
  /** sll_halen bytes, at most 8. */
  addr: Uint8Array;
}

/** Converts between host order and network order. */
export function htons(value: number): number {
  return ((value & 0xff) << 8) | ((value >> 8) & 0xff);
}

/** The 20 bytes of the struct. Fields that are left out are 0, and the family AF_PACKET. */
export function encodeSockaddr(address: Partial<SockaddrLl>): Uint8Array {
  const bytes = Buffer.alloc(SLL_BYTES);
  const hardware = address.addr ?? new Uint8Array(0);
  if (hardware.length > SLL_BYTES - SLL_ADDR) throw new RangeError("a hardware address has at most 8 bytes here");
  bytes.writeUInt16LE(address.family ?? AF_PACKET, SLL_FAMILY);
  bytes.writeUInt16LE(address.protocol ?? 0, SLL_PROTOCOL);
  bytes.writeInt32LE(address.ifindex ?? 0, SLL_IFINDEX);
  bytes.writeUInt16LE(address.hatype ?? 0, SLL_HATYPE);
  bytes[SLL_PKTTYPE] = address.pkttype ?? 0;
  bytes[SLL_HALEN] = hardware.length;
  bytes.set(hardware, SLL_ADDR);
  return bytes;
}

export function decodeSockaddr(bytes: Uint8Array): SockaddrLl {
  const view = Buffer.from(bytes);
  return {
    family: view.readUInt16LE(SLL_FAMILY),
    protocol: view.readUInt16LE(SLL_PROTOCOL),
    ifindex: view.readInt32LE(SLL_IFINDEX),
    hatype: view.readUInt16LE(SLL_HATYPE),
    pkttype: view.readUInt8(SLL_PKTTYPE),
    addr: new Uint8Array(view.subarray(SLL_ADDR, SLL_ADDR + view.readUInt8(SLL_HALEN))),
  };
}
