// Classic BPF (Linux's Documentation/networking/filter.rst): its instructions, and what makes a program valid.

import { allocate, free } from "./heap";
import { EINVAL, ENOMEM } from "./packet";

/** Bytes of struct sock_filter (u16 code, u8 jt, u8 jf, u32 k), and of a translated instruction. */
export const INSTRUCTION: u32 = 8;
export const MAX_INSTRUCTIONS: u32 = 4096;
/** Words of the scratch memory M[]. */
export const SCRATCH_WORDS: u32 = 16;

/** Translated operations, in the order in which interpret() asks for them. */
export namespace Op {
  /** Conditional jumps, in the order of their codes. Those with X compare A with X instead of k. */
  export const JEQ: u32 = 0;
  export const JGT: u32 = 1;
  export const JGE: u32 = 2;
  export const JSET: u32 = 3;
  export const JUMP_X: u32 = 4;
  /** Loads from the frame. Those with X add X to the offset. */
  export const LDW: u32 = 8;
  export const LDH: u32 = 9;
  export const LDB: u32 = 10;
  export const LDX_MSH: u32 = 11;
  export const LOAD_X: u32 = 4;
  /** Arithmetic, in the order of its codes; with X instead of k. */
  export const ADD: u32 = 16;
  export const SUB: u32 = 17;
  export const MUL: u32 = 18;
  export const DIV: u32 = 19;
  export const OR: u32 = 20;
  export const AND: u32 = 21;
  export const LSH: u32 = 22;
  export const RSH: u32 = 23;
  export const NEG: u32 = 24;
  export const MOD: u32 = 25;
  export const XOR: u32 = 26;
  export const ALU_X: u32 = 16;
  export const RET: u32 = 48;
  export const TAX: u32 = 49;
  export const TXA: u32 = 50;
  export const LD_IMM: u32 = 51;
  export const LD_LEN: u32 = 52;
  export const JA: u32 = 53;
  export const LD_MEM: u32 = 54;
  export const ST: u32 = 55;
  export const RET_A: u32 = 56;
  export const LDX_IMM: u32 = 57;
  export const LDX_LEN: u32 = 58;
  export const LDX_MEM: u32 = 59;
  export const STX: u32 = 60;
  export const ANCILLARY: u32 = 61;
  export const NONE: u32 = 255;
}

/** Is this a conditional jump? */
// @ts-ignore: decorator
@inline
export function isJump(op: u32): bool {
  return op < Op.LDW;
}

/** Is this a load from the frame, also of LDX_MSH? */
// @ts-ignore: decorator
@inline
export function isLoad(op: u32): bool {
  return op - Op.LDW < Op.ADD - Op.LDW;
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
  // Rounds: instructions
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
    if (!left && op != Op.RET && op != Op.RET_A) return -EINVAL;
    store<u16>(at, <u16>op);
  }
  return 0;
}

/** Records a path to instruction `i` on which the words `here` of M[] were written. */
function reach(written: usize, i: u32, here: u32): void {
  const at = written + (i << 1);
  store<u16>(at, load<u16>(at) & here);
}

/** The translation of a code of <linux/filter.h>, or NONE when there is no such instruction. */
function translate(code: u32, k: u32): u32 {
  if (code > 0xff) return Op.NONE;
  const size = (code & 0x18) >> 3;
  const withX = code & 0x08;
  switch (code & 0x07) {
    case 0x00: // BPF_LD
      if (code == 0x20 || code == 0x28 || code == 0x30) {
        if (k >= SKF_AD_OFF) return isAncillary(k - SKF_AD_OFF) ? Op.ANCILLARY : Op.NONE;
        return Op.LDW + size;
      }
      if (code == 0x40 || code == 0x48 || code == 0x50) return Op.LDW + Op.LOAD_X + size;
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
      return Op.ADD + (code >> 4) + (withX ? Op.ALU_X : 0);
    case 0x05: // BPF_JMP
      if (code == 0x05) return Op.JA;
      if (code < 0x15 || code > 0x4d) return Op.NONE;
      return Op.JEQ + (code >> 4) - 1 + (withX ? Op.JUMP_X : 0);
    case 0x06: // BPF_RET
      if (code == 0x06) return Op.RET;
      return code == 0x16 ? Op.RET_A : Op.NONE;
    default: // BPF_MISC
      if (code == 0x07) return Op.TAX;
      return code == 0x87 ? Op.TXA : Op.NONE;
  }
}

function isAncillary(what: i32): bool {
  return what <= Ancillary.VLAN_TPID && !(what & 3) && what != 12 && what != 16 && what != 52;
}
