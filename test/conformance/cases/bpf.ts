// The instructions of classic BPF: what each computes, and which programs are refused.

import * as bpf from "../bpf.js";
import { ACCEPT, acceptIf, jump, REFUSE, stmt } from "../bpf.js";
import { bound, empty, fails, frame, OK, receives } from "../calls.js";
import { call, type Case, inject, quiet, type Step, testCase } from "../steps.js";

/** The frame that the programs look at: the payload starts with 11 22 33 44 55 66 77 88 f1 42 00 03. */
const FRAME = frame({ payload: "1122334455667788 f1420003 @34:1" });
const LENGTH = 60;

function attach(program: readonly string[], errno?: string): Step {
  return call(
    `setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{${program.join(" ")}}`,
    errno === undefined ? OK : fails(errno),
  );
}

/** A program that accepts frames whose payload, behind all headers that the kernel knows, starts at `offset`. */
function attachPayloadOffset(offset: number): Step {
  return attachOther([stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 52), ...acceptIf(offset)]);
}

/** A program that asks for what only the kernel knows. */
function attachOther(program: readonly string[]): Step {
  return call(`setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{${program.join(" ")}}`, OK, {
    differs: { expect: fails("EINVAL"), reason: "a filter cannot ask for the payload's offset" },
  });
}

/** Each program accepts the frame. */
function accepts(...programs: readonly (readonly string[])[]): Step[] {
  return [
    ...bound("s"),
    ...programs.flatMap((program) => [attach(program), inject(FRAME), receives("s", FRAME, LENGTH)]),
  ];
}

/** Each program refuses the frame, by what it does at run time. */
function refuses(...programs: readonly (readonly string[])[]): Step[] {
  return [...bound("s"), ...programs.flatMap((program) => [attach(program), inject(FRAME), quiet, empty("s")])];
}

function invalid(...programs: readonly (readonly string[])[]): Step[] {
  return [
    ...bound("s"),
    ...programs.map((program) => attach(program, "EINVAL")),
    inject(FRAME),
    receives("s", FRAME, LENGTH),
  ];
}

const ld = (k: number) => stmt(bpf.LD | bpf.IMM, k);
const ldx = (k: number) => stmt(bpf.LDX | bpf.IMM, k);
const txa = stmt(bpf.MISC | bpf.TXA);
const tax = stmt(bpf.MISC | bpf.TAX);

/** The operation with a constant, then with X. */
function alu(op: number, a: number, operand: number, result: number): Step[] {
  return accepts(
    [ld(a), stmt(bpf.ALU | op | bpf.K, operand), ...acceptIf(result)],
    [ld(a), ldx(operand), stmt(bpf.ALU | op | bpf.X), ...acceptIf(result)],
  );
}

/** A jump that is taken and one that is not, with a constant and with X. */
function jumps(op: number, a: number, taken: number, notTaken: number): Step[] {
  return accepts(
    [ld(a), jump(bpf.JMP | op | bpf.K, taken, 0, 1), ACCEPT, REFUSE],
    [ld(a), jump(bpf.JMP | op | bpf.K, notTaken, 0, 1), REFUSE, ACCEPT],
    [ld(a), ldx(taken), jump(bpf.JMP | op | bpf.X, 0, 0, 1), ACCEPT, REFUSE],
    [ld(a), ldx(notTaken), jump(bpf.JMP | op | bpf.X, 0, 0, 1), REFUSE, ACCEPT],
  );
}

/** An IPv4 packet of `protocol` (hexadecimal) without options. */
function ipv4(protocol: string, rest: string): string {
  return frame({ type: 0x0800, payload: `45000040 00000000 40${protocol}0000 c0000201 c0000202 ${rest}` });
}

const source = "kernel net/core/filter.c";

export const bpfCases: readonly Case[] = [
  testCase(
    "bpf: LD word, half and byte at a constant offset",
    source,
    accepts(
      [stmt(bpf.LD | bpf.W | bpf.ABS, 14), ...acceptIf(0x11223344)],
      [stmt(bpf.LD | bpf.H | bpf.ABS, 15), ...acceptIf(0x2233)],
      [stmt(bpf.LD | bpf.B | bpf.ABS, 17), ...acceptIf(0x44)],
      [stmt(bpf.LD | bpf.W | bpf.ABS, 21), ...acceptIf(0x88f14200)],
    ),
  ),
  testCase(
    "bpf: LD at an offset from X",
    source,
    accepts(
      [ldx(14), stmt(bpf.LD | bpf.W | bpf.IND, 1), ...acceptIf(0x22334455)],
      [ldx(10), stmt(bpf.LD | bpf.H | bpf.IND, 4), ...acceptIf(0x1122)],
      [ldx(20), stmt(bpf.LD | bpf.B | bpf.IND, 0xffffffff), ...acceptIf(0x66)],
    ),
  ),
  testCase(
    "bpf: loads at the very end of the frame",
    source,
    accepts(
      [stmt(bpf.LD | bpf.W | bpf.ABS, 56), ACCEPT],
      [stmt(bpf.LD | bpf.H | bpf.ABS, 58), ACCEPT],
      [stmt(bpf.LD | bpf.B | bpf.ABS, 59), ACCEPT],
    ),
  ),
  testCase(
    "bpf: a load beyond the frame refuses it",
    source,
    refuses(
      [stmt(bpf.LD | bpf.W | bpf.ABS, 57), ACCEPT],
      [stmt(bpf.LD | bpf.H | bpf.ABS, 59), ACCEPT],
      [stmt(bpf.LD | bpf.B | bpf.ABS, 60), ACCEPT],
      [stmt(bpf.LD | bpf.W | bpf.ABS, 0x7fffffff), ACCEPT],
      [ldx(60), stmt(bpf.LD | bpf.B | bpf.IND, 0), ACCEPT],
      [ldx(0x7fffffff), stmt(bpf.LD | bpf.B | bpf.IND, 0x7fffffff), ACCEPT],
      [ldx(0xffffff00), stmt(bpf.LD | bpf.B | bpf.IND, 0), ACCEPT],
    ),
  ),
  testCase(
    "bpf: LEN",
    source,
    accepts(
      [stmt(bpf.LD | bpf.W | bpf.LEN), ...acceptIf(LENGTH)],
      [stmt(bpf.LDX | bpf.W | bpf.LEN), txa, ...acceptIf(LENGTH)],
    ),
  ),
  testCase(
    "bpf: MSH is four times the low half of a byte",
    source,
    accepts(
      [stmt(bpf.LDX | bpf.B | bpf.MSH, 16), txa, ...acceptIf(4 * 3)],
      [stmt(bpf.LDX | bpf.B | bpf.MSH, 22), txa, ...acceptIf(4 * 1)],
    ),
  ),
  testCase("bpf: MSH keeps A", source, accepts([ld(77), stmt(bpf.LDX | bpf.B | bpf.MSH, 16), ...acceptIf(77)])),
  testCase("bpf: MSH beyond the frame refuses it", source, refuses([stmt(bpf.LDX | bpf.B | bpf.MSH, 60), ACCEPT])),
  testCase(
    "bpf: IMM, TAX, TXA",
    source,
    accepts(
      [ld(0xdeadbeef), ...acceptIf(0xdeadbeef)],
      [ldx(0xdeadbeef), txa, ...acceptIf(0xdeadbeef)],
      [ld(5), tax, ld(6), txa, ...acceptIf(5)],
    ),
  ),
  testCase(
    "bpf: ST, STX and loads from memory",
    source,
    accepts(
      [ld(7), stmt(bpf.ST, 0), ld(0), stmt(bpf.LD | bpf.MEM, 0), ...acceptIf(7)],
      [ldx(8), stmt(bpf.STX, 15), stmt(bpf.LD | bpf.MEM, 15), ...acceptIf(8)],
      [ld(9), stmt(bpf.ST, 3), stmt(bpf.LDX | bpf.MEM, 3), txa, ...acceptIf(9)],
    ),
  ),
  testCase("bpf: A and X are 0 at the start", source, accepts([...acceptIf(0)], [txa, ...acceptIf(0)])),
  testCase("bpf: ADD", source, alu(bpf.ADD, 0xfffffff0, 0x20, 0x10)),
  testCase("bpf: SUB", source, alu(bpf.SUB, 0x10, 0x20, 0xfffffff0)),
  testCase("bpf: MUL", source, alu(bpf.MUL, 0x12345, 0x10001, 0x23462345)),
  testCase("bpf: DIV is unsigned", source, alu(bpf.DIV, 0xffffffff, 0x10, 0x0fffffff)),
  testCase("bpf: MOD is unsigned", source, alu(bpf.MOD, 0xffffffff, 0x1000, 0xfff)),
  testCase("bpf: OR", source, alu(bpf.OR, 0xf0f00000, 0x0000ff0f, 0xf0f0ff0f)),
  testCase("bpf: AND", source, alu(bpf.AND, 0xf0f0ffff, 0xff00ff0f, 0xf000ff0f)),
  testCase("bpf: XOR", source, alu(bpf.XOR, 0xf0f0ffff, 0xff00ff0f, 0x0ff000f0)),
  testCase("bpf: LSH", source, alu(bpf.LSH, 0x80000001, 31, 0x80000000)),
  testCase("bpf: RSH shifts zeros in", source, alu(bpf.RSH, 0x80000001, 31, 1)),
  testCase("bpf: NEG", source, accepts([ld(5), stmt(bpf.ALU | bpf.NEG), ...acceptIf(0xfffffffb)])),
  testCase(
    "bpf: DIV and MOD by an X of 0 refuse the frame",
    source,
    refuses(
      [ld(5), ldx(0), stmt(bpf.ALU | bpf.DIV | bpf.X), ACCEPT],
      [ld(5), ldx(0), stmt(bpf.ALU | bpf.MOD | bpf.X), ACCEPT],
    ),
  ),
  testCase(
    "bpf: shifts by an X of 32 and more use its low 5 bits",
    source,
    accepts(
      [ld(1), ldx(33), stmt(bpf.ALU | bpf.LSH | bpf.X), ...acceptIf(2)],
      [ld(4), ldx(33), stmt(bpf.ALU | bpf.RSH | bpf.X), ...acceptIf(2)],
    ),
  ),
  testCase("bpf: JEQ", source, jumps(bpf.JEQ, 5, 5, 6)),
  testCase("bpf: JGT is unsigned", source, jumps(bpf.JGT, 0x80000000, 0x7fffffff, 0x80000000)),
  testCase("bpf: JGE is unsigned", source, jumps(bpf.JGE, 0x80000000, 0x80000000, 0x80000001)),
  testCase("bpf: JSET", source, jumps(bpf.JSET, 0x0c, 0x04, 0x13)),
  testCase("bpf: JA", source, accepts([stmt(bpf.JMP | bpf.JA, 1), REFUSE, ACCEPT])),
  testCase(
    "bpf: jumps over more than one instruction",
    source,
    accepts(
      [ld(1), jump(bpf.JMP | bpf.JEQ | bpf.K, 1, 3, 0), REFUSE, REFUSE, REFUSE, ACCEPT],
      [ld(1), jump(bpf.JMP | bpf.JEQ | bpf.K, 2, 0, 2), REFUSE, REFUSE, ACCEPT],
    ),
  ),
  testCase("bpf: the frame's protocol, type, interface and hardware type", source, [
    ...accepts(
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 0), ...acceptIf(0x88b5)],
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 4), ...acceptIf(0)],
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 28), ...acceptIf(1)],
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 8), jump(bpf.JMP | bpf.JGT | bpf.K, 0, 0, 1), ACCEPT, REFUSE],
    ),
  ]),
  testCase("bpf: the packet type of a broadcast", source, [
    ...bound("s"),
    attach([stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 4), ...acceptIf(1)]),
    inject(FRAME),
    inject(frame({ dst: "ffffffffffff" })),
    receives("s", frame({ dst: "ffffffffffff" }), 60),
  ]),
  testCase("bpf: the VLAN tag that was taken out", source, [
    ...bound("s", "RAW", 3),
    attach([
      stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 48),
      jump(bpf.JMP | bpf.JEQ | bpf.K, 1, 0, 5),
      stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 44),
      jump(bpf.JMP | bpf.JEQ | bpf.K, 0xa005, 0, 3),
      stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 60),
      jump(bpf.JMP | bpf.JEQ | bpf.K, 0x8100, 0, 1),
      ACCEPT,
      REFUSE,
    ]),
    inject(frame()),
    inject("OWN PEER 8100 0007 88b5 @46:1"),
    inject("OWN PEER 8100 a005 88b5 @46:2"),
    receives("s", frame({ payload: "@46:2" }), 60),
  ]),
  testCase("bpf: no VLAN tag", source, accepts([stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 48), ...acceptIf(0)])),
  testCase("bpf: the payload's offset is 0 for protocols that the kernel does not know", source, [
    ...bound("s"),
    attachPayloadOffset(0),
    inject(FRAME),
    receives("s", FRAME, LENGTH),
  ]),
  testCase("bpf: the payload's offset of ARP, UDP, TCP and ICMP", source, [
    ...bound("s", "RAW", 3),
    ...(
      [
        [14, frame({ type: 0x0806, payload: "0001 0800 06 04 0001 PEER c0000201 z6 c0000202 z20" })],
        [42, ipv4("11", "0102 0304 0014 0000 z30")],
        [54, ipv4("06", "0102 0304 z8 5000 z24")],
        [58, ipv4("06", "0102 0304 z8 6000 z24")],
        [42, ipv4("01", "0800 0000 z34")],
      ] as const
    ).flatMap(([offset, bytes]) => [
      attachPayloadOffset(offset),
      inject(bytes),
      call("recv $s 1540 0", { ret: /^[1-9]/, fields: { data: `{${bytes}}` } }),
    ]),
  ]),
  testCase(
    "bpf: mark, queue, hash and processor are 0",
    source,
    accepts(...[20, 24, 32, 36].map((at) => [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + at)].concat(acceptIf(0)))),
  ),
  testCase(
    "bpf: A xor X, as ancillary data has it",
    source,
    accepts([ldx(0x0f0f), ld(0x00ff), stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 40), ...acceptIf(0x0ff0)]),
  ),
  testCase("bpf: netlink attributes", source, [
    ...bound("s"),
    ...[12, 16].map((at) => attachOther([stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + at), ACCEPT])),
  ]),
  testCase("bpf: a random number", source, accepts([stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 56), ACCEPT])),
  testCase(
    "bpf: offsets from the network header and from the link header",
    source,
    accepts(
      [stmt(bpf.LD | bpf.B | bpf.ABS, bpf.SKF_NET + 1), ...acceptIf(0x22)],
      [stmt(bpf.LD | bpf.H | bpf.ABS, bpf.SKF_NET + 2), ...acceptIf(0x3344)],
      [stmt(bpf.LD | bpf.H | bpf.ABS, bpf.SKF_LL + 12), ...acceptIf(0x88b5)],
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_LL + 14), ...acceptIf(0x11223344)],
    ),
  ),
  testCase("bpf: the same with SOCK_DGRAM", source, [
    ...bound("s", "DGRAM"),
    ...[
      [stmt(bpf.LD | bpf.H | bpf.ABS, bpf.SKF_LL + 12), ...acceptIf(0x88b5)],
      [stmt(bpf.LD | bpf.B | bpf.ABS, bpf.SKF_NET + 1), ...acceptIf(0x22)],
      [stmt(bpf.LD | bpf.B | bpf.ABS, 1), ...acceptIf(0x22)],
      [stmt(bpf.LD | bpf.W | bpf.LEN), ...acceptIf(46)],
    ].flatMap((program) => [attach(program), inject(FRAME), receives("s", "1122334455667788 f1420003 @34:1", 46)]),
  ]),
  testCase(
    "bpf: beyond the frame from the network or link header refuses it",
    source,
    refuses(
      [stmt(bpf.LD | bpf.B | bpf.ABS, bpf.SKF_NET + 46), ACCEPT],
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_LL + 57), ACCEPT],
    ),
  ),
  testCase(
    "bpf: invalid: no RET at the end",
    source,
    invalid([ld(1)], [ACCEPT, ld(1)], [jump(bpf.JMP | bpf.JEQ | bpf.K, 0, 0, 0)]),
  ),
  testCase(
    "bpf: invalid: jumps out of the program",
    source,
    invalid(
      [jump(bpf.JMP | bpf.JEQ | bpf.K, 0, 1, 0), ACCEPT],
      [jump(bpf.JMP | bpf.JEQ | bpf.K, 0, 0, 1), ACCEPT],
      [stmt(bpf.JMP | bpf.JA, 1), ACCEPT],
      [stmt(bpf.JMP | bpf.JA, 0xffffffff), ACCEPT],
      [stmt(bpf.JMP | bpf.JA, 0x7fffffff), ACCEPT],
    ),
  ),
  testCase(
    "bpf: invalid: opcodes that do not exist",
    source,
    invalid(
      [stmt(0xff), ACCEPT],
      [stmt(bpf.LD | 0x18 | bpf.ABS), ACCEPT],
      [stmt(bpf.LDX | bpf.W | bpf.ABS), ACCEPT],
      [stmt(bpf.LDX | bpf.H | bpf.MSH), ACCEPT],
      [stmt(bpf.LD | bpf.H | bpf.LEN), ACCEPT],
      [stmt(bpf.ALU | 0xb0), ACCEPT],
      [stmt(bpf.JMP | 0x50), ACCEPT],
      [stmt(bpf.MISC | 0x40), ACCEPT],
      [stmt(bpf.RET | bpf.X), ACCEPT],
      [stmt(0x0100 | bpf.RET), ACCEPT],
    ),
  ),
  testCase(
    "bpf: invalid: division and remainder by a constant 0",
    source,
    invalid([stmt(bpf.ALU | bpf.DIV | bpf.K, 0), ACCEPT], [stmt(bpf.ALU | bpf.MOD | bpf.K, 0), ACCEPT]),
  ),
  testCase(
    "bpf: invalid: shifts by a constant of 32 and more",
    source,
    invalid(
      [stmt(bpf.ALU | bpf.LSH | bpf.K, 32), ACCEPT],
      [stmt(bpf.ALU | bpf.RSH | bpf.K, 32), ACCEPT],
      [stmt(bpf.ALU | bpf.LSH | bpf.K, 0xffffffff), ACCEPT],
    ),
  ),
  testCase(
    "bpf: invalid: memory that does not exist",
    source,
    invalid(
      [stmt(bpf.ST, 16), ACCEPT],
      [stmt(bpf.STX, 16), ACCEPT],
      [stmt(bpf.ST, 0xffffffff), ACCEPT],
      [stmt(bpf.ST, 15), stmt(bpf.LD | bpf.MEM, 16), ACCEPT],
    ),
  ),
  testCase(
    "bpf: invalid: memory that was not written on every way there",
    source,
    invalid(
      [stmt(bpf.LD | bpf.MEM, 0), ACCEPT],
      [stmt(bpf.LDX | bpf.MEM, 5), ACCEPT],
      [stmt(bpf.ST, 1), stmt(bpf.LD | bpf.MEM, 0), ACCEPT],
      [jump(bpf.JMP | bpf.JEQ | bpf.K, 0, 1, 0), stmt(bpf.ST, 0), stmt(bpf.LD | bpf.MEM, 0), ACCEPT],
    ),
  ),
  testCase(
    "bpf: memory that was written on both ways is valid",
    source,
    accepts([
      ld(3),
      jump(bpf.JMP | bpf.JEQ | bpf.K, 3, 0, 2),
      stmt(bpf.ST, 0),
      stmt(bpf.JMP | bpf.JA, 1),
      stmt(bpf.ST, 0),
      stmt(bpf.LD | bpf.MEM, 0),
      ...acceptIf(3),
    ]),
  ),
  testCase(
    "bpf: invalid: ancillary data that does not exist",
    source,
    invalid(
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 64), ACCEPT],
      [stmt(bpf.LD | bpf.W | bpf.ABS, bpf.SKF_AD + 1), ACCEPT],
    ),
  ),
  testCase("bpf: what cannot be reached may be there", source, accepts([ACCEPT, ld(1), REFUSE])),
];
