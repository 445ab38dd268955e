// A frame in the model: its bytes, its attributes, and the number of its holders.
import { ETH_P_802_2, ETH_P_802_3, ETH_P_8021AD, ETH_P_8021Q } from "../../assembly/packet.js";
import type { Pool } from "./pool.js";
import type { Socket } from "./socket.js";

export interface Tag {
  tci: number;
  tpid: number;
}

/** What packet(7) reports about a frame besides its bytes. */
export interface About {
  /** Network order, as in sockaddr_ll. */
  protocol: number;
  ifindex: number;
  outgoing: boolean;
  tag?: Tag | undefined;
  /** Seconds and nanoseconds; the driver took none when there is none. */
  stamp?: readonly [number, number] | undefined;
}

export class Frame {
  /** Sockets that hold it, and the sending side while it sends what sockets hold too. */
  refs = 0;
  /** The socket whose SO_SNDBUF it counts against while it is being sent, and which asks for its stamp. */
  owner: Socket | undefined;
  /** Its owner's error queue shall tell when it was sent, with this number. */
  wantsStamp = false;
  id = 0;

  constructor(
    /** The interface to whose frames it belongs. */
    readonly pool: Pool,
    /** From the link-layer header on. */
    public bytes: Buffer,
    public about: About,
    /** Where in the buffer the link-layer header starts. */
    public offset: number,
  ) {}
}

/** What the network has put into the type field at `at`: an EtherType, or a length and then one of two kinds of LLC. */
function protocolAt(bytes: Buffer, at: number): number {
  const type = bytes.readUInt16BE(at);
  if (type >= 0x600) return type;
  return bytes.length >= at + 4 && bytes.readUInt16BE(at + 2) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

export function isTag(type: number): boolean {
  return type === ETH_P_8021Q || type === ETH_P_8021AD;
}

/** What the frame is without its outermost tag, if it has one; undefined: Linux drops it. */
export function untagged(bytes: Buffer): { bytes: Buffer; protocol: number; tag?: Tag } | undefined {
  const protocol = protocolAt(bytes, 12);
  if (!isTag(protocol)) return { bytes, protocol };
  if (bytes.length < 20) return undefined;
  const tag = { tci: bytes.readUInt16BE(14), tpid: protocol };
  const rest = Buffer.concat([bytes.subarray(0, 12), bytes.subarray(16)]);
  return { bytes: rest, protocol: protocolAt(rest, 12), tag };
}

/** The innermost type of a frame whose protocol is that of a tag, and where its payload starts; undefined: it ends before, or that type is 0. */
export function innermost(bytes: Buffer): { type: number; start: number } | undefined {
  let start = 14;
  do {
    start += 4;
    if (start > bytes.length) return undefined;
  } while (isTag(bytes.readUInt16BE(start - 2)));
  const type = bytes.readUInt16BE(start - 2);
  return type === 0 ? undefined : { type, start };
}

/** The first tag in the bytes, as Linux tells of it. */
export function firstTag(bytes: Buffer): Tag {
  return { tpid: bytes.readUInt16BE(12), tci: bytes.length < 18 ? 0 : bytes.readUInt16BE(14) };
}
