// An ESP32's boot loader at the other end of a serial port, as far as esptool-js talks to it: the ROM's, which takes the
// stub, and the stub's, which writes the flash. From the protocol's description in esptool's documentation.
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";

const [flashEnd, memBegin, memEnd, memData, sync, writeReg, readReg] = [0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a];
const [attach, changeBaud, deflBegin, deflData, deflEnd, md5] = [0x0d, 0x0f, 0x10, 0x11, 0x12, 0x13];
const chipMagic = 0x40001000;
const chipMagicEsp32 = 0x00f01d83;
const unknownCommand = 5;
const end = 0xc0;
const escape = 0xdb;

/** A port like a browser's, connected to the loader. */
export class LoaderPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly flash = Buffer.alloc(4 * 1024 * 1024, 0xff);
  /** Speeds that the host opened the port with or changed to. */
  readonly speeds: number[] = [];
  /** Times that the chip was reset into running its flash. */
  starts = 0;
  #signals = { dtr: false, rts: false };
  #isStub = false;
  #packet: number[] = [];
  #write = { offset: 0, size: 0, parts: [] as Buffer[] };
  #out: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** `damage`: the flash takes one byte wrong. `silent`: no answer comes. `magic`: the chip's. */
  constructor(private readonly faults: { damage?: boolean; silent?: boolean; magic?: number } = {}) {}

  getInfo(): object {
    return {};
  }

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    this.speeds.push(baudRate);
    this.readable = new ReadableStream({ start: (controller) => void (this.#out = controller) });
    this.writable = new WritableStream({ write: (bytes) => this.#take(bytes) });
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.speeds.push(baudRate);
  }

  async setSignals({ dataTerminalReady: dtr, requestToSend: rts }: Record<string, boolean | undefined>): Promise<void> {
    const before = this.#signals;
    this.#signals = { dtr: dtr ?? before.dtr, rts: rts ?? before.rts };
    if (before.rts && !this.#signals.rts) {
      this.#isStub = false;
      if (!this.#signals.dtr) this.starts++; // IO0 is high: no boot loader
    }
  }

  async close(): Promise<void> {
    this.readable = this.writable = null;
  }

  #take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== end) this.#packet.push(byte);
      else if (this.#packet.length > 0) {
        const packet: number[] = [];
        for (let i = 0; i < this.#packet.length; i++) {
          const isEscape = this.#packet[i] === escape;
          packet.push(isEscape ? (this.#packet[++i] === 0xdc ? end : escape) : this.#packet[i]!);
        }
        this.#packet = [];
        if (!this.faults.silent) this.#answer(Buffer.from(packet));
      }
    }
  }

  #send(packet: Buffer): void {
    const escaped = [...packet].flatMap((b) => (b === end ? [escape, 0xdc] : b === escape ? [escape, 0xdd] : [b]));
    this.#out?.enqueue(Uint8Array.from([end, ...escaped, end]));
  }

  #reply(command: number, value: number, data: Uint8Array = Buffer.alloc(0), error = 0): void {
    const status = Buffer.alloc(this.#isStub ? 2 : 4);
    status.set(error === 0 ? [] : [1, error]);
    const head = Buffer.from([1, command, 0, 0, 0, 0, 0, 0]);
    head.writeUInt16LE(data.length + status.length, 2);
    head.writeUInt32LE(value >>> 0, 4);
    this.#send(Buffer.concat([head, data, status]));
  }

  #answer(packet: Buffer): void {
    const [command, data] = [packet[1]!, packet.subarray(8)];
    switch (command) {
      case sync:
        for (let i = 0; i < 8; i++) this.#reply(sync, this.#isStub ? 0 : 0x20120707);
        return;
      case readReg:
        return this.#reply(command, data.readUInt32LE(0) === chipMagic ? (this.faults.magic ?? chipMagicEsp32) : 0);
      case memEnd:
        this.#reply(command, 0);
        this.#isStub = true;
        return this.#send(Buffer.from("OHAI"));
      case deflBegin:
        this.#write = { size: data.readUInt32LE(0), offset: data.readUInt32LE(12), parts: [] };
        break;
      case deflData:
        this.#write.parts.push(data.subarray(16, 16 + data.readUInt32LE(0)));
        break;
      case deflEnd:
        this.#store();
        break;
      case md5: {
        const [from, size] = [data.readUInt32LE(0), data.readUInt32LE(4)];
        const hash = createHash("md5")
          .update(this.flash.subarray(from, from + size))
          .digest();
        return this.#reply(command, 0, hash);
      }
      case flashEnd:
      case memBegin:
      case memData:
      case writeReg:
      case attach:
      case changeBaud:
        break;
      default: // esptool-js asks for more than an ESP32 knows; its ROM says so eight times
        for (let i = 0; i < 8; i++) this.#reply(command, 0, Buffer.alloc(0), unknownCommand);
        return;
    }
    this.#reply(command, 0);
  }

  #store(): void {
    const bytes = inflateSync(Buffer.concat(this.#write.parts));
    if (bytes.length !== this.#write.size) return;
    if (this.faults.damage) bytes[100]! ^= 1;
    bytes.copy(this.flash, this.#write.offset);
  }
}
