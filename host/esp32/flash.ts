// `make flash` for an ESP32: `tsx host/esp32/flash.ts IMAGE.bin [--port PATH] [--baud N]`. It uses the npm
// packages esptool-js and serialport, or else the user's own esptool.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isMain } from "../build/main.js";
import { findProgram } from "../demo/tools.js";
import { choosePort, Missing, optional, type SerialPortModule } from "../serial/port.js";
import { flashOffset, readImage } from "./image.js";
import { WebSerialPort } from "./webserial.js";

/** The part of esptool-js that is used here. */
export interface EsptoolModule {
  Transport: new (port: unknown) => { disconnect(): Promise<void>; trace(message: string): void };
  ESPLoader: new (options: object) => {
    main(): Promise<string>;
    writeFlash(options: object): Promise<void>;
  };
}

export type Tool =
  | { readonly kind: "npm"; readonly serialport: SerialPortModule; readonly esptool: EsptoolModule }
  | { readonly kind: "program"; readonly path: string };

/** Returns the tool to flash with. When there is none, throws an Error that says what to install. */
export async function chooseTool(load = optional, find = findProgram): Promise<Tool> {
  const [serialport, esptool] = [await load<SerialPortModule>("serialport"), await load<EsptoolModule>("esptool-js")];
  if (serialport !== undefined && esptool !== undefined) return { kind: "npm", serialport, esptool };
  const path = find("esptool") ?? find("esptool.py");
  if (path !== undefined) return { kind: "program", path };
  const missing = [serialport ?? "serialport", esptool ?? "esptool-js"].filter((part) => typeof part === "string");
  const packages = missing.length > 1 ? "packages" : "package";
  throw new Missing(
    `The npm ${packages} ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing, and so is the program ` +
      `esptool: npm install ${missing.join(" ")}`,
  );
}

const connectHelp =
  "No ESP32 answers. Is it the right port, and is the board powered? A board without a USB socket does not enter the boot " +
  "loader by itself: connect IO0 to GND, press reset (EN), and start again.";

/** The part of a Web Serial port that is used here; esptool-js uses more of it. */
interface ControlLines {
  setSignals(signals: { dataTerminalReady: boolean; requestToSend: boolean }): Promise<void>;
}

const resetMs = 100;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Resets the chip so that it boots from flash: RTS pulls EN low, DTR would pull IO0 low. esptool-js only releases EN. */
async function start(port: ControlLines): Promise<void> {
  await port.setSignals({ dataTerminalReady: false, requestToSend: true });
  await sleep(resetMs);
  await port.setSignals({ dataTerminalReady: false, requestToSend: false });
}

/** How long it may take: connecting, and four times as long as the line needs for the bytes without compression. */
function limitMs(bytes: number, baudrate: number): number {
  return 120_000 + (4 * bytes * 10_000) / baudrate;
}

async function writeAndStart(
  { ESPLoader, Transport }: EsptoolModule,
  port: ControlLines,
  image: Uint8Array,
  baudrate: number,
  say: (line: string) => void,
): Promise<void> {
  const transport = new Transport(port);
  transport.trace = () => undefined; // it would print
  const terminal = { clean: () => undefined, write: () => undefined, writeLine: () => undefined };
  const loader = new ESPLoader({ transport, baudrate, romBaudrate: 115200, terminal });
  try {
    const chip = await loader.main().catch((error: Error) => {
      throw error instanceof Missing ? error : new Missing(`${connectHelp} (${error.message})`);
    });
    if (!/^ESP32(?!-[CHPS]\d)/.test(chip))
      throw new Missing(`This is no ESP32 but ${chip}; the image does not run on it.`);
    say(`${chip}: writing ${image.length} bytes at 0x${flashOffset.toString(16)}`);
    await loader.writeFlash({
      fileArray: [{ data: image, address: flashOffset }],
      flashMode: "keep",
      flashFreq: "keep",
      flashSize: "keep",
      eraseAll: false,
      compress: true,
      calculateMD5Hash: (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex"),
    });
    await start(port);
    say("written and compared; the board starts the image");
  } finally {
    await transport.disconnect().catch(() => undefined); // it may never have been opened
  }
}

/** Writes the image through a Web Serial port, and starts it. Throws when the flash does not hold the image afterwards, and when a
 * board answers for too long without an end; the port may then still be open. */
export async function flash(
  esptool: EsptoolModule,
  port: ControlLines,
  image: Uint8Array,
  baudrate: number,
  say: (line: string) => void,
): Promise<void> {
  const limit = limitMs(image.length, baudrate);
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    const seconds = Math.round(limit / 1000);
    const why = `The board has not taken the image within ${seconds} s: reset it, look at the cable, and start again.`;
    timer = setTimeout(() => reject(new Missing(why)), limit);
  });
  try {
    await Promise.race([writeAndStart(esptool, port, image, baudrate, say), end]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the command line of the user's own esptool, which resets the chip by itself. */
export function esptoolCommand(path: string, file: string, port: string, baud: string): string[] {
  const write = ["write_flash", `0x${flashOffset.toString(16)}`, file];
  return [path, "--chip", "esp32", "--port", port, "--baud", baud, ...write];
}

function runProgram([path, ...args]: string[]): number {
  return spawnSync(path!, args, { stdio: "inherit" }).status ?? 1;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: "string" }, baud: { type: "string", default: "460800" } },
  });
  const [file] = positionals;
  if (file === undefined)
    throw new Missing("name the image: tsx host/esp32/flash.ts IMAGE.bin [--port PATH] [--baud N]");
  const image = readFileSync(file);
  readImage(image);
  const tool = await chooseTool();
  const port = choosePort(values.port);
  if (tool.kind === "program") return runProgram(esptoolCommand(tool.path, file, port, values.baud));
  const device = new WebSerialPort(tool.serialport, port);
  await flash(tool.esptool, device, image, Number(values.baud), (line) => console.log(`flash    ${line}`));
  return 0;
}

if (isMain(import.meta.url)) {
  main().then(
    (status) => process.exit(status),
    (error: Error) => {
      console.error(`flash: ${error.message}`);
      process.exit(1);
    },
  );
}
