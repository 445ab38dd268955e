// UART0, watchdogs, clocks, eFuses, pads and the interrupt matrix, by the ESP32 Technical Reference Manual.
import type { BoardModel, Machine } from "./machine.js";

const uart = 0x3ff40000;
const uartFifoAhb = 0x60000000;
const gpio = 0x3ff44000;
const rtcOptions0 = 0x3ff48000;
const rtcAnaConf = 0x3ff48030;
const rtcClkConf = 0x3ff48070;
const rtcWdtConfig0 = 0x3ff4808c;
const rtcWdtProtect = 0x3ff480a4;
const ioMux = 0x3ff49000;
const efuse = 0x3ff5a000;
const timerWdtConfig0 = 0x3ff5f048;
const timerWdtProtect = 0x3ff5f064;
const sysclkConf = 0x3ff66000;
const dportWifiClkEn = 0x3ff000cc;
const dportCoreRst = 0x3ff000d0;
const intMap = { uart: 0x3ff0018c, emac: 0x3ff0019c };
const anaConfig = 0x6000e044;

const wdtKey = 0x50d83aa1;
const watchdogMs = 300;
const ioMuxOfGpio = [
  ...[0x44, 0x88, 0x40, 0x84, 0x48, 0x6c, 0x60, 0x64, 0x68, 0x54, 0x58, 0x5c, 0x34, 0x38],
  ...[0x30, 0x3c, 0x4c, 0x50, 0x70, 0x74, 0x78, 0x7c, 0x80, 0x8c, 0x90, 0x24, 0x28, 0x2c],
];

/** 24:0a:c4:12:34:f0, and f3 for Ethernet; CRC 87. */
const efuses = [0xc41234f0, 0x0087240a] as const;

/** Registers that just hold what was written, with their values after the boot ROM. */
const plain: Readonly<Record<number, number>> = {
  [rtcClkConf]: 0x08000000 | 0x2210, // as after a reset that left the PLL selected
  [sysclkConf]: 0x400,
  [dportWifiClkEn]: 0xfffce030,
  [dportCoreRst]: 0,
  [intMap.uart]: 16,
  [intMap.emac]: 16,
};

export class Peripherals {
  /** What UART0 sent. */
  output = "";
  readonly #input: number[] = [];
  readonly #values = new Map(Object.entries(plain).map(([address, value]) => [Number(address), value]));
  readonly #uart = { interruptsOn: 0, divider: 0, config: 0, threshold: 0x60 };
  readonly #unlocked = new Set<number>();
  readonly #watchdogs = new Set([rtcWdtConfig0, timerWdtConfig0]);
  readonly #pads = new Map<number, number>();
  readonly #inSignals = new Map<number, number>();
  readonly #outSignals = new Map<number, number>();
  #enabled = 0;
  #high = 0;

  constructor(
    private readonly machine: Machine,
    private readonly board: BoardModel,
  ) {
    this.#values.set(rtcOptions0, 1 << 18);
    this.#values.set(rtcAnaConf, 1 << 23);
    this.#values.set(anaConfig, 0x3ff << 8);
  }

  /** Type into the console. */
  type(text: string): void {
    this.#input.push(...Buffer.from(text));
    this.machine.updateLines();
  }

  /** Throws when a watchdog still runs `ms` milliseconds after the start. */
  watch(ms: number): void {
    if (ms > watchdogMs && this.#watchdogs.size > 0) throw new Error("a watchdog reset the chip");
  }

  interruptOf(source: keyof typeof intMap): number {
    return this.#values.get(intMap[source])!;
  }

  uartInterrupt(): boolean {
    return (this.#uart.interruptsOn & 1) !== 0 && this.#input.length >= (this.#uart.threshold & 0x7f);
  }

  /** Returns whether the pad has this function in the IO_MUX, and its input buffer this state. */
  isPad(number: number, fn: number, input: boolean): boolean {
    const pad = this.#pads.get(number) ?? 0;
    return ((pad >> 12) & 7) === fn && ((pad & 0x200) !== 0) === input;
  }

  /** Does the GPIO drive its pad high? */
  isHigh(number: number): boolean {
    const driven = ((this.#enabled & this.#high) >>> number) & 1;
    return driven === 1 && this.#outSignals.get(number) === 256 && this.isPad(number, 2, false);
  }

  /** Are MDC and MDIO connected to the pins of the board? */
  get isMdioConnected(): boolean {
    const out = this.#outSignals.get(23) === 200 && this.#outSignals.get(18) === 201;
    const outputs = ((this.#enabled >>> 23) & (this.#enabled >>> 18) & 1) === 1;
    return (
      out && outputs && this.#inSignals.get(201) === (0x80 | 18) && this.isPad(18, 2, true) && this.isPad(23, 2, false)
    );
  }

  /** Is the EMAC clocked on its bus side, and out of reset? */
  get isEmacOn(): boolean {
    return ((this.#values.get(dportWifiClkEn)! >> 14) & 1) === 1 && ((this.#values.get(dportCoreRst)! >> 7) & 1) === 0;
  }

  /** Are the six pads of RMII data at the EMAC? */
  get isRmiiConnected(): boolean {
    return [19, 21, 22].every((n) => this.isPad(n, 5, false)) && [25, 26, 27].every((n) => this.isPad(n, 5, true));
  }

  read(address: number): number | undefined {
    switch (address) {
      case uart:
        return this.#input.shift() ?? 0;
      case uart + 0x1c:
        return Math.min(this.#input.length, 127);
      case efuse + 0x4:
        return (this.board.efuses ?? efuses)[0];
      case efuse + 0x8:
        return (this.board.efuses ?? efuses)[1];
      case efuse + 0xc:
        return 1 << 15;
    }
    return this.#values.get(address);
  }

  write(address: number, value: number): boolean {
    if (address === uartFifoAhb) this.#send(value);
    else if (address >= uart && address < uart + 0x28) return this.#writeUart(address - uart, value);
    else if (address >= gpio && address < gpio + 0x600) return this.#writeGpio(address - gpio, value);
    else if (address >= ioMux && address < ioMux + 0x94) return this.#writePad(address - ioMux, value);
    else if (address === rtcWdtProtect || address === timerWdtProtect) this.#unlock(address, value);
    else if (address === rtcWdtConfig0) return this.#writeWatchdog(address, rtcWdtProtect, value);
    else if (address === timerWdtConfig0) return this.#writeWatchdog(address, timerWdtProtect, value);
    else if (this.#values.has(address)) this.#writePlain(address, value);
    else return false;
    return true;
  }

  #writePlain(address: number, value: number): void {
    this.#values.set(address, value);
    const { analog } = this.machine;
    const isBiasOn = (this.#values.get(rtcOptions0)! & (1 << 18)) === 0;
    analog.isBusOn = isBiasOn && (this.#values.get(anaConfig)! & (1 << 14)) === 0;
    analog.isPoweredUp = (this.#values.get(rtcAnaConf)! & (3 << 23)) === 1 << 24;
  }

  #send(value: number): void {
    const isCrystal =
      ((this.#values.get(rtcClkConf)! >> 27) & 3) === 0 && (this.#values.get(sysclkConf)! & 0x3ff) === 0;
    const baud = 40e6 / ((this.#uart.divider & 0xfffff) + (this.#uart.divider >> 20) / 16);
    const isGood = isCrystal && Math.abs(baud / 115200 - 1) < 0.02 && (this.#uart.config & 0x0800003f) === 0x0800001c;
    this.output += isGood ? String.fromCharCode(value & 255) : "\u{fffd}";
  }

  #writeUart(offset: number, value: number): boolean {
    if (offset === 0x0c) this.#uart.interruptsOn = value;
    else if (offset === 0x14) this.#uart.divider = value;
    else if (offset === 0x20) this.#uart.config = value;
    else if (offset === 0x24) this.#uart.threshold = value;
    else return offset === 0x10; // INT_CLR: the interrupt here is the FIFO's level alone
    return true;
  }

  #writeGpio(offset: number, value: number): boolean {
    if (offset === 0x08) this.#high |= value;
    else if (offset === 0x24) this.#enabled |= value;
    else if (offset >= 0x530 && offset < 0x5d0) this.#outSignals.set((offset - 0x530) / 4, value);
    else if (offset >= 0x130 && offset < 0x530) this.#inSignals.set((offset - 0x130) / 4, value);
    else return false;
    return true;
  }

  #writePad(offset: number, value: number): boolean {
    const number = ioMuxOfGpio.indexOf(offset);
    if (number < 0 || (number >= 6 && number <= 11)) return false; // 6 to 11 belong to the flash
    this.#pads.set(number, value);
    return true;
  }

  #unlock(address: number, value: number): void {
    if (value === wdtKey) this.#unlocked.add(address);
    else this.#unlocked.delete(address);
  }

  #writeWatchdog(address: number, protect: number, value: number): boolean {
    if (!this.#unlocked.has(protect)) return true; // ignored
    if (value >>> 31 === 0 && (value & 0x400) === 0) this.#watchdogs.delete(address);
    return true;
  }
}
