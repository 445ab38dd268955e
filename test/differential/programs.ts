// Random classic BPF programs: most of them valid, so that they come to run, some not.
import type { Random } from "../../host/net/random.js";

export interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

const SKF_AD = 0xfffff000;
const SKF_NET = 0xfff00000;
const SKF_LL = 0xffe00000;

/** SKF_AD_RANDOM is not here: two of its values are never the same. */
const ancillary = [0, 4, 8, 20, 24, 28, 32, 36, 40, 44, 48, 60];
/** SKF_AD_NLATTR, SKF_AD_NLATTR_NEST and SKF_AD_PAY_OFFSET: of Linux only. */
export const unsupportedAncillary: readonly number[] = [12, 16, 52];

export function isUnsupported({ code, k }: Instruction): boolean {
  return [0x20, 0x28, 0x30].includes(code) && unsupportedAncillary.includes(k - SKF_AD);
}

/** Values that decide something in frames, and some that decide nothing. */
const constants = [
  0, 1, 2, 4, 6, 8, 14, 17, 20, 40, 60, 0xff, 0x600, 0x800, 0x806, 0x8100, 0xffff, 0x10000, 0x7fffffff,
];

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}

function constant(random: Random): number {
  return pick(random, [() => pick(random, constants), () => random.below(256), () => random.next()])();
}

/** Where a program reads: mostly in the first part of a frame, sometimes at its end or behind it, sometimes elsewhere. */
function offset(random: Random): number {
  if (random.chance(0.8)) return random.below(48);
  return pick(random, [
    () => random.below(130),
    () => SKF_NET + random.below(40),
    () => SKF_LL + random.below(40),
    () => SKF_NET - random.below(4),
    () => random.below(1600),
    () => random.next(),
    () => SKF_LL - 1 - random.below(8),
  ])();
}

const alu = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0];

/** An instruction that does not jump. `written`: the words of M[] that are certainly written. */
function straight(random: Random, written: Set<number>): Instruction {
  const plain = (code: number, k = 0) => ({ code, jt: 0, jf: 0, k });
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return plain(pick(random, [0x20, 0x28, 0x30]), offset(random));
    case 3:
      return plain(pick(random, [0x40, 0x48, 0x50]), offset(random));
    case 4:
      return plain(pick(random, [0x20, 0x28, 0x30]), SKF_AD + pick(random, ancillary));
    case 5:
      return plain(0xb1, offset(random));
    case 6: {
      const operation = pick(random, alu);
      const withX = operation !== 0x80 && random.chance(0.4);
      const shifts = operation === 0x60 || operation === 0x70;
      return plain(
        0x04 | operation | (withX ? 8 : 0),
        shifts ? random.below(random.chance(0.05) ? 34 : 32) : constant(random) || 1,
      );
    }
    case 7:
      return plain(pick(random, [0x07, 0x87]));
    case 8: {
      const word = random.below(16);
      written.add(word);
      return plain(pick(random, [0x02, 0x03]), word);
    }
    case 9:
      return written.size > 0 ? plain(pick(random, [0x60, 0x61]), pick(random, [...written])) : plain(0x80);
    case 10:
      return plain(pick(random, [0x80, 0x81]));
    default:
      return plain(pick(random, [0x00, 0x01, 0x54]), constant(random));
  }
}

function verdict(random: Random): Instruction {
  if (random.chance(0.3)) return { code: 0x16, jt: 0, jf: 0, k: 0 };
  return {
    code: 0x06,
    jt: 0,
    jf: 0,
    k: pick(random, [0, 1, 14, 20, 33, 60, 100, 0xffff, 0xffffffff, random.below(200)]),
  };
}

/** A jump forward over at most `left` instructions. */
function jump(random: Random, left: number): Instruction {
  if (random.chance(0.1)) return { code: 0x05, jt: 0, jf: 0, k: random.below(left) };
  const most = Math.min(left, 256);
  const code = 0x05 | pick(random, [0x10, 0x20, 0x30, 0x40]) | (random.chance(0.3) ? 8 : 0);
  return { code, jt: random.below(most), jf: random.below(most), k: constant(random) };
}

/** Anything that a program may do. */
function anything(random: Random): Instruction[] {
  const length = 1 + random.below(random.chance(0.1) ? 120 : 24);
  const written = new Set<number>();
  const program: Instruction[] = [];
  for (let i = 0; i < length; i++) {
    const left = length - i;
    if (random.chance(0.25)) program.push(jump(random, left));
    else if (random.chance(0.04)) program.push(verdict(random));
    else program.push(straight(random, written));
  }
  program.push(verdict(random));
  return program;
}

const loads = { 4: 0x20, 2: 0x28, 1: 0x30 } as const;
const indirect = 0x20;
const comparing = [0x15, 0x15, 0x15, 0x45, 0x25, 0x35] as const;

/** Two ways to the next instruction, on which different fields are loaded. */
function fork(random: Random, at: number): Instruction[] {
  const load = () => ({
    code: loads[pick(random, [4, 2, 1] as const)],
    jt: 0,
    jf: 0,
    k: random.chance(0.7) ? at : at + 1,
  });
  const both = [load(), { code: 0x05, jt: 0, jf: 0, k: 1 }, load()];
  return [{ code: 0x45, jt: 0, jf: 2, k: 1 << random.below(8) }, ...both];
}

/** What most filters are: fields at fixed places or behind an IPv4 header, compared. */
function comparisons(random: Random, sample: Buffer): Instruction[] {
  const fields = 1 + random.below(8);
  const program: Instruction[] = [];
  const fixed = new Set<Instruction>();
  for (let i = 0; i < fields; i++) {
    const size = pick(random, [4, 2, 1] as const);
    const at = random.below(random.chance(0.1) ? 130 : 40);
    if (random.chance(0.15)) program.push({ code: 0xb1, jt: 0, jf: 0, k: pick(random, [14, 14, 0, at]) });
    if (random.chance(0.2))
      program.push({ code: loads[size] + indirect, jt: 0, jf: 0, k: pick(random, [14, 16, 0, at]) });
    else if (i === 0 || random.chance(0.8)) program.push({ code: loads[size], jt: 0, jf: 0, k: at });
    const branches = random.chance(0.1) ? fork(random, at) : [];
    for (const instruction of branches) fixed.add(instruction);
    program.push(...branches);
    const mask = random.chance(0.4) ? constant(random) : 0xffffffff;
    if (mask !== 0xffffffff) program.push({ code: 0x54, jt: 0, jf: 0, k: mask });
    const there = at + size <= sample.length ? sample.readUIntBE(at, size) & mask : 0;
    const k = random.chance(0.6) ? there >>> 0 : constant(random);
    program.push({ code: pick(random, comparing), jt: 0, jf: 0, k });
    if (random.chance(0.1)) program.push({ code: 0x05, jt: 0, jf: 0, k: 0 });
  }
  const verdicts = 2 + random.below(3);
  for (let i = 0; i < verdicts; i++)
    program.push({ code: 0x06, jt: 0, jf: 0, k: pick(random, [0, 1, 20, 50, 0xffff]) });
  for (const [i, instruction] of program.entries()) {
    if (fixed.has(instruction)) continue;
    const left = program.length - 1 - i;
    if (comparing.some((code) => code === instruction.code)) {
      instruction.jt = random.below(Math.min(left, 6));
      instruction.jf = random.below(Math.min(left, 6));
    } else if (instruction.code === 0x05) {
      instruction.k = random.below(Math.min(left, 4));
    }
  }
  return program;
}

/** Changes something so that the program may no longer be valid. */
function spoil(random: Random, program: Instruction[]): void {
  const instruction = pick(random, program);
  pick(random, [
    () => (instruction.code = random.below(0x100)),
    () => (instruction.code = random.next() & 0xffff),
    () => (instruction.k = random.next()),
    () => (instruction.k = pick(random, [0, 15, 16, 31, 32, program.length, program.length - 1])),
    () => (instruction.jt = random.below(256)),
    () => (instruction.jf = random.below(256)),
    () => program.pop(),
    () => Object.assign(instruction, { code: 0x20, k: SKF_AD + random.below(72) }),
    () => Object.assign(instruction, { code: pick(random, [0x60, 0x61, 0x02, 0x03]), k: random.below(18) }),
  ])();
  // Its value is no two times the same.
  if (instruction.k === SKF_AD + 56) instruction.k = SKF_AD + pick(random, unsupportedAncillary);
}

/** `sample`: a frame that the program may be made for. */
export function randomProgram(random: Random, sample: Buffer): Instruction[] {
  const program = random.chance(0.4) ? comparisons(random, sample) : anything(random);
  if (random.chance(0.2)) spoil(random, program);
  return program;
}

export function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(jt, i * 8 + 2);
    bytes.writeUInt8(jf, i * 8 + 3);
    bytes.writeUInt32LE(k, i * 8 + 4);
  }
  return bytes;
}

/** For a person to read: as tcpdump -ddd prints programs. */
export function print(program: readonly Instruction[]): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  return program.map(({ code, jt, jf, k }, i) => `  ${i}: ${hex(code)} ${jt} ${jf} ${hex(k)}`).join("\n");
}
