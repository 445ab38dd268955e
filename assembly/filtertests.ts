// The short form of most filters. A program that compares fields of the frame, at fixed offsets or behind an IPv4 header,
// becomes a chain of tests, each `field == value ? onTrue : onFalse`, which the port runs (port.match): it decodes no
// instructions and loads nothing twice. Other programs are interpreted (filter.ts).

import { TEST_LOAD_X, TEST_ORDER, TEST_PLACE_MASK, TEST_SIZE_SHIFT, TEST_X } from "./abi";
import { INSTRUCTION, Op } from "./bpf";
import { allocate, free } from "./heap";
import { Socket } from "./layout";

/** boards/engine/match.h and host/engine/match.ts run these. */
@unmanaged
class Test {
  /** In a test the offset of the field, its size and TEST_* flags; in a verdict how many bytes pass. */
  field: u32;
  /** The bytes in the order of the frame; with TEST_ORDER the highest bytes of a number. */
  mask: u32;
  value: u32;
  /** The next test, or the address of a verdict plus 1. */
  onTrue: usize;
  onFalse: usize;
}

/** The contents of register A before an instruction, as far as translation knows them. */
@unmanaged
class Known {
  state: u32;
  /** Like Test.field, and the bits of the field that A has (host order). */
  field: u32;
  mask: u32;
  /** The address of the instruction's own test or verdict; 0: it has none. */
  test: usize;
}

/** No path leads here. */
const UNREACHED: u32 = 0;
/** A is unknown. */
const UNKNOWN: u32 = 1;
/** A is unknown, and on one of the paths a field was loaded that no test has used. */
const UNTESTED: u32 = 2;
/** A is the field: no test has used it yet, or one has. */
const LOADED: u32 = 3;
const TESTED: u32 = 4;

/** Gives the socket its filter's short form, if the verified `program` has one and the heap has room for it. */
export function makeTests(socket: Socket, program: usize, count: u32): void {
  const known = allocate(count * <u32>offsetof<Known>());
  if (!known) return;
  const tests = follow(socket.skip, program, count, known);
  const memoryStart = tests ? allocate(tests * <u32>offsetof<Test>()) : 0;
  if (memoryStart) {
    writeTests(program, count, known, memoryStart, socket.skip);
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

/**
 * Follows A through the program. Returns the number of tests and verdicts, or 0 when there is no short form. A load ends the
 * program when the frame is too short, and the test of the loaded field does the same. So a load without a test has no short
 * form.
 */
function follow(skip: u32, program: usize, count: u32, known: usize): u32 {
  let tests: u32 = 0;
  knownAt(known, 0).state = UNKNOWN;
  for (let i: u32 = 0; i < count; ++i) {
    const here = knownAt(known, i);
    if (here.state == UNREACHED) continue;
    if (here.state == UNTESTED) return 0;
    const at = program + i * INSTRUCTION;
    const op = <i32>load<u16>(at);
    const k = load<u32>(at, 4);
    if (op == Op.RET_K) {
      if (here.state == LOADED) return 0;
      ++tests;
      continue;
    }
    if (op == Op.JA) {
      flow(here, knownAt(known, i + 1 + k));
      continue;
    }
    if (op >= Op.JEQ && op <= Op.JSET) {
      if (here.state < LOADED) return 0;
      ++tests;
      here.state = TESTED;
      flow(here, knownAt(known, i + 1 + load<u8>(at, 2)));
      flow(here, knownAt(known, i + 1 + load<u8>(at, 3)));
      continue;
    }
    if (op == Op.LDX_MSH) {
      if (k > TEST_PLACE_MASK - skip || (here.state == LOADED && here.field & TEST_X)) return 0;
      ++tests;
      if (here.field & TEST_X) here.state = UNKNOWN; // the field was relative to another X
    } else if (op >= Op.LDW_ABS && op <= Op.LDB_IND) {
      if (k > TEST_PLACE_MASK - skip || here.state == LOADED) return 0;
      const indirect = op >= Op.LDW_IND;
      const size = 4 >> (op - (indirect ? Op.LDW_IND : Op.LDW_ABS));
      here.state = LOADED;
      here.field = (k + skip) | (size << TEST_SIZE_SHIFT) | (indirect ? TEST_X : 0);
      here.mask = 0xffffffff;
    } else if (op == Op.AND && here.state >= LOADED) {
      here.mask &= k;
    } else {
      return 0;
    }
    flow(here, knownAt(known, i + 1));
  }
  return tests;
}

/** Passes what is known at `from` on to `to`, where all paths must agree. */
function flow(from: Known, to: Known): void {
  if (to.state == UNREACHED) {
    to.state = from.state;
    to.field = from.field;
    to.mask = from.mask;
  } else if (from.state < LOADED || to.state < LOADED || to.field != from.field || to.mask != from.mask) {
    const untested = from.state == LOADED || to.state == LOADED || to.state == UNTESTED;
    to.state = untested ? UNTESTED : UNKNOWN;
  } else {
    to.state = min(to.state, from.state);
  }
}

/** The test or verdict that execution from instruction `i` on reaches, in the form of Test.onTrue. */
function resolve(program: usize, known: usize, i: u32): usize {
  while (true) {
    const at = program + i * INSTRUCTION;
    const op = <i32>load<u16>(at);
    const test = knownAt(known, i).test;
    if (test) return op == Op.RET_K ? test + 1 : test;
    i += op == Op.JA ? 1 + load<u32>(at, 4) : 1;
  }
}

/** Writes the tests backwards, so that the targets of a test exist before it. */
function writeTests(program: usize, count: u32, known: usize, memoryStart: usize, skip: u32): void {
  for (let i = count - 1; i != 0xffffffff; --i) {
    const here = knownAt(known, i);
    const at = program + i * INSTRUCTION;
    const op = <i32>load<u16>(at);
    const k = load<u32>(at, 4);
    const jumps = op >= Op.JEQ && op <= Op.JSET;
    if (here.state == UNREACHED || (op != Op.RET_K && op != Op.LDX_MSH && !jumps)) continue;
    const test = changetype<Test>(memoryStart);
    here.test = memoryStart;
    memoryStart += offsetof<Test>();
    if (op == Op.RET_K) {
      test.field = k;
    } else if (op == Op.LDX_MSH) {
      test.field = (k + skip) | (1 << TEST_SIZE_SHIFT) | TEST_LOAD_X;
      test.onTrue = resolve(program, known, i + 1);
    } else {
      const yes = resolve(program, known, i + 1 + load<u8>(at, 2));
      const no = resolve(program, known, i + 1 + load<u8>(at, 3));
      test.field = here.field;
      test.onTrue = op == Op.JSET ? no : yes;
      test.onFalse = op == Op.JSET ? yes : no;
      compare(test, op, here.mask, k);
    }
  }
}

/** Writes the comparison with `k` of a field whose bits `mask` are in A. */
function compare(test: Test, op: i32, mask: u32, k: u32): void {
  const unused = 32 - ((test.field >> TEST_SIZE_SHIFT) & 7) * 8;
  const most = (<u32>0xffffffff) >> unused;
  const visible = mask & most;
  // A comparison that cannot be true becomes a test that always fails.
  test.mask = 0;
  test.value = 1;
  if (op == Op.JSET) {
    test.mask = inFrame(visible & k, unused);
    test.value = 0;
  } else if (op == Op.JEQ) {
    if (k & ~visible) return;
    test.mask = inFrame(visible, unused);
    test.value = inFrame(k, unused);
  } else {
    const least = op == Op.JGT ? k + 1 : k;
    test.field |= TEST_ORDER;
    if (k > most || least > most || (op == Op.JGT && !least)) return;
    test.mask = visible << unused;
    test.value = least << unused;
  }
}

/** The value of a field in the low bytes of a word that is loaded from its offset. */
function inFrame(value: u32, unused: u32): u32 {
  return bswap<u32>(value) >> unused;
}
