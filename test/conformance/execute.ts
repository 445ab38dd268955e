// Runs one case on one target.

import { type Answer, parseAnswer } from "./agent.js";
import { compact, expand, htons, type Names } from "./bytes.js";
import { frame, numbered, outgoing } from "./calls.js";
import type { CallStep, Case, Expect, Field, Step, Vars } from "./steps.js";
import type { Target } from "./target.js";

/** "pass", "skip: why" or "differs: why"; failures are thrown. */
export type Verdict = "pass" | `skip: ${string}` | `differs: ${string}`;

/** The EtherType of the frames by which the runner detects that no other frame is in flight. */
const SENTINEL_TYPE = 0x88b6;
const CALL_MS = 60_000;
const FRAME_MS = 60_000;
/** More than any queue holds. */
const MAX_FRAMES = 500;

class Run {
  readonly vars: Vars;
  readonly names: Names;
  readonly reasons = new Set<string>();
  private slowed = false;

  constructor(
    readonly target: Target,
    private readonly ours: boolean,
  ) {
    this.vars = { IF: String(target.ifindex), NAME: target.ifname, ...target.description.capacities };
    const index = Buffer.alloc(4);
    index.writeUInt32LE(target.ifindex);
    // An address like ours but for its last byte.
    const ownish = Buffer.from(target.names.OWN!, "hex").map((byte, i) => (i === 5 ? byte ^ 1 : byte));
    const OWNISH = Buffer.from(ownish).toString("hex");
    this.names = { ...target.names, OWNISH, IF: index.toString("hex") };
  }

  /** Replaces $names and {bytes}. */
  private substitute(text: string, bytes: (inner: string) => string): string {
    const filled = text.replace(/\$([A-Za-z]\w*)/g, (_, name: string) => {
      const value = this.vars[name];
      if (value === undefined) throw new Error(`the case uses $${name}, which nothing has set`);
      return value;
    });
    return filled.replace(/\{([^}]*)\}/g, (_, inner: string) => bytes(inner));
  }

  async step(step: Step): Promise<void> {
    switch (step.kind) {
      case "call":
        for (let left = Number(this.substitute(step.repeat ?? "1", String)); left > 0; left--) await this.call(step);
        return;
      case "inject":
        return this.target.inject(compact(step.frame, this.names));
      case "arrives":
        return this.arrives(expand(step.frame, this.names));
      case "quiet":
        return this.quiet();
      case "cable":
        if (!this.target.plug) throw new Error("this target cannot pull its cable");
        return this.target.plug(step.plugged);
      case "ready":
        return this.target.ready();
      case "drain":
        this.vars[step.save] = String(await this.drain(this.substitute(`$${step.name}`, String)));
        return;
      case "slow":
        if (!this.target.slow) throw new Error("this target cannot make its line slow");
        this.slowed = true;
        return this.target.slow(true);
      case "fill":
        this.vars[step.save] = String(await this.fill(this.substitute(`$${step.name}`, String), step.flags));
        return;
      case "flush":
        for (let i = 0; i < Number(this.vars[step.count]); i++) await this.arrives(expand(numbered(i), this.names));
        return;
      case "check":
        if (!step.test(this.vars)) throw new Error(`expected ${step.what}\n     got ${JSON.stringify(this.vars)}`);
    }
  }

  private async call(step: CallStep): Promise<void> {
    const command = this.substitute(step.command, (inner) => compact(inner, this.names) || "z0");
    const began = performance.now();
    const answering = this.target.call(command, CALL_MS);
    answering.catch(() => {});
    for (const other of step.meanwhile ?? []) await this.step(other);
    const answer = parseAnswer(await answering);
    const lasted = performance.now() - began;
    const differs = this.ours ? step.differs : undefined;
    if (differs) this.reasons.add(differs.reason);
    this.compare(answer, differs?.expect ?? step.expect);
    if (step.lasts !== undefined && lasted < step.lasts) {
      throw new Error(`expected to last ${step.lasts} ms at least\n     got ${lasted.toFixed(1)} ms`);
    }
    for (const [name, field] of Object.entries(step.save ?? {})) {
      const value = field === "ret" ? answer.ret : answer.fields[field];
      if (value === undefined) throw new Error(`expected a field ${field}\n     got ${answer.line}`);
      this.vars[name] = value;
    }
  }

  private compare(answer: Answer, expect: Expect): void {
    const wrong = (what: string, wanted: unknown): never => {
      throw new Error(`expected ${what} ${String(wanted)}\n     got ${answer.line}`);
    };
    const ret = expect.ret ?? (expect.errno === undefined ? undefined : -1);
    if (ret !== undefined && !this.matches(answer.ret, ret)) wrong("return value", ret);
    if (expect.errno !== undefined && !this.matches(answer.errno, expect.errno)) wrong("errno", expect.errno);
    for (const [name, wanted] of Object.entries({ overrun: null, ...expect.fields })) {
      if (!this.matches(answer.fields[name], wanted)) {
        wrong(name, typeof wanted === "string" ? this.expected(wanted) : wanted);
      }
    }
  }

  private expected(text: string): string {
    return this.substitute(text, (inner) => expand(inner, this.names).toString("hex"));
  }

  private matches(value: string | undefined, wanted: Field): boolean {
    if (wanted === null) return value === undefined;
    if (value === undefined) return false;
    if (wanted instanceof RegExp) return wanted.test(value);
    return value === (typeof wanted === "number" ? String(wanted) : this.expected(wanted));
  }

  /** The next frame at the peer is this one, filled up as the target's hardware does it. */
  private async arrives(wanted: Buffer): Promise<void> {
    const padded = Buffer.concat([wanted, Buffer.alloc(Math.max(0, this.target.description.shortest - wanted.length))]);
    const got = await this.target.next(FRAME_MS);
    if (got?.equals(padded)) return;
    throw new Error(`expected at the peer ${padded.toString("hex")}\n     got ${got?.toString("hex") ?? "no frame"}`);
  }

  /** Sends a sentinel each way: all earlier frames have arrived before it. */
  private async quiet(): Promise<void> {
    const fd = await this.plain(`socket AF_PACKET SOCK_RAW ${htons(SENTINEL_TYPE)}`);
    await this.plain(`bind ${fd} ${compact(`1100 88b6 ${this.names.IF} z12`, {})}`);
    const sent = outgoing({ type: SENTINEL_TYPE });
    await this.plain(`send ${fd} ${compact(sent, this.names)} 0`);
    await this.arrives(expand(sent, this.names));
    await this.target.inject(compact(frame({ type: SENTINEL_TYPE }), this.names));
    await this.plain(`recv ${fd} 1540 0`);
    await this.plain(`close ${fd}`);
  }

  private async drain(fd: string): Promise<number> {
    for (let count = 0; ; count++) {
      const answer = parseAnswer(await this.target.call(`recv ${fd} 1540 MSG_DONTWAIT`, CALL_MS));
      if (answer.errno === "EAGAIN") return count;
      if (answer.ret === "-1") throw new Error(`expected frames or EAGAIN\n     got ${answer.line}`);
    }
  }

  private async fill(fd: string, flags: string): Promise<number> {
    for (let count = 0; ; count++) {
      if (count > MAX_FRAMES) throw new Error("send() never fails");
      const command = `send ${fd} ${compact(numbered(count), this.names)} ${flags}`;
      if (parseAnswer(await this.target.call(command, CALL_MS)).ret === "-1") return count;
    }
  }

  private async plain(command: string): Promise<string> {
    const answer = parseAnswer(await this.target.call(command, CALL_MS));
    if (answer.ret === "-1") throw new Error(`${command}: ${answer.line}`);
    return answer.ret;
  }

  /** Closes what the case left open, and checks that no unexpected frame is in flight. */
  async clean(): Promise<void> {
    await this.plain(`reset ${this.target.description.firstDescriptor}`);
    await this.quiet();
    if (this.slowed) await this.target.slow?.(false);
  }
}

function describe(step: Step): string {
  switch (step.kind) {
    case "call":
      return step.command;
    case "inject":
    case "arrives":
      return `${step.kind} ${step.frame}`;
    case "check":
      return `check: ${step.what}`;
    default:
      return step.kind;
  }
}

/** Runs the case; throws what went wrong, with the step. Leaves the target as it found it. */
export async function execute(test: Case, target: Target): Promise<Verdict> {
  const { expects, lacks } = target.description;
  for (const need of test.needs) if (lacks[need] !== undefined) return `skip: ${lacks[need]}`;
  if (expects !== "either") return executeAs(test, target, expects === "ours");
  try {
    return await executeAs(test, target, true);
  } catch (error) {
    if (!test.steps.some((step) => step.kind === "call" && step.differs !== undefined)) throw error;
    return executeAs(test, target, false);
  }
}

/** If the case expects different answers of ours and of Linux, `ours` selects which ones are right. */
async function executeAs(test: Case, target: Target, ours: boolean): Promise<Verdict> {
  const run = new Run(target, ours);
  try {
    for (const [i, step] of test.steps.entries()) {
      await run.step(step).catch((error: unknown) => {
        throw new Error(`step ${i + 1}: ${describe(step)}\n${(error as Error).message}`);
      });
    }
    await run.clean().catch((error: unknown) => {
      throw new Error(`after the last step\n${(error as Error).message}`);
    });
  } catch (error) {
    await target.restart();
    throw error;
  }
  return run.reasons.size ? `differs: ${[...run.reasons].join("; ")}` : "pass";
}
