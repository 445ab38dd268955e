// `make flash` for an STM32 board with an ST-LINK: `tsx host/stm32/flash.ts IMAGE.elf --openocd board/NAME.cfg`. It
// uses OpenOCD, or else st-flash with the .bin beside the image.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isMain } from "../build/main.js";
import { findProgram } from "../demo/tools.js";

/** An error whose message tells the user what to do. */
export class Missing extends Error {}

/** Flash begins here on all of these chips. */
const flashAddress = "0x08000000";

const stVendor = "0483";
const stLinks = new Set(["3744", "3748", "374b", "374d", "374e", "374f", "3752", "3753", "3754", "3757"]);

/** Returns the command line that writes, verifies and starts the image. Throws Missing when no tool is installed. */
export function flashCommand(image: string, openocd: string, find = findProgram): string[] {
  const program = find("openocd");
  if (program !== undefined) return [program, "-f", openocd, "-c", `program ${image} verify reset exit`];
  const stFlash = find("st-flash");
  const bin = image.replace(/\.elf$/, ".bin");
  if (stFlash !== undefined) return [stFlash, "--connect-under-reset", "--reset", "write", bin, flashAddress];
  throw new Missing("Neither openocd nor st-flash is installed: apt-get install openocd (or stlink-tools)");
}

/** Is an ST-LINK connected by USB? Also true when the system cannot tell. */
export function hasStLink(devices = "/sys/bus/usb/devices"): boolean {
  if (!existsSync(devices)) return true;
  const read = (device: string, file: string): string => {
    const path = join(devices, device, file);
    return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  };
  return readdirSync(devices).some(
    (device) => read(device, "idVendor") === stVendor && stLinks.has(read(device, "idProduct")),
  );
}

function main(): number {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { openocd: { type: "string" } } });
  const [image] = positionals;
  if (image === undefined || values.openocd === undefined)
    throw new Missing("Name image and board: tsx host/stm32/flash.ts IMAGE.elf --openocd board/NAME.cfg");
  if (!existsSync(image)) throw new Missing(`There is no image ${image}: build it first`);
  const [program, ...args] = flashCommand(image, values.openocd);
  if (!hasStLink())
    throw new Missing(
      "No ST-LINK is at USB: connect the board's ST-LINK connector (CN1 on Nucleo boards) by a data cable",
    );
  const { status } = spawnSync(program!, args, { stdio: "inherit" });
  if (status !== 0)
    throw new Missing("The board was not written: is it connected, and may this user open the ST-LINK (udev rules)?");
  return 0;
}

if (isMain(import.meta.url)) {
  try {
    process.exitCode = main();
  } catch (error) {
    console.error(`flash: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
