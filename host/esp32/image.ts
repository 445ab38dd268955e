// Writes an image that the ESP32's boot ROM loads from flash: `tsx host/esp32/image.ts IN.elf OUT.bin [FLASH_MB]`. The
// whole image is loaded into RAM, so it needs no second-stage bootloader and no partition table.
//
// The format is little-endian: a header of 24 bytes; for each segment its address, its length and its bytes; zeros up to
// the last byte of a block of 16, which is the checksum; and the SHA-256 of all that.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isMain } from "../build/main.js";
import { type Program, readElf, type Segment } from "./elf.js";

/** The address in flash at which the boot ROM expects the image. */
export const flashOffset = 0x1000;

interface Memory {
  readonly name: string;
  readonly start: number;
  readonly bytes: number;
}

/** The memory that the boot ROM can load. It keeps its own data in the DRAM above. */
const memories: readonly Memory[] = [
  { name: "IRAM", start: 0x40080000, bytes: 128 * 1024 },
  { name: "DRAM", start: 0x3ffb0000, bytes: 192 * 1024 },
];

const headerBytes = 24;
const magic = 0xe9;
const modeDio = 2;
const frequency40MHz = 0;
const pinDefault = 0xee;
const chipEsp32 = 0;
const anyRevision = 0xffff;
const hashAppended = 1;
const checksumStart = 0xef;
const hashBytes = 32;
const mostSegments = 16;

/** Flash sizes in MB and their codes. */
const flashSizes: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4 };

const hex = (address: number): string => `0x${address.toString(16)}`;
const round = (bytes: number): number => Math.ceil(bytes / 4) * 4;

function memoryOf(segment: Segment): Memory {
  const { address, data } = segment;
  const memory = memories.find(({ start, bytes }) => address >= start && address < start + bytes);
  if (memory === undefined) {
    const known = memories.map(({ name, start, bytes }) => `${name} ${hex(start)} to ${hex(start + bytes - 1)}`);
    throw new Error(`The boot ROM cannot load to ${hex(address)}; it fills ${known.join(" and ")}.`);
  }
  const room = memory.start + memory.bytes - address;
  if (round(data.length) > room) {
    throw new Error(`${data.length} bytes at ${hex(address)} are too many for ${memory.name}: ${room} are left there.`);
  }
  return memory;
}

/** Throws an Error if the boot ROM cannot load or start the program. */
function check(program: Program): void {
  if (program.segments.length > mostSegments) {
    throw new Error(`${program.segments.length} segments are too many: the boot ROM takes ${mostSegments}.`);
  }
  const entered = program.segments.find(
    ({ address, data }) => program.entry >= address && program.entry < address + data.length,
  );
  if (entered === undefined || memoryOf(entered).name !== "IRAM") {
    throw new Error(`The entry point ${hex(program.entry)} does not lie in a segment of the IRAM.`);
  }
  for (const segment of program.segments) memoryOf(segment);
}

/** Returns the image of `program` for a flash of `flashMb` megabytes. */
export function flashImage(program: Program, flashMb = 4): Buffer {
  const size = flashSizes[flashMb];
  if (size === undefined)
    throw new Error(`A flash of ${flashMb} MB is unknown: ${Object.keys(flashSizes).join(", ")}.`);
  check(program);
  const header = Buffer.alloc(headerBytes);
  header.set([magic, program.segments.length, modeDio, (size << 4) | frequency40MHz]);
  header.writeUInt32LE(program.entry, 4);
  header[8] = pinDefault;
  header.writeUInt16LE(chipEsp32, 12);
  header.writeUInt16LE(anyRevision, 17);
  header[23] = hashAppended;

  const parts: Buffer[] = [header];
  let checksum = checksumStart;
  for (const segment of program.segments) {
    const data = Buffer.alloc(round(segment.data.length));
    data.set(segment.data);
    for (const byte of data) checksum ^= byte;
    const head = Buffer.alloc(8);
    head.writeUInt32LE(segment.address, 0);
    head.writeUInt32LE(data.length, 4);
    parts.push(head, data);
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const tail = Buffer.alloc(16 - (length % 16));
  tail[tail.length - 1] = checksum;
  parts.push(tail);
  const body = Buffer.concat(parts);
  const image = Buffer.concat([body, createHash("sha256").update(body).digest()]);
  const room = flashMb * 1024 * 1024 - flashOffset;
  if (image.length > room)
    throw new Error(`${image.length} bytes of image are too many: the flash has ${room} for it.`);
  return image;
}

/** Parses an image. Throws an Error when it is damaged or the boot ROM would not start it. */
export function readImage(image: Uint8Array): Program {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  if (bytes.length < headerBytes || bytes[0] !== magic) throw new Error("This is not an image for an ESP32.");
  const segments: Segment[] = [];
  let [at, checksum] = [headerBytes, checksumStart];
  for (let left = bytes[1]!; left > 0; left--) {
    const data = at + 8;
    const end = data + (data <= bytes.length ? bytes.readUInt32LE(at + 4) : 0);
    if (data > bytes.length || end > bytes.length) throw new Error(`The image is cut short: ${bytes.length} bytes.`);
    segments.push({ address: bytes.readUInt32LE(at), data: bytes.subarray(data, end) });
    for (const byte of segments.at(-1)!.data) checksum ^= byte;
    at = end;
  }
  const end = at + 16 - (at % 16);
  if (bytes.length !== end + hashBytes) {
    throw new Error(`The image has ${bytes.length} bytes; its header asks for ${end + hashBytes}.`);
  }
  if (bytes[end - 1] !== checksum) throw new Error("The image is damaged: its checksum is wrong.");
  if (!createHash("sha256").update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end))) {
    throw new Error("The image is damaged: its SHA-256 is wrong.");
  }
  const program = { entry: bytes.readUInt32LE(4), segments };
  check(program);
  return program;
}

if (isMain(import.meta.url)) {
  const [input, output, flashMb] = process.argv.slice(2);
  if (input === undefined || output === undefined) {
    console.error("image: name the program and the image: tsx host/esp32/image.ts IN.elf OUT.bin [FLASH_MB]");
    process.exit(2);
  }
  try {
    const image = flashImage(readElf(readFileSync(input), basename(input)), Number(flashMb ?? 4));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, image);
  } catch (error) {
    console.error(`image: ${(error as Error).message}`);
    process.exit(1);
  }
}
