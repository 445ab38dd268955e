// Messages of the management protocol (docs/manage.md), as boards/manage/message.h has them. Numbers are in network order.
const MAGIC = 0x706b7431;
export const HEADER_BYTES = 12;
const ANSWERED = 0x80;

export const operations = {
  hello: 1,
  interface: 2,
  socket: 3,
  begin: 4,
  data: 5,
  swap: 6,
  fallback: 7,
  confirm: 8,
} as const;
export type Operation = keyof typeof operations;

/** The status of an answer, and what it means. */
export const statuses = {
  ok: 0,
  invalid: 1,
  unknown: 2,
  notThere: 3,
  notAllowed: 4,
  noRoom: 5,
  busy: 6,
  damaged: 7,
  refused: 8,
} as const;

export interface Answer {
  readonly id: number;
  readonly operation: number;
  readonly status: number;
  readonly body: Reader;
}

/** Reads the body of an answer from its front. Throws an Error when it is shorter than expected. */
export class Reader {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new Error("The board's answer is shorter than the protocol says.");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  text(): string {
    return this.take(this.take(1)[0]!).toString("utf8");
  }
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
}

export function encodeRequest(operation: Operation, id: number, body: Uint8Array): Buffer {
  return Buffer.concat([u32(MAGIC, (operations[operation] << 24) | body.length, id), body]);
}

/** Parses an answer. Returns undefined when the bytes are none; they may be longer, as a short Ethernet frame is. */
export function decodeAnswer(bytes: Buffer): Answer | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  const operation = bytes[4]!;
  const length = bytes.readUInt16BE(6);
  if ((operation & ANSWERED) === 0 || length > bytes.length - HEADER_BYTES) return undefined;
  return {
    id: bytes.readUInt32BE(8),
    operation: operation & ~ANSWERED,
    status: bytes[5]!,
    body: new Reader(bytes.subarray(HEADER_BYTES, HEADER_BYTES + length)),
  };
}
