import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { promisify } from "node:util";
import { chooseTool, esptoolCommand, type EsptoolModule, flash } from "../host/esp32/flash.js";
import { flashImage, flashOffset } from "../host/esp32/image.js";
import { WebSerialPort } from "../host/esp32/webserial.js";
import { monitor } from "../host/serial/monitor.js";
import { choosePort, openPort, optional, type SerialPort, type SerialPortModule } from "../host/serial/port.js";
import { LoaderPort } from "./esp32/loader.js";
import { fuzzFlashing } from "./fuzz/serial.js";

const run = promisify(execFile);
const image = flashImage({
  entry: 0x40080000,
  segments: [
    { address: 0x3ffb0000, data: Buffer.from("data") },
    { address: 0x40080000, data: Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * i) >> 5)) },
  ],
});

describe("ESP32 flasher", () => {
  let esptool: EsptoolModule | undefined;

  before(async () => void (esptool = await optional<EsptoolModule>("esptool-js")));

  async function flashTo(port: LoaderPort): Promise<string[]> {
    const said: string[] = [];
    await flash(esptool!, port, image, 460800, (line) => said.push(line));
    return said;
  }

  it("writes the image where the boot ROM looks, compares it and starts it", async function () {
    this.timeout(240_000);
    if (esptool === undefined) this.skip();
    const port = new LoaderPort();
    const said = await flashTo(port);
    assert.deepEqual(port.flash.subarray(flashOffset, flashOffset + image.length), image);
    assert.equal(port.flash[flashOffset - 1], 0xff);
    assert.deepEqual([...new Set(port.speeds)], [115200, 460800]);
    assert.equal(port.starts, 1);
    assert.match(said[0]!, /^ESP32-.*: writing \d+ bytes at 0x1000$/);
  });

  it("says when the flash does not hold what was written", async function () {
    this.timeout(240_000);
    if (esptool === undefined) this.skip();
    await assert.rejects(flashTo(new LoaderPort({ damage: true })), /MD5/);
  });

  it("says what to do when no chip answers", async function () {
    this.timeout(240_000);
    if (esptool === undefined) this.skip();
    await assert.rejects(flashTo(new LoaderPort({ silent: true })), /connect IO0 to GND, press reset/);
  });

  it("refuses another chip", async function () {
    this.timeout(240_000);
    if (esptool === undefined) this.skip();
    const esp32s2 = 0x000007c6;
    await assert.rejects(flashTo(new LoaderPort({ magic: esp32s2 })), /This is no ESP32 but ESP32-S2/);
  });

  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 0x7fffffff);
  it(`ends with a reason when a hostile board answers, or the image is in its flash (FUZZ_SEED=${seed})`, async function () {
    this.timeout(0);
    if (esptool === undefined) this.skip();
    const known = await fuzzFlashing(esptool, 1000, (boards) => boards < 30);
    assert.ok(known.flashed > 0 && known.failed > 0, JSON.stringify(known));
    assert.match([...known.said].join("\n"), /has not taken the image within 121 s/);
    const { flashed, failed } = await fuzzFlashing(esptool, seed, (boards) => boards < 12);
    assert.equal(flashed + failed, 12);
  });
});

describe("ESP32 flasher: what is missing", () => {
  const nothing = async () => undefined;

  it("prefers the npm packages, then takes the user's esptool, then names the packages", async () => {
    const all = async <T>() => ({}) as T;
    assert.equal((await chooseTool(all, () => "/bin/esptool")).kind, "npm");
    const program = await chooseTool(nothing, (name) => (name === "esptool.py" ? "/bin/esptool.py" : undefined));
    assert.deepEqual(program, { kind: "program", path: "/bin/esptool.py" });
    const none = () => undefined;
    await assert.rejects(chooseTool(nothing, none), /serialport and esptool-js are missing.*npm install serialport/);
    const oneOnly = async <T>(name: string) => (name === "serialport" ? ({} as T) : undefined);
    await assert.rejects(chooseTool(oneOnly, none), /package esptool-js is missing/);
  });

  it("has a command line for the user's esptool", () => {
    assert.deepEqual(esptoolCommand("/bin/esptool", "demo.bin", "/dev/ttyUSB0", "460800"), [
      ..."/bin/esptool --chip esp32 --port /dev/ttyUSB0 --baud 460800 write_flash 0x1000 demo.bin".split(" "),
    ]);
  });

  it("names the ports, or the cable", () => {
    assert.equal(choosePort(undefined, ["/dev/ttyUSB3"]), "/dev/ttyUSB3");
    assert.equal(choosePort("/dev/x", []), "/dev/x");
    assert.throws(() => choosePort(undefined, []), /no serial port: connect the board's USB cable/);
    assert.throws(() => choosePort(undefined, ["/dev/a", "/dev/b"]), /PORT=, one of \/dev\/a \/dev\/b/);
  });

  it("refuses what is no image before it looks for a board", async function () {
    this.timeout(240_000);
    const dir = mkdtempSync(join(tmpdir(), "pktsock-flash-"));
    const damaged = Buffer.from(image);
    damaged[1000]! ^= 1;
    writeFileSync(join(dir, "wrong.bin"), damaged);
    const program = ["tsx", "host/esp32/flash.ts", join(dir, "wrong.bin"), "--port", "/dev/null"];
    await assert.rejects(run("npx", program), /flash: The image is damaged: its checksum is wrong/);
    rmSync(dir, { recursive: true });
  });
});

describe("serial port", () => {
  /** The npm package's own substitute for a port: written bytes come back. */
  interface Mock {
    binding: { createPort(path: string, options: object): void; reset(): void };
  }
  let real: SerialPortModule | undefined;
  let mock: SerialPortModule;

  before(async () => {
    const module = await optional<SerialPortModule & { SerialPortMock: SerialPortModule["SerialPort"] & Mock }>(
      "serialport",
    );
    if (module === undefined) return;
    real = module;
    mock = { SerialPort: module.SerialPortMock };
    module.SerialPortMock.binding.createPort("/dev/echo", { echo: true, record: true });
  });

  it("is what esptool-js expects", async function () {
    if (real === undefined) this.skip();
    const port = new WebSerialPort(mock, "/dev/echo");
    await port.open({ baudRate: 115200 });
    const [writer, reader] = [port.writable!.getWriter(), port.readable!.getReader()];
    await writer.write(Uint8Array.from([1, 2, 3]));
    assert.deepEqual([...(await reader.read()).value!], [1, 2, 3]);
    await port.setSignals({ dataTerminalReady: true, requestToSend: false });
    await port.setBaudRate(460800);
    await reader.cancel();
    reader.releaseLock();
    writer.releaseLock();
    await port.close();
    await assert.rejects(port.setSignals({ requestToSend: true }), /not open/);
  });

  it("says why it does not open", async function () {
    if (real === undefined) this.skip();
    await assert.rejects(
      openPort(real!, "/dev/pktsock-none", 115200),
      /\/dev\/pktsock-none does not open: No such file/,
    );
  });

  it("waits when the board sends faster than the terminal shows", async () => {
    const port = new PassThrough() as unknown as SerialPort;
    const terminal = new Writable({ write: () => undefined }); // it never takes a byte
    void monitor(port, new PassThrough(), terminal);
    for (let i = 0; i < 100 && port.write(Buffer.alloc(16_384)); i++) await new Promise(setImmediate);
    assert.ok(terminal.writableLength <= 64 * 1024, `${terminal.writableLength} bytes are kept`);
  });

  it("is joined to the terminal until Ctrl-]", async function () {
    if (real === undefined) this.skip();
    const port: SerialPort = await openPort(mock, "/dev/echo", 115200);
    const [input, output] = [new PassThrough(), new PassThrough()];
    const done = monitor(port, input, output);
    input.write("quit\r");
    const [echo] = (await new Promise((resolve) => output.once("data", (...args) => resolve(args)))) as [Buffer];
    assert.match(echo.toString(), /^q/);
    input.write("\x1d");
    await done;
  });
});
