// The cases' vocabulary: frames, addresses, and the calls that they make most.

import { be16, htons, le } from "./bytes.js";
import { call, type CallStep, type Difference, type Expect, type Field, type Options } from "./steps.js";

/** IEEE 802's local experimental EtherTypes. The second one is the runner's own; see execute.ts. */
export const TEST_TYPE = 0x88b5;
export const ETH_P_ALL = 3;
export const BROADCAST = "ffffffffffff";
export const GROUP = "01005e0102a3";

/** A received or sent frame of 60 bytes or more. */
export function frame(options: { dst?: string; src?: string; type?: number | string; payload?: string } = {}): string {
  const { dst = "OWN", src = "PEER", type = TEST_TYPE, payload = "@46:1" } = options;
  return `${dst} ${src} ${typeof type === "number" ? be16(type) : type} ${payload}`;
}

/** A frame as ours sends it. */
export function outgoing(options: Parameters<typeof frame>[0] = {}): string {
  return frame({ dst: "PEER", src: "OWN", ...options });
}

/** The longest frame, identified by its payload: see FillStep. */
export function numbered(number: number): string {
  return outgoing({ payload: `@1500:${number}` });
}

/** struct sockaddr_ll. */
export function ll(
  options: {
    family?: number;
    protocol?: number;
    ifindex?: string;
    hatype?: number;
    pkttype?: number;
    halen?: number;
    address?: string;
  } = {},
): string {
  const { family = 17, protocol = 0, ifindex = "IF", hatype = 0, pkttype = 0, halen = 0, address = "z6" } = options;
  return `${le(family, 2)} ${be16(protocol)} ${ifindex} ${le(hatype, 2)} ${le(pkttype, 1)} ${le(halen, 1)} ${address} z2`;
}

export const PACKET = { HOST: 0, BROADCAST: 1, MULTICAST: 2, OTHERHOST: 3, OUTGOING: 4 } as const;

/** The struct sockaddr_ll that comes with a received frame. */
export function from(pkttype: number, protocol = TEST_TYPE, address = "PEER"): string {
  return ll({ protocol, hatype: 1, pkttype, halen: 6, address });
}

export function fails(errno: string | RegExp): Expect {
  return { errno };
}

export const OK: Expect = { ret: 0 };

/** socket(AF_PACKET, SOCK_`type`, htons(`protocol`)), saved as $`name`. */
export function open(name: string, type: "RAW" | "DGRAM", protocol: number, flags = ""): CallStep {
  return call(
    `socket AF_PACKET SOCK_${type}${flags} ${htons(protocol)}`,
    { ret: /^\d+$/ },
    { save: { [name]: "ret" } },
  );
}

/** bind() to the interface, with `protocol` (0: the socket's stays). */
export function bind(name: string, protocol = 0): CallStep {
  return call(`bind $${name} {${ll({ protocol })}}`, OK);
}

/** A socket bound to the interface. */
export function bound(name: string, type: "RAW" | "DGRAM" = "RAW", protocol = TEST_TYPE, flags = ""): CallStep[] {
  return [open(name, type, 0, flags), bind(name, protocol)];
}

/** recv() of exactly `frame`. */
export function receives(name: string, bytes: string, length: number, flags: string | number = 0): CallStep {
  return call(`recv $${name} 1540 ${flags}`, { ret: length, fields: { data: `{${bytes}}` } });
}

/** Where Linux has taken a frame before it finds that the caller's pointer is no good: ours has looked first. */
export function losesNothing(expect: Expect): Difference {
  return { expect, reason: "a bad pointer costs no frame" };
}

/** recvfrom() of `bytes` with the address `address`. */
export function receivesFrom(name: string, bytes: string, length: number, address: string, flags = "0"): CallStep {
  return call(`recvfrom $${name} 1540 ${flags} 20`, {
    ret: length,
    fields: { data: `{${bytes}}`, addr: `{${address}}`, addrlen: 20 },
  });
}

export function empty(name: string): CallStep {
  return call(`recv $${name} 1540 MSG_DONTWAIT`, fails("EAGAIN"));
}

/** Waits until there is something to be received. */
export function readable(name: string): CallStep {
  return call(`poll 5000 $${name}:POLLIN`, { ret: 1, fields: { revents: 1 } });
}

export function sends(name: string, bytes: string, length: number, flags: string | number = 0): CallStep {
  return call(`send $${name} {${bytes}} ${flags}`, { ret: length });
}

export function setInt(name: string, level: string, option: string, value: number, expect: Expect = OK): CallStep {
  return call(`setsockopt $${name} ${level} ${option} {${le(value, 4)}}`, expect);
}

export function getInt(name: string, level: string, option: string, value: Field, options: Options = {}): CallStep {
  const fields = { len: 4, value: typeof value === "number" ? `{${le(value, 4)}}` : value };
  return call(`getsockopt $${name} ${level} ${option} 4`, { ret: 0, fields }, options);
}

/** Text as bytes, with its NUL. */
export function text(string: string): string {
  return Buffer.from(`${string}\0`, "latin1").toString("hex");
}
