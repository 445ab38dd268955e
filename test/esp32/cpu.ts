// An Xtensa LX6 core, as far as the firmware uses it: the instructions that gcc for lx106 and our assembler files make, the
// register windows that functions of the boot ROM need (without overflow), interrupts of level 1, CCOUNT and CCOMPARE0. From
// the Xtensa Instruction Set Architecture Reference Manual. Whatever it does not know, or the ESP32 would answer with an
// exception that the firmware never means, is an error with the place where it happened.

/** What the core is connected to. Addresses are checked there. */
export interface Bus {
  fetch(address: number): number;
  read(address: number, bytes: 1 | 2 | 4): number;
  write(address: number, bytes: 1 | 2 | 4, value: number): void;
  /** The SIMCALL instruction, which only the stand-ins of ROM functions use. */
  simcall(core: Core): void;
}

const [LCOUNT, SAR, WINDOWBASE, WINDOWSTART, DBREAKA0, DBREAKC0, EPC1, DEPC, EPC6] = [
  2, 3, 72, 73, 144, 160, 177, 192, 182,
];
const [EXCSAVE1, INTERRUPT, INTCLEAR, INTENABLE, PS, VECBASE, EXCCAUSE] = [209, 226, 227, 228, 230, 231, 232];
const [DEBUGCAUSE, CCOUNT, EXCVADDR, CCOMPARE0] = [233, 234, 238, 240];
const known = new Set([
  ...[LCOUNT, SAR, WINDOWBASE, WINDOWSTART, DBREAKA0, DBREAKC0, EPC1, DEPC, EPC6, EXCSAVE1, INTERRUPT, INTCLEAR],
  ...[INTENABLE, PS, VECBASE, EXCCAUSE, DEBUGCAUSE, CCOUNT, EXCVADDR, CCOMPARE0],
]);

const psExcm = 0x10;
const psUm = 0x20;
const psWoe = 0x40000;
const timerInterrupt = 1 << 6;
const causeIllegal = 0;
const causeLevel1 = 4;
const vectors = { debug: 0x280, kernel: 0x300, user: 0x340, double: 0x3c0 };
const b4const = [-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256];
const b4constu = [32768, 65536, ...b4const.slice(2)];

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

export class Core {
  pc = 0;
  /** Instructions so far; CCOUNT is its low half. */
  cycles = 0;
  /** WAITI sleeps until an interrupt. */
  asleep = false;
  /** Interrupt lines of level type, by the processor's numbers. */
  lines = 0;
  /** The longest time with interrupts masked, by RSIL until WSR.PS or WAITI, in instructions; where it began, and what was in a0. */
  readonly masked = { instructions: 0, at: 0, a0: 0 };
  readonly special = new Uint32Array(256);
  readonly #ar = new Int32Array(64);
  #window = 0;
  #timer = 0;
  #maskedDepth = 0;
  #maskedFrom = 0;
  #maskedAt = 0;
  #maskedA0 = 0;
  #executed = 0;

  constructor(private readonly bus: Bus) {}

  /** Address register n of the present window. */
  get(n: number): number {
    return this.#ar[(this.#window + n) & 63]!;
  }
  set(n: number, value: number): void {
    this.#ar[(this.#window + n) & 63] = value;
  }

  /** Put the core into the state in which the boot ROM calls an image: in its own windows, inside its own loop. */
  enterFromRom(entry: number, stack: number): void {
    this.#ar.fill(0x5a5a5a5a);
    this.special.set([0x12, 5, 0x21], LCOUNT);
    this.#write(WINDOWBASE, 5);
    this.special[WINDOWSTART] = 0x0021;
    this.special[PS] = psWoe | psUm;
    this.special[VECBASE] = 0x40000000;
    this.set(1, stack);
    this.pc = entry;
  }

  /** Run until `cycles`, or until the core sleeps and neither its timer nor a line will wake it before. */
  run(cycles: number): void {
    while (this.cycles < cycles) {
      const pending = (this.lines | this.#timer) & this.special[INTENABLE]!;
      if (this.asleep) {
        if (pending === 0) {
          const wait = (this.special[CCOMPARE0]! - this.cycles) >>> 0 || 2 ** 32;
          this.cycles += Math.min(wait, cycles - this.cycles);
          if (this.cycles >>> 0 === this.special[CCOMPARE0]) this.#timer = timerInterrupt;
          else return;
          continue;
        }
        this.asleep = false;
      }
      if (pending !== 0 && (this.special[PS]! & 0x1f) === 0) this.#except(causeLevel1, this.pc);
      this.#step();
      if (++this.cycles >>> 0 === this.special[CCOMPARE0]) this.#timer = timerInterrupt;
    }
  }

  #fail(what: string): never {
    throw new Error(`${what} at ${(this.pc >>> 0).toString(16)}, a0 ${(this.get(0) >>> 0).toString(16)}`);
  }

  #except(cause: number, pc: number): void {
    const ps = this.special[PS]!;
    const isDouble = (ps & psExcm) !== 0;
    this.special[isDouble ? DEPC : EPC1] = pc;
    this.special[EXCCAUSE] = cause;
    const vector = isDouble ? vectors.double : ps & psUm ? vectors.user : vectors.kernel;
    this.special[PS] = ps | psExcm;
    this.pc = this.special[VECBASE]! + vector;
  }

  #debug(cause: number, pc: number): void {
    this.special[EPC6] = pc;
    this.special[DEBUGCAUSE] = cause;
    this.special[PS] = (this.special[PS]! & ~15) | psExcm | 6;
    this.pc = this.special[VECBASE]! + vectors.debug;
  }

  #read(number: number): number {
    if (!known.has(number)) this.#fail(`special register ${number}`);
    if (number === CCOUNT) return this.cycles >>> 0;
    if (number === INTERRUPT) return (this.lines | this.#timer) >>> 0;
    return this.special[number]!;
  }

  #write(number: number, value: number): void {
    if (!known.has(number)) this.#fail(`special register ${number}`);
    this.special[number] = value;
    if (number === WINDOWBASE) this.#window = (value & 15) * 4;
    if (number === CCOMPARE0) this.#timer = 0;
  }

  #rotate(quads: number): void {
    this.#write(WINDOWBASE, (this.special[WINDOWBASE]! + quads) & 15);
  }

  #mask(): void {
    if (this.#maskedDepth++ > 0) return;
    this.#maskedFrom = this.#executed;
    this.#maskedAt = this.pc;
    this.#maskedA0 = this.get(0) >>> 0;
  }

  #unmask(depth: number): void {
    if (this.#maskedDepth === 0) return;
    this.#maskedDepth = depth;
    const instructions = this.#executed - this.#maskedFrom;
    if (depth > 0 || instructions <= this.masked.instructions) return;
    this.masked.instructions = instructions;
    this.masked.at = this.#maskedAt;
    this.masked.a0 = this.#maskedA0;
  }

  #call(target: number, next: number, increment: number): void {
    if (increment === 0) {
      this.set(0, next);
    } else {
      if ((this.special[PS]! & psWoe) === 0) this.#fail("windowed call without PS.WOE");
      this.set(increment * 4, (next & 0x3fffffff) | (increment << 30));
      this.special[PS] = (this.special[PS]! & ~0x30000) | (increment << 16);
    }
    this.pc = target;
  }

  #entry(s: number, frame: number): void {
    const increment = (this.special[PS]! >> 16) & 3;
    const base = (this.special[WINDOWBASE]! + increment) & 15;
    if ((this.special[WINDOWSTART]! >> base) & 1) this.#fail("window overflow");
    const stack = this.get(s) - frame;
    this.#rotate(increment);
    this.set(s, stack);
    this.special[WINDOWSTART]! |= 1 << base;
  }

  #returnWindowed(): void {
    const a0 = this.get(0);
    const increment = a0 >>> 30;
    const base = this.special[WINDOWBASE]!;
    if (((this.special[WINDOWSTART]! >> ((base - increment) & 15)) & 1) === 0) this.#fail("window underflow");
    this.special[WINDOWSTART]! &= ~(1 << base);
    this.#rotate(-increment);
    this.pc = (a0 & 0x3fffffff) | (this.pc & 0xc0000000);
  }

  #store(address: number, bytes: 1 | 2 | 4, value: number, next: number): void {
    if (address % bytes !== 0) this.#fail(`${bytes} bytes to ${address.toString(16)}`);
    const guarded = this.special[DBREAKC0]! >>> 31 && (address ^ this.special[DBREAKA0]!) >>> 6 === 0;
    if (guarded && (this.special[PS]! & 15) < 6) return this.#debug(4, this.pc);
    this.bus.write(address, bytes, value);
    this.pc = next;
  }

  #load(address: number, bytes: 1 | 2 | 4): number {
    if (address % bytes !== 0) this.#fail(`${bytes} bytes from ${address.toString(16)}`);
    return this.bus.read(address, bytes);
  }

  #step(): void {
    const pc = this.pc;
    const word = this.bus.fetch(pc);
    this.#executed++;
    const t = (word >> 4) & 15;
    const s = (word >> 8) & 15;
    const r = (word >> 12) & 15;
    const imm8 = (word >> 16) & 255;
    const next = pc + ((word & 8) !== 0 && (word & 15) < 14 ? 2 : 3);
    switch (word & 15) {
      case 0:
        return this.#qrst(word, t, s, r, next);
      case 1:
        this.set(t, this.#load((((pc + 3) & ~3) + (0xfffc0000 | ((word >> 6) & 0x3fffc))) >>> 0, 4));
        break;
      case 2:
        return this.#lsai(t, s, r, imm8, next);
      case 5:
        return this.#call(((pc & ~3) + (signed(word >> 6, 18) << 2) + 4) >>> 0, next, t & 3);
      case 6:
        return this.#si(word, t, s, r, imm8, next);
      case 7:
        this.pc = this.#compare(t, s, r) ? pc + 4 + signed(imm8, 8) : next;
        return;
      case 8:
        this.set(t, this.#load((this.get(s) + r * 4) >>> 0, 4));
        break;
      case 9:
        return this.#store((this.get(s) + r * 4) >>> 0, 4, this.get(t), next);
      case 10:
        this.set(r, this.get(s) + this.get(t));
        break;
      case 11:
        this.set(r, this.get(s) + (t === 0 ? -1 : t));
        break;
      case 12: {
        const imm = ((t & 7) << 4) | r;
        if (t < 8) this.set(s, imm >= 96 ? imm - 128 : imm);
        else if ((this.get(s) === 0) === t < 12) {
          this.pc = pc + 4 + (((t & 3) << 4) | r);
          return;
        }
        break;
      }
      case 13:
        if (r === 0) this.set(t, this.get(s));
        else if (r === 15 && t === 0) return void (this.pc = this.get(0) >>> 0);
        else if (r === 15 && t === 1) return this.#returnWindowed();
        else if (r === 15 && t === 2) return this.#debug(16, pc);
        else if (r !== 15 || t !== 3) return this.#except(causeIllegal, pc);
        break;
      default:
        this.#fail(`unknown instruction ${word.toString(16)}`);
    }
    this.pc = next;
  }

  #qrst(word: number, t: number, s: number, r: number, next: number): void {
    const op1 = (word >> 16) & 15;
    const op2 = (word >> 20) & 15;
    if (op1 === 0) return this.#rst0(word, op2, t, s, r, next);
    if (op1 === 1) this.#rst1(word, op2, t, s, r);
    else if (op1 === 2 && op2 === 8) this.set(r, Math.imul(this.get(s), this.get(t)));
    else if (op1 === 3) this.#rst3(word, op2, t, s, r);
    else if (op1 === 4 || op1 === 5) this.set(r, (this.get(t) >>> (s | ((op1 & 1) << 4))) & (2 ** (op2 + 1) - 1));
    else this.#fail(`unknown instruction ${word.toString(16)}`);
    this.pc = next;
  }

  #rst0(word: number, op2: number, t: number, s: number, r: number, next: number): void {
    const a = this.get(s);
    const b = this.get(t);
    switch (op2) {
      case 0:
        return this.#st0(word, t, s, r, next);
      case 1:
        this.set(r, a & b);
        break;
      case 2:
        this.set(r, a | b);
        break;
      case 3:
        this.set(r, a ^ b);
        break;
      case 4:
        if (r === 0) this.special[SAR] = a & 31;
        else if (r === 1) this.special[SAR] = 32 - (a & 31);
        else if (r === 2) this.special[SAR] = (a & 3) * 8;
        else if (r === 4) this.special[SAR] = s | ((t & 1) << 4);
        else if (r === 14) this.set(t, Math.clz32(a < 0 ? ~a : a) - 1);
        else if (r === 15) this.set(t, Math.clz32(a));
        else this.#fail(`unknown instruction ${word.toString(16)}`);
        break;
      case 6:
        this.set(r, s === 0 ? -b : Math.abs(b));
        break;
      case 8:
      case 9:
      case 10:
      case 11:
        this.set(r, (a << (op2 - 8)) + b);
        break;
      case 12:
      case 13:
      case 14:
      case 15:
        this.set(r, (a << (op2 - 12)) - b);
        break;
      default:
        this.#fail(`unknown instruction ${word.toString(16)}`);
    }
    this.pc = next;
  }

  #st0(word: number, t: number, s: number, r: number, next: number): void {
    if (r === 0) {
      if (t === 0) return this.#except(causeIllegal, this.pc);
      if (t === 8) return void (this.pc = this.get(0) >>> 0);
      if (t === 9) return this.#returnWindowed();
      if (t === 10) return void (this.pc = this.get(s) >>> 0);
      if (t >= 12) return this.#call(this.get(s) >>> 0, next, t & 3);
    } else if (r === 3 && t === 0 && s === 0) {
      this.special[PS]! &= ~psExcm;
      this.pc = this.special[EPC1]!;
      return;
    } else if (r === 4) {
      return this.#debug(8, this.pc);
    } else if (r === 5 && s === 1) {
      this.bus.simcall(this);
      return void (this.pc = next);
    } else if (r === 6) {
      const ps = this.special[PS]!;
      this.special[PS] = (ps & ~15) | s;
      this.set(t, ps);
      this.#mask();
      return void (this.pc = next);
    } else if (r === 7) {
      this.special[PS] = (this.special[PS]! & ~15) | s;
      this.asleep = true;
      this.#unmask(0);
      return void (this.pc = next);
    } else if (r === 2) {
      return void (this.pc = next); // barriers: everything here happens in order
    }
    this.#fail(`unknown instruction ${word.toString(16)}`);
  }

  #rst1(word: number, op2: number, t: number, s: number, r: number): void {
    const sar = this.special[SAR]!;
    if (op2 <= 1) this.set(r, this.get(s) << (32 - (((op2 & 1) << 4) | t)));
    else if (op2 <= 3) this.set(r, this.get(t) >> (((op2 & 1) << 4) | s));
    else if (op2 === 4) this.set(r, this.get(t) >>> s);
    else if (op2 === 8) {
      const low = sar > 31 ? 0 : this.get(t) >>> sar;
      this.set(r, sar === 0 ? low : (this.get(s) << (32 - sar)) | low);
    } else if (op2 === 9) this.set(r, sar > 31 ? 0 : this.get(t) >>> sar);
    else if (op2 === 10) this.set(r, sar === 0 ? 0 : this.get(s) << (32 - sar));
    else if (op2 === 11) this.set(r, this.get(t) >> Math.min(sar, 31));
    else if (op2 === 12) this.set(r, (this.get(s) & 0xffff) * (this.get(t) & 0xffff));
    else if (op2 === 13) this.set(r, Math.imul(signed(this.get(s), 16), signed(this.get(t), 16)));
    else this.#fail(`unknown instruction ${word.toString(16)}`);
  }

  #rst3(word: number, op2: number, t: number, s: number, r: number): void {
    if (op2 === 0) this.set(t, this.#read((word >> 8) & 255));
    else if (op2 === 1) {
      if (((word >> 8) & 255) === PS) this.#unmask(this.#maskedDepth - 1);
      this.#write((word >> 8) & 255, this.get(t) >>> 0);
    } else if (op2 >= 8 && op2 <= 11) {
      const b = this.get(t);
      if ([b === 0, b !== 0, b < 0, b >= 0][op2 - 8]) this.set(r, this.get(s));
    } else this.#fail(`unknown instruction ${word.toString(16)}`);
  }

  #lsai(t: number, s: number, r: number, imm8: number, next: number): void {
    const a = this.get(s);
    switch (r) {
      case 0:
        this.set(t, this.#load((a + imm8) >>> 0, 1));
        break;
      case 1:
        this.set(t, this.#load((a + imm8 * 2) >>> 0, 2));
        break;
      case 2:
        this.set(t, this.#load((a + imm8 * 4) >>> 0, 4));
        break;
      case 4:
        return this.#store((a + imm8) >>> 0, 1, this.get(t), next);
      case 5:
        return this.#store((a + imm8 * 2) >>> 0, 2, this.get(t), next);
      case 6:
        return this.#store((a + imm8 * 4) >>> 0, 4, this.get(t), next);
      case 9:
        this.set(t, signed(this.#load((a + imm8 * 2) >>> 0, 2), 16));
        break;
      case 10:
        this.set(t, signed(imm8 | (s << 8), 12));
        break;
      case 12:
        this.set(t, a + signed(imm8, 8));
        break;
      case 13:
        this.set(t, a + (signed(imm8, 8) << 8));
        break;
      default:
        this.#fail(`unknown load or store ${r}`);
    }
    this.pc = next;
  }

  #si(word: number, t: number, s: number, r: number, imm8: number, next: number): void {
    const [n, m, a] = [t & 3, t >> 2, this.get(s)];
    let taken = false;
    if (n === 0) {
      this.pc = this.pc + 4 + signed(word >> 6, 18);
      return;
    } else if (n === 1) {
      taken = [a === 0, a !== 0, a < 0, a >= 0][m]!;
      this.pc = taken ? this.pc + 4 + signed(word >> 12, 12) : next;
      return;
    } else if (n === 2) {
      const b = b4const[r]!;
      taken = [a === b, a !== b, a < b, a >= b][m]!;
    } else if (m === 0) {
      this.#entry(s, ((word >> 12) & 0xfff) * 8);
    } else if (m >= 2) {
      const isLess = a >>> 0 < b4constu[r]!;
      taken = m === 2 ? isLess : !isLess;
    } else {
      this.#fail(`unknown branch ${word.toString(16)}`);
    }
    this.pc = taken ? this.pc + 4 + signed(imm8, 8) : next;
  }

  #compare(t: number, s: number, r: number): boolean {
    const a = this.get(s);
    const b = this.get(t);
    const isNot = r >= 8;
    switch (r & 7) {
      case 0:
        return ((a & b) === 0) !== isNot;
      case 1:
        return (a === b) !== isNot;
      case 2:
        return a < b !== isNot;
      case 3:
        return a >>> 0 < b >>> 0 !== isNot;
      case 4:
        return ((~a & b) === 0) !== isNot;
      case 5:
        return (((a >>> (b & 31)) & 1) === 0) !== isNot;
      default:
        return (((a >>> (t | ((r & 1) << 4))) & 1) === 0) !== isNot;
    }
  }
}
