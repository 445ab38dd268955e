// The short form of most filters. A program that only compares fields of the frame at fixed places becomes a chain of
// tests, each `(word at offset & mask) == value ? onTrue : onFalse`, which the port runs (port.match): no instruction is
// decoded, nothing is brought into host order, no length is checked but once. What does not fit is interpreted (filter.ts).

import { INSTRUCTION, Op } from "./filter";
import { allocate, free } from "./heap";
import { Socket } from "./layout";

/** boards/port/match.h and host/engine/match.ts run these. */
@unmanaged
class Test {
  offset: u32;
  /** As the bytes stand in the frame. */
  mask: u32;
  value: u32;
  /** The next test, or the address of a verdict plus 1. */
  onTrue: usize;
  onFalse: usize;
}

/** What is known of register A when an instruction is reached, while a program is translated. */
@unmanaged
class Known {
  /** UNREACHED, UNKNOWN, or FIELD: A is the field at `offset` of `size` bytes, and'ed with `mask` (host order). */
  state: u32;
  offset: u32;
  size: u32;
  mask: u32;
  /** Where the instruction's own test or verdict lies; 0: it has none. */
  test: usize;
}

const UNREACHED: u32 = 0;
const UNKNOWN: u32 = 1;
const FIELD: u32 = 2;

/** Fields farther behind the start of a frame than this are left to the interpreter. */
const FARTHEST: u32 = 0x4000;

/** Gives the socket its filter's short form, if the verified `program` has one and the heap has room for it. */
export function makeTests(socket: Socket, program: usize, count: u32): void {
  const known = allocate(count * <u32>offsetof<Known>());
  if (!known) return;
  const tests = follow(socket, program, count, known);
  const memoryStart = tests ? allocate(tests * <u32>offsetof<Test>()) : 0;
  if (memoryStart) {
    writeTests(program, count, known, memoryStart);
    socket.filterMemory = memoryStart;
    socket.filterTests = resolve(program, known, 0);
  }
  free(known);
}

// @ts-ignore: decorator
@inline
function knownAt(known: usize, i: u32): Known {
  return changetype<Known>(known + i * <u32>offsetof<Known>());
}

/** Follows A through the program. Returns how many tests and verdicts it has, or 0 when it has no short form. */
function follow(socket: Socket, program: usize, count: u32, known: usize): u32 {
  let tests: u32 = 0;
  let reach: u32 = 0;
  knownAt(known, 0).state = UNKNOWN;
  for (let i: u32 = 0; i < count; ++i) {
    const here = knownAt(known, i);
    if (here.state == UNREACHED) continue;
    const at = program + i * INSTRUCTION;
    const op = <i32>load<u16>(at);
    const k = load<u32>(at, 4);
    if (op == Op.RET_K) {
      ++tests;
    } else if (op == Op.JA) {
      flow(here, knownAt(known, i + 1 + k));
    } else if (op == Op.JEQ_K || op == Op.JSET_K) {
      if (here.state != FIELD) return 0;
      ++tests;
      flow(here, knownAt(known, i + 1 + load<u8>(at, 2)));
      flow(here, knownAt(known, i + 1 + load<u8>(at, 3)));
    } else if (op >= Op.LDW_ABS && op <= Op.LDB_ABS) {
      if (k > FARTHEST) return 0;
      here.state = FIELD;
      here.offset = k;
      here.size = 4 >> (op - Op.LDW_ABS);
      here.mask = 0xffffffff;
      reach = max(reach, k + here.size);
      flow(here, knownAt(known, i + 1));
    } else if (op == Op.AND_K && here.state == FIELD) {
      here.mask &= k;
      flow(here, knownAt(known, i + 1));
    } else {
      return 0;
    }
  }
  socket.filterReach = reach + socket.skip;
  return tests;
}

/** What is known at `from` is also known at `to`, if all ways there agree. */
function flow(from: Known, to: Known): void {
  if (to.state == UNREACHED) {
    to.state = from.state;
    to.offset = from.offset;
    to.size = from.size;
    to.mask = from.mask;
  } else if (to.offset != from.offset || to.size != from.size || to.mask != from.mask || to.state != from.state) {
    to.state = UNKNOWN;
  }
}

/** The test or verdict at which execution from instruction `i` on arrives, in the form of Test.onTrue. */
function resolve(program: usize, known: usize, i: u32): usize {
  while (true) {
    const at = program + i * INSTRUCTION;
    const op = <i32>load<u16>(at);
    const test = knownAt(known, i).test;
    if (test) return op == Op.RET_K ? test + 1 : test;
    i += op == Op.JA ? 1 + load<u32>(at, 4) : 1;
  }
}

/** Writes the tests backwards, so that those that a test leads to are there already. */
function writeTests(program: usize, count: u32, known: usize, memoryStart: usize): void {
  for (let i = count - 1; i != 0xffffffff; --i) {
    const here = knownAt(known, i);
    const at = program + i * INSTRUCTION;
    const op = <i32>load<u16>(at);
    const k = load<u32>(at, 4);
    if (here.state == UNREACHED || (op != Op.RET_K && op != Op.JEQ_K && op != Op.JSET_K)) continue;
    here.test = memoryStart;
    const test = changetype<Test>(memoryStart);
    memoryStart += offsetof<Test>();
    if (op == Op.RET_K) {
      test.offset = k;
      continue;
    }
    const yes = resolve(program, known, i + 1 + load<u8>(at, 2));
    const no = resolve(program, known, i + 1 + load<u8>(at, 3));
    const visible = here.mask & (0xffffffff >> (32 - (here.size << 3)));
    test.offset = here.offset;
    if (op == Op.JSET_K) {
      test.mask = inFrame(visible & k, here.size);
      test.value = 0;
      test.onTrue = no;
      test.onFalse = yes;
    } else {
      const possible = !(k & ~visible);
      test.mask = possible ? inFrame(visible, here.size) : 0;
      test.value = possible ? inFrame(k, here.size) : 1;
      test.onTrue = yes;
      test.onFalse = no;
    }
  }
}

/** A field's value as it stands in the low bytes of a word that was loaded where the field starts. */
function inFrame(value: u32, size: u32): u32 {
  return bswap<u32>(value) >> (32 - (size << 3));
}
