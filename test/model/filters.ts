// Classic BPF programs and what they decide, in words of their own: random ones are the differential test's matter.
import type { Frame } from "./frame.js";

export interface Filter {
  readonly name: string;
  /** Bytes of struct sock_filter. */
  readonly program: Buffer;
  /** Bytes that pass of what the socket sees of a frame; 0: it is not for the socket. */
  verdict(view: Buffer, frame: Frame): number;
}

/** Instructions: code, jt, jf, k. */
function program(...instructions: readonly (readonly [number, number, number, number])[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, jt, jf, k], i) => {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(jt, i * 8 + 2);
    bytes.writeUInt8(jf, i * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, i * 8 + 4);
  });
  return bytes;
}

const LD_B = 0x30;
const LD_H = 0x28;
const LD_LEN = 0x80;
const JEQ = 0x15;
const JGT = 0x25;
const JSET = 0x45;
const AND = 0x54;
const ST = 0x02;
const LD_MEM = 0x60;
const RET = 0x06;
const RET_A = 0x16;

/** Those that are accepted. */
export const filters: readonly Filter[] = [
  { name: "all of it", program: program([RET, 0, 0, 0xffffffff]), verdict: () => 0xffffffff },
  { name: "nothing", program: program([RET, 0, 0, 0]), verdict: () => 0 },
  { name: "the first 20 bytes", program: program([RET, 0, 0, 20]), verdict: () => 20 },
  {
    // Fields at fixed places: a chain of tests.
    name: "byte 12 is 8, or byte 15 has bit 0: 40 bytes",
    program: program(
      [LD_B, 0, 0, 12],
      [JEQ, 2, 0, 8],
      [LD_B, 0, 0, 15],
      [JSET, 0, 1, 1],
      [RET, 0, 0, 40],
      [RET, 0, 0, 0],
    ),
    verdict: (view) => {
      if (view.length <= 12) return 0;
      if (view[12] === 8) return 40;
      return view.length > 15 && (view[15]! & 1) === 1 ? 40 : 0;
    },
  },
  {
    name: "16 bits at 2 are above 100 under a mask",
    program: program([LD_H, 0, 0, 2], [AND, 0, 0, 0x1ff], [JGT, 0, 1, 100], [RET, 0, 0, 0xffff], [RET, 0, 0, 0]),
    verdict: (view) => (view.length >= 4 && (view.readUInt16BE(2) & 0x1ff) > 100 ? 0xffff : 0),
  },
  {
    name: "half of it, kept in M[3]",
    program: program([LD_LEN, 0, 0, 0], [0x74, 0, 0, 1], [ST, 0, 0, 3], [LD_MEM, 0, 0, 3], [RET_A, 0, 0, 0]),
    verdict: (view) => view.length >> 1,
  },
  {
    name: "SKF_AD_PKTTYPE is PACKET_OUTGOING",
    program: program([LD_B, 0, 0, 0xfffff004], [JEQ, 0, 1, 4], [RET, 0, 0, 0xffff], [RET, 0, 0, 0]),
    verdict: (_, frame) => (frame.about.outgoing ? 0xffff : 0),
  },
  {
    name: "a program that fills most heaps",
    program: program(...Array.from({ length: 100 }, () => [LD_B, 0, 0, 0] as const), [RET, 0, 0, 0xffff]),
    verdict: (view) => (view.length > 0 ? 0xffff : 0),
  },
];

/** Those that are not: EINVAL. */
export const invalidFilters: readonly Buffer[] = [
  program(),
  program([LD_B, 0, 0, 0]),
  program([0xff, 0, 0, 0], [RET, 0, 0, 1]),
  program([LD_MEM, 0, 0, 3], [RET, 0, 0, 1]),
  program([JEQ, 1, 0, 0], [RET, 0, 0, 1]),
  program([0x34, 0, 0, 0], [RET, 0, 0, 1]),
  program([LD_B, 0, 0, 0xfffff00c], [RET, 0, 0, 1]),
];
