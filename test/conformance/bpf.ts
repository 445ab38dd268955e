// Classic BPF programs as the cases write them: struct sock_filter, 8 bytes an instruction.

import { le } from "./bytes.js";

export const LD = 0x00;
export const LDX = 0x01;
export const ST = 0x02;
export const STX = 0x03;
export const ALU = 0x04;
export const JMP = 0x05;
export const RET = 0x06;
export const MISC = 0x07;
export const W = 0x00;
export const H = 0x08;
export const B = 0x10;
export const IMM = 0x00;
export const ABS = 0x20;
export const IND = 0x40;
export const MEM = 0x60;
export const LEN = 0x80;
export const MSH = 0xa0;
export const K = 0x00;
export const X = 0x08;
export const A = 0x10;
export const ADD = 0x00;
export const SUB = 0x10;
export const MUL = 0x20;
export const DIV = 0x30;
export const OR = 0x40;
export const AND = 0x50;
export const LSH = 0x60;
export const RSH = 0x70;
export const NEG = 0x80;
export const MOD = 0x90;
export const XOR = 0xa0;
export const JA = 0x00;
export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JSET = 0x40;
export const TAX = 0x00;
export const TXA = 0x80;

/** Offsets from which a filter reads what is not in the frame (linux/filter.h), as 32-bit numbers. */
export const SKF_AD = 0xfffff000;
export const SKF_NET = 0xfff00000;
export const SKF_LL = 0xffe00000;

export function stmt(code: number, k = 0): string {
  return jump(code, k, 0, 0);
}

export function jump(code: number, k: number, jt: number, jf: number): string {
  return le(code, 2) + le(jt, 1) + le(jf, 1) + le(k, 4);
}

export const ACCEPT = stmt(RET | K, 0xffffffff);
export const REFUSE = stmt(RET | K, 0);

/** Accepts the frame if A is `value` then. */
export function acceptIf(value: number): string[] {
  return [jump(JMP | JEQ | K, value, 0, 1), ACCEPT, REFUSE];
}
