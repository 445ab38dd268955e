// Parses a WebAssembly binary (core specification 2.0, chapter 5) for check-wasm.ts, abi.ts and aot.ts.

/** The bytes are not a module, or have features that asc does not produce. */
export class MalformedError extends Error {}

export interface WasmFunction {
  /** Exported name, name of the name section, or "function 12". */
  name: string;
  /** The set of opcodes in its body; those with prefix 0xfc are 0xfc00 + number. */
  opcodes: Set<number>;
  /** Value types of its parameters, results and locals. */
  types: Set<number>;
  signature: Signature;
  /** How many variables it has beside its parameters. */
  locals: number;
  /** Its instructions. */
  body: Uint8Array;
}

/** The types of its parameters and results. */
export interface Signature {
  params: number[];
  results: number[];
}

export interface WasmModule {
  /** `signature` is undefined when it is not a function. */
  imports: { module: string; name: string; signature: Signature | undefined }[];
  exports: string[];
  /** The type of each function that it imports ("port.give") or exports ("init"), such as "i32 i32 -> i32". */
  signatures: Record<string, string>;
  /** Numbers of the exported functions and globals; imported ones are counted first. */
  exportedFunctions: Map<string, number>;
  exportedGlobals: Map<string, number>;
  /** The memory that the module defines; `max` is undefined when it may grow without limit. */
  memory?: { initial: number; max: number | undefined };
  hasStart: boolean;
  /** Are there bytes that memory starts with, or a table of functions? */
  hasData: boolean;
  hasTable: boolean;
  globalTypes: number[];
  /** Values of the globals that the module defines, where they are i32 constants that never change. */
  constants: (number | undefined)[];
  functions: WasmFunction[];
}

/** Goes through bytes from their start. */
export class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at === this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new MalformedError("it ends in the middle of an entry");
    this.at++;
    return value;
  }

  /** Reads a LEB128 number of up to 64 bits; returns its low 32 bits. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new MalformedError("it has a number of more than 64 bits");
  }

  /** An i32.const's number. */
  signed(): number {
    const from = this.at;
    const value = this.number();
    const bits = 7 * (this.at - from);
    return bits < 32 ? (value << (32 - bits)) >> (32 - bits) : value | 0;
  }

  take(length: number): Reader {
    if (length > this.bytes.length - this.at) throw new MalformedError("an entry is longer than its section");
    const part = new Reader(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return part;
  }

  name(): string {
    return Buffer.from(this.take(this.number()).bytes).toString("utf8");
  }

  list<T>(entry: (index: number) => T): T[] {
    const count = this.number();
    const entries: T[] = [];
    for (let i = 0; i < count; i++) entries.push(entry(i));
    return entries;
  }

  limits(): { initial: number; max: number | undefined } {
    const flags = this.byte();
    const initial = this.number();
    return { initial, max: flags & 1 ? this.number() : undefined };
  }
}

/** Skips the immediates of the instruction `opcode`. */
export function skipImmediates(reader: Reader, opcode: number): void {
  let numbers = 0;
  if (opcode >= 0x02 && opcode <= 0x04) numbers = 1;
  else if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10) numbers = 1;
  else if (opcode === 0x0e) numbers = reader.number() + 1;
  else if (opcode === 0x11) numbers = 2;
  else if (opcode === 0x1c) numbers = reader.number();
  else if (opcode >= 0x20 && opcode <= 0x26) numbers = 1;
  else if (opcode >= 0x28 && opcode <= 0x3e) numbers = 2;
  else if (opcode >= 0x3f && opcode <= 0x42) numbers = 1;
  else if (opcode === 0x43) reader.take(4);
  else if (opcode === 0x44) reader.take(8);
  else if (opcode === 0xd0 || opcode === 0xd2) numbers = 1;
  else if (opcode >= 0xfc08 && opcode <= 0xfc11) numbers = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1][opcode - 0xfc08]!;
  else if (opcode > 0xfc11 || !isPlain(opcode)) {
    throw new MalformedError(`it has opcode 0x${opcode.toString(16)}, which this tool does not know`);
  }
  for (let i = 0; i < numbers; i++) reader.number();
}

/** Does `opcode` have no immediates? */
function isPlain(opcode: number): boolean {
  return (
    opcode <= 0x01 ||
    opcode === 0x05 ||
    opcode === 0x0b ||
    opcode === 0x0f ||
    opcode === 0x1a ||
    opcode === 0x1b ||
    (opcode >= 0x45 && opcode <= 0xc4) ||
    opcode === 0xd1 ||
    (opcode >= 0xfc00 && opcode <= 0xfc07)
  );
}

function readBody(reader: Reader, name: string, signature: Signature): WasmFunction {
  const body = reader.take(reader.number());
  const types = new Set([...signature.params, ...signature.results]);
  let locals = 0;
  body.list(() => {
    locals += body.number();
    types.add(body.byte());
  });
  const instructions = body.bytes.subarray(body.at);
  const opcodes = new Set<number>();
  while (!body.done) {
    let opcode = body.byte();
    if (opcode === 0xfc) opcode = 0xfc00 + body.number();
    opcodes.add(opcode);
    skipImmediates(body, opcode);
  }
  return { name, opcodes, types, signature, locals, body: instructions };
}

const typeNames = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
]);

/** Returns "i32 i32 -> i32". A function without a type is reported as malformed elsewhere. */
function wordsOf({ params, results }: Signature = { params: [], results: [] }): string {
  const words = (types: number[]) => types.map((type) => typeNames.get(type) ?? `type ${type}`);
  return [...words(params), "->", ...words(results)].join(" ");
}

/** Reads the function names of the name section (subsection 1). */
function readNames(section: Reader): Map<number, string> {
  const names = new Map<number, string>();
  while (!section.done) {
    const id = section.byte();
    const part = section.take(section.number());
    if (id === 1) part.list(() => names.set(part.number(), part.name()));
  }
  return names;
}

/** Throws MalformedError when `bytes` is not a WebAssembly module. */
export function readWasm(bytes: Uint8Array): WasmModule {
  const reader = new Reader(bytes);
  if (bytes.length < 8 || Buffer.from(bytes.subarray(0, 8)).toString("latin1") !== "\0asm\x01\0\0\0") {
    throw new MalformedError('it does not start with "\\0asm" and version 1');
  }
  reader.take(8);

  const module: WasmModule = {
    imports: [],
    exports: [],
    signatures: {},
    exportedFunctions: new Map(),
    exportedGlobals: new Map(),
    hasStart: false,
    hasData: false,
    hasTable: false,
    globalTypes: [],
    constants: [],
    functions: [],
  };
  const signatures: Signature[] = [];
  let importedFunctions = 0;
  let functionTypes: number[] = [];
  let names = new Map<number, string>();
  let code: Reader | undefined;

  while (!reader.done) {
    const id = reader.byte();
    const section = reader.take(reader.number());
    switch (id) {
      case 0:
        if (section.name() === "name") names = new Map([...readNames(section), ...names]);
        break;
      case 1:
        section.list(() => {
          if (section.byte() !== 0x60) throw new MalformedError("it has a type that is no function type");
          signatures.push({ params: section.list(() => section.byte()), results: section.list(() => section.byte()) });
        });
        break;
      case 2:
        section.list(() => {
          const entry: WasmModule["imports"][number] = {
            module: section.name(),
            name: section.name(),
            signature: undefined,
          };
          module.imports.push(entry);
          const kind = section.byte();
          if (kind === 0) {
            entry.signature = signatures[section.number()];
            module.signatures[`${entry.module}.${entry.name}`] = wordsOf(entry.signature);
            importedFunctions++;
          } else if (kind === 1) {
            section.byte();
            section.limits();
          } else if (kind === 2) {
            module.memory = section.limits();
          } else {
            module.globalTypes.push(section.take(2).byte());
          }
        });
        break;
      case 3:
        functionTypes = section.list(() => section.number());
        break;
      case 4:
        module.hasTable = true;
        break;
      case 5:
        section.list(() => (module.memory = section.limits()));
        break;
      case 6:
        section.list(() => {
          module.globalTypes.push(section.byte());
          const mutable = section.byte() !== 0;
          let value: number | undefined;
          for (let opcode = section.byte(); opcode !== 0x0b; opcode = section.byte()) {
            if (opcode === 0x41 && !mutable) value = section.signed();
            else skipImmediates(section, opcode);
          }
          module.constants.push(value);
        });
        break;
      case 7:
        section.list(() => {
          const name = section.name();
          const kind = section.byte();
          const index = section.number();
          module.exports.push(name);
          if (kind === 3) module.exportedGlobals.set(name, index);
          if (kind !== 0) return;
          names.set(index, name);
          module.exportedFunctions.set(name, index);
          module.signatures[name] = wordsOf(signatures[functionTypes[index - importedFunctions] ?? -1]);
        });
        break;
      case 8:
        module.hasStart = true;
        break;
      case 10:
        code = section;
        break;
      case 11:
        module.hasData = section.number() > 0;
    }
  }
  code?.list((i) => {
    const index = importedFunctions + i;
    const signature = signatures[functionTypes[i] ?? -1];
    if (signature === undefined) throw new MalformedError(`function ${index} has no type`);
    module.functions.push(
      readBody(code, names.get(index) ?? `function ${index}`, signature),
    );
  });
  return module;
}
