// `make bench-app`: what an echo costs as an application in TypeScript, beside the same in C over recv() and send(), in instructions
// of a Cortex-M3, counted in the emulator: from the interrupt until the processor sleeps again. The application also exchanges
// the addresses.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Qemu } from "../../host/net/qemu.js";
import { buildImage, chosenEngines, engines, type EngineName } from "../support/engines.js";
import { asleep, frameOf } from "./counted.js";

const boards = ["qemu-lm3s6965evb", "qemu-mps2-an385"];
const lengths = [64, 512, 1514];
const frames = 100;
const warmUp = 20;

function buildApp(board: string, engine: EngineName): string {
  const settings = [`BOARD=${board}`, "APP_TS=examples/ts/echo.ts", ...engines[engine]];
  execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
  const suffix = engine === "wasm3" ? "" : `-${engine}${engine.startsWith("aot") ? "-echo" : ""}`;
  return `build/${board}${suffix}-app/echo.elf`;
}

/** The instructions of each wake in which an interrupt of the MAC came, until the processor slept. */
function wakes(lines: readonly string[]): number[] {
  const found: number[] = [];
  let since: number | undefined;
  for (const line of lines) {
    const [mark, count] = line.split(" ") as [string, string];
    if (mark === "0") since ??= Number(count);
    if (mark !== "idle" || since === undefined) continue;
    found.push(Number(count) - since);
    since = undefined;
  }
  return found;
}

/** Sends frames of a length; the median of the wakes of the last ones, of which each woke the processor. */
async function cost(board: string, image: string, length: number, begin: (qemu: Qemu) => Promise<void>) {
  const symbol = execFileSync("arm-none-eabi-nm", [image], { encoding: "utf8" });
  const address = /^([0-9a-f]+) . eth0_interrupt$/m.exec(symbol)![1]!;
  const folder = mkdtempSync(join(tmpdir(), "pktsock-count-"));
  const out = join(folder, "counts");
  const plugin = `file=build/host/count.so,out=${out},mark=0x${address}`;
  const qemu = await Qemu.boot({ board, image, arguments: ["-plugin", plugin] });
  try {
    await begin(qemu);
    await asleep(out);
    for (let i = 0; i < warmUp + frames; i++) {
      qemu.cable.send(frameOf(length, i));
      await qemu.cable.receive();
      await asleep(out);
    }
    qemu.write("quit\n");
    qemu.cable.send(frameOf(15, 0)); // ends bench.c
    await qemu.exited();
    const last = wakes(readFileSync(out, "utf8").trimEnd().split("\n")).slice(-frames);
    return last.sort((a, b) => a - b)[frames / 2]!;
  } finally {
    await qemu.stop();
    rmSync(folder, { recursive: true });
  }
}

console.log("Instructions a frame (Cortex-M3, counted), from the interrupt until the processor sleeps again.");
for (const board of boards) {
  for (const engine of chosenEngines()) {
    const inC = buildImage(board, "bench", engine);
    const inTs = buildApp(board, engine);
    for (const length of lengths) {
      const copy = await cost(board, inC, length, async (qemu) => {
        await qemu.waitFor("bench: how?");
        qemu.write("c1");
        await qemu.waitFor("bench: ready");
      });
      const app = await cost(board, inTs, length, async (qemu) => void (await qemu.waitFor("the application runs")));
      const ratio = ((app / copy) * 100).toFixed(0);
      console.log(`  ${board}, ${engine}, ${length} bytes: C ${copy}, application ${app} (${ratio} %)`);
    }
  }
}
