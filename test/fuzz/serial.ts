// Hostile boards for `make flash` (host/esp32): `tsx test/fuzz/serial.ts SECONDS SEED`. A boot loader answers, and the line damages
// what it says: bytes are lost, changed, repeated or invented, answers never end, the port fails. Flashing must end, and may say
// that the image was written only if the flash has it. The clock is a fake one, so that nothing depends on the machine's speed.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mock } from "node:test";
import { callbackify } from "node:util";
import { isMain } from "../../host/build/main.js";
import { type EsptoolModule, flash } from "../../host/esp32/flash.js";
import { flashImage, flashOffset } from "../../host/esp32/image.js";
import { WebSerialPort } from "../../host/esp32/webserial.js";
import { Random } from "../../host/net/random.js";
import { optional, type SerialPortModule } from "../../host/serial/port.js";
import { LoaderPort } from "../esp32/loader.js";

const image = flashImage({
  entry: 0x40080000,
  segments: [{ address: 0x40080000, data: Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * i) >> 3)) }],
});

/** What a line does to a board's answer. */
const damages: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  () => Buffer.alloc(0),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes) => Buffer.concat([bytes, bytes]),
  (bytes, random) => Buffer.concat([Buffer.from("Guru Meditation Error: \xdb\xc0"), bytes.subarray(random.below(3))]),
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let changes = 1 + random.below(3); changes > 0; changes--) copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  (_, random) => Buffer.from([0xc0, ...Array.from({ length: random.below(64) }, () => random.below(256)), 0xc0]),
];

/** The npm package serialport, as far as it is used here, with a board behind a bad line. */
class HostilePort extends EventEmitter {
  #babble: NodeJS.Timeout | undefined;

  constructor(
    private readonly loader: LoaderPort,
    private readonly random: Random,
    /** Of an answer, that it is damaged. */
    private readonly probability: number,
  ) {
    super();
  }

  open(done: (error: Error | null) => void): void {
    callbackify(async () => {
      await this.loader.open({ baudRate: 115200 });
      void this.#pump();
    })(done);
  }

  close(done: (error: Error | null) => void): void {
    clearTimeout(this.#babble);
    this.emit("close");
    done(null);
  }

  set(signals: { dtr?: boolean; rts?: boolean }, done: (error: Error | null) => void): void {
    callbackify(async () => {
      await this.loader.setSignals({ dataTerminalReady: signals.dtr, requestToSend: signals.rts });
      if (this.#fails()) throw new Error("Input/output error setting control lines");
    })(done);
  }

  update(_: { baudRate: number }, done: (error: Error | null) => void): void {
    done(null);
  }

  write(bytes: Uint8Array, done: (error: Error | null) => void): void {
    callbackify(async () => {
      if (this.#fails()) throw new Error("Input/output error writing");
      const writer = this.loader.writable!.getWriter();
      await writer.write(bytes);
      writer.releaseLock();
    })(done);
  }

  /** Once in fifty damages the port fails instead. */
  #fails(): boolean {
    return this.random.chance(this.probability / 50);
  }

  async #pump(): Promise<void> {
    const reader = this.loader.readable!.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#answer(Buffer.from(value));
    }
  }

  #answer(bytes: Buffer): void {
    if (!this.random.chance(this.probability)) return void this.emit("data", bytes);
    if (this.random.chance(0.05)) return this.#begin(this.random.chance(0.5));
    this.emit("data", damages[this.random.below(damages.length)]!(bytes, this.random));
  }

  /** Sends for ever: a packet that does not end, or noise. */
  #begin(inPacket: boolean): void {
    if (inPacket) this.emit("data", Buffer.from([0xc0]));
    const go = (): void => {
      this.emit("data", Buffer.alloc(8, 0x55));
      this.#babble = setTimeout(go, 50);
    };
    go();
  }
}

/** Lets the fake clock run until `work` ends. Throws if that takes more than `limitMs` of its time. */
async function inFakeTime(work: Promise<void>, limitMs: number): Promise<void> {
  const state = { ended: false };
  const all = work.finally(() => void (state.ended = true));
  all.catch(() => undefined); // it is reported below
  const step = 5;
  for (let now = 0; !state.ended && now < limitMs; now += step) {
    for (let turns = 0; turns < 2 && !state.ended; turns++) await new Promise((resolve) => void setImmediate(resolve));
    mock.timers.tick(step);
  }
  if (!state.ended) throw new assert.AssertionError({ message: `flashing has not ended within ${limitMs / 1000} s` });
  await all;
}

/** Flashes once. Returns what was said about a failure, or undefined. */
async function session(esptool: EsptoolModule, random: Random, probability: number): Promise<string | undefined> {
  const loader = new LoaderPort();
  const module = {
    SerialPort: class extends HostilePort {
      constructor() {
        super(loader, random, probability);
      }
    },
  };
  const port = new WebSerialPort(module as unknown as SerialPortModule, "/dev/hostile");
  try {
    await inFakeTime(
      flash(esptool, port, image, 460800, () => undefined),
      600_000,
    );
  } catch (error) {
    // esptool-js and the port throw errors of their own kinds; those of the language are nobody's answer.
    if (error instanceof assert.AssertionError || error instanceof TypeError || error instanceof RangeError)
      throw error;
    return (error as Error).message;
  }
  assert.ok(
    loader.flash.subarray(flashOffset, flashOffset + image.length).equals(image),
    "it was said to be written, and is not",
  );
  return undefined;
}

/** Flashes boards while `goesOn` says so. Resolves to how many were flashed, and how many failed with which sentences. */
export async function fuzzFlashing(
  esptool: EsptoolModule,
  seed: number,
  goesOn: (boards: number) => boolean,
): Promise<{ flashed: number; failed: number; said: Set<string> }> {
  const result = { flashed: 0, failed: 0, said: new Set<string>() };
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    for (let boards = 0; goesOn(boards); boards++) {
      const random = new Random(seed + boards);
      const problem = await session(esptool, random, [0.01, 0.05, 0.3][boards % 3]!);
      if (problem === undefined) result.flashed++;
      else result.failed++;
      if (problem !== undefined) result.said.add(problem);
    }
  } finally {
    mock.timers.reset();
  }
  return result;
}

export const esptoolModule = (): Promise<EsptoolModule | undefined> => optional<EsptoolModule>("esptool-js");

if (isMain(import.meta.url)) {
  const [seconds, seed] = process.argv.slice(2).map(Number);
  if (seconds === undefined || seed === undefined) throw new Error("usage: serial.ts SECONDS SEED");
  const esptool = await esptoolModule();
  if (esptool === undefined) throw new Error("The npm package esptool-js is missing.");
  const end = performance.now() + seconds * 1000;
  const { flashed, failed } = await fuzzFlashing(esptool, seed, () => performance.now() < end);
  console.log(`fuzz     hostile boards: ${flashed} flashed, ${failed} failed and said why, no finding`);
}
