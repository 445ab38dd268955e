// The ESP32's EMAC (a DesignWare 10/100 MAC with its DMA and 32-byte descriptors), the clock that it runs on, and a LAN8720
// behind MDIO. Frames take as long as they do at 100 Mbit/s, so nothing is done before transmit() has returned.
import { crc32 } from "node:zlib";
import type { BoardModel, Machine } from "./machine.js";

const dma = 0x3ff69000;
const ext = 0x3ff69800;
const mac = 0x3ff6a000;

const [busMode, txPoll, rxPoll, rxList, txList, status, operation, enable, missed] = [
  0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x20,
];
const dmaRegisters = new Set([busMode, txPoll, rxPoll, rxList, txList, status, operation, enable, missed]);
const [config, filter, miiAddress, miiData, interruptMask, addresses] = [0x00, 0x04, 0x10, 0x14, 0x3c, 0x40];
/** Those of the manual's registers of the MAC that a driver may want: it has no hash table and no counters. */
const macRegisters = new Set([config, filter, miiAddress, miiData, interruptMask]);
for (let offset = addresses; offset < addresses + 64; offset += 4) macRegisters.add(offset);
const [clkOut, oscClk, clkCtrl, phyInterface] = [0x00, 0x04, 0x08, 0x0c];

/** Preamble and gap, and 8 bits at 100 Mbit/s in cycles of 40 MHz. */
const overheadBytes = 20;
const cyclesOfByte = 3.2;

/** Of the configuration: transmitter or receiver on; speed, duplex and what else belongs to the mode. */
const isOn = 0xc;
const mode = 0x1c800;
const halfDuplexIgnoresCarrier = 1 << 16;
const flushTx = 1 << 20;

const own = 0x80000000;
const [transmitted, received, noBuffer] = [1 << 0, 1 << 6, 1 << 7];
const [abnormal, normal] = [1 << 15, 1 << 16];
const normalSources = transmitted | received | (1 << 2) | (1 << 14);

export class Emac {
  /** Frames that the MAC has sent, without FCS. */
  readonly sent: Buffer[] = [];
  linkUp = true;
  readonly #incoming: Buffer[] = [];
  readonly #dma = new Map<number, number>();
  readonly #mac = new Map<number, number>();
  readonly #ext = new Map<number, number>([clkOut, oscClk, clkCtrl, phyInterface].map((offset) => [offset, 0]));
  readonly #phy = new Uint16Array(32);
  #rxAt = 0;
  #txAt = 0;
  #rxWaits = false;
  #txGoes = false;
  #mdioBusy = 0;

  constructor(
    private readonly machine: Machine,
    private readonly board: BoardModel,
  ) {
    this.#phy.set([0x3100, 0x7809, 0x0007, 0xc0f1, 0x01e1, 0x45e1]);
  }

  /** A frame comes in, without FCS. */
  receive(frame: Uint8Array): void {
    const fcs = Buffer.alloc(4);
    fcs.writeUInt32LE(crc32(Buffer.from(frame)));
    this.#incoming.push(Buffer.concat([frame, fcs]));
  }

  interrupt(): boolean {
    const pending = this.#get(status) & this.#get(enable);
    return (pending & (normal | abnormal)) !== 0;
  }

  /** Moves a frame each way, and says how many cycles of the core these take on the wire; 0 when nothing moves. */
  step(): number {
    const sent = this.#txGoes ? this.#transmit() : 0;
    const frame = this.#incoming.shift();
    if (frame !== undefined && this.linkUp) this.#deliver(frame);
    const longest = Math.max(sent, frame?.length ?? 0);
    return longest === 0 ? 0 : Math.ceil((longest + overheadBytes) * cyclesOfByte);
  }

  /** What is between the chip's clock registers, pins and the board's oscillator, and gives the MAC its 50 MHz. */
  get #isClocked(): boolean {
    const { peripherals, analog } = this.machine;
    const isRmii = ((this.#ext.get(phyInterface)! >> 13) & 7) === 4;
    const select = [this.#ext.get(clkCtrl)! & 3, (this.#ext.get(oscClk)! >> 24) & 1].join();
    if (!isRmii || !peripherals.isRmiiConnected) return false;
    if (this.board.clock === "in") {
      return select === "1,1" && peripherals.isPad(0, 5, true) && peripherals.isHigh(this.board.enable);
    }
    const isUndivided = (this.#ext.get(clkOut)! & 0xff) === 0;
    return select === "2,0" && peripherals.isPad(17, 5, false) && isUndivided && analog.mhz === 50;
  }

  #get(offset: number): number {
    return this.#dma.get(offset) ?? 0;
  }

  #raise(bits: number): void {
    const summary = bits & normalSources ? normal : abnormal;
    this.#dma.set(status, this.#get(status) | bits | (bits & this.#get(enable) ? summary : 0));
  }

  read(address: number): number | undefined {
    if (address < dma || address >= mac + 0x800) return undefined;
    if (!this.machine.peripherals.isEmacOn) throw new Error(`the EMAC is off: read of ${address.toString(16)}`);
    if (address >= ext && address < mac) return this.#ext.get(address - ext);
    if (address < ext && address - dma === missed) {
      const count = this.#get(missed);
      this.#dma.set(missed, 0);
      return count;
    }
    if (address >= mac && address - mac === miiAddress && this.#mdioBusy > 0 && --this.#mdioBusy === 0) {
      this.#mac.set(miiAddress, this.#mac.get(miiAddress)! & ~1);
    }
    if (address < ext) return this.#get(address - dma);
    return macRegisters.has(address - mac) ? (this.#mac.get(address - mac) ?? 0) : undefined;
  }

  write(address: number, value: number): boolean {
    if (address < dma || address >= mac + 0x800) return false;
    if (!this.machine.peripherals.isEmacOn) throw new Error(`the EMAC is off: write of ${address.toString(16)}`);
    if (address >= mac) return this.#writeMac(address - mac, value);
    if (address < ext) return this.#writeDma(address - dma, value);
    if (this.#ext.has(address - ext)) this.#ext.set(address - ext, value);
    else return false;
    return true;
  }

  #writeDma(offset: number, value: number): boolean {
    if (!dmaRegisters.has(offset)) return false;
    if (offset === busMode && (value & 1) !== 0) {
      this.#dma.clear();
      this.#mac.clear();
      this.#rxWaits = this.#txGoes = false;
      this.#dma.set(busMode, this.#isClocked ? 0x20100 : 0x20101); // without the 50 MHz it never ends
    } else if (offset === status) {
      this.#dma.set(status, this.#get(status) & ~value);
    } else if (offset === txPoll) {
      this.#txGoes = true;
    } else if (offset === rxPoll) {
      this.#rxWaits = false;
    } else {
      this.#dma.set(offset, offset === operation ? value & ~flushTx : value); // emptied at once
      if (offset === rxList) this.#rxAt = value;
      if (offset === txList) this.#txAt = value;
    }
    return true;
  }

  #writeMac(offset: number, value: number): boolean {
    if (!macRegisters.has(offset)) return false;
    if (offset === config) this.#checkMode(this.#mac.get(config) ?? 0, value);
    this.#mac.set(offset, value);
    if (offset === miiAddress && (value & 1) !== 0) this.#mdio(value);
    return true;
  }

  /** The databook: the mode is changed only while transmitter and receiver are off. They are on only with a link. */
  #checkMode(old: number, value: number): void {
    if ((old & isOn) !== 0 && ((old ^ value) & mode) !== 0) throw new Error("the mode is changed while the MAC is on");
    if ((old & isOn) === 0 && (value & isOn) !== 0 && !this.linkUp) throw new Error("the MAC is on without a link");
    if ((value & isOn) !== 0 && (value & (halfDuplexIgnoresCarrier | (1 << 11))) === 0)
      throw new Error("half duplex with the carrier that a PHY with RMII does not tell");
  }

  #mdio(value: number): void {
    this.#mdioBusy = 2;
    const [phy, register, range] = [(value >> 11) & 31, (value >> 6) & 31, (value >> 2) & 15];
    const { peripherals } = this.machine;
    const isThere = phy === this.board.phyAddress && peripherals.isHigh(this.board.enable) && this.#isClocked;
    const answers = isThere && peripherals.isMdioConnected && range === 3; // MDC: 40 MHz / 26
    if ((value & 2) === 0) this.#mac.set(miiData, answers ? this.#readPhy(register) : 0xffff);
    else if (answers) this.#phy[register] = this.#mac.get(miiData)!;
  }

  #readPhy(register: number): number {
    if (register === 0) this.#phy[0]! &= 0x7fff; // reset ends with the first look
    const link = this.linkUp ? 0x24 : 0;
    return this.#phy[register]! | (register === 1 ? link : 0);
  }

  /** The words of the descriptor at `address`. */
  #descriptor(address: number): DataView {
    if ((this.#get(busMode) & 0x80) === 0) throw new Error("the ESP32's EMAC is used with long descriptors only");
    const bytes = this.machine.dma(address, 32);
    return new DataView(bytes.buffer, bytes.byteOffset, 32);
  }

  /** Sends one frame; returns its length. */
  #transmit(): number {
    const isOn = ((this.#get(operation) >> 13) & 1) === 1 && ((this.#mac.get(config)! >> 3) & 1) === 1;
    const d = isOn ? this.#descriptor(this.#txAt) : undefined;
    const control = d?.getUint32(0, true) ?? 0;
    if (d === undefined || (control & own) === 0) {
      this.#txGoes = false;
      return 0;
    }
    if ((control & 0x30000000) !== 0x30000000) throw new Error("a frame to send in several descriptors");
    if ((control & 0x300000) !== 0x100000) throw new Error("a descriptor that does not name the next one");
    const frame = this.machine.dma(d.getUint32(8, true), d.getUint32(4, true) & 0x1fff);
    if (this.linkUp) this.sent.push(Buffer.from(frame));
    d.setUint32(0, (control & ~own) >>> 0, true);
    this.#txAt = d.getUint32(12, true);
    this.#raise(transmitted);
    return frame.length;
  }

  #lets(frame: Buffer): boolean {
    const mode = this.#mac.get(filter) ?? 0;
    const to = frame.subarray(0, 6);
    const isGroup = (to[0]! & 1) === 1;
    if (frame.length >= 14 && frame.readUInt16BE(12) === 0x8808) return ((mode >> 6) & 3) === 2; // a control frame is the MAC's own
    if ((mode & 1) !== 0 || to.equals(Buffer.alloc(6, 0xff)) || (isGroup && (mode & 0x10) !== 0)) return true;
    for (let n = 0; n < 8; n++) {
      const [high, low] = [this.#mac.get(0x40 + 8 * n) ?? 0, this.#mac.get(0x44 + 8 * n) ?? 0];
      const isOn = high >>> 31 === 1; // of address 0 too: chips have been seen whose bit is not set by reset
      if (isOn && to.readUInt32LE(0) === low >>> 0 && to.readUInt16LE(4) === (high & 0xffff)) return true;
    }
    return false; // the manual knows no hash table
  }

  #deliver(frame: Buffer): void {
    const isOn = ((this.#get(operation) >> 1) & 1) === 1 && ((this.#mac.get(config)! >> 2) & 1) === 1;
    if (!isOn || !this.#lets(frame)) return;
    let isFirst = true;
    for (let at = 0; at < frame.length; isFirst = false) {
      const d = this.#rxWaits ? undefined : this.#descriptor(this.#rxAt);
      if (d === undefined || (d.getUint32(0, true) & own) === 0) {
        this.#rxWaits = true;
        this.#dma.set(missed, this.#get(missed) + 1);
        this.#raise(noBuffer);
        return;
      }
      const control = d.getUint32(4, true);
      if ((control & 0xc000) !== 0x4000) throw new Error("a descriptor that does not name the next one");
      const part = frame.subarray(at, at + (control & 0x1fff));
      at += part.length;
      this.machine.dma(d.getUint32(8, true), part.length).set(part);
      d.setUint32(0, (isFirst ? 0x200 : 0) | (at === frame.length ? (frame.length << 16) | 0x100 : 0), true);
      this.#rxAt = d.getUint32(12, true);
    }
    this.#raise(received);
  }
}
