// Classic BPF (Linux's Documentation/networking/filter.rst): a program is verified and translated once, when it is
// attached, and then run on every frame of its socket. Nothing in here trusts a program that has not passed verify().

import * as abi from "./abi";
import { allocate, free } from "./heap";
import { makeTests } from "./filtertests";
import { Frame, Socket, Special } from "./layout";
import { EINVAL, ENOENT, ENOMEM, EPERM } from "./packet";
import { state } from "./memory";
import { match, take } from "./port";
import { packetType, tagVisible } from "./receive";
import { rebind } from "./sockets";

/** Bytes of struct sock_filter (u16 code, u8 jt, u8 jf, u32 k), and of an instruction as it is kept. */
export const INSTRUCTION: u32 = 8;
const MOST_INSTRUCTIONS: u32 = 4096;
/** Words of the scratch memory M[], kept behind the program. */
const SCRATCH_WORDS: u32 = 16;

/** Operations as they are kept. Those from WITH_X on have X instead of k for their operand. */
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
  /** In the order of their codes, from here on. */
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

/** What SKF_AD_OFF + k reads; <linux/filter.h>. */
const enum Ancillary {
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

/** A snap length that cuts nothing. */
export const EVERYTHING: u32 = 0xffffffff;

const SKF_AD_OFF: u32 = 0xfffff000;
const SKF_NET_OFF: u32 = 0xfff00000;
const SKF_LL_OFF: u32 = 0xffe00000;

/** SO_ATTACH_FILTER: takes `bytes` bytes of instructions from the caller. 0, -EPERM, -EINVAL or -ENOMEM. */
export function attachFilter(socket: Socket, bytes: u32): i32 {
  if (socket.filterLocked) return -EPERM;
  const count = bytes / INSTRUCTION;
  if (!count || count > MOST_INSTRUCTIONS) return -EINVAL;
  const program = allocate(bytes + SCRATCH_WORDS * 4);
  if (!program) return -ENOMEM;
  take(program, bytes);
  const result = verify(program, count);
  if (result) {
    free(program);
    return result;
  }
  freeFilter(socket);
  socket.filter = program;
  socket.filterScratch = program + bytes;
  makeTests(socket, program, count);
  if (!(socket.special & Special.SNAP)) {
    socket.special |= Special.SNAP;
    let entry = socket.head;
    do {
      entry.snap = EVERYTHING;
      entry = entry.next;
    } while (entry != socket.head);
  }
  rebind(socket);
  return 0;
}

/** SO_DETACH_FILTER: 0, -EPERM (locked) or -ENOENT (there is none). */
export function detachFilter(socket: Socket): i32 {
  if (socket.filterLocked) return -EPERM;
  if (!socket.filter) return -ENOENT;
  freeFilter(socket);
  rebind(socket);
  return 0;
}

/** close(2), and what a new filter replaces. */
export function freeFilter(socket: Socket): void {
  free(socket.filter);
  free(socket.filterMemory);
  socket.filter = 0;
  socket.filterMemory = 0;
  socket.filterTests = 0;
}

/** Checks a program as Linux's bpf_check_classic() does and brings its operations into the kept form. */
function verify(program: usize, count: u32): i32 {
  // Which words of M[] are certainly written when an instruction is reached: one bit a word, and a u16 an instruction.
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

/** A conditional one. */
function isJump(op: i32): bool {
  const what = op & ~Op.WITH_X;
  return what >= Op.JEQ && what <= Op.JSET;
}

/** A path comes to instruction `i` with the words `here` of M[] written. */
function reach(written: usize, i: u32, here: u32): void {
  const at = written + (i << 1);
  store<u16>(at, load<u16>(at) & here);
}

/** The kept form of a code of <linux/filter.h>, or NONE when there is no such instruction. */
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

/** Runs the socket's filter. Returns how many bytes of the frame, as the socket sees it, pass; 0: it is not for the socket. */
// @ts-ignore: decorator
@inline
export function accept(socket: Socket, frame: Frame): u32 {
  const tests = socket.filterTests;
  return tests ? match(tests, changetype<usize>(frame)) : interpret(socket, frame);
}

function interpret(socket: Socket, frame: Frame): u32 {
  const data = frame.mac + socket.skip;
  const len = frame.len - socket.skip;
  const scratch = socket.filterScratch;
  let pc = socket.filter;
  let a: u32 = 0;
  let x: u32 = 0;
  // Neither a switch nor a chain of else: wasm3 compiles what is nested by recursion, and starts a page of code for each else.
  while (true) {
    const instruction = pc;
    pc += INSTRUCTION;
    let op = <i32>load<u16>(instruction);
    let k = load<u32>(instruction, 4);
    if (op <= Op.RET_A) return op == Op.RET_K ? k : a;
    if (op <= Op.LDX_MSH) {
      if (op >= Op.LDW_IND && op != Op.LDX_MSH) {
        k += x;
        op -= Op.LDW_IND - Op.LDW_ABS;
      }
      const at = locate(frame, data, len, k, op == Op.LDX_MSH ? 1 : 4 >> (op - Op.LDW_ABS));
      if (!at) return 0;
      if (op == Op.LDH_ABS) a = <u32>bswap<u16>(load<u16>(at));
      if (op == Op.LDB_ABS) a = <u32>load<u8>(at);
      if (op == Op.LDW_ABS) a = bswap<u32>(load<u32>(at));
      if (op == Op.LDX_MSH) x = ((<u32>load<u8>(at)) & 15) << 2;
      continue;
    }
    if (op >= Op.JEQ) {
      if (op & Op.WITH_X) {
        op -= Op.WITH_X;
        k = x;
      }
      if (op < Op.ADD) {
        pc += (<usize>load<u8>(instruction + <usize>!compare(op, a, k), 2)) << 3;
        continue;
      }
      if (!k && (op == Op.DIV || op == Op.MOD)) return 0;
      a = compute(op, a, k);
      continue;
    }
    if (op == Op.JA) pc += k << 3;
    if (op == Op.TXA) a = x;
    if (op == Op.TAX) x = a;
    if (op == Op.LD_IMM) a = k;
    if (op == Op.LDX_IMM) x = k;
    if (op == Op.LD_LEN) a = len;
    if (op == Op.LDX_LEN) x = len;
    if (op == Op.LD_MEM) a = load<u32>(scratch + (k << 2));
    if (op == Op.LDX_MEM) x = load<u32>(scratch + (k << 2));
    if (op == Op.ST) store<u32>(scratch + (k << 2), a);
    if (op == Op.STX) store<u32>(scratch + (k << 2), x);
    if (op == Op.ANCILLARY) a = ancillary(socket, frame, k - SKF_AD_OFF, a, x);
  }
}

/** A jump's condition. */
function compare(op: i32, a: u32, b: u32): bool {
  if (op == Op.JEQ) return a == b;
  if (op == Op.JSET) return (a & b) != 0;
  return op == Op.JGT ? a > b : a >= b;
}

function compute(op: i32, a: u32, b: u32): u32 {
  if (op == Op.AND) return a & b;
  if (op == Op.ADD) return a + b;
  if (op == Op.SUB) return a - b;
  if (op == Op.LSH) return a << (b & 31);
  if (op == Op.RSH) return a >> (b & 31);
  if (op == Op.OR) return a | b;
  if (op == Op.MUL) return a * b;
  if (op == Op.DIV) return a / b;
  if (op == Op.MOD) return a % b;
  return op == Op.NEG ? 0 - a : a ^ b;
}

/**
 * Where in linear memory the `size` bytes at `offset` of the frame are, or 0 when the frame does not have them. Offsets
 * from SKF_NET_OFF and SKF_LL_OFF on count from the network and the link-layer header, whatever the socket sees.
 */
function locate(frame: Frame, data: usize, len: u32, offset: u32, size: u32): usize {
  if (offset < len && len - offset >= size) return data + offset;
  const mac = frame.mac;
  const end = mac + frame.len;
  let at: usize = 0;
  if (offset >= SKF_NET_OFF) at = mac + abi.ETH_HLEN + (offset - SKF_NET_OFF);
  else if (offset >= SKF_LL_OFF) at = mac + (offset - SKF_LL_OFF);
  return at && at + size <= end ? at : 0;
}

/** Facts about a frame that are not in it; marks, queues, hashes and processor numbers are 0 here. */
function ancillary(socket: Socket, frame: Frame, what: u32, a: u32, x: u32): u32 {
  if (what == Ancillary.ALU_XOR_X) return a ^ x;
  const tagged = (frame.flags & abi.FRAME_VLAN) != 0 && tagVisible(socket);
  switch (what) {
    case Ancillary.PROTOCOL:
      return <u32>bswap<u16>(<u16>frame.key);
    case Ancillary.PKTTYPE:
      return packetType(socket, frame);
    case Ancillary.IFINDEX:
      return frame.key >> 16;
    case Ancillary.HATYPE:
      return 1;
    case Ancillary.VLAN_TAG:
      return tagged ? frame.tci & 0xffff : 0;
    case Ancillary.VLAN_TAG_PRESENT:
      return tagged ? 1 : 0;
    case Ancillary.VLAN_TPID:
      return tagged ? frame.tci >> 16 : 0;
    case Ancillary.RANDOM: {
      // xorshift32 (Marsaglia 2003), never 0
      let r = state.random;
      r ^= r << 13;
      r ^= r >> 17;
      r ^= r << 5;
      state.random = r;
      return r;
    }
    default:
      return 0;
  }
}
