// What a socket sees of a frame besides its bytes.

import * as abi from "./abi";
import { Frame, Socket } from "./layout";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, PACKET_OUTGOING } from "./packet";

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
