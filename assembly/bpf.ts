// Classic BPF (Linux's Documentation/networking/filter.rst): its instructions, and what makes a program valid.

import { allocate, free } from "./heap";
import { EINVAL, ENOMEM } from "./packet";

/** Bytes of struct sock_filter (u16 code, u8 jt, u8 jf, u32 k), and of a translated instruction. */
export const INSTRUCTION: u32 = 8;
export const MAX_INSTRUCTIONS: u32 = 4096;
/** Words of the scratch memory M[]. */
export const SCRATCH_WORDS: u32 = 16;

/** Translated operations. Those from WITH_X on use X instead of k as their operand. */
export namespace Op {
  export const RET_K: i32 = 0;
  export const RET_A: i32 = 1;
  export const LDW_ABS: i32 = 2;
  export const LDH_ABS: i32 = 3;
  export const LDB_ABS: i32 = 4;
  export const LDW_IND: i32 = 5;
  export const LDH_IND: i32 = 6;
  export const LDB_IND: i32 = 7;
  export const LDX_MSH: i32 = 8;
  export const LD_LEN: i32 = 9;
  export const LD_IMM: i32 = 10;
  export const LD_MEM: i32 = 11;
  export const LDX_LEN: i32 = 12;
  export const LDX_IMM: i32 = 13;
  export const LDX_MEM: i32 = 14;
  export const ST: i32 = 15;
  export const STX: i32 = 16;
  export const TAX: i32 = 17;
  export const TXA: i32 = 18;
  export const ANCILLARY: i32 = 19;
  export const JA: i32 = 20;
  /** From here on in the order of their codes. */
  export const JEQ: i32 = 21;
  export const JGT: i32 = 22;
  export const JGE: i32 = 23;
  export const JSET: i32 = 24;
  export const ADD: i32 = 25;
  export const SUB: i32 = 26;
  export const MUL: i32 = 27;
  export const DIV: i32 = 28;
  export const OR: i32 = 29;
  export const AND: i32 = 30;
  export const LSH: i32 = 31;
  export const RSH: i32 = 32;
  export const NEG: i32 = 33;
  export const MOD: i32 = 34;
  export const XOR: i32 = 35;
  export const WITH_X: i32 = 64;
  export const NONE: i32 = 255;
}

/** What SKF_AD_OFF + k loads, as in <linux/filter.h>. */
export const enum Ancillary {
  PROTOCOL = 0,
  PKTTYPE = 4,
  IFINDEX = 8,
  MARK = 20,
  QUEUE = 24,
  HATYPE = 28,
  RXHASH = 32,
  CPU = 36,
  ALU_XOR_X = 40,
  VLAN_TAG = 44,
  VLAN_TAG_PRESENT = 48,
  RANDOM = 56,
  VLAN_TPID = 60,
}

export const SKF_AD_OFF: u32 = 0xfffff000;
export const SKF_NET_OFF: u32 = 0xfff00000;
export const SKF_LL_OFF: u32 = 0xffe00000;

/** Checks a program as Linux's bpf_check_classic() does and translates its operations. */
export function verify(program: usize, count: u32): i32 {
  // For each instruction a u16 with one bit for each word of M[] that every path to it has written.
  const written = allocate(count << 1);
  if (!written) return -ENOMEM;
  memory.fill(written, 0xff, count << 1);
  const result = verifyInstructions(program, count, written);
  free(written);
  return result;
}

function verifyInstructions(program: usize, count: u32, written: usize): i32 {
  let here: u32 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const at = program + i * INSTRUCTION;
    const k = load<u32>(at, 4);
    const op = translate(load<u16>(at), k);
    if (op == Op.NONE) return -EINVAL;
    const left = count - i - 1;
    here &= load<u16>(written + (i << 1));
    if (op == Op.DIV || op == Op.MOD) {
      if (!k) return -EINVAL;
    } else if (op == Op.LSH || op == Op.RSH) {
      if (k >= 32) return -EINVAL;
    } else if (op == Op.ST || op == Op.STX) {
      if (k >= SCRATCH_WORDS) return -EINVAL;
      here |= 1 << k;
    } else if (op == Op.LD_MEM || op == Op.LDX_MEM) {
      if (k >= SCRATCH_WORDS || !(here & (1 << k))) return -EINVAL;
    } else if (op == Op.JA) {
      if (k >= left) return -EINVAL;
      reach(written, i + 1 + k, here);
      here = 0xffff;
    } else if (isJump(op)) {
      const jt = <u32>load<u8>(at, 2);
      const jf = <u32>load<u8>(at, 3);
      if (jt >= left || jf >= left) return -EINVAL;
      reach(written, i + 1 + jt, here);
      reach(written, i + 1 + jf, here);
      here = 0xffff;
    }
    if (!left && op != Op.RET_K && op != Op.RET_A) return -EINVAL;
    store<u16>(at, <u16>op);
  }
  return 0;
}

/** Is this a conditional jump? */
function isJump(op: i32): bool {
  const what = op & ~Op.WITH_X;
  return what >= Op.JEQ && what <= Op.JSET;
}

/** Records a path to instruction `i` on which the words `here` of M[] were written. */
function reach(written: usize, i: u32, here: u32): void {
  const at = written + (i << 1);
  store<u16>(at, load<u16>(at) & here);
}

/** The translation of a code of <linux/filter.h>, or NONE when there is no such instruction. */
function translate(code: u32, k: u32): i32 {
  if (code > 0xff) return Op.NONE;
  const size = code & 0x18;
  const withX = code & 0x08 ? Op.WITH_X : 0;
  switch (code & 0x07) {
    case 0x00: // BPF_LD
      if (code == 0x20 || code == 0x28 || code == 0x30) {
        if (k >= SKF_AD_OFF) return isAncillary(k - SKF_AD_OFF) ? Op.ANCILLARY : Op.NONE;
        return Op.LDW_ABS + (size >> 3);
      }
      if (code == 0x40 || code == 0x48 || code == 0x50) return Op.LDW_IND + (size >> 3);
      if (code == 0x80) return Op.LD_LEN;
      if (code == 0x00) return Op.LD_IMM;
      return code == 0x60 ? Op.LD_MEM : Op.NONE;
    case 0x01: // BPF_LDX
      if (code == 0x81) return Op.LDX_LEN;
      if (code == 0x01) return Op.LDX_IMM;
      if (code == 0x61) return Op.LDX_MEM;
      return code == 0xb1 ? Op.LDX_MSH : Op.NONE;
    case 0x02: // BPF_ST
      return code == 0x02 ? Op.ST : Op.NONE;
    case 0x03: // BPF_STX
      return code == 0x03 ? Op.STX : Op.NONE;
    case 0x04: // BPF_ALU
      if (code == 0x84) return Op.NEG;
      if (code > 0xac || code == 0x8c) return Op.NONE;
      return withX + Op.ADD + (code >> 4);
    case 0x05: // BPF_JMP
      if (code == 0x05) return Op.JA;
      if (code < 0x15 || code > 0x4d) return Op.NONE;
      return withX + Op.JEQ + (code >> 4) - 1;
    case 0x06: // BPF_RET
      if (code == 0x06) return Op.RET_K;
      return code == 0x16 ? Op.RET_A : Op.NONE;
    default: // BPF_MISC
      if (code == 0x07) return Op.TAX;
      return code == 0x87 ? Op.TXA : Op.NONE;
  }
}

function isAncillary(what: i32): bool {
  return what <= Ancillary.VLAN_TPID && !(what & 3) && what != 12 && what != 16 && what != 52;
}
