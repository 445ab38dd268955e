// A board's serial port, through the npm package serialport.
import { readdirSync } from "node:fs";
import type { Duplex } from "node:stream";

/** The part of serialport's SerialPort that is used here. */
export interface SerialPort extends Duplex {
  open(done: (error: Error | null) => void): void;
  close(done: (error: Error | null) => void): void;
  set(signals: { dtr?: boolean; rts?: boolean; brk?: boolean }, done: (error: Error | null) => void): void;
  update(settings: { baudRate: number }, done: (error: Error | null) => void): void;
}

export interface SerialPortModule {
  SerialPort: new (settings: { path: string; baudRate: number; autoOpen: false }) => SerialPort;
}

/** An error whose message tells the user what to do, without a stack trace. */
export class Missing extends Error {}

/** Converts a method with a callback to a promise. */
export function promised(method: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => method((error) => (error ? reject(error) : resolve())));
}

/** Imports an optional npm package. Resolves to undefined when it is not installed. */
export async function optional<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Returns the serial ports of boards: USB adapters, and boards that have USB themselves. */
function candidates(): string[] {
  const names = /^(ttyUSB\d+|ttyACM\d+|cu\.(usb|SLAB|wch).*)$/;
  return readdirSync("/dev")
    .filter((name) => names.test(name))
    .map((name) => `/dev/${name}`);
}

/** Returns the port to use: `wanted`, or the only one there is. */
export function choosePort(wanted: string | undefined, ports: readonly string[] = candidates()): string {
  if (wanted !== undefined) return wanted;
  if (ports.length === 1) return ports[0]!;
  if (ports.length > 1)
    throw new Missing(`There are several serial ports: say which with PORT=, one of ${ports.join(" ")}`);
  throw new Missing(
    "There is no serial port: connect the board's USB cable, or the USB serial adapter that its TXD, RXD and GND are wired " +
      "to, and see that /dev/ttyUSB0 or /dev/ttyACM0 appears. Choose a port of another name with PORT=.",
  );
}

/** Opens the port. Throws Missing with a user-readable message when that fails. */
export async function openPort(module: SerialPortModule, path: string, baudRate: number): Promise<SerialPort> {
  const port = new module.SerialPort({ path, baudRate, autoOpen: false });
  try {
    await promised((done) => port.open(done));
  } catch (error) {
    const { message } = error as Error;
    const why = /permission denied/i.test(message)
      ? "you may not use it; add yourself to the group dialout"
      : message.replace(/^Error: /, "");
    throw new Missing(`The serial port ${path} does not open: ${why}.`);
  }
  return port;
}
