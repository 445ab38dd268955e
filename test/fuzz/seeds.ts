// Writes what the fuzzer starts from for targets whose inputs can be spelled out: `tsx test/fuzz/seeds.ts OUT`. The bytes are
// in the order in which the target reads them.
import { createPrivateKey } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { operations } from "../../host/manage/message.js";
import { signModule } from "../../host/sign/cose.js";

const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];

// ---- server.c ----

const AF_PACKET = 17;
const SOL_SOCKET = 1;
const SOL_PACKET = 263;
const ETH_P_ALL = 0x0300;
const SO_TIMESTAMPING = 37;
/** SOF_TIMESTAMPING_TX_SOFTWARE, _SOFTWARE. */
const SENT_STAMPS = 2 | 16;
const any = (value: number): number[] => (value >= 0 && value < 128 ? [value] : [192, ...u32(value)]);
const call = {
  socket: 0,
  bind: 1,
  getsockname: 7,
  sendto: 8,
  sendmsg: 9,
  receive: 10,
  setsockopt: 11,
  getsockopt: 12,
  answers: 13,
  mmap: 14,
  poll: 15,
  nothing: 16,
  ioctl: 17,
  message: 18,
  queue: 19,
} as const;
/** The server takes a turn after each step. */
const turn = 1;
const connect = (program: number, name: number): number[] => [0, program, name, turn];
const disconnect = (program: number): number[] => [1, program, turn];
const take = (program: number): number[] => [3, program, turn];
const arrive = (length = 60): number[] => [6, ...u16(length - 14), 2, 0x88, 0x8e, turn];

interface Request {
  readonly number?: number;
  readonly arguments?: readonly number[];
  readonly name?: number;
  readonly control?: number;
  readonly data?: readonly number[];
}

function request(program: number, which: keyof typeof call, what: Request = {}): number[] {
  const given = [0, 1, 2, 3].flatMap((i) => any(what.arguments?.[i] ?? 0));
  const data = what.data ?? [];
  const head = [13, program, 0, call[which], what.number ?? 0, ...given, what.name ?? 0, (what.control ?? 0) / 4];
  return [...head, data.length, 0, ...data, turn];
}

const open = (program: number, number: number, type = 3): number[] => [
  ...connect(program, number),
  ...request(program, "socket", { arguments: [type, ETH_P_ALL] }),
  ...take(program),
];
/** A call about socket `number`, over a connection of its own. */
const ask = (number: number, which: keyof typeof call, what: Request = {}): number[] => [
  ...connect(9, 255),
  ...request(9, which, { ...what, number }),
  ...take(9),
  ...disconnect(9),
];
const address = [...u16(AF_PACKET), 0x88, 0x8e, ...u32(7), ...u16(0), 0, 6, 255, 255, 255, 255, 255, 255, 0, 0];
const option = (level: number, name: number, data: readonly number[]): Request => ({
  arguments: [level, name, data.length],
  data,
});
const ifreq = [..."wlan0"].map((letter) => letter.charCodeAt(0)).concat(Array<number>(35).fill(0));
const ring = [...u32(4096), ...u32(2), ...u32(2048), ...u32(4)];
const frame = [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 0x88, 0x8e, 1, 2, 3];

const server: Readonly<Record<string, number[]>> = {
  "a frame through the connection": [0, ...open(1, 1), ...arrive(), ...take(1), ...ask(1, "receive"), ...arrive(100)],
  "stamps of sent frames": [
    ...[0, ...open(1, 1), ...ask(1, "bind", { arguments: [20], data: address })],
    ...[...ask(1, "queue"), ...ask(1, "setsockopt", option(SOL_SOCKET, SO_TIMESTAMPING, u32(SENT_STAMPS)))],
    ...[...ask(1, "sendmsg", { data: frame }), ...ask(1, "poll"), ...ask(1, "message"), ...ask(1, "message")],
    ...[...ask(1, "sendmsg", { data: frame }), ...ask(1, "message", { arguments: [2] }), ...ask(1, "queue")],
  ],
  "bind and names": [
    ...[0, ...open(1, 1), ...ask(1, "bind", { arguments: [20], data: address })],
    ...ask(1, "getsockname", { arguments: [20] }),
  ],
  "a ring": [
    ...[0, ...open(1, 1), ...ask(1, "setsockopt", option(SOL_PACKET, 10, u32(1)))],
    ...[
      ...ask(1, "setsockopt", option(SOL_PACKET, 5, ring)),
      ...ask(1, "mmap", { arguments: [5] }),
      ...arrive(),
      ...arrive(200),
    ],
    ...[
      5,
      0,
      ...u16(0),
      200,
      0,
      turn,
      ...arrive(),
      ...ask(1, "poll"),
      ...ask(1, "getsockopt", option(SOL_PACKET, 11, u32(1))),
    ],
  ],
  "a ring of blocks": [
    ...[0, ...open(1, 1), ...ask(1, "setsockopt", option(SOL_PACKET, 10, u32(2)))],
    ...ask(1, "setsockopt", option(SOL_PACKET, 5, [...ring, ...u32(1), ...u32(8), ...u32(0)])),
    ...[...ask(1, "mmap", { arguments: [5] }), ...arrive(1400), ...arrive(1400), ...arrive(1400), turn],
    ...[
      5,
      0,
      ...u16(0),
      48,
      0,
      turn,
      ...arrive(),
      ...ask(1, "getsockopt", option(SOL_PACKET, 6, [...u32(0), ...u32(0)])),
    ],
  ],
  "a ring to send": [
    ...[0, ...open(1, 1), ...ask(1, "bind", { arguments: [20], data: address })],
    ...ask(1, "setsockopt", option(SOL_PACKET, 14, u32(1))),
    ...[...ask(1, "setsockopt", option(SOL_PACKET, 13, ring)), ...ask(1, "mmap", { arguments: [13] })],
    ...[5, 0, ...u16(0), 1, 1, 5, 0, ...u16(128), 200, 1, ...ask(1, "sendto"), ...ask(1, "sendmsg", { data: frame })],
  ],
  "send over both ways": [
    ...[0, ...open(1, 1), ...ask(1, "answers"), ...request(1, "sendto", { number: 1, data: frame })],
    ...ask(1, "sendto", { arguments: [0, 20, 1], name: 20, data: [...address, ...frame] }),
    ...request(1, "sendmsg", { number: 1, control: 32, data: [...Array<number>(32).fill(0), ...frame] }),
  ],
  "a filter and statistics": [
    ...[0, ...open(1, 1), ...ask(1, "setsockopt", option(SOL_SOCKET, 26, [...u16(6), 0, 0, ...u32(65535)]))],
    ...[...arrive(), ...ask(1, "getsockopt", option(SOL_PACKET, 6, Array<number>(8).fill(0)))],
    ...ask(1, "setsockopt", option(SOL_PACKET, 1, [...u32(7), ...u16(0), ...u16(6), 1, 0, 94, 0, 0, 1, 0, 0])),
  ],
  ioctls: [
    ...[0, ...ask(0, "ioctl", { arguments: [0x8933], data: ifreq }), ...open(1, 1)],
    ...[0x8915, 0x8927, 0x8914, 0x8913].flatMap((name) => ask(1, "ioctl", { arguments: [name], data: ifreq })),
    ...ask(1, "ioctl", { arguments: [0x5411], data: u32(0) }),
  ],
  "more connections than slots": [0, 2, 0, 140, turn, 2, 0, 140, turn, ...open(1, 1)],
};

// ---- cable.c ----

const plug = [0, 3];
const datagrams = (which: 0 | 2, length: number, to = 0, count = 0): number[] => [0, which, ...u16(length), to, count];
const receive = [0, 8];
const membership = [0, 4, 0, 2, 0, 1];

const cable: Readonly<Record<string, number[]>> = {
  "frames of all lengths": plug.concat(
    [0, 13, 14, 15, 60, 1514, 1536, 1537, 2048, 2049, 4095].flatMap((length) => datagrams(0, length).concat(receive)),
  ),
  "a stranger": [...plug, ...datagrams(2, 60, 1, 9), ...datagrams(0, 60, 1), ...receive],
  "a multicast group": [...plug, ...membership, ...datagrams(0, 60, 2, 3), ...receive, 0, 4, 2, 0, 0, 1, ...receive],
  "nobody at the other end": [
    0,
    5,
    ...u16(46),
    1,
    0,
    6,
    ...u16(46),
    1,
    ...receive,
    ...plug,
    ...datagrams(0, 60),
    ...receive,
  ],
  "more than the pool": [...plug, ...datagrams(0, 60, 1, 39), ...receive, 0, 7, ...receive, 1, 8],
};

// ---- signed.c ----

/** The key of RFC 8032, section 7.1, test 1, in the form of PKCS #8. */
const key = createPrivateKey({
  key: Buffer.from(
    "302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "hex",
  ),
  format: "der",
  type: "pkcs8",
});
const wasm = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const signedFile = (size: number, version: number): number[] => [
  ...signModule(Uint8Array.from([...wasm, ...Array<number>(size).fill(0)]), version, key),
];

const signed: Readonly<Record<string, number[]>> = {
  "version 0": signedFile(0, 0),
  "version 1": signedFile(15, 1),
  "version 23": signedFile(16, 23),
  "version 24": signedFile(240, 24),
  "version 256": signedFile(247, 256),
  "version 65536": signedFile(248, 65536),
  "the last version": signedFile(600, 0xffffffff),
};

// ---- manage.c ----

const asked = (operation: keyof typeof operations, ...body: number[]): number[] => [
  operations[operation],
  body.length,
  ...body,
];
const announce = (file: number, size: number): number[] => [4, file, ...u16(size)];
const piece = (file: number, size: number): number[] => [5, file, ...u16(size), 1];
const rest = (file: number): number[] => [5, file, ...u16(0), 7];
const swapIn = [6, 0];
const trialEnds = [8];
const trialFails = [9];
/** The first byte says what is allowed: with 0 everything but older modules. */
const manage: Readonly<Record<string, number[]>> = {
  "a list": [0, 0, ...asked("hello"), 1, ...asked("interface", 0, 0, 0, 1), 2, ...asked("socket", 0, 0, 0, 0), 0],
  "a module": [0, ...announce(1, 300), ...piece(1, 100), ...rest(1), ...swapIn, ...trialEnds, 0, ...asked("fallback")],
  "two modules": [
    ...[0, ...announce(1, 300), ...rest(1), ...swapIn, ...announce(2, 1000), ...trialEnds],
    ...[...announce(2, 1000), ...piece(2, 256), ...rest(2), ...swapIn, ...trialFails],
    ...[
      ...announce(3, 20),
      ...rest(3),
      ...swapIn,
      0,
      ...asked("confirm"),
      0,
      ...asked("fallback"),
      0,
      ...asked("hello"),
    ],
  ],
  "damaged, then refused": [0, ...announce(1, 50), ...rest(1), 7, ...u32(7), ...rest(1), 10, ...swapIn, 10, ...swapIn],
  "another file": [
    0,
    ...announce(1, 50),
    ...piece(1, 20),
    ...announce(2, 60),
    ...announce(1, 50),
    ...rest(1),
    ...swapIn,
  ],
  "no room": [0, ...announce(1, 5000), ...rest(1), ...swapIn],
  noise: [0, 3, 12, 0xc0, 0x70, 0x6b, 0xdb, 0xdd, 0xc0, 0xc0, 0x70, 0x6b, 0x74, 0xdb, 0xdb, 0x41, 1, ...asked("hello")],
  "from all sides": [0].concat([0, 1, 2, 3, 4].flatMap((how) => [2, operations.hello, 0, how])),
};

const out = process.argv[2];
if (out === undefined) throw new Error("usage: seeds.ts OUT");
for (const [target, seeds] of Object.entries({ server, cable, signed, manage })) {
  mkdirSync(join(out, target), { recursive: true });
  for (const [name, bytes] of Object.entries(seeds)) {
    writeFileSync(join(out, target, name.replaceAll(/,? /g, "-")), Uint8Array.from(bytes));
  }
}
