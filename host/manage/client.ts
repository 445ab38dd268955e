// Asks a board: one request at a time, repeated until its answer comes.
import { createHash, randomInt } from "node:crypto";
import { MAX_DESCRIPTORS } from "../../assembly/abi.js";
import { crc32 } from "./crc.js";
import type { Link } from "./link.js";
import {
  type Answer,
  decodeAnswer,
  encodeRequest,
  HEADER_BYTES,
  type Operation,
  operations,
  type Reader,
  statuses,
  u32,
} from "./message.js";

/** How long the first repeat waits, and the longest wait, in milliseconds; each is twice as long as the one before. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
const TRIES = 12;

/** What pktsock_swap() can be asked for. */
export const SWAP_RESTART = 1;
export const SWAP_OLDER = 2;

const reasons: Readonly<Record<number, string>> = {
  [statuses.invalid]: "it does not understand the request: it has another version of the protocol",
  [statuses.unknown]: "its firmware does not have this operation",
  [statuses.notThere]: "it has none",
  [statuses.notAllowed]: "its firmware does not allow that over this link",
  [statuses.noRoom]: "it has no memory for a module of this size",
  [statuses.busy]: "the module that it runs is still on trial; wait until it is proven, or confirm it",
  [statuses.damaged]: "the module was damaged on the way",
  [statuses.refused]: "it refuses",
};

/** The board has answered that it does not do what was asked. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(`The board says: ${sentence || (reasons[status] ?? `status ${status}`)}.`);
  }
}

export type LogicState = "built-in" | "trial" | "proven";

const states: readonly LogicState[] = ["built-in", "trial", "proven"];

const helloWords = [
  "abi",
  /** The longest request that the link carries. */
  "most",
  /** PKTSOCK_MANAGE_* of pktsock/manage.h. */
  "allowed",
  "interfaces",
  "stateNumber",
  "version",
  "fallback",
  "swaps",
  "fallbacks",
  "traps",
  "recoveries",
  "lostFrames",
  "lostSockets",
] as const;

export type Hello = Readonly<Record<(typeof helloWords)[number], number>> & {
  readonly state: LogicState;
  readonly board: string;
  /** Empty when the firmware cannot swap. */
  readonly engine: string;
  /** Why the last fallback was; empty when there was none. */
  readonly reason: string;
};

const interfaceCounters = [
  "rxFrames",
  "txFrames",
  "rxNoFrame",
  "rxPoolEmpty",
  "rxTooShort",
  "rxTooLong",
  "rxErrors",
  "rxIfaceDown",
  "txErrors",
  "macRestarts",
  "ringFaults",
] as const;

export type Interface = Readonly<Record<(typeof interfaceCounters)[number], number>> & {
  readonly index: number;
  readonly name: string;
  readonly flags: number;
  readonly mtu: number;
  readonly hwaddr: Buffer;
};

const socketWords = [
  "number",
  "fd",
  "type",
  "protocol",
  "ifindex",
  "rcvbuf",
  "queued",
  "filter",
  "packets",
  "queueFull",
  "poolEmpty",
  "filtered",
  "interpreted",
] as const;

/** `protocol` is in host order, `filter` the number of its instructions. */
export type Socket = Readonly<Record<(typeof socketWords)[number], number>>;

/** Reads a word for each name. */
function words<Name extends string>(body: Reader, names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, body.u32()])) as Record<Name, number>;
}

export class ManageClient {
  private id = randomInt(2 ** 32);
  private waiting: ((answer: Answer) => void) | null = null;

  /** `tries`: how often a request is sent until its answer comes. */
  constructor(
    private readonly link: Link,
    private readonly tries = TRIES,
  ) {
    link.onMessage = (message) => {
      const answer = decodeAnswer(message);
      if (answer !== undefined) this.waiting?.(answer);
    };
  }

  /** The board, its module, and what happened to it so far. */
  async hello(): Promise<Hello> {
    const body = await this.ask("hello");
    this.link.settle();
    const numbers = words(body, helloWords);
    const state = states[numbers.stateNumber] ?? "trial";
    return { ...numbers, state, board: body.text(), engine: body.text(), reason: body.text() };
  }

  async interfaces({ interfaces: count }: Hello): Promise<Interface[]> {
    const list: Interface[] = [];
    for (let index = 1; index <= count; index++) {
      const body = await this.askIfThere("interface", u32(index));
      if (body === undefined) break;
      const counters = words(body, interfaceCounters);
      const [flags, mtu] = [body.u32(), body.u32()];
      list.push({ ...counters, index, flags, mtu, hwaddr: Buffer.from(body.take(6)), name: body.text() });
    }
    return list;
  }

  async sockets(): Promise<Socket[]> {
    const list: Socket[] = [];
    for (let next = 0; next < MAX_DESCRIPTORS; next = list.at(-1)!.number + 1) {
      const body = await this.askIfThere("socket", u32(next));
      if (body === undefined) break;
      const socket = words(body, socketWords);
      if (socket.number < next) throw new Error("The board lists its sockets in a circle.");
      list.push(socket);
    }
    return list;
  }

  /** Brings a signed module to the board; goes on where an earlier attempt has stopped. `progress` is called with bytes. */
  async upload(file: Uint8Array, most: number, progress: (have: number) => void = () => undefined): Promise<void> {
    const hash = createHash("sha256").update(file).digest();
    let have = (await this.ask("begin", Buffer.concat([u32(file.length), hash]))).u32();
    const room = most - HEADER_BYTES - 4;
    if (room <= 0) throw new Error("The board's link carries no data.");
    // A board that starts again meanwhile has nothing any more, and says so.
    for (let sent = 0; have < file.length; sent++) {
      if (sent > 2 * Math.ceil(file.length / room)) throw new Error("The board loses what it was sent.");
      progress(have);
      const part = file.subarray(have, have + room);
      const now = (await this.ask("data", Buffer.concat([u32(have), part]))).u32();
      if (now > file.length) throw new Error("The board says that it has more than the whole file.");
      have = now;
    }
    progress(have);
  }

  /** Lets the board run the module that was brought. Resolves to its version. */
  async swap(file: Uint8Array, flags = 0): Promise<number> {
    return (await this.ask("swap", u32(flags, crc32(file)))).u32();
  }

  /** Lets the board return to the module before. */
  async fallback(): Promise<void> {
    await this.ask("fallback");
  }

  /** The module that is on trial is proven. */
  async confirm(): Promise<void> {
    await this.ask("confirm");
  }

  async close(): Promise<void> {
    await this.link.close();
  }

  private async askIfThere(operation: Operation, body: Buffer): Promise<Reader | undefined> {
    try {
      return await this.ask(operation, body);
    } catch (error) {
      if (error instanceof RefusedError && error.status === statuses.notThere) return undefined;
      throw error;
    }
  }

  /** Sends a request until its answer comes. Every repeat has the same identifier, so that the board acts once. */
  private async ask(operation: Operation, body: Uint8Array = new Uint8Array(0)): Promise<Reader> {
    const id = (this.id = (this.id + 1) >>> 0);
    const request = encodeRequest(operation, id, body);
    let wait = FIRST_WAIT_MS;
    for (let tries = 0; tries < this.tries; tries++) {
      const answer = await this.attempt(request, operation, id, wait);
      if (answer !== undefined) {
        if (answer.status === statuses.ok) return answer.body;
        throw new RefusedError(answer.status, answer.body.left > 0 ? answer.body.text() : "");
      }
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    }
    throw new Error(`The board does not answer (${operation}, ${this.tries} times).`);
  }

  private async attempt(
    request: Buffer,
    operation: Operation,
    id: number,
    waitMs: number,
  ): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const end = (answer: Answer | undefined): void => {
        clearTimeout(timer);
        this.waiting = null;
        resolve(answer);
      };
      const timer = setTimeout(end, waitMs, undefined);
      this.waiting = (answer) => {
        if (answer.id === id && answer.operation === operations[operation]) end(answer);
      };
      this.link.send(request);
    });
  }
}
