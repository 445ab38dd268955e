// The links that carry the management protocol: Ethernet frames, and a serial line that is also the board's console.
import type { Duplex } from "node:stream";
import { crc32 } from "./crc.js";
import type { Endpoint } from "../net/endpoint.js";
import { BROADCAST, decodeEthernet, encodeEthernet } from "../net/wire.js";

export interface Link {
  /** Called with each message that arrives. */
  onMessage: ((message: Buffer) => void) | null;
  send(message: Uint8Array): void;
  /** From now on only the sender of the last message is talked to. */
  settle(): void;
  close(): Promise<void>;
}

/** IEEE 802: for local experiments. */
export const ETHERTYPE_MANAGE = 0x88b5;
const OWN_MAC = "02:50:4b:54:4d:01";

export class EthernetLink implements Link {
  onMessage: ((message: Buffer) => void) | null = null;
  private sender = "";

  /** `board`: the board's address; without, the first one that answers is meant. `own`: the host's. */
  constructor(
    private readonly endpoint: Endpoint,
    private board = BROADCAST,
    private readonly own = OWN_MAC,
  ) {
    endpoint.onFrame = (bytes) => {
      const frame = decodeEthernet(bytes);
      if (frame === null || frame.type !== ETHERTYPE_MANAGE || frame.to !== own || frame.from === own) return;
      if (this.board !== BROADCAST && frame.from !== this.board) return;
      this.sender = frame.from;
      this.onMessage?.(frame.payload);
    };
  }

  send(message: Uint8Array): void {
    const payload = Buffer.from(message);
    this.endpoint.send(encodeEthernet({ to: this.board, from: this.own, type: ETHERTYPE_MANAGE, payload }));
  }

  settle(): void {
    if (this.sender !== "") this.board = this.sender;
  }

  async close(): Promise<void> {
    this.endpoint.onFrame = null;
    await this.endpoint.close();
  }
}

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;
const CRC_BYTES = 4;
/** Longer than every answer; what is longer is text behind a lost END. */
const LONGEST = 1024;

/** SLIP frames (RFC 1055) that end with the CRC of Ethernet's FCS; what is between them is the console's text. */
export class SerialLink implements Link {
  onMessage: ((message: Buffer) => void) | null = null;
  /** Called with the console's text. */
  onText: ((text: Buffer) => void) | null = null;
  private frame: number[] | null = null;
  private escaped = false;
  private readonly take = (bytes: Buffer): void => {
    for (const byte of bytes) this.byte(byte);
  };

  constructor(
    private readonly port: Duplex,
    private readonly shut: () => Promise<void> = async () => undefined,
  ) {
    port.on("data", this.take);
  }

  send(message: Uint8Array): void {
    const crc = Buffer.alloc(CRC_BYTES);
    crc.writeUInt32LE(crc32(message));
    const escaped = [...message, ...crc].flatMap((byte) =>
      byte === END ? [ESCAPE, ESCAPED_END] : byte === ESCAPE ? [ESCAPE, ESCAPED_ESCAPE] : [byte],
    );
    this.port.write(Buffer.from([END, ...escaped, END]));
  }

  settle(): void {
    // A line has one other end.
  }

  async close(): Promise<void> {
    this.port.off("data", this.take);
    await this.shut();
  }

  private byte(byte: number): void {
    if (byte === END) {
      const frame = this.frame;
      this.frame = frame === null || frame.length === 0 ? [] : null;
      if (frame !== null && frame.length > CRC_BYTES) this.message(Buffer.from(frame));
    } else if (this.frame === null) {
      this.onText?.(Buffer.from([byte]));
    } else if (byte === ESCAPE && !this.escaped) {
      this.escaped = true;
      return;
    } else {
      const plain = byte === ESCAPED_END ? END : byte === ESCAPED_ESCAPE ? ESCAPE : byte;
      this.frame.push(this.escaped ? plain : byte);
      if (this.frame.length > LONGEST) this.frame = null;
    }
    this.escaped = false;
  }

  private message(bytes: Buffer): void {
    const message = bytes.subarray(0, -CRC_BYTES);
    if (bytes.readUInt32LE(message.length) === crc32(message)) this.onMessage?.(message);
  }
}
