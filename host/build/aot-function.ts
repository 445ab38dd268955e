// One function of the module as C (aot.ts): each value becomes a variable that is set once, and memory accesses are checked,
// but for those that an earlier check of the same value covers.
import { CONTROL, CONTROL_BYTES } from "../../assembly/abi.js";
import { binary, trapping, unary, loads, stores, ADD, AND, BLOCK, LOOP, IF, ELSE, END } from "./aot-opcodes.js";
import { STATE_BYTES } from "./structs.js";
import { Reader, skipImmediates, type WasmFunction, type WasmModule } from "./wasm.js";

export type Bounds = "exact" | "guarded";

/** The module uses what this compiler does not know. */
export class UnsupportedError extends Error {}

/** Bytes behind linear memory that guarded accesses may reach. */
export const SLACK = 256;
/** No linear memory is smaller: the control block, the module's State and its lists. */
export const LEAST = CONTROL + CONTROL_BYTES + STATE_BYTES;

/** A value on WebAssembly's stack. Equal keys are equal values. */
interface Value {
  readonly text: string;
  readonly key: string;
  /** The variable of which `text` is the name, not yet copied. */
  readonly local?: number;
  readonly constant?: number;
}

/** A value's address in C, a variable if that pays: if several accesses add a constant to it. */
interface Pointer {
  readonly name: string;
  /** Accesses that add a constant. */
  sums: number;
}

/** A line that says that `at` + `reach` is not behind the end of memory. */
interface Check {
  readonly at: string;
  reach: number;
  /** What is set here. */
  readonly pointer: Pointer | undefined;
}

/** The address of an access: `base` + `offset`, or `pointer` + `distance`. */
interface Address {
  readonly base: string;
  readonly offset: number;
  readonly pointer: Pointer | undefined;
  readonly distance: number;
}

/** What is known of a value that was checked. `check` may still be made to reach further while `segment` lasts. */
interface Fact {
  readonly reach: number;
  readonly check: Check;
  readonly segment: number;
  /** Set on all ways that lead here, or undefined. */
  readonly pointer: Pointer | undefined;
}

/** What is known at a place in the function: which values the variables have, and which values were checked. */
interface State {
  readonly keys: string[];
  readonly facts: Map<string, Fact>;
}

/** A block, loop, if or the function itself, within which a branch may lead to its label. */
interface Frame {
  readonly opcode: number;
  readonly label: { readonly name: string; used: boolean };
  readonly height: number;
  readonly result: string | undefined;
  /** At the end, from all branches that lead there. */
  merged?: State | undefined;
  /** Where an if was entered, until its else. */
  otherwise?: State | undefined;
}

const pays = (pointer: Pointer | undefined): pointer is Pointer => pointer !== undefined && pointer.sums > 1;

function textOf({ base, offset, pointer, distance }: Address): string {
  const [start, plus] = pays(pointer) ? [pointer.name, distance] : [`memory + ${base}`, offset];
  return plus === 0 ? start : `${start} + ${plus}`;
}

function linesOf({ at, reach, pointer }: Check, bounds: Bounds): string[] {
  const end = bounds === "exact" ? "size" : "end";
  const check = `${reach > LEAST ? "check_far" : "check"}(${end}, ${at}, ${reach}u);`;
  return pays(pointer) ? [check, `${pointer.name} = pointer(memory, ${at});`] : [check];
}

const copyOf = ({ keys, facts }: State): State => ({ keys: [...keys], facts: new Map(facts) });

export class FunctionCompiler {
  private readonly lines: (string | Check | Frame["label"] | readonly (string | Address)[])[] = [];
  private readonly pointers: Pointer[] = [];
  private readonly stack: Value[] = [];
  private readonly frames: Frame[] = [];
  /** Undefined behind a branch, where nothing comes by. */
  private state: State | undefined;
  private readonly sums = new Map<string, { base: string; plus: number }>();
  /** The most that a value can be, for those of which that is known. */
  private readonly limits = new Map<string, number>();
  private readonly variables: number;
  private names = 0;
  /** Rises where another path begins or ends, or something other than a memory access may end the call. */
  private segment = 0;
  private readonly reader: Reader;
  readonly calls = new Set<number>();
  /** The most bytes that an access reaches from a value that was checked. */
  reach = 0;

  constructor(
    private readonly module: WasmModule,
    private readonly source: WasmFunction,
    private readonly bounds: Bounds,
  ) {
    this.variables = source.signature.params.length + source.locals;
    this.reader = new Reader(source.body);
    this.state = { keys: Array.from({ length: this.variables }, (_, i) => `v${i}`), facts: new Map() };
  }

  /** Its lines of C, without the declaration. */
  compile(): string[] {
    this.frames.push(this.frame(BLOCK, this.source.signature.results.length > 0, "end"));
    let skipped = 0;
    while (!this.reader.done) {
      const opcode = this.reader.byte();
      if (this.state !== undefined || ((opcode === ELSE || opcode === END) && skipped === 0)) {
        this.instruction(opcode);
        continue;
      }
      if (opcode >= BLOCK && opcode <= IF) skipped++;
      else if (opcode === END) skipped--;
      skipImmediates(this.reader, opcode === 0xfc ? 0xfc00 + this.reader.number() : opcode);
    }
    const body = this.lines.flatMap((line) => {
      if (typeof line === "string") return [line];
      if ("length" in line) return [line.map((part) => (typeof part === "string" ? part : textOf(part))).join("")];
      if ("reach" in line) return linesOf(line, this.bounds);
      return line.used ? [`${line.name}:;`] : [];
    });
    const locals = Array.from({ length: this.source.locals }, (_, i) => {
      return `uint32_t v${this.source.signature.params.length + i} = 0;`;
    });
    const pointers = this.pointers.filter(pays).map(({ name }) => `uint8_t *${name};`);
    return [...(body.some((line) => /\bmemory\b/.test(line)) ? ["MEMORY;"] : []), ...locals, ...pointers, ...body];
  }

  private name(): string {
    return `t${this.names++}`;
  }

  private frame(opcode: number, hasResult: boolean, name = `l${this.names++}`): Frame {
    const result = hasResult ? this.name() : undefined;
    if (result !== undefined) this.lines.push(`uint32_t ${result};`);
    return { opcode, label: { name, used: false }, height: this.stack.length, result };
  }

  private pop(): Value {
    return this.stack.pop()!;
  }

  /** Pushes the value of a C expression, which may contain an address. */
  private push(...expression: (string | Address)[]): string {
    const text = this.name();
    this.lines.push([`uint32_t ${text} = `, ...expression, ";"]);
    this.stack.push({ text, key: text });
    return text;
  }

  private constant(value: number): void {
    const text = `${value >>> 0}u`;
    this.stack.push({ text, key: text, constant: value >>> 0 });
  }

  /** Copies the values on the stack that are variables still, or those that are this one. */
  private settle(local?: number): void {
    for (const [i, { text, key, local: from }] of this.stack.entries()) {
      if (from === undefined || (local !== undefined && from !== local)) continue;
      const copy = this.name();
      this.lines.push(`uint32_t ${copy} = ${text};`);
      this.stack[i] = { text: copy, key };
    }
  }

  private set(local: number, value: Value): void {
    this.settle(local);
    this.lines.push(`v${local} = ${value.text};`);
    this.state!.keys[local] = value.key;
  }

  // ---- Memory

  /** The address of an access to `bytes` bytes at `base` + `offset`, which is checked. */
  private address(base: Value, offset: number, bytes: number): Address {
    if (base.constant !== undefined) {
      const at = Math.min(base.constant + offset, 0xffffffff);
      if (at + bytes > LEAST) this.check({ text: `${at}u`, key: `${at}u` }, bytes);
      this.reach = Math.max(this.reach, bytes);
      return { base: String(at), offset: 0, pointer: undefined, distance: 0 };
    }
    const reach = offset + bytes;
    if ((this.limits.get(base.key) ?? LEAST) + reach <= LEAST) {
      return { base: base.text, offset, pointer: undefined, distance: 0 };
    }
    const { pointer, plus } = this.check(base, reach);
    // What reaches further than guarded accesses may was checked to its end.
    if (this.bounds === "exact" || plus + reach <= SLACK) this.reach = Math.max(this.reach, plus + reach);
    const distance = plus + offset;
    if (pointer !== undefined && distance !== 0) pointer.sums++;
    return { base: base.text, offset, pointer, distance };
  }

  /** Checks the value if that was not done before. Returns a value that was checked, and how far this one is from it. */
  private check({ key, text }: Value, reach: number): { pointer: Pointer | undefined; plus: number } {
    const covered = this.covered(key, reach);
    if (covered !== undefined) return covered;
    const { facts } = this.state!;
    const need = this.bounds === "exact" || reach > SLACK ? reach : 1;
    const known = facts.get(key);
    let check = known?.check;
    let pointer = known?.pointer;
    if (check !== undefined && known!.segment === this.segment) {
      check.reach = need;
    } else {
      const fresh = pointer === undefined ? { name: `p${this.names++}`, sums: 0 } : undefined;
      if (fresh !== undefined) this.pointers.push(fresh);
      check = { at: text, reach: need, pointer: fresh };
      pointer ??= fresh;
      this.lines.push(check);
    }
    facts.set(key, { reach: need, check, segment: this.segment, pointer });
    return { pointer, plus: 0 };
  }

  /** The value, or the one of which it is a constant away, if it has been checked that it reaches so far. */
  private covered(key: string, reach: number, plus = 0): { pointer: Pointer | undefined; plus: number } | undefined {
    const known = this.state!.facts.get(key);
    const isGuarded = this.bounds === "guarded" && reach <= SLACK;
    if (known !== undefined && (isGuarded || reach <= known.reach)) {
      return { pointer: known.pointer, plus };
    }
    const sum = this.sums.get(key);
    return sum === undefined ? undefined : this.covered(sum.base, sum.plus + reach, sum.plus + plus);
  }

  // ---- Control

  /** One more way to the end of `frame`. */
  private merge(frame: Frame, from: State): void {
    const into = frame.merged;
    if (into === undefined) {
      frame.merged = copyOf(from);
      return;
    }
    for (const [i, key] of from.keys.entries()) {
      if (into.keys[i] !== key) into.keys[i] = `m${this.names++}`;
    }
    for (const [key, fact] of into.facts) {
      const other = from.facts.get(key);
      if (other === undefined) {
        into.facts.delete(key);
      } else {
        const pointer = fact.pointer === other.pointer ? fact.pointer : undefined;
        into.facts.set(key, { ...(other.reach < fact.reach ? other : fact), pointer });
      }
    }
  }

  /** C that branches to the label `depth` frames out. */
  private branch(depth: number): string {
    const frame = this.frames.at(-1 - depth)!;
    if (frame === this.frames[0]) return frame.result === undefined ? "return;" : `return ${this.stack.at(-1)!.text};`;
    frame.label.used = true;
    const go = `goto ${frame.label.name};`;
    if (frame.opcode === LOOP) return `again(memory); ${go}`;
    this.merge(frame, this.state!);
    return frame.result === undefined ? go : `${frame.result} = ${this.stack.at(-1)!.text}; ${go}`;
  }

  /** The variables that are set between here and the end of the loop that begins here. */
  private setInLoop(): Set<number> {
    const ahead = new Reader(this.reader.bytes);
    ahead.at = this.reader.at;
    const found = new Set<number>();
    for (let depth = 1; depth > 0; ) {
      const opcode = ahead.byte();
      if (opcode >= BLOCK && opcode <= IF) depth++;
      else if (opcode === END) depth--;
      if (opcode === 0x21 || opcode === 0x22) found.add(ahead.number());
      else skipImmediates(ahead, opcode === 0xfc ? 0xfc00 + ahead.number() : opcode);
    }
    return found;
  }

  private begin(opcode: number): void {
    const type = this.reader.byte();
    if (type !== 0x40 && type !== 0x7f) throw new UnsupportedError(`${this.source.name} has a block with parameters.`);
    const condition = opcode === IF ? this.pop() : undefined;
    this.settle(); // not on one of the ways through it
    const frame = this.frame(opcode, type === 0x7f);
    this.frames.push(frame);
    if (condition !== undefined) {
      this.lines.push(`if (${condition.text}) {`);
      frame.otherwise = copyOf(this.state!);
    } else if (opcode === LOOP) {
      for (const local of this.setInLoop()) {
        this.state!.keys[local] = `m${this.names++}`;
      }
      this.lines.push(frame.label);
    }
  }

  /** Control arrives at the end of a frame, or of the first part of an if. */
  private arrive(frame: Frame): void {
    if (this.state === undefined) return;
    if (frame.result !== undefined) this.lines.push(`${frame.result} = ${this.pop().text};`);
    this.merge(frame, this.state);
  }

  private otherwise(): void {
    const frame = this.frames.at(-1)!;
    this.arrive(frame);
    this.lines.push("} else {");
    this.state = frame.otherwise;
    frame.otherwise = undefined;
    this.stack.length = frame.height;
  }

  private end(): void {
    const frame = this.frames.pop()!;
    if (this.frames.length === 0) {
      if (this.state !== undefined && frame.result !== undefined) this.lines.push(`return ${this.pop().text};`);
      return;
    }
    this.arrive(frame);
    if (frame.otherwise !== undefined) this.merge(frame, frame.otherwise);
    if (frame.opcode === IF) this.lines.push("}");
    if (frame.opcode !== LOOP) this.lines.push(frame.label);
    this.state = frame.merged;
    this.stack.length = frame.height;
    if (frame.result !== undefined) this.stack.push({ text: frame.result, key: frame.result });
  }

  private leave(line: string): void {
    this.lines.push(line);
    this.state = undefined;
  }

  private table(): void {
    const index = this.pop();
    const depths = this.reader.list(() => this.reader.number());
    this.lines.push(`switch (${index.text}) {`);
    for (const [i, depth] of depths.entries()) this.lines.push(`case ${i}: ${this.branch(depth)}`);
    this.lines.push(`default: ${this.branch(this.reader.number())}`);
    this.leave("}");
  }

  private call(number: number): void {
    const { imports, functions } = this.module;
    const imported = imports[number];
    const { params, results } = imported?.signature ?? functions[number - imports.length]!.signature;
    this.calls.add(number);
    const args = this.stack.splice(this.stack.length - params.length, params.length).map(({ text }) => text);
    const call = `${imported === undefined ? `f${number}` : `port_${imported.name}`}(${args.join(", ")})`;
    if (results.length > 0) this.push(call);
    else this.lines.push(`${call};`);
  }

  private control(opcode: number): boolean {
    const { reader } = this;
    switch (opcode) {
      case 0x00:
        this.leave("trap(UNREACHABLE);");
        break;
      case 0x01:
        break;
      case BLOCK:
      case LOOP:
      case IF:
        this.begin(opcode);
        break;
      case ELSE:
        this.otherwise();
        break;
      case END:
        this.end();
        break;
      case 0x0c:
        this.leave(this.branch(reader.number()));
        break;
      case 0x0d: {
        const condition = this.pop();
        this.lines.push(`if (${condition.text}) { ${this.branch(reader.number())} }`);
        break;
      }
      case 0x0e:
        this.table();
        break;
      case 0x0f:
        this.leave(this.branch(this.frames.length - 1));
        break;
      case 0x10:
        this.call(reader.number());
        break;
      default:
        return false;
    }
    this.segment++;
    return true;
  }

  private bulk(): void {
    const which = this.reader.number();
    const [at, what, length] = this.stack.splice(this.stack.length - 3).map(({ text }) => text);
    if (which === 10) this.reader.take(2);
    else if (which === 11) this.reader.take(1);
    else throw new UnsupportedError(`${this.source.name} has the instruction 0xfc ${which}.`);
    this.lines.push(`${which === 10 ? "copy" : "fill"}(memory, size, ${at}, ${what}, ${length});`);
    this.segment++;
  }

  private instruction(opcode: number): void {
    if (this.control(opcode)) return;
    const { reader } = this;
    const load = loads[opcode];
    const store = stores[opcode];
    if (load !== undefined) {
      reader.number();
      const address = this.address(this.pop(), reader.number(), load[1]);
      this.push(`${load[2]}${load[0]}(`, address, ")");
    } else if (store !== undefined) {
      reader.number();
      const value = this.pop();
      const address = this.address(this.pop(), reader.number(), store[1]);
      this.lines.push([`${store[0]}(`, address, `, ${value.text});`]);
    } else if (opcode in binary) {
      const [a, b] = this.stack.splice(this.stack.length - 2) as [Value, Value];
      const sum = this.push(binary[opcode]!(a.text, b.text));
      if (opcode === ADD && b.constant !== undefined) this.sums.set(sum, { base: a.key, plus: b.constant });
      if (opcode === AND && b.constant !== undefined) this.limits.set(sum, b.constant);
    } else if (opcode in trapping) {
      const [a, b] = this.stack.splice(this.stack.length - 2) as [Value, Value];
      this.push(`${trapping[opcode]}(${a.text}, ${b.text})`);
      this.segment++;
    } else if (opcode in unary) {
      this.push(unary[opcode]!(this.pop().text));
    } else {
      this.plain(opcode);
    }
  }

  private plain(opcode: number): void {
    const { reader } = this;
    switch (opcode) {
      case 0x1a:
        this.pop();
        return;
      case 0x1b: {
        const [a, b, condition] = this.stack.splice(this.stack.length - 3) as [Value, Value, Value];
        this.push(`${condition.text} ? ${a.text} : ${b.text}`);
        return;
      }
      case 0x20: {
        const local = reader.number();
        this.stack.push({ text: `v${local}`, key: this.state!.keys[local]!, local });
        return;
      }
      case 0x21:
        this.set(reader.number(), this.pop());
        return;
      case 0x22: {
        const local = reader.number();
        this.set(local, this.pop());
        this.stack.push({ text: `v${local}`, key: this.state!.keys[local]!, local });
        return;
      }
      case 0x23: {
        const value = this.module.constants[reader.number()];
        if (value === undefined) throw new UnsupportedError(`${this.source.name} uses a global that may change.`);
        this.constant(value);
        return;
      }
      case 0x41:
        this.constant(reader.signed());
        return;
      case 0xfc:
        this.bulk();
        return;
      default:
        throw new UnsupportedError(`${this.source.name} has the instruction 0x${opcode.toString(16)}.`);
    }
  }
}
