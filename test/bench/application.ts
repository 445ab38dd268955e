// An echo as an application in TypeScript (examples/ts/echo.ts), which also exchanges the addresses.
import { execFileSync } from "node:child_process";
import { engines, folderOf, type EngineName } from "../support/engines.js";
import { countRun, exchanged, type Counted, type Extent } from "./counted.js";

const app = "examples/ts/echo.ts";

function build(board: string, engine: EngineName): string {
  const settings = [`BOARD=${board}`, "APP=test/bench/application.c", `APP_TS=${app}`, ...engines[engine]];
  execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
  return `${folderOf(board, engine)}${engine.startsWith("aot") ? "-echo" : ""}-app/echo-application.elf`;
}

/**
 * Receiving, the callback and its send() are one call into the module. So rx is from the interrupt until the driver is told to
 * send, and tx is the driver's part.
 */
export function application(board: string, engine: EngineName, run: Extent): Promise<Counted> {
  return countRun({
    ...{ board, image: build(board, engine), ...run },
    marks: { interrupt: "eth0_interrupt", received: "mark_app_received", send: "mark_app_send", sent: "mark_app_sent" },
    begin: async (qemu) => void (await qemu.waitFor("the application runs")),
    end: async (qemu) => qemu.write("quit\n"),
    echoOf: exchanged,
  });
}
