// Small modules of random instructions, for engines to be compared on. They are valid, end, have the exports that a loader
// asks for, and use their arguments as addresses more often than not.
import { ABI_VERSION } from "../../assembly/abi.js";
import { exportArguments } from "../../host/engine/exports.js";
import type { Random } from "../../host/net/random.js";

const I32 = 0x7f;
const VOID = 0x40;
const END = 0x0b;
const BR_IF = 0x0d;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const ADD = 0x6a;
const SUB = 0x6b;

/** Variables of a function besides its parameters; the last ones count loops. */
const variables = 4;
const counters = 3;
/** The first functions call none; the others only those. */
const leaves = 4;

function unsigned(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}

const constant = (value: number): number[] => [0x41, ...signed(value | 0)];
const named = (name: string): number[] => [name.length, ...Buffer.from(name)];
const vector = (entries: readonly (readonly number[])[]): number[] => [...unsigned(entries.length), ...entries.flat()];
const section = (id: number, body: readonly number[]): number[] => [id, ...unsigned(body.length), ...body];

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

/** Addresses at which something may go wrong, and numbers that are none. */
export function interesting(random: Random, memorySize: number): number {
  return pick(random, [
    () => random.below(400),
    () => memorySize - random.below(300),
    () => memorySize - random.below(300),
    () => memorySize + random.below(8),
    () => random.below(memorySize),
    () => -random.below(300),
    () => 0x80000000,
    () => random.next(),
  ])();
}

const comparisons = [0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f];
const arithmetic = [0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78];
const unary = [0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1];
const loads = [0x28, 0x28, 0x28, 0x2c, 0x2d, 0x2e, 0x2f];
const stores = [0x36, 0x36, 0x3a, 0x3b];

class FunctionGenerator {
  private loops = 0;
  /** The labels around, the innermost last; true: a block without a value, to which a branch may lead. */
  private readonly labels: boolean[] = [];

  constructor(
    private readonly random: Random,
    private readonly parameters: number,
    private readonly callees: readonly number[],
    private readonly memorySize: number,
  ) {}

  body(): number[] {
    const locals = [1, variables + counters, I32];
    const code = [...locals, ...this.statements(3), ...this.value(3), END];
    return [...unsigned(code.length), ...code];
  }

  private within<T>(target: boolean, part: () => T): T {
    this.labels.push(target);
    const result = part();
    this.labels.pop();
    return result;
  }

  private local(): number {
    return this.random.below(this.parameters + variables);
  }

  private base(depth: number): number[] {
    if (this.random.chance(0.6)) return [LOCAL_GET, this.local()];
    if (this.random.chance(0.6)) return [LOCAL_GET, this.local(), ...constant(this.random.below(60)), ADD];
    return this.value(depth);
  }

  private place(): number[] {
    return [0, ...unsigned(pick(this.random, [0, 0, 1, 4, 4, 8, 12, 20, 44, 100, 188, 252]))];
  }

  /** Leaves a value on the stack. */
  private value(depth: number): number[] {
    const { random } = this;
    if (depth === 0 || random.chance(0.2)) {
      return random.chance(0.6) ? [LOCAL_GET, this.local()] : constant(interesting(random, this.memorySize));
    }
    const value = (): number[] => this.value(depth - 1);
    return pick(random, [
      () => [...this.base(depth - 1), pick(random, loads), ...this.place()],
      () => [...this.base(depth - 1), 0x28, ...this.place()],
      () => [...value(), ...value(), pick(random, comparisons)],
      () => [...value(), ...value(), pick(random, arithmetic)],
      () => [...value(), pick(random, unary)],
      () => [...value(), ...value(), ...value(), 0x1b],
      () => [...value(), LOCAL_TEE, this.local()],
      () => this.call(depth),
      () => {
        const arms = this.within(false, () => [...value(), 0x05, ...value()]);
        return [...value(), 0x04, I32, ...arms, END];
      },
      () => {
        const inner = this.within(false, () => [...value(), ...value(), BR_IF, 0, 0x1a, ...value()]);
        return [0x02, I32, ...inner, END];
      },
    ])();
  }

  private call(depth: number): number[] {
    if (this.callees.length === 0) return this.value(depth - 1);
    const number = this.random.below(this.callees.length);
    const args = Array.from({ length: this.callees[number]! }, () => this.value(depth - 1));
    return [...args.flat(), 0x10, number];
  }

  private statements(depth: number): number[] {
    return Array.from({ length: 1 + this.random.below(4) }, () => this.statement(depth)).flat();
  }

  private statement(depth: number): number[] {
    const { random } = this;
    const simple = [
      () => [...this.value(2), LOCAL_SET, this.local()],
      () => [...this.value(2), LOCAL_SET, this.local()],
      () => [...this.base(1), ...this.value(2), pick(random, stores), ...this.place()],
      () => [...this.base(1), ...this.value(1), 0x36, ...this.place()],
      () => [...this.base(1), ...this.value(0), ...constant(random.below(40)), 0xfc, 11, 0],
      () => [...this.base(1), ...this.base(1), ...constant(random.below(40)), 0xfc, 10, 0, 0],
      () => this.leave(),
    ];
    const nested = [
      () => [...this.value(2), 0x04, VOID, ...this.within(true, () => this.statements(depth - 1)), END],
      () => {
        const arms = this.within(true, () => [...this.statements(depth - 1), 0x05, ...this.statements(depth - 1)]);
        return [...this.value(2), 0x04, VOID, ...arms, END];
      },
      () => [0x02, VOID, ...this.within(true, () => this.statements(depth - 1)), END],
      () => this.loop(depth),
      () => this.table(depth),
    ];
    return pick(random, depth > 0 ? [...simple, ...nested] : simple)();
  }

  /** A branch out, a return or a trap, on a condition or, at the end of a block of its own, without. */
  private leave(): number[] {
    const targets = [...this.labels.entries()].filter(([, target]) => target).map(([i]) => this.labels.length - 1 - i);
    if (targets.length > 0 && this.random.chance(0.7)) return [...this.value(1), BR_IF, pick(this.random, targets)];
    const end = this.random.chance(0.8) ? [...this.value(1), 0x0f] : [0x00];
    return [...this.value(2), 0x04, VOID, ...end, END];
  }

  /** Runs up to three times. */
  private loop(depth: number): number[] {
    if (this.loops === counters) return this.statements(depth - 1);
    const counter = this.parameters + variables + this.loops++;
    const count = [LOCAL_GET, counter, ...constant(1), SUB, LOCAL_SET, counter];
    const inner = this.within(false, () => this.statements(depth - 1));
    this.loops--;
    const again = [LOCAL_GET, counter, BR_IF, 0];
    return [...constant(1 + this.random.below(3)), LOCAL_SET, counter, 0x03, VOID, ...count, ...inner, ...again, END];
  }

  private table(depth: number): number[] {
    const inner = this.within(true, () => {
      const choice = this.within(true, () => [...this.value(1), ...constant(3), 0x71, 0x0e, 2, 0, 1, 0]);
      return [0x02, VOID, ...choice, END, ...this.statements(depth - 1)];
    });
    return [0x02, VOID, ...inner, END];
  }
}

export function generateModule(random: Random, memorySize: number): Uint8Array {
  const exports = Object.entries(exportArguments);
  const types = exports.map(([, count]) => [0x60, ...vector(Array.from({ length: count }, () => [I32])), 1, I32]);
  const callees = exports.slice(0, leaves).map(([, count]) => count);
  const bodies = exports.map(([, count], i) => {
    return new FunctionGenerator(random, count, i < leaves ? [] : callees, memorySize).body();
  });
  return Uint8Array.from([
    ...Buffer.from("\0asm\x01\0\0\0", "latin1"),
    ...section(1, vector(types)),
    ...section(3, vector(exports.map((_, i) => [i]))),
    ...section(5, [1, 1, 1, 1]),
    ...section(6, [1, I32, 0, ...constant(ABI_VERSION), END]),
    ...section(7, [
      ...unsigned(exports.length + 2),
      ...exports.flatMap(([name], i) => named(name).concat(0, i)),
      ...named("memory"),
      ...[2, 0],
      ...named("PKTSOCK_ABI"),
      ...[3, 0],
    ]),
    ...section(10, vector(bodies)),
  ]);
}
