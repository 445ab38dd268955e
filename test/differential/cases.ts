// Cases for both sides, and what came of them.
import { encode, type Instruction } from "./programs.js";

/** On which socket a program runs: in the order of kernel.c. */
export const kinds = [
  "RAW, ETH_P_ALL",
  "DGRAM, ETH_P_ALL",
  "RAW, ETH_P_IP",
  "DGRAM, ETH_P_IP",
  "RAW, outgoing",
  "DGRAM, outgoing",
] as const;

export function isOutgoing(kind: number): boolean {
  return kind >= 4;
}

export interface Case {
  kind: number;
  program: Instruction[];
  frames: Buffer[];
}

/** What a socket received of a frame; null: nothing. */
export type Received = { bytes: Buffer; protocol: number; pkttype: number } | null;

export interface Result {
  /** Of SO_ATTACH_FILTER; 0: the frames were sent. */
  errno: number;
  received: Received[];
}

function words(...values: number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}

/** As kernel.c reads them. */
export function encodeCases(cases: readonly Case[]): Buffer {
  return Buffer.concat(
    cases.flatMap(({ kind, program, frames }) => [
      words(kind, program.length, frames.length),
      encode(program),
      ...frames.flatMap((frame) => [words(frame.length), frame]),
    ]),
  );
}

/** As kernel.c writes them. */
export function decodeResults(bytes: Buffer, cases: readonly Case[]): Result[] {
  let at = 0;
  const advance = (length: number) => (at += length) - length;
  return cases.map(({ frames }) => {
    const errno = bytes.readUInt32LE(advance(4));
    if (errno !== 0) return { errno, received: [] };
    const received = frames.map(() => {
      const length = bytes.readInt32LE(advance(4));
      const protocol = bytes.readUInt16LE(advance(2));
      const pkttype = bytes.readUInt8(advance(1));
      if (length < 0) return null;
      const start = advance(length);
      return { bytes: bytes.subarray(start, start + length), protocol, pkttype };
    });
    return { errno, received };
  });
}
