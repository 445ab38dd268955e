// A socket's filter: verified and translated once, when it is attached (bpf.ts), and then run on every frame, either as
// tests (filtertests.ts) or by the interpreter.

import * as abi from "./abi";
import {
  Ancillary,
  INSTRUCTION,
  MAX_INSTRUCTIONS,
  Op,
  SCRATCH_WORDS,
  SKF_AD_OFF,
  SKF_LL_OFF,
  SKF_NET_OFF,
  isJump,
  verify,
} from "./bpf";
import { FILTER } from "./features";
import { makeTests } from "./filtertests";
import { htonl, htons, netOffset, packetType, tagVisible } from "./frame";
import { allocate, free } from "./heap";
import { Frame, Socket, Special } from "./layout";
import { exchange, state } from "./memory";
import { EINVAL, ENOBUFS, ENOENT, ENOMEM, EPERM } from "./packet";
import { match, take } from "./port";

/** A snap length that truncates nothing. */
export const EVERYTHING: u32 = 0xffffffff;

/**
 * SO_ATTACH_FILTER: takes `bytes` bytes of instructions from the caller. Returns 0, -EPERM, -EINVAL, -ENOMEM, or -ENOBUFS
 * when the filter would be interpreted and the socket asked for a translated one. With an error the old filter stays. Here and
 * below the caller moves the socket to the list where it belongs (rebind()).
 */
export function attachFilter(socket: Socket, bytes: u32): i32 {
  if (socket.options & abi.OPTION_LOCK_FILTER) return -EPERM;
  const count = bytes / INSTRUCTION;
  if (!count || count > MAX_INSTRUCTIONS) return -EINVAL;
  if (SCRATCH_WORDS * 4 > abi.EXCHANGE_BYTES) ERROR("the scratch memory");
  const program = allocate(bytes);
  if (!program) return -ENOMEM;
  take(program, bytes);
  return attachProgram(socket, program, count);
}

/** Attaches `count` instructions, a block of the heap that now belongs to the socket, or is freed. Returns as attachFilter() does. */
export function attachProgram(socket: Socket, program: usize, count: u32): i32 {
  const result = verify(program, count);
  if (result) {
    free(program);
    return result;
  }
  const mustTranslate = (socket.options & abi.OPTION_TRANSLATED_FILTER) != 0;
  if (!mustTranslate) freeFilter(socket);
  const tests = makeTests(socket.skip, program, count);
  if (tests || mustTranslate) free(program);
  if (mustTranslate) {
    if (!tests) return -ENOBUFS;
    freeFilter(socket);
  }
  socket.filter = tests ? tests : program;
  socket.filterTests = tests;
  socket.filterLength = count;
  if (!(socket.special & Special.SNAP)) {
    socket.special |= Special.SNAP;
    let entry = socket.head;
    // Rounds: queue
    do {
      entry.snap = EVERYTHING;
      entry = entry.next;
    } while (entry != socket.head);
  }
  return 0;
}

/** SO_DETACH_FILTER: returns 0, -EPERM (locked) or -ENOENT (there is none). */
export function detachFilter(socket: Socket): i32 {
  if (socket.options & abi.OPTION_LOCK_FILTER) return -EPERM;
  if (!socket.filter) return -ENOENT;
  freeFilter(socket);
  return 0;
}

/** Frees the filter: on close(2), or when a new one replaces it. */
export function freeFilter(socket: Socket): void {
  if (!FILTER) return;
  free(socket.filter & ~1);
  socket.filter = 0;
  socket.filterTests = 0;
}

/** Runs the socket's filter. Returns how many bytes of the frame, as the socket sees it, pass; 0: the filter refuses it. */
// @ts-ignore: decorator
@inline
export function accept(socket: Socket, frame: Frame): u32 {
  const tests = socket.filterTests;
  return tests ? match(tests, changetype<usize>(frame)) : interpret(socket, frame);
}

/** One branch follows another, because wasm3 compiles nested blocks by recursion and starts a page of code for each else. */
function interpret(socket: Socket, frame: Frame): u32 {
  ++socket.interpreted;
  const data = frame.mac + socket.skip;
  const len = frame.len - socket.skip;
  const scratch = exchange; // nothing is in it while frames are offered
  const words = max(len, 3) - 3; // at a lower offset, each load is within the frame
  let pc = socket.filter - INSTRUCTION;
  let a: u32 = 0;
  let x: u32 = 0;
  // Rounds: filter
  while (true) {
    pc += INSTRUCTION;
    let op = <u32>load<u16>(pc);
    let k = load<u32>(pc, 4);
    if (isJump(op)) {
      if (op & Op.JUMP_X) {
        op -= Op.JUMP_X;
        k = x;
      }
      pc += (<usize>load<u8>(pc + <usize>isFalse(op, a, k), 2)) << 3;
      continue;
    }
    if (op < Op.ADD) {
      if (op & Op.LOAD_X) {
        op -= Op.LOAD_X;
        k += x;
      }
      let at = data + k;
      if (k >= words) {
        at = locate(frame, data, len, k, op);
        if (!at) return 0;
      }
      if (op == Op.LDH) {
        a = htons(load<u16>(at));
        continue;
      }
      if (op == Op.LDB) {
        a = <u32>load<u8>(at);
        continue;
      }
      if (op == Op.LDW) {
        a = htonl(load<u32>(at));
        continue;
      }
      x = ((<u32>load<u8>(at)) & 15) << 2;
      continue;
    }
    if (op < Op.RET) {
      if (op >= Op.ADD + Op.ALU_X) {
        op -= Op.ALU_X;
        k = x;
      }
      if (op == Op.AND) {
        a &= k;
        continue;
      }
      if (op == Op.RSH) {
        a >>= k; // the lower five bits of k count
        continue;
      }
      if (op == Op.LSH) {
        a <<= k;
        continue;
      }
      if (op == Op.ADD) {
        a += k;
        continue;
      }
      if (op == Op.SUB) {
        a -= k;
        continue;
      }
      if (op == Op.OR) {
        a |= k;
        continue;
      }
      if (op == Op.XOR) {
        a ^= k;
        continue;
      }
      if (op == Op.MUL) {
        a *= k;
        continue;
      }
      if (op == Op.NEG) {
        a = 0 - a;
        continue;
      }
      if (!k) return 0;
      a = op == Op.DIV ? a / k : a % k;
      continue;
    }
    if (op < Op.JA) {
      if (op == Op.RET) return k;
      if (op == Op.TAX) {
        x = a;
        continue;
      }
      if (op == Op.TXA) {
        a = x;
        continue;
      }
      if (op == Op.LD_IMM) {
        a = k;
        continue;
      }
      a = len;
      continue;
    }
    if (op == Op.JA) {
      pc += k << 3;
      continue;
    }
    if (op == Op.LD_MEM) {
      a = load<u32>(scratch + (k << 2));
      continue;
    }
    if (op == Op.ST) {
      store<u32>(scratch + (k << 2), a);
      continue;
    }
    if (op == Op.RET_A) return a;
    if (op == Op.LDX_IMM) x = k;
    if (op == Op.LDX_LEN) x = len;
    if (op == Op.LDX_MEM) x = load<u32>(scratch + (k << 2));
    if (op == Op.STX) store<u32>(scratch + (k << 2), x);
    if (op == Op.ANCILLARY) a = ancillary(socket, frame, k - SKF_AD_OFF, a, x);
  }
}

/**
 * Runs the socket's filter as if the socket saw the frame from `start` on; counts a refused frame. Without a filter nothing
 * passes if nothing is there, like on Linux.
 */
export function acceptFrom(socket: Socket, frame: Frame, start: u32): u32 {
  if (!FILTER || !socket.filter) return frame.len > start ? EVERYTHING : 0;
  const snap = socket.filterTests ? matchFrom(socket, frame, start) : interpretFrom(socket, frame, start);
  if (!snap) ++socket.filtered;
  return snap;
}

/** Tests know what the socket skips; so the frame moves. */
function matchFrom(socket: Socket, frame: Frame, start: u32): u32 {
  const moved = start - socket.skip;
  frame.mac += moved;
  frame.len -= moved;
  const snap = accept(socket, frame);
  frame.mac -= moved;
  frame.len += moved;
  return snap;
}

function interpretFrom(socket: Socket, frame: Frame, start: u32): u32 {
  const skip = socket.skip;
  socket.skip = start;
  const snap = interpret(socket, frame);
  socket.skip = skip;
  return snap;
}

/** Is the condition of a jump false? */
// @ts-ignore: decorator
@inline
function isFalse(op: u32, a: u32, b: u32): bool {
  if (op == Op.JEQ) return a != b;
  if (op == Op.JSET) return !(a & b);
  return op == Op.JGT ? a <= b : a < b;
}

/**
 * The address of what a load takes from `offset` of the frame, or 0 when the frame does not have it. Offsets from SKF_NET_OFF
 * and SKF_LL_OFF on count from the network header and the link-layer header, whatever the socket sees.
 */
function locate(frame: Frame, data: usize, len: u32, offset: u32, op: u32): usize {
  const size: u32 = op == Op.LDW ? 4 : op == Op.LDH ? 2 : 1;
  if (offset < len) return len - offset >= size ? data + offset : 0;
  const mac = frame.mac;
  const end = mac + frame.len;
  let at: usize = 0;
  if (offset >= SKF_NET_OFF) at = mac + netOffset(frame) + (offset - SKF_NET_OFF);
  else if (offset >= SKF_LL_OFF) at = mac + (offset - SKF_LL_OFF);
  return at && at + size <= end ? at : 0;
}

/** Ancillary data of a frame; marks, queues, hashes and processor numbers are 0 here. */
function ancillary(socket: Socket, frame: Frame, what: u32, a: u32, x: u32): u32 {
  if (what == Ancillary.ALU_XOR_X) return a ^ x;
  const tagged = (frame.flags & abi.FRAME_VLAN) != 0 && tagVisible(socket);
  switch (what) {
    case Ancillary.PROTOCOL:
      return htons(frame.key & 0xffff);
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
