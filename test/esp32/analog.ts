// The audio PLL on the bus inside the ESP32's analog part.

const block = 0x6d;
const host = 3;
const [calibration, calibrationEnd, outputDivider, sdmStop, sdm2, sdm1, sdm0] = [0, 3, 4, 5, 7, 8, 9];
const crystalMHz = 40;

export class Analog {
  /** Bits of RTC_CNTL_OPTIONS0, RTC_CNTL_ANA_CONF and ANA_CONFIG that matter here, set by the peripherals. */
  isBusOn = false;
  isPoweredUp = false;
  /** The PLL never settles. */
  isBroken = false;
  readonly #registers = new Uint8Array(16);
  readonly #calibration: number[] = [];

  constructor() {
    this.#registers.set([0x40, 0x07, 0xa5, 0, 0x40, 0, 0, 0x80, 0x55, 0x55]);
  }

  #check(of: number, by: number): void {
    if (of !== block || by !== host) throw new Error(`analog block ${of} by host ${by}`);
    if (!this.isBusOn) throw new Error("the analog bus is used while it is off");
  }

  read(of: number, by: number, register: number): number {
    this.#check(of, by);
    if (register !== calibrationEnd) return this.#registers[register]!;
    const isCalibrated = this.#calibration.slice(-3).join() === "15,63,31";
    return this.isPoweredUp && isCalibrated && !this.isBroken ? 0x80 : 0;
  }

  write(of: number, by: number, register: number, value: number): void {
    this.#check(of, by);
    if (register === calibration) this.#calibration.push(value);
    this.#registers[register] = value;
  }

  /** MHz that the PLL gives, 0 while it does not run. */
  get mhz(): number {
    if (!this.isBusOn || this.read(block, host, calibrationEnd) === 0 || this.#registers[sdmStop] !== 0x49) return 0;
    const r = this.#registers;
    const factor = 4 + (r[sdm2]! & 0x3f) + r[sdm1]! / 256 + r[sdm0]! / 65536;
    return (crystalMHz * factor) / (2 * ((r[outputDivider]! & 0x1f) + 2));
  }
}
