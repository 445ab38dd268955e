// The short form of most filters. A program that compares fields of the frame, at fixed offsets or behind an IPv4 header,
// becomes a chain of tests, each `field == value ? onTrue : onFalse`, which the port runs (port.match): it decodes no
// instructions and loads nothing twice. Other programs are interpreted (filter.ts).

import { TEST_LOAD_X, TEST_ORDER, TEST_PLACE_MASK, TEST_SIZE_SHIFT, TEST_X } from "./abi";
import { INSTRUCTION, Op, isLoad } from "./bpf";
import { htonl } from "./frame";
import { allocate, free } from "./heap";

/** boards/engine/match.h and host/engine/match.ts run these. A verdict is a word: how many bytes pass. */
@unmanaged
class Test {
  /** The offset of the field, its size and TEST_* flags. */
  field: u32;
  /** The bytes in the order of the frame; with TEST_ORDER the highest bytes of a number. */
  mask: u32;
  value: u32;
  /** The next test, or the address of a verdict plus 1. Linear memory has no more than 64 KiB. */
  onTrue: u16;
  onFalse: u16;
}

const VERDICT: u32 = 4;

/** The contents of register A before an instruction, as far as translation knows them. */
@unmanaged
class Known {
  /** Like Test.field; the bits from STATE on are the state. */
  field: u32;
  /** The bits of the field that A has (host order); with WRITTEN the address of the instruction's own test or verdict. */
  mask: u32;
}

/** Where the state is in Known.field. */
const STATE: u32 = 28;
const FIELD: u32 = (1 << STATE) - 1;

/** No path leads here. */
const UNREACHED: u32 = 0;
/** A is unknown. */
const UNKNOWN: u32 = 1;
/** A is unknown, and on one of the paths a field was loaded that no test has used. */
const UNTESTED: u32 = 2;
/** A is the field: no test has used it yet, or one has. */
const LOADED: u32 = 3;
const TESTED: u32 = 4;
/** The instruction has become a test or a verdict. */
const WRITTEN: u32 = 5;

/**
 * The short form of a verified program, for a socket that does not see the first `skip` bytes of a frame: the address of its
 * first test, or that of its only verdict plus 1, at the start of a block of the heap. 0 when it has none, or the heap has
 * no room for it.
 */
export function makeTests(skip: u32, program: usize, count: u32): usize {
  const known = allocate(count * <u32>offsetof<Known>());
  if (!known) return 0;
  const bytes = follow(skip, program, count, known);
  const memoryStart = bytes ? allocate(bytes) : 0;
  let first: usize = 0;
  if (memoryStart) {
    writeTests(program, count, known, memoryStart + bytes, skip);
    first = resolve(program, known, 0);
  }
  free(known);
  return first;
}

// @ts-ignore: decorator
@inline
function knownAt(known: usize, i: u32): Known {
  return changetype<Known>(known + i * <u32>offsetof<Known>());
}

// @ts-ignore: decorator
@inline
function stateOf(known: Known): u32 {
  return known.field >> STATE;
}

function setState(known: Known, state: u32): void {
  known.field = (known.field & FIELD) | (state << STATE);
}

/**
 * Follows A through the program. Returns the bytes of its tests and verdicts, or 0 when there is no short form. A load ends the
 * program when the frame is too short, and the test of the loaded field does the same. So a load without a test has no short
 * form.
 */
function follow(skip: u32, program: usize, count: u32, known: usize): u32 {
  let bytes: u32 = 0;
  setState(knownAt(known, 0), UNKNOWN);
  // Rounds: instructions
  for (let i: u32 = 0; i < count; ++i) {
    const here = knownAt(known, i);
    const state = stateOf(here);
    if (state == UNREACHED) continue;
    if (state == UNTESTED) return 0;
    const at = program + i * INSTRUCTION;
    const op = <u32>load<u16>(at);
    const k = load<u32>(at, 4);
    if (op == Op.RET) {
      if (state == LOADED) return 0;
      bytes += VERDICT;
      continue;
    }
    if (op == Op.JA) {
      flow(here, knownAt(known, i + 1 + k));
      continue;
    }
    if (op <= Op.JSET) {
      if (state < LOADED) return 0;
      bytes += <u32>offsetof<Test>();
      setState(here, TESTED);
      flow(here, knownAt(known, i + 1 + load<u8>(at, 2)));
      flow(here, knownAt(known, i + 1 + load<u8>(at, 3)));
      continue;
    }
    if (op == Op.LDX_MSH) {
      if (k > TEST_PLACE_MASK - skip || (state == LOADED && here.field & TEST_X)) return 0;
      bytes += <u32>offsetof<Test>();
      if (here.field & TEST_X) setState(here, UNKNOWN); // the field was relative to another X
    } else if (isLoad(op)) {
      if (k > TEST_PLACE_MASK - skip || state == LOADED) return 0;
      const indirect = (op & Op.LOAD_X) != 0;
      const size = 4 >> ((op & ~Op.LOAD_X) - Op.LDW);
      here.field = (k + skip) | (size << TEST_SIZE_SHIFT) | (indirect ? TEST_X : 0) | (LOADED << STATE);
      here.mask = 0xffffffff;
    } else if (op == Op.AND && state >= LOADED) {
      here.mask &= k;
    } else {
      return 0;
    }
    flow(here, knownAt(known, i + 1));
  }
  return bytes;
}

/** Passes what is known at `from` on to `to`, where all paths must agree. */
function flow(from: Known, to: Known): void {
  const one = stateOf(from);
  const other = stateOf(to);
  if (other == UNREACHED) {
    to.field = from.field;
    to.mask = from.mask;
  } else if (one < LOADED || other < LOADED || (to.field ^ from.field) & FIELD || to.mask != from.mask) {
    setState(to, one == LOADED || other == LOADED || other == UNTESTED ? UNTESTED : UNKNOWN);
  } else {
    setState(to, min(one, other));
  }
}

/** The test or verdict that execution from instruction `i` on reaches, in the form of Test.onTrue. */
function resolve(program: usize, known: usize, i: u32): usize {
  // Rounds: instructions
  while (true) {
    const at = program + i * INSTRUCTION;
    const op = <u32>load<u16>(at);
    const here = knownAt(known, i);
    if (stateOf(here) == WRITTEN) return op == Op.RET ? here.mask + 1 : here.mask;
    i += op == Op.JA ? 1 + load<u32>(at, 4) : 1;
  }
}

/** Writes the tests backwards, up to the address `end`, so that the targets of a test exist before it. */
function writeTests(program: usize, count: u32, known: usize, end: usize, skip: u32): void {
  // Rounds: instructions
  for (let i = count - 1; i != 0xffffffff; --i) {
    const here = knownAt(known, i);
    const at = program + i * INSTRUCTION;
    const op = <u32>load<u16>(at);
    const k = load<u32>(at, 4);
    const jumps = op <= Op.JSET;
    if (stateOf(here) == UNREACHED || (op != Op.RET && op != Op.LDX_MSH && !jumps)) continue;
    end -= op == Op.RET ? VERDICT : <u32>offsetof<Test>();
    const test = changetype<Test>(end);
    if (op == Op.RET) {
      store<u32>(end, k);
    } else if (op == Op.LDX_MSH) {
      test.field = (k + skip) | (1 << TEST_SIZE_SHIFT) | TEST_LOAD_X;
      test.onTrue = <u16>resolve(program, known, i + 1);
    } else {
      const yes = <u16>resolve(program, known, i + 1 + load<u8>(at, 2));
      const no = <u16>resolve(program, known, i + 1 + load<u8>(at, 3));
      test.field = here.field & FIELD;
      test.onTrue = op == Op.JSET ? no : yes;
      test.onFalse = op == Op.JSET ? yes : no;
      compare(test, op, here.mask, k);
    }
    here.mask = <u32>end;
    setState(here, WRITTEN);
  }
}

/** Writes the comparison with `k` of a field whose bits `mask` are in A. */
function compare(test: Test, op: u32, mask: u32, k: u32): void {
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
  return htonl(value) >> unused;
}
