// What the peers of the programs have in common. A board of 64 KB has five frames to receive into, and drops what comes
// while all of them are full: no peer sends more than four frames before it knows that the program has read them.
import assert from "node:assert/strict";
import { FILTERING, type Running } from "../support/program.js";

/** The peer's own address, and one that no host has. */
export const PEER = "02000000000a";
export const STRANGER = "0200000000aa";
export const BROADCAST = "ffffffffffff";

/** The shortest frame without FCS. */
const SHORTEST = 60;

/** Plays the other end of a program's cable, and asserts what the program does. */
export type Peer = (run: Running) => Promise<void>;

/** Bytes from pieces of hexadecimal digits, with spaces where they help. */
export function bytes(...pieces: string[]): Buffer {
  const text = pieces.join("").replaceAll(" ", "");
  assert.match(text, /^([0-9a-f]{2})*$/);
  return Buffer.from(text, "hex");
}

/** `value` as `count` bytes in network order. */
export function be(value: number, count: number): string {
  return value.toString(16).padStart(2 * count, "0");
}

/** ASCII as hexadecimal digits. */
export function ascii(text: string): string {
  return Buffer.from(text, "ascii").toString("hex");
}

/** Pads with zeros as every sender of Ethernet frames does; a veth pair does not pad. */
function padded(frame: Buffer): string {
  return Buffer.concat([frame, Buffer.alloc(Math.max(0, SHORTEST - frame.length))]).toString("hex");
}

export function isFrame(actual: Buffer, expected: Buffer): boolean {
  return padded(actual) === padded(expected);
}

export function assertFrame(actual: Buffer, expected: Buffer): void {
  assert.equal(padded(actual), padded(expected));
}

/** 1 if the MAC accepts frames that no socket asked for, else 0. */
export function letIn(run: Running): 0 | 1 {
  return FILTERING.includes(run.place) ? 0 : 1;
}
