// pcapng (draft-ietf-opsawg-pcapng), the format of Wireshark, tshark and tcpdump. The writer makes one section with time
// stamps in nanoseconds and the direction of each frame. The reader accepts any number of sections, both byte orders and
// all resolutions, but only Enhanced Packet Blocks.
import { closeSync, openSync, writeSync } from "node:fs";

const SHB = 0x0a0d0d0a;
const IDB = 1;
const EPB = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const SHB_USERAPPL = 4;

/** The direction as seen from the interface: it received or sent the frame. */
export type Direction = "in" | "out" | "unknown";
/** Bits 0 and 1 of epb_flags. */
const directions: readonly Direction[] = ["unknown", "in", "out"];

export interface CapturedFrame {
  interface: number;
  /** Nanoseconds since 1970. */
  time: bigint;
  direction: Direction;
  bytes: Uint8Array;
  /** The original length of the frame in bytes, when not all of it was captured. */
  originalLength: number;
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function option(code: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

const endOfOptions = Buffer.alloc(4);

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32LE(value >>> 0, i * 4));
  return bytes;
}

function block(type: number, ...parts: Uint8Array[]): Buffer {
  const body = padded(Buffer.concat(parts));
  const length = words(body.length + 12);
  return Buffer.concat([words(type), length, body, length]);
}

const epoch = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

/** The present time, for CapturedFrame.time. It never runs backwards. */
export function captureTime(): bigint {
  return epoch + process.hrtime.bigint();
}

/** Writes a capture through `write`, one block at a time. */
export class PcapngWriter {
  private interfaces = 0;

  constructor(private readonly write: (block: Uint8Array) => void) {
    // Version 1.0, section length unknown.
    const application = option(SHB_USERAPPL, Buffer.from("pktsock"));
    write(block(SHB, words(BYTE_ORDER, 1, 0xffffffff, 0xffffffff), application, endOfOptions));
  }

  /** Adds an interface. Returns its number for frame(). */
  addInterface(name: string): number {
    const options = [option(IF_NAME, Buffer.from(name)), option(IF_TSRESOL, Buffer.from([9])), endOfOptions];
    this.write(block(IDB, words(LINKTYPE_ETHERNET, 0), ...options));
    return this.interfaces++;
  }

  /** Writes an Ethernet frame without FCS. */
  frame(interfaceNumber: number, bytes: Uint8Array, direction: Direction = "unknown", time = captureTime()): void {
    if (interfaceNumber >= this.interfaces) throw new RangeError(`the capture has no interface ${interfaceNumber}`);
    const stamp = [Number(time >> 32n), Number(time & 0xffffffffn)] as const;
    const head = words(interfaceNumber, ...stamp, bytes.length, bytes.length);
    const flags = option(EPB_FLAGS, words(directions.indexOf(direction)));
    this.write(block(EPB, head, padded(bytes), flags, endOfOptions));
  }
}

/** A capture file. Writes reach the file at once: nothing is lost when the process is killed. */
export class PcapngFile extends PcapngWriter {
  private readonly fd: number;

  constructor(path: string) {
    const fd = openSync(path, "w");
    super((bytes) => void writeSync(fd, bytes));
    this.fd = fd;
  }

  close(): void {
    closeSync(this.fd);
  }
}

type Fail = (why: string) => never;

interface Options {
  readonly block: DataView;
  /** Where they start in the block. */
  readonly start: number;
  readonly little: boolean;
  readonly fail: Fail;
}

/** Returns the value of the first option with that code, `least` bytes or more; undefined if there is none. */
function findOption({ block, start, little, fail }: Options, code: number, least = 0): DataView | undefined {
  let at = start;
  while (at + 4 <= block.byteLength) {
    const found = block.getUint16(at, little);
    const length = block.getUint16(at + 2, little);
    if (found === 0) return undefined;
    if (at + 4 + length > block.byteLength) fail("an option is longer than its block");
    if (found === code && length < least) fail("an option is too short");
    if (found === code) return new DataView(block.buffer, block.byteOffset + at + 4, length);
    at += 4 + length + (-length & 3);
  }
  return undefined;
}

/** Nanoseconds per 2^n or 10^n-th of a second, as a fraction. */
function resolution(tsresol: number): { multiply: bigint; divide: bigint } {
  const exponent = BigInt(tsresol & 0x7f);
  return { multiply: 1_000_000_000n, divide: tsresol & 0x80 ? 2n ** exponent : 10n ** exponent };
}

export interface Capture {
  interfaces: { name: string; linkType: number }[];
  frames: CapturedFrame[];
}

/** Parses the content of a capture file. Throws an Error that names the position of any damage. */
export function readPcapng(bytes: Uint8Array): Capture {
  const capture: Capture = { interfaces: [], frames: [] };
  const resolutions: ReturnType<typeof resolution>[] = [];
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let little = true;
  let firstInterface = 0;
  let at = 0;
  const fail: Fail = (why) => {
    throw new Error(`not a pcapng file, at byte ${at}: ${why}`);
  };

  while (at < bytes.length) {
    if (bytes.length - at < 12) fail("a block is cut short");
    if (file.getUint32(at, true) === SHB) {
      little = file.getUint32(at + 8, true) === BYTE_ORDER;
      if (!little && file.getUint32(at + 8, false) !== BYTE_ORDER) fail("the byte-order magic is missing");
      firstInterface = capture.interfaces.length;
    } else if (at === 0) {
      fail("it does not start with a section header");
    }
    const type = file.getUint32(at, little);
    const length = file.getUint32(at + 4, little);
    if (length < 12 || length % 4 !== 0 || at + length > bytes.length) fail(`a block cannot be ${length} bytes long`);
    const body = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length - 12);
    if (type === IDB) {
      if (body.byteLength < 8) fail("an interface description is too short");
      const options = { block: body, start: 8, little, fail };
      const name = findOption(options, IF_NAME);
      const text =
        name === undefined ? "" : Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString("utf8");
      capture.interfaces.push({ name: text, linkType: body.getUint16(0, little) });
      resolutions.push(resolution(findOption(options, IF_TSRESOL, 1)?.getUint8(0) ?? 6));
    } else if (type === EPB) {
      if (body.byteLength < 20) fail("a packet block is too short");
      const number = firstInterface + body.getUint32(0, little);
      const scale = resolutions[number] ?? fail(`there is no interface ${number}`);
      const time = (BigInt(body.getUint32(4, little)) << 32n) | BigInt(body.getUint32(8, little));
      const captured = body.getUint32(12, little);
      if (captured > body.byteLength - 20) fail("a frame is longer than its block");
      const start = at + 28;
      const options = { block: body, start: 20 + captured + (-captured & 3), little, fail };
      const flags = findOption(options, EPB_FLAGS, 4)?.getUint32(0, little) ?? 0;
      capture.frames.push({
        interface: number,
        time: (time * scale.multiply) / scale.divide,
        direction: directions[flags & 3] ?? "unknown",
        bytes: bytes.subarray(start, start + captured),
        originalLength: body.getUint32(16, little),
      });
    }
    at += length;
  }
  if (at === 0) fail("it is empty");
  return capture;
}
