// What model and module both do: the calls that the steps of a run make, and their results as plain values.
import type { PktSock, Received } from "../../host/engine/pktsock.js";

type Calls = Pick<
  PktSock,
  | "socket"
  | "close"
  | "bind"
  | "getsockname"
  | "send"
  | "sendto"
  | "recv"
  | "bytesReadable"
  | "bytesUnsent"
  | "setsockopt"
  | "getsockopt"
  | "poll"
  | "service"
>;

/** What an interface counts. */
export type Counters = Record<
  "frames" | "noFrame" | "tooShort" | "tooLong" | "poolEmpty" | "linkDown" | "sent",
  number
>;

/** What is lent: a received frame, a received frame without other holders, or an empty one. */
export type Lending = "received" | "exclusive" | "empty";

/** A message of an error queue. */
export interface SentMessage {
  data: Uint8Array;
  flags: number;
  id: number;
}

export interface Lent {
  name: number;
  data: Uint8Array;
  shared: boolean;
}

/** A call that fails throws an ErrnoError. Interfaces are named by their index. */
export interface Component extends Calls {
  recvfrom(fd: number, length?: number, flags?: number): Received;
  /** The next message of the error queue. */
  message(fd: number, length: number): SentMessage;
  openStack(ifindex: number): number;
  /** Seconds and nanoseconds. */
  lastStamp(fd: number): readonly [number, number];
  setFlags(ifindex: number, flags: number): void;
  /** SIOCSIFFLAGS. */
  requestFlags(ifindex: number, flags: number): void;
  setMulticast(ifindex: number, on: boolean, address: Buffer): void;
  /** What the MAC must accept, and whether that has changed since the last call. */
  macFilter(ifindex: number): { changed: boolean; flags: number; addresses: string[] };
  counters(ifindex: number): Counters;

  /** Lends a frame: its bytes, or the number that may be written. Returns the name that the calls below use. */
  lend(fd: number, what: Lending): Lent;
  /** Sends a lent frame, to which the bytes have been written. */
  submit(fd: number, name: number, bytes: Buffer): number;
  release(fd: number, name: number): void;

  // The driver of an interface.
  /** Takes an empty frame in advance. */
  prefetch(ifindex: number): boolean;
  /** Hands over a frame from the wire, `offset` bytes into its buffer; it is stamped if stamps are asked for. */
  receive(ifindex: number, bytes: Buffer, offset: number, stamp: readonly [number, number]): boolean;
  /** Takes the next frame to send: what goes to the wire. */
  transmit(ifindex: number): Buffer | undefined;
  /** Returns one of the frames that it took. */
  complete(ifindex: number, which: number): boolean;
}
