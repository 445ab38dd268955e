// What a socket sees of a frame besides its bytes.

import * as abi from "./abi";
import { Frame, Socket } from "./layout";
import { ETH_P_8021AD, ETH_P_8021Q } from "./packet";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, PACKET_OUTGOING } from "./packet";

/** htons() and ntohs(): swaps the bytes of a number of 16 bits. asc's bswap() would be a call, also for a constant. */
// @ts-ignore: decorator
@inline
export function htons(value: u32): u32 {
  return ((value & 0xff) << 8) | (value >> 8);
}

/** htonl() and ntohl(): swaps the bytes of a number of 32 bits. */
// @ts-ignore: decorator
@inline
export function htonl(value: u32): u32 {
  return rotl<u32>(value & 0xff00ff00, 8) | rotr<u32>(value & 0x00ff00ff, 8);
}

/**
 * Does the socket see the VLAN tags of frames? Linux without a VLAN device marks a tagged frame as PACKET_OTHERHOST and
 * discards the tag, after sockets of ETH_P_ALL and before sockets of one protocol get it.
 */
export function tagVisible(socket: Socket): bool {
  return !(socket.mask & 0xffff);
}

/** The packet type of packet(7): PACKET_HOST, PACKET_BROADCAST, ... */
export function packetType(socket: Socket, frame: Frame): u32 {
  if (frame.flags & abi.FRAME_OUTGOING) return PACKET_OUTGOING;
  if (frame.flags & abi.FRAME_VLAN && frame.tci & 0xfff && !tagVisible(socket)) return PACKET_OTHERHOST;
  const head = load<u32>(frame.mac);
  const tail = <u32>load<u16>(frame.mac, 4);
  if (head & 1) return head == 0xffffffff && tail == 0xffff ? PACKET_BROADCAST : PACKET_MULTICAST;
  const iface = frame.iface;
  return head == iface.hwaddrHead && tail == iface.hwaddrTail ? PACKET_HOST : PACKET_OTHERHOST;
}

/** Is this type, in network order, that of a VLAN tag? */
export function isTag(type: u32): bool {
  return type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD);
}

/** The most tags that Linux looks behind. */
const MAX_TAGS: u32 = 7;

/**
 * Where the last of the tags ends that start behind the header, as an offset from `mac`; the type in front of it is the
 * innermost one. 0 when the frame ends before or that type is 0.
 */
export function endOfTags(mac: usize, len: u32): u32 {
  let end: u32 = abi.ETH_HLEN;
  // Rounds: 7
  for (let tags: u32 = 0; tags < MAX_TAGS; ++tags) {
    end += abi.VLAN_HLEN;
    if (end > len) return 0;
    const type = <u32>load<u16>(mac + end - 2);
    if (!isTag(type)) return type ? end : 0;
  }
  return 0;
}

/** The tag of that type, in network order, behind the header, as Frame.tci has it; its TCI is 0 when the frame ends before. */
export function tagAt(mac: usize, len: u32, type: u32): u32 {
  const tci = len < abi.ETH_HLEN + abi.VLAN_HLEN ? 0 : htons(load<u16>(mac, abi.ETH_HLEN));
  return tci | (htons(type) << 16);
}

/** Where Linux sees the network header, as an offset from the link-layer header: in a sent frame it is behind the tags. */
export function netOffset(frame: Frame): u32 {
  const isSent = (frame.flags & abi.FRAME_OUTGOING) != 0;
  if (!isSent || !isTag(frame.key & 0xffff)) return abi.ETH_HLEN;
  const end = endOfTags(frame.mac, frame.len);
  return end ? end : abi.ETH_HLEN;
}
