// The parts of Ethernet, ARP, IPv4 and ICMP that arping and ping need, as bytes.

export const ETHERTYPE_IP = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const BROADCAST = "ff:ff:ff:ff:ff:ff";

const ETHERNET = 14;
const ETHERNET_SHORTEST = 60;
const ARP = 28;
const IPV4 = 20;
const ICMP = 8;
const PROTOCOL_ICMP = 1;
/** More fragments, and fragment offset. */
const FRAGMENT = 0x3fff;

/** Parses an address such as "02:00:00:00:00:01". Throws an Error with a user-readable message. */
export function parseMac(text: string): Buffer {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text))
    throw new Error(`"${text}" is not a MAC address like 02:00:00:00:00:01`);
  return Buffer.from(text.replaceAll(":", ""), "hex");
}

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Parses an address such as "192.0.2.1". Throws an Error with a user-readable message. */
export function parseIp(text: string): Buffer {
  const parts = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? text.split(".").map(Number) : [];
  if (parts.length !== 4 || parts.some((part) => part > 255))
    throw new Error(`"${text}" is not an IPv4 address like 192.0.2.1`);
  return Buffer.from(parts);
}

export function formatIp(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** The checksum of RFC 1071. It is 0 for data that contains its own correct checksum. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface Ethernet {
  to: string;
  from: string;
  type: number;
  payload: Buffer;
}

/** Returns a frame without FCS, padded to the minimum length of Ethernet. */
export function encodeEthernet({ to, from, type, payload }: Ethernet): Buffer {
  const frame = Buffer.alloc(Math.max(ETHERNET_SHORTEST, ETHERNET + payload.length));
  frame.set(parseMac(to), 0);
  frame.set(parseMac(from), 6);
  frame.writeUInt16BE(type, 12);
  frame.set(payload, ETHERNET);
  return frame;
}

/** Parses a frame. Returns null when it is shorter than its header. The payload includes padding. */
export function decodeEthernet(frame: Buffer): Ethernet | null {
  if (frame.length < ETHERNET) return null;
  return {
    to: formatMac(frame.subarray(0, 6)),
    from: formatMac(frame.subarray(6, 12)),
    type: frame.readUInt16BE(12),
    payload: frame.subarray(ETHERNET),
  };
}

export interface Arp {
  operation: "request" | "reply";
  senderMac: string;
  senderIp: string;
  targetMac: string;
  targetIp: string;
}

export function encodeArp(arp: Arp): Buffer {
  const bytes = Buffer.alloc(ARP);
  bytes.writeUInt16BE(1, 0); // Ethernet
  bytes.writeUInt16BE(ETHERTYPE_IP, 2);
  bytes[4] = 6;
  bytes[5] = 4;
  bytes.writeUInt16BE(arp.operation === "request" ? 1 : 2, 6);
  bytes.set(parseMac(arp.senderMac), 8);
  bytes.set(parseIp(arp.senderIp), 14);
  bytes.set(parseMac(arp.targetMac), 18);
  bytes.set(parseIp(arp.targetIp), 24);
  return bytes;
}

/** Parses an ARP packet. Returns null when it is not a request or reply for IPv4 over Ethernet. */
export function decodeArp(bytes: Buffer): Arp | null {
  if (bytes.length < ARP) return null;
  if (bytes.readUInt32BE(0) !== 0x00010800 || bytes.readUInt16BE(4) !== 0x0604) return null;
  const operation = bytes.readUInt16BE(6);
  if (operation !== 1 && operation !== 2) return null;
  return {
    operation: operation === 1 ? "request" : "reply",
    senderMac: formatMac(bytes.subarray(8, 14)),
    senderIp: formatIp(bytes.subarray(14, 18)),
    targetMac: formatMac(bytes.subarray(18, 24)),
    targetIp: formatIp(bytes.subarray(24, 28)),
  };
}

export interface Echo {
  from: string;
  to: string;
  kind: "request" | "reply";
  id: number;
  sequence: number;
  payload: Buffer;
}

/** Returns an ICMP echo message in an IPv4 packet. */
export function encodeEcho({ from, to, kind, id, sequence, payload }: Echo): Buffer {
  const packet = Buffer.alloc(IPV4 + ICMP + payload.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(sequence, 4);
  packet[8] = 64;
  packet[9] = PROTOCOL_ICMP;
  packet.set(parseIp(from), 12);
  packet.set(parseIp(to), 16);
  packet.writeUInt16BE(checksum(packet.subarray(0, IPV4)), 10);
  const icmp = packet.subarray(IPV4);
  icmp[0] = kind === "request" ? 8 : 0;
  icmp.writeUInt16BE(id, 4);
  icmp.writeUInt16BE(sequence, 6);
  icmp.set(payload, ICMP);
  icmp.writeUInt16BE(checksum(icmp), 2);
  return packet;
}

/** Parses an ICMP echo message. Returns null for other packets, "damaged" when a length or checksum is wrong. */
export function decodeEcho(bytes: Buffer): Echo | "damaged" | null {
  if (bytes.length < IPV4 || bytes[0]! >> 4 !== 4) return "damaged";
  const header = (bytes[0]! & 15) * 4;
  const length = bytes.readUInt16BE(2);
  if (header < IPV4 || length < header || length > bytes.length || checksum(bytes.subarray(0, header)) !== 0)
    return "damaged";
  if (bytes[9] !== PROTOCOL_ICMP || bytes.readUInt16BE(6) & FRAGMENT) return null;
  const icmp = bytes.subarray(header, length);
  if (icmp.length < ICMP || checksum(icmp) !== 0) return "damaged";
  const type = icmp[0];
  if ((type !== 0 && type !== 8) || icmp[1] !== 0) return null;
  return {
    from: formatIp(bytes.subarray(12, 16)),
    to: formatIp(bytes.subarray(16, 20)),
    kind: type === 8 ? "request" : "reply",
    id: icmp.readUInt16BE(4),
    sequence: icmp.readUInt16BE(6),
    payload: icmp.subarray(ICMP),
  };
}
