// What a conformance case is made of. A case is data: a name, where its expectation comes from, and steps. Commands are
// written as the agent takes them (test/agent/agent.h) but for {bytes} in braces (bytes.ts), and $names: descriptors and
// values that earlier steps saved, $IF (the interface's index), $NAME (its name).

import type { Need } from "./targets.js";

export type Vars = Record<string, string>;

/** A field's expected text (with {bytes} and $names), a pattern for it, or null: the field is not there. */
export type Field = string | number | RegExp | null;

/** What a call must answer. `errno` implies a return value of -1; a field that is not mentioned may be anything. */
export interface Expect {
  readonly ret?: number | string | RegExp;
  readonly errno?: string | RegExp;
  readonly fields?: Readonly<Record<string, Field>>;
}

/** Where ours differs from Linux on purpose: what it answers instead, and why. */
export interface Difference {
  readonly expect: Expect;
  readonly reason: string;
}

export interface CallStep {
  readonly kind: "call";
  readonly command: string;
  readonly expect: Expect;
  readonly differs?: Difference;
  /** Variables that get the answer's fields ("ret" is the return value). */
  readonly save?: Readonly<Record<string, string>>;
  /** The call is made that often, with the same answer each time. */
  readonly repeat?: string;
  /** The call must last at least that many milliseconds. */
  readonly lasts?: number;
  /** What happens while the call waits. */
  readonly meanwhile?: readonly Step[];
}

export interface InjectStep {
  readonly kind: "inject";
  readonly frame: string;
}

export interface ArrivesStep {
  readonly kind: "arrives";
  readonly frame: string;
}

/** Checks that no frame is in flight on either side, and that the peer got no unexpected one. */
export interface QuietStep {
  readonly kind: "quiet";
}

/** The cable is pulled or put back. */
export interface CableStep {
  readonly kind: "cable";
  readonly plugged: boolean;
}

/** Waits until both ends carry frames again after the interface was down. */
export interface ReadyStep {
  readonly kind: "ready";
}

export interface CheckStep {
  readonly kind: "check";
  readonly what: string;
  readonly test: (vars: Vars) => boolean;
}

/** recv() without waiting until there is nothing more; saves how many frames there were. */
export interface DrainStep {
  readonly kind: "drain";
  readonly name: string;
  readonly save: string;
}

/** From now on, until the case ends, the line is so slow that a long frame takes SLOW_FRAME_MS. Before any call. */
export interface SlowStep {
  readonly kind: "slow";
}

/** send() of numbered() frames until it fails; saves how many there were. */
export interface FillStep {
  readonly kind: "fill";
  readonly name: string;
  readonly flags: string;
  readonly save: string;
}

/** As many numbered() frames arrive as a variable says, in order. */
export interface FlushStep {
  readonly kind: "flush";
  readonly count: string;
}

export type Step =
  | CallStep
  | InjectStep
  | ArrivesStep
  | QuietStep
  | CableStep
  | ReadyStep
  | CheckStep
  | DrainStep
  | SlowStep
  | FillStep
  | FlushStep;

export const SLOW_BITS_PER_SECOND = 100_000;
export const SLOW_FRAME_MS = 121;

export interface Case {
  readonly name: string;
  readonly source: string;
  readonly steps: readonly Step[];
  /** It is skipped on targets that lack one of these. A "slow" step needs "a slow line" by itself. */
  readonly needs: readonly Need[];
}

export function testCase(name: string, source: string, steps: readonly Step[], needs: readonly Need[] = []): Case {
  const slows = steps.some(({ kind }) => kind === "slow");
  return { name, source, steps, needs: slows ? ["a slow line", ...needs] : needs };
}

/** The needs of a case that sends frames to other hosts' addresses, which the MAC must let in when it is told to. */
export const OTHER_HOSTS = ["frames to other hosts"] as const;

export type Options = Omit<CallStep, "kind" | "command" | "expect">;

export function call(command: string, expect: Expect, options: Options = {}): CallStep {
  return { kind: "call", command, expect, ...options };
}

export function inject(frame: string): InjectStep {
  return { kind: "inject", frame };
}

export function arrives(frame: string): ArrivesStep {
  return { kind: "arrives", frame };
}

export const quiet: QuietStep = { kind: "quiet" };
export const ready: ReadyStep = { kind: "ready" };
export const unplug: CableStep = { kind: "cable", plugged: false };
export const plug: CableStep = { kind: "cable", plugged: true };

export const slow: SlowStep = { kind: "slow" };

export function fill(name: string, save: string, flags = "MSG_DONTWAIT"): FillStep {
  return { kind: "fill", name, flags, save };
}

export function flush(count: string): FlushStep {
  return { kind: "flush", count };
}

export function check(what: string, test: (vars: Vars) => boolean): CheckStep {
  return { kind: "check", what, test };
}

/** `count` times what `make` gives. */
export function times(count: number, make: (i: number) => readonly Step[]): Step[] {
  return Array.from({ length: count }, (_, i) => make(i)).flat();
}
