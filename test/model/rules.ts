// Small facts about frames that several calls need.
import * as packet from "../../assembly/packet.js";
import { htons } from "../../host/engine/sockaddr.js";
import type { Frame } from "./frame.js";
import type { Pool } from "./pool.js";
import { ALL, type Socket } from "./socket.js";

/** sll_pkttype of the frame, as the socket sees it. */
export function packetType(socket: Socket, { bytes, about, pool }: Frame): number {
  if (about.outgoing) return packet.PACKET_OUTGOING;
  if (about.tag !== undefined && (about.tag.tci & 0xfff) !== 0 && socket.protocol !== ALL)
    return packet.PACKET_OTHERHOST;
  const to = bytes.subarray(0, 6);
  if (to.every((byte) => byte === 0xff)) return packet.PACKET_BROADCAST;
  if ((to[0]! & 1) !== 0) return packet.PACKET_MULTICAST;
  return to.equals(pool.hwaddr) ? packet.PACKET_HOST : packet.PACKET_OTHERHOST;
}

/** What a SOCK_DGRAM socket sends. */
export function withHeader(iface: Pool, to: Buffer, protocol: number, payload: Buffer): Buffer {
  const isLength = [packet.ETH_P_802_2, packet.ETH_P_802_3].some((type) => protocol === htons(type));
  const header = Buffer.concat([to, iface.hwaddr, Buffer.alloc(2)]);
  if (isLength) header.writeUInt16BE(payload.length, 12);
  else header.writeUInt16LE(protocol, 12);
  return Buffer.concat([header, payload]);
}

/** Is the frame short enough? Only one with a VLAN tag may be 4 bytes longer. */
export function sendable(iface: Pool, bytes: Buffer): boolean {
  const tagged = bytes.readUInt16BE(12) === packet.ETH_P_8021Q;
  return bytes.length <= iface.mtu + 14 + (tagged ? 4 : 0);
}
