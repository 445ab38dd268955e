// A Web Serial port, like that of browsers, on top of the npm package serialport. esptool-js supports no other.
import { openPort, promised, type SerialPort, type SerialPortModule } from "../serial/port.js";

export class WebSerialPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  #port: SerialPort | undefined;

  constructor(
    private readonly module: SerialPortModule,
    private readonly path: string,
  ) {}

  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    return {};
  }

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    this.#port = await openPort(this.module, this.path, baudRate);
    const port = this.#port;
    // Node's own conversion would destroy the port with the stream, and leave it open and locked.
    this.readable = new ReadableStream({
      start: (controller) => {
        port.on("data", (bytes: Buffer) => controller.enqueue(bytes));
        port.once("close", () => controller.error(new Error("The serial port was closed.")));
      },
      cancel: () => void port.removeAllListeners(),
    });
    this.writable = new WritableStream({
      write: (bytes) => promised((done) => port.write(bytes, (error) => done(error ?? null))),
    });
  }

  /** Not part of Web Serial, but esptool-js uses it if it exists. Reopening the port would reset the board. */
  async setBaudRate(baudRate: number): Promise<void> {
    await promised((done) => this.#opened.update({ baudRate }, done));
  }

  async setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean; break?: boolean }): Promise<void> {
    const { dataTerminalReady: dtr, requestToSend: rts, break: brk } = signals;
    const chosen = Object.entries({ dtr, rts, brk }).filter(([, value]) => value !== undefined);
    await promised((done) => this.#opened.set(Object.fromEntries(chosen), done));
  }

  async close(): Promise<void> {
    const port = this.#opened;
    this.#port = undefined;
    this.readable = this.writable = null;
    await promised((done) => port.close(done));
  }

  get #opened(): SerialPort {
    if (this.#port === undefined) throw new Error("The serial port is not open.");
    return this.#port;
  }
}
