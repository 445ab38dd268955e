// `make monitor`: the board's console on the terminal. `tsx host/serial/monitor.ts [--port PATH] [--baud N]`.
import { parseArgs } from "node:util";
import { isMain } from "../build/main.js";
import { choosePort, Missing, openPort, optional, type SerialPort, type SerialPortModule } from "./port.js";

/** Ctrl-], which console programs do not use. */
const quit = 0x1d;

/** Connects port and terminal until the user quits or the port disappears. */
export async function monitor(
  port: SerialPort,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  return new Promise((resolve, reject) => {
    port.on("data", (bytes: Buffer) => {
      if (output.write(bytes)) return;
      port.pause(); // the board sends faster than the terminal shows
      output.once("drain", () => port.resume());
    });
    port.on("error", reject);
    port.on("close", () => resolve());
    input.on("data", (bytes: Buffer) => {
      const end = bytes.indexOf(quit);
      port.write(end < 0 ? bytes : bytes.subarray(0, end));
      if (end >= 0) port.close(() => resolve());
    });
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: "string" }, baud: { type: "string", default: "115200" } } });
  const module = await optional<SerialPortModule>("serialport");
  if (module === undefined) throw new Missing("The npm package serialport is missing: npm install serialport");
  const path = choosePort(values.port);
  const port = await openPort(module, path, Number(values.baud));
  console.error(`${path}, ${values.baud} baud. Ctrl-] ends.`);
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  await monitor(port, process.stdin, process.stdout);
}

if (isMain(import.meta.url)) {
  main().then(
    () => process.exit(0),
    (error: Error) => {
      console.error(`monitor: ${error instanceof Missing ? error.message : error.stack}`);
      process.exit(1);
    },
  );
}
