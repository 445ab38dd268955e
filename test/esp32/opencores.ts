// The OpenCores MAC that emulators put where the ESP32 has its EMAC, and its PHY: the registers and the behaviour that
// boards/mac/opencores.c relies on. In place of Emac.
import type { Machine } from "./machine.js";

const base = 0x3ff69000;
const descriptors = 0x400;
const ring = 64;
const [moder, intSource, intMask, txBdNum, miiCommand, miiAddress, miiTx, miiRx] = [
  0x00, 0x04, 0x08, 0x20, 0x2c, 0x30, 0x34, 0x38,
];
const [address0, address1] = [0x40, 0x44];
const ready = 0x8000;
const irqBit = 0x4000;
const wrap = 0x2000;
const cycles = 500;

export class OpenCores {
  readonly sent: Buffer[] = [];
  linkUp = true;
  readonly #incoming: Buffer[] = [];
  readonly #registers = new Uint32Array(0x100);
  /** Two words each: status, pointer. */
  readonly #bd = new Uint32Array(256);
  readonly #phy = new Uint16Array(32);
  #tx = 0;
  #rx = ring;

  constructor(private readonly machine: Machine) {
    this.#phy.set([0x3100, 0x7829, 0x2000, 0x5c90, 0x01e1, 0x45e1]);
  }

  receive(frame: Uint8Array): void {
    this.#incoming.push(Buffer.concat([frame, Buffer.alloc(4)]));
  }

  interrupt(): boolean {
    return (this.#get(intSource) & this.#get(intMask)) !== 0;
  }

  step(): number {
    const sent = this.#transmit();
    const frame = this.#incoming.shift();
    if (frame !== undefined && this.linkUp) this.#deliver(frame);
    return sent || frame !== undefined ? cycles : 0;
  }

  read(address: number): number | undefined {
    const offset = address - base;
    if (offset < 0 || offset >= 0x800) return undefined;
    return offset < descriptors ? this.#get(offset) : this.#bd[(offset - descriptors) / 4];
  }

  write(address: number, value: number): boolean {
    const offset = address - base;
    if (offset < 0 || offset >= 0x800) return false;
    if (offset >= descriptors) {
      this.#bd[(offset - descriptors) / 4] = value;
    } else if (offset === intSource) {
      this.#registers[intSource / 4]! &= ~value;
    } else {
      if (offset === moder && (value & ~this.#get(moder) & 1) !== 0) this.#rx = this.#get(txBdNum);
      if (offset === moder && (value & ~this.#get(moder) & 2) !== 0) this.#tx = 0;
      this.#registers[offset / 4] = value;
      if (offset === miiCommand) this.#mdio(value);
    }
    return true;
  }

  #get(offset: number): number {
    return this.#registers[offset / 4]!;
  }

  #mdio(command: number): void {
    const [phy, register] = [this.#get(miiAddress) & 31, (this.#get(miiAddress) >> 8) & 31];
    if ((command & 4) !== 0 && phy === 1) this.#phy[register] = this.#get(miiTx) & (register === 0 ? 0x7fff : 0xffff);
    if ((command & 2) !== 0) {
      const link = register === 1 && this.linkUp ? 4 : 0;
      this.#registers[miiRx / 4] = phy === 1 ? this.#phy[register]! | link : 0xffff;
    }
  }

  /** Ends the descriptor's turn; returns the number of the next one. */
  #finish(number: number, status: number, first: number, source: number): number {
    const before = this.#bd[number * 2]!;
    this.#bd[number * 2] = status;
    if (before & irqBit) this.#registers[intSource / 4]! |= source;
    return before & wrap ? first : number + 1;
  }

  #transmit(): boolean {
    const status = this.#bd[this.#tx * 2]!;
    if ((this.#get(moder) & 2) === 0 || (status & ready) === 0) return false;
    const frame = this.machine.dma(this.#bd[this.#tx * 2 + 1]!, status >>> 16);
    if (this.linkUp) this.sent.push(Buffer.from(frame));
    this.#tx = this.#finish(this.#tx, status & ~ready, 0, 1);
    return true;
  }

  #deliver(frame: Buffer): void {
    const mode = this.#get(moder);
    const [low, high] = [frame.readUInt32BE(2), frame.readUInt16BE(0)];
    const isOurs = low === this.#get(address0) && high === this.#get(address1);
    const isWanted = isOurs || frame.subarray(0, 6).equals(Buffer.alloc(6, 0xff)) || (mode & 0x20) !== 0;
    if ((mode & 1) === 0 || !isWanted) return;
    const status = this.#bd[this.#rx * 2]!;
    if ((status & ready) === 0) {
      this.#registers[intSource / 4]! |= 0x10;
      return;
    }
    this.machine.dma(this.#bd[this.#rx * 2 + 1]!, frame.length).set(frame);
    const done = ((frame.length << 16) | (status & (irqBit | wrap))) >>> 0;
    this.#rx = this.#finish(this.#rx, done, this.#get(txBdNum), 4);
  }
}
