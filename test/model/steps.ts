// What a run does: steps as data, so that a failing run can be printed, shrunk and done again. All are drawn by fast-check.
import * as fc from "fast-check";
import * as packet from "../../assembly/packet.js";
import { htons } from "../../host/engine/sockaddr.js";
import type { Lending } from "./component.js";
import { filters, invalidFilters } from "./filters.js";

/** A frame in few words. */
export interface FrameWords {
  to: number;
  type: number;
  /** VLAN tags before the type. */
  tags: number[];
  length: number;
  seed: number;
}

export type Step =
  | { do: "socket"; type: number; protocol: number }
  | { do: "stack"; ifindex: number }
  | { do: "close" | "poll" | "name" | "readable" | "unsent" | "statistics" | "stamp"; fd: number }
  | { do: "bind"; fd: number; ifindex: number; protocol: number; length: number }
  | { do: "service" }
  | { do: "wire"; ifindex: number; frame: FrameWords; offset: number; times: number }
  | { do: "recv"; fd: number; length: number }
  | { do: "message"; fd: number; length: number }
  | { do: "recvfrom"; fd: number; length: number; flags: number }
  | { do: "send"; fd: number; frame: FrameWords; times: number }
  | { do: "sendto"; fd: number; frame: FrameWords; ifindex: number; protocol: number; length: number }
  | { do: "prefetch"; ifindex: number }
  | { do: "transmit"; ifindex: number; times: number }
  | { do: "complete"; ifindex: number; which: number; times: number }
  | { do: "flags" | "requestFlags"; ifindex: number; flags: number }
  | { do: "lend"; fd: number; what: Lending }
  /** `back`: how many were lent since. */
  | { do: "release"; fd: number; back: number }
  | { do: "submit"; fd: number; back: number; frame: FrameWords }
  | { do: "option"; fd: number; name: keyof typeof optionNumbers; value: number }
  | { do: "getOption"; fd: number; name: keyof typeof optionNumbers; length: number }
  | { do: "filter"; fd: number; number: number }
  | { do: "device"; fd: number; name: string }
  | { do: "membership"; fd: number; join: boolean; ifindex: number; type: number; length: number; address: number }
  | { do: "multicast"; ifindex: number; on: boolean; address: number };

/** Level and name of the options that are a number. */
export const optionNumbers = {
  RCVBUF: [packet.SOL_SOCKET, packet.SO_RCVBUF],
  SNDBUF: [packet.SOL_SOCKET, packet.SO_SNDBUF],
  IGNORE_OUTGOING: [packet.SOL_PACKET, packet.PACKET_IGNORE_OUTGOING],
  DETACH_FILTER: [packet.SOL_SOCKET, packet.SO_DETACH_FILTER],
  LOCK_FILTER: [packet.SOL_SOCKET, packet.SO_LOCK_FILTER],
  TIMESTAMP: [packet.SOL_SOCKET, packet.SO_TIMESTAMP],
  TIMESTAMPNS: [packet.SOL_SOCKET, packet.SO_TIMESTAMPNS],
  TIMESTAMPING: [packet.SOL_SOCKET, packet.SO_TIMESTAMPING],
  SELECT_ERR_QUEUE: [packet.SOL_SOCKET, packet.SO_SELECT_ERR_QUEUE],
  ERROR: [packet.SOL_SOCKET, packet.SO_ERROR],
  TYPE: [packet.SOL_SOCKET, packet.SO_TYPE],
  LOSS: [packet.SOL_PACKET, packet.PACKET_LOSS],
  NO_LEVEL: [6, 1],
} as const;

/** The destination of a frame: eth0, eth1, broadcast, two groups, another host. */
const addresses = ["020000000001", "020000000002", "ffffffffffff", "01005e000001", "0180c200000e", "020000000099"];
const types = [0x0800, 0x0800, 0x0806, 0x88cc, 0x8100, 0x0026, 0xffff];

export function addressOf(number: number): Buffer {
  return Buffer.from(addresses[number % addresses.length]!, "hex");
}

export function frameOf({ to, type, tags, length, seed }: FrameWords): Buffer {
  const header = Buffer.concat([addressOf(to), Buffer.from("020000000077", "hex"), Buffer.alloc(tags.length * 4 + 2)]);
  tags.forEach((tci, i) => {
    header.writeUInt16BE(i === 0 && tci > 0x7fff ? 0x88a8 : 0x8100, 12 + i * 4);
    header.writeUInt16BE(tci, 14 + i * 4);
  });
  // 0xffff behind a length is Novell's kind of frame.
  header.writeUInt16BE(type === 0xffff ? 100 : type, header.length - 2);
  const payload = Buffer.from(Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 255));
  if (type === 0xffff) payload.fill(0xff, 0, Math.min(2, length));
  return Buffer.concat([header, payload]);
}

// ---- Arbitraries ----

/** Mostly one of the first open descriptors; see Run.descriptor(). */
const fd = fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constantFrom(0, 1, -1, 65) });
/** Mostly an interface that there is; see Run.interface(). */
const ifindex = fc.constantFrom(...[1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3].flatMap((index) => [index, index]), 0, 9);
const protocol = fc.constantFrom(
  ...[0, packet.ETH_P_ALL, packet.ETH_P_ALL, packet.ETH_P_ALL, 0x0800, 0x0800, 0x0806, 0x88cc, 0x8100].map(htons),
  htons(packet.ETH_P_802_2),
  htons(packet.ETH_P_802_3),
);
const sllLength = fc.oneof(
  { weight: 9, arbitrary: fc.constant(20) },
  { weight: 1, arbitrary: fc.constantFrom(0, 12, 18) },
);
const frame: fc.Arbitrary<FrameWords> = fc.record({
  to: fc.nat(addresses.length - 1),
  type: fc.constantFrom(...types),
  tags: fc.oneof(
    { weight: 4, arbitrary: fc.constant<number[]>([]) },
    fc.array(fc.oneof(fc.constantFrom(0, 5), fc.nat(0xffff)), { maxLength: 3 }),
  ),
  length: fc.oneof({ weight: 4, arbitrary: fc.nat(120) }, fc.nat(280)),
  seed: fc.nat(255),
});
const length = fc.constantFrom(0, 1, 10, 14, 40, 60, 2048, 2048, 2048);
const flags = fc.constantFrom(
  ...[0, 0, packet.MSG_PEEK, packet.MSG_TRUNC, packet.MSG_PEEK | packet.MSG_TRUNC, packet.MSG_DONTWAIT, 1, 4, 0x100],
);
const back = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(6) });
const optionName = fc.constantFrom(...(Object.keys(optionNumbers) as (keyof typeof optionNumbers)[]));
const optionValue = fc.oneof(fc.constantFrom(0, 1, 1, 2, -1), fc.nat(4000));
/** Mostly with stamps of sent frames. */
const timestamping = fc
  .tuple(
    fc.constantFrom(...[packet.SOF_TIMESTAMPING_TX_SOFTWARE, packet.SOF_TIMESTAMPING_TX_SOFTWARE, 0]),
    fc.subarray([
      ...[packet.SOF_TIMESTAMPING_TX_HARDWARE, packet.SOF_TIMESTAMPING_RX_SOFTWARE, packet.SOF_TIMESTAMPING_SOFTWARE],
      ...[packet.SOF_TIMESTAMPING_OPT_ID, packet.SOF_TIMESTAMPING_OPT_TSONLY],
    ]),
  )
  .map(([sent, others]) => others.reduce((sum, flag) => sum | flag, sent));
const times = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 8 }) },
);
const up = packet.IFF_UP | packet.IFF_RUNNING;
const requested = fc.constantFrom(
  ...[up, up | packet.IFF_PROMISC, up | packet.IFF_ALLMULTI, 0, 0x4, packet.IFF_BROADCAST].map(
    (flags) => flags | packet.IFF_MULTICAST,
  ),
  up,
);
const socketType = fc.constantFrom(
  ...[packet.SOCK_RAW, packet.SOCK_RAW, packet.SOCK_RAW, packet.SOCK_DGRAM, packet.SOCK_DGRAM],
  ...[packet.SOCK_RAW | packet.SOCK_NONBLOCK, packet.SOCK_DGRAM | packet.SOCK_CLOEXEC],
  ...[0, 1, packet.SOCK_PACKET, 11, packet.SOCK_RAW | 0x10],
);
const ifaceFlags = fc.constantFrom(up, up, up, 0, 0, up | packet.IFF_PROMISC, up | packet.IFF_ALLMULTI);

function step<T extends Step["do"]>(what: T, fields: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant(what), ...fields }) as unknown as fc.Arbitrary<Step>;
}

const weighted: readonly [number, fc.Arbitrary<Step>][] = [
  [3, step("socket", { type: socketType, protocol })],
  [1, step("stack", { ifindex })],
  [2, step("close", { fd })],
  [6, step("bind", { fd, ifindex, protocol, length: sllLength })],
  [1, step("service")],
  [16, step("wire", { ifindex, frame, offset: fc.constantFrom(0, 0, 2), times })],
  [8, step("recv", { fd, length })],
  [5, step("recvfrom", { fd, length, flags })],
  [10, step("send", { fd, frame, times })],
  [5, step("sendto", { fd, frame, ifindex, protocol, length: sllLength })],
  [1, step("prefetch", { ifindex })],
  [8, step("transmit", { ifindex, times })],
  [7, step("complete", { ifindex, which: fc.nat(5), times })],
  [2, step("flags", { ifindex, flags: ifaceFlags })],
  [1, step("requestFlags", { ifindex, flags: requested })],
  [7, step("lend", { fd, what: fc.constantFrom<Lending>("received", "exclusive", "empty", "empty") })],
  [3, step("release", { fd, back })],
  [5, step("submit", { fd, back, frame })],
  [5, step("option", { fd, name: optionName, value: optionValue })],
  [3, step("option", { fd, name: fc.constant("TIMESTAMPING"), value: timestamping })],
  [4, step("message", { fd, length })],
  [2, step("getOption", { fd, name: optionName, length: fc.nat(5) })],
  [4, step("filter", { fd, number: fc.nat(filters.length + invalidFilters.length - 1) })],
  [1, step("device", { fd, name: fc.constantFrom("", "eth0", "eth0\0x", "eth1", "eth7", "averylongname15+") })],
  [
    2,
    step("membership", {
      fd,
      join: fc.boolean(),
      ifindex,
      type: fc.nat(4),
      length: fc.constantFrom(0, 5, 6, 6, 6, 7),
      address: fc.nat(addresses.length - 1),
    }),
  ],
  [1, step("multicast", { ifindex, on: fc.boolean(), address: fc.nat(addresses.length - 1) })],
  [3, step("poll", { fd })],
  [1, step("name", { fd })],
  [1, step("readable", { fd })],
  [1, step("unsent", { fd })],
  [2, step("statistics", { fd })],
  [1, step("stamp", { fd })],
];

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }))),
  { minLength: 1, maxLength: 120, size: "max" },
);

/** Capacities that leave something to every side, small enough to run out. */
const capacities = fc
  .record({
    txFrames: fc.integer({ min: 1, max: 4 }),
    rxReserve: fc.integer({ min: 1, max: 3 }),
    forSockets: fc.integer({ min: 1, max: 6 }),
    stackReserve: fc.nat(2),
    queueFrames: fc.integer({ min: 1, max: 6 }),
    preallocConns: fc.nat(4),
    allocConns: fc.constantFrom(0, 0, 1, 2, 3),
    maxConns: fc.nat(5),
    heapSize: fc.constantFrom(0, 300, 700, 1500, 3000),
    frameSize: fc.constantFrom(128, 200, 256),
    frameAlign: fc.constantFrom(4, 32),
  })
  .map(({ forSockets, ...all }) => {
    // Some sockets at least.
    if (all.allocConns === 0) all.preallocConns = Math.max(all.preallocConns, 2);
    return Object.assign(all, { frames: all.txFrames + all.rxReserve + forSockets });
  });

/** Steps that every run begins with, so that the random ones find something open. */
const opening: fc.Arbitrary<Step[]> = fc
  .array(fc.record({ type: fc.constantFrom(packet.SOCK_RAW, packet.SOCK_DGRAM), protocol, ifindex }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((sockets) =>
    sockets.flatMap(({ type, protocol, ifindex }, fd): Step[] => [
      { do: "socket", type, protocol },
      { do: "bind", fd, ifindex, protocol: 0, length: packet.SLL_BYTES },
    ]),
  );

/** What a run starts from; `txOffsets` has one for each interface. */
export const setups = fc
  .record({ capacities, txOffsets: fc.array(fc.constantFrom(0, 2), { minLength: 1, maxLength: 3 }), opening })
  .map(({ capacities, txOffsets, opening }) => {
    return { txOffsets, opening, capacities: Object.assign(capacities, { interfaces: txOffsets.length }) };
  });
