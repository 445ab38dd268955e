// Damaged files for the host's readers: `tsx test/fuzz/readers.ts SECONDS SEED`. Each input is a good file with a few mutations.
// The reader must return something consistent, or throw an Error of its own: a RangeError is a reader that has not looked.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMain } from "../../host/build/main.js";
import { checkProgram } from "../../host/cli/elf.js";
import { readElf } from "../../host/esp32/elf.js";
import { flashImage, readImage } from "../../host/esp32/image.js";
import { PcapngWriter, readPcapng } from "../../host/net/pcapng.js";
import { Random } from "../../host/net/random.js";

export interface Reader {
  readonly good: Uint8Array;
  /** A file that was not read right once, and what is said about it; undefined: nothing, it is good. */
  readonly found?: readonly [file: Uint8Array, message: RegExp | undefined];
  /** Reads the file and checks what was read. */
  read(file: Uint8Array): void;
  /** Corrects the checksums of a mutated file, so that the reader goes on. */
  repair?(file: Buffer): void;
}

// ---- Files ----

/** An ELF file with a program header table behind its header. Numbers are written with `size` bytes. */
function elf(is64: boolean, fields: readonly (readonly [at: number, bytes: 2 | 4 | 8, value: number])[]): Buffer {
  const file = Buffer.alloc(1024);
  file.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1, 1]);
  for (const [at, bytes, value] of fields) {
    if (bytes === 2) file.writeUInt16LE(value, at);
    else if (bytes === 4) file.writeUInt32LE(value, at);
    else file.writeBigUInt64LE(BigInt(value), at);
  }
  return file;
}

const xtensa = elf(false, [
  [16, 2, 2],
  [18, 2, 94],
  [24, 4, 0x40080004],
  [28, 4, 52],
  [42, 2, 32],
  [44, 2, 2],
  ...(
    [
      [52, 0x40080000, 256, 64],
      [84, 0x3ffb0000, 512, 100],
    ] as const
  ).flatMap(
    ([at, address, offset, bytes]) =>
      [
        [at, 4, 1],
        [at + 4, 4, offset],
        [at + 8, 4, address],
        [at + 16, 4, bytes],
      ] as const,
  ),
]);

const linux = elf(true, [
  [16, 2, 3],
  [18, 2, 62],
  [32, 8, 64],
  [54, 2, 56],
  [56, 2, 2],
  [64, 4, 1],
  [120, 4, 3],
]);

function capture(): Buffer {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((block) => void blocks.push(Buffer.from(block)));
  const numbers = ["eth0", "tap"].map((name) => writer.addInterface(name));
  for (const number of numbers) writer.frame(number, Buffer.alloc(61, number), "in", 1_700_000_000_123_456_789n);
  return Buffer.concat(blocks);
}

function changed(file: Uint8Array, at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(file);
  copy.set(bytes, at);
  return copy;
}

const good = capture();
const resolutionOption = good.indexOf(Uint8Array.from([9, 0, 1, 0]));

/** The program headers of `file`, with their entry for the interpreter, lie behind its first 8 KiB. */
function withLateHeaders(file: Buffer): Buffer {
  return changed(Buffer.concat([file, Buffer.alloc(8192 - file.length), file.subarray(64)]), 32, 0, 0x20);
}

/** Corrects checksum and digest of an image for an ESP32. */
function repairImage(image: Buffer): void {
  const end = image.length - 32;
  let [at, checksum] = [24, 0xef];
  for (let left = image[1]!; left > 0 && at + 8 <= end; left--) {
    const next = at + 8 + image.readUInt32LE(at + 4);
    for (const byte of image.subarray(at + 8, Math.min(next, end))) checksum ^= byte;
    at = next;
  }
  if (end <= 24) return;
  image[end - 1] = checksum;
  image.set(createHash("sha256").update(image.subarray(0, end)).digest(), end);
}

let folder: string | undefined;

/** Where a program is written that checkProgram() looks at. */
function programPath(): string {
  folder ??= mkdtempSync(join(tmpdir(), "pktsock-readers-"));
  return join(folder, "program");
}

export const readers: Readonly<Record<string, Reader>> = {
  "ELF file for an ESP32": {
    good: xtensa,
    found: [changed(xtensa, 42, 1, 0), /its program headers have 1 bytes each, not 32/],
    read(file) {
      const program = readElf(file, "the file");
      for (const { data } of program.segments)
        assert.ok(data.byteOffset + data.length <= file.byteOffset + file.length);
      const image = flashImage(program);
      const { entry, segments } = readImage(image);
      assert.equal(entry, program.entry);
      assert.deepEqual(
        segments.map(({ address }) => address),
        program.segments.map(({ address }) => address),
      );
    },
  },
  "image for an ESP32": {
    good: flashImage(readElf(xtensa, "the file")),
    read(file) {
      const program = readImage(file);
      assert.doesNotThrow(() => flashImage(program, 16));
    },
    repair: repairImage,
  },
  "program for pktsock run": {
    good: linux,
    found: [withLateHeaders(linux), undefined],
    read(file) {
      const path = programPath();
      writeFileSync(path, file, { mode: 0o755 });
      checkProgram(path);
    },
  },
  capture: {
    good,
    found: [changed(good, resolutionOption + 2, 0), /at byte \d+: an option is too short/],
    read(file) {
      const { frames, interfaces } = readPcapng(file);
      for (const { bytes, interface: number, time } of frames) {
        assert.ok(bytes.byteOffset + bytes.length <= file.byteOffset + file.length);
        assert.ok(number < interfaces.length && time >= 0n);
      }
    },
  },
};

// ---- Mutations ----

const edges = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0xfffffffc, 0xffffffff,
];

function mutate(seed: Uint8Array, random: Random): Buffer {
  let file = Buffer.from(seed);
  for (let changes = 1 + random.below(4); changes > 0 && file.length >= 8; changes--) {
    // The fields that say what follows are in front.
    const at = random.below(random.chance(0.5) ? Math.min(160, file.length - 3) : file.length - 3);
    const value = random.chance(0.7) ? edges[random.below(edges.length)]! : random.next();
    switch (random.below(6)) {
      case 0:
        file[at] = value;
        break;
      case 1:
        file.writeUInt16LE(value & 0xffff, at & ~1);
        break;
      case 2:
        file.writeUInt32LE(value, at & ~3);
        break;
      case 3:
        file = file.subarray(0, random.below(file.length + 1));
        break;
      case 4: {
        const part = file.subarray(at, at + random.below(64));
        const to = random.below(file.length);
        file = Buffer.concat([file.subarray(0, to), part, file.subarray(to)]);
        break;
      }
      default:
        file[at]! ^= 1 << random.below(8);
    }
  }
  return file;
}

/** Is it an error that the reader has thrown, and not one of the language? */
const isAnswer = (error: unknown): boolean => error instanceof Error && error.constructor === Error;

/** Reads a file. Throws if the reader neither returns nor says what is wrong. */
export function readOne({ read }: Reader, file: Uint8Array): void {
  try {
    read(file);
  } catch (error) {
    if (!isAnswer(error)) throw error;
  }
}

/** Reads mutated files while `goesOn` says so. A file that finds something is written to build/fuzz/findings. */
export function fuzzReader(name: string, seed: number, goesOn: (reads: number) => boolean): number {
  const reader = readers[name]!;
  const random = new Random(seed);
  let reads = 0;
  for (; goesOn(reads); reads++) {
    const file = mutate(reader.good, random);
    if (random.chance(0.7)) reader.repair?.(file);
    try {
      readOne(reader, file);
    } catch (error) {
      mkdirSync("build/fuzz/findings", { recursive: true });
      const path = `build/fuzz/findings/${name.replaceAll(" ", "-")}-${seed}-${reads}`;
      writeFileSync(path, file);
      throw new Error(`${path}: ${(error as Error).stack}`, { cause: error });
    }
  }
  return reads;
}

/** Removes what the readers have written. */
export function cleanUp(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
}

if (isMain(import.meta.url)) {
  const [seconds, seed] = process.argv.slice(2).map(Number);
  if (seconds === undefined || seed === undefined) throw new Error("usage: readers.ts SECONDS SEED");
  for (const name of Object.keys(readers)) {
    const end = Date.now() + seconds * 1000;
    console.log(`fuzz     ${name}: ${fuzzReader(name, seed, () => Date.now() < end)} files, no finding`);
  }
  cleanUp();
}
