// An ESP32 on a board: core, memory, boot ROM and peripherals, as far as the firmware meets them. It starts an image as the
// boot ROM does, and is stricter than the chip: what the chip would take in silence but no reference manual allows (a byte
// access to IRAM, an address where nothing is, a register that is not modelled) is an error.
import { readImage } from "../../host/esp32/image.js";
import { type Bus, Core } from "./cpu.js";
import { Analog } from "./analog.js";
import { Emac } from "./emac.js";
import { OpenCores } from "./opencores.js";
import { Peripherals } from "./peripherals.js";

/** What differs between boards. */
export interface BoardModel {
  readonly phyAddress: number;
  /** The GPIO that switches PHY or oscillator on. */
  readonly enable: number;
  /** The 50 MHz come from an oscillator at GPIO0, or leave the chip at GPIO17. */
  readonly clock: "in" | "out";
  /** The eFuses' words BLK0_RDATA1 and BLK0_RDATA2, with the MAC address, unless they are as usual. */
  readonly efuses?: readonly [number, number];
  /** An emulator's MAC in place of the EMAC. */
  readonly openCores?: boolean;
}

const cyclesOfMs = 40_000;
const iram = { start: 0x40080000, bytes: 0x20000 };
const dram = { start: 0x3ffb0000, bytes: 0x30000 };
const rom = { start: 0x40000000, bytes: 0x6000 };
const romStack = 0x3ffe3f20;

/** Stand-ins for functions of the boot ROM, by their addresses there. */
const romReadReg = 0x40004148;
const romWriteReg = 0x400041a4;
/** entry a1, 32; simcall; retw */
const standIn = [0x36, 0x41, 0x00, 0x00, 0x51, 0x00, 0x90, 0x00, 0x00];

export class Machine implements Bus {
  readonly core = new Core(this);
  readonly analog = new Analog();
  readonly peripherals: Peripherals;
  readonly emac: Emac | OpenCores;
  readonly #iram = new DataView(new ArrayBuffer(iram.bytes + 4));
  readonly #dram = new DataView(new ArrayBuffer(dram.bytes));
  readonly #rom = new DataView(new ArrayBuffer(rom.bytes));

  constructor(image: Uint8Array, board: BoardModel) {
    this.peripherals = new Peripherals(this, board);
    this.emac = board.openCores ? new OpenCores(this) : new Emac(this, board);
    for (const view of [this.#iram, this.#dram]) new Uint8Array(view.buffer).fill(0xa5);
    for (const address of [romReadReg, romWriteReg]) new Uint8Array(this.#rom.buffer).set(standIn, address - rom.start);
    const { entry, segments } = readImage(image);
    for (const { address, data } of segments) {
      if (address >= iram.start) new Uint8Array(this.#iram.buffer).set(data, address - iram.start);
      else new Uint8Array(this.#dram.buffer).set(data, address - dram.start);
    }
    this.core.enterFromRom(entry, romStack);
  }

  /** Milliseconds since the start. */
  get ms(): number {
    return this.core.cycles / cyclesOfMs;
  }

  /** Run for `ms` milliseconds of the chip's time, or until `done` says so. */
  run(ms: number, done: () => boolean = () => false): void {
    const end = this.core.cycles + ms * cyclesOfMs;
    while (this.core.cycles < end && !done()) {
      this.core.run(this.core.cycles + (this.emac.step() || Math.min(cyclesOfMs, Math.ceil(end - this.core.cycles))));
      this.peripherals.watch(this.ms);
      this.updateLines();
    }
  }

  /** What the peripherals' interrupts and the interrupt matrix make of the core's lines. */
  updateLines(): void {
    let lines = 0;
    if (this.peripherals.uartInterrupt()) lines |= 1 << this.peripherals.interruptOf("uart");
    if (this.emac.interrupt()) lines |= 1 << this.peripherals.interruptOf("emac");
    this.core.lines = lines;
  }

  fetch(address: number): number {
    const at = address - iram.start;
    if (at >= 0 && at < iram.bytes) return this.#iram.getUint32(at, true) & 0xffffff;
    const inRom = address - rom.start;
    if (inRom >= 0 && inRom < rom.bytes - 4) return this.#rom.getUint32(inRom, true) & 0xffffff;
    throw new Error(`execution at ${address.toString(16)}`);
  }

  read(address: number, bytes: 1 | 2 | 4): number {
    const at = address - dram.start;
    if (at >= 0 && at < dram.bytes) {
      if (bytes === 4) return this.#dram.getInt32(at, true);
      return bytes === 2 ? this.#dram.getUint16(at, true) : this.#dram.getUint8(at);
    }
    if (bytes !== 4) throw this.#error(`a read of ${bytes} bytes`, address);
    const inIram = address - iram.start;
    if (inIram >= 0 && inIram < iram.bytes) return this.#iram.getInt32(inIram, true);
    const value = this.emac.read(address) ?? this.peripherals.read(address);
    if (value === undefined) throw this.#error("a read", address);
    this.updateLines();
    return value | 0;
  }

  write(address: number, bytes: 1 | 2 | 4, value: number): void {
    const at = address - dram.start;
    if (at >= 0 && at < dram.bytes) {
      if (bytes === 4) this.#dram.setInt32(at, value, true);
      else if (bytes === 2) this.#dram.setInt16(at, value, true);
      else this.#dram.setInt8(at, value);
      return;
    }
    const isKnown =
      bytes === 4 && (this.emac.write(address, value >>> 0) || this.peripherals.write(address, value >>> 0));
    if (!isKnown) throw this.#error(`a write of ${bytes} bytes`, address);
    this.updateLines();
  }

  /** DMA reaches DRAM only. */
  dma(address: number, bytes: number): Uint8Array {
    const at = address - dram.start;
    if (at < 0 || at + bytes > dram.bytes) throw this.#error(`DMA of ${bytes} bytes`, address);
    return new Uint8Array(this.#dram.buffer, at, bytes);
  }

  simcall(core: Core): void {
    const [block, host, register, value] = [core.get(2), core.get(3), core.get(4), core.get(5)];
    const isWrite = core.pc - 3 === romWriteReg;
    if (isWrite) this.analog.write(block, host, register, value & 255);
    else core.set(2, this.analog.read(block, host, register));
  }

  #error(what: string, address: number): Error {
    return new Error(`${what} at address ${(address >>> 0).toString(16)}, pc ${this.core.pc.toString(16)}`);
  }
}
