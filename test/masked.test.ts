// How long the drivers of MACs with DMA mask interrupts, under load and in trouble. The same of the others: bench.test.ts.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Qemu } from "../host/net/qemu.js";
import { frameOf, functionAt, longestIn, symbolsOf } from "./bench/counted.js";
import { type BoardModel, Machine } from "./esp32/machine.js";
import { buildHarness, harness } from "./stm32/harness.js";
import { expectShortlyMasked, MOST_MASKED } from "./support/masked.js";

function build(...settings: string[]): void {
  execFileSync("make", ["-s", "firmware", ...settings], { stdio: ["ignore", "ignore", "inherit"] });
}

/** Frames of the burst that meets a program which holds all that it has. */
const BURST = 20;

describe(`interrupts are masked for at most ${MOST_MASKED} instructions`, function () {
  this.timeout(300_000);

  describe("by the drivers dwmac and dwmac_h7", () => {
    before(buildHarness);
    for (const [series, board, ...settings] of [
      ["f4", "nucleo-f429zi"],
      ["h7", "nucleo-h743zi"],
      ["esp32", "esp32-mac", "TARGET=test/stm32/esp32-mac"],
    ] as const) {
      before(() => build(`BOARD=${board}`, "APP=test/stm32/echo.c", ...settings));
      const image = `build/${board}/echo.elf`;
      // Full rings of sending and receiving, an empty pool, a link that goes, and both ways to restart.
      for (const scenario of ["bursts", "exhaustion", "drain", "carrier", "silent", "bus-error"]) {
        it(`on a model of ${board}: ${scenario}`, () => {
          const { status, stdout } = spawnSync(harness, [series, image, scenario, "--masked"], { encoding: "utf8" });
          assert.equal(status, 0, stdout);
          const [, count, address] = /^masked: (\d+) instructions from 0x([0-9a-f]+)$/m.exec(stdout)!;
          const where = functionAt(symbolsOf(image), Number.parseInt(address!, 16));
          expectShortlyMasked({ instructions: Number(count), where });
        });
      }
    }
  });

  for (const [driver, board, model] of [
    ["dwmac", "wt32-eth01", { phyAddress: 1, enable: 16, clock: "in" }],
    ["opencores", "qemu-esp32", { phyAddress: 1, enable: 4, clock: "in", openCores: true }],
  ] as readonly (readonly [string, string, BoardModel])[]) {
    it(`by the driver ${driver} on a model of ${board}`, () => {
      build(`BOARD=${board}`, "APP=bare");
      const machine = new Machine(readFileSync(`build/${board}/bare.bin`), model);
      const shows = (text: string) => machine.run(3000, () => machine.peripherals.output.includes(text));
      shows("link up");
      machine.peripherals.type("ph");
      shows("holding");
      for (let i = 0; i < BURST; i++) machine.emac.receive(frameOf(60 + i, i));
      machine.run(200);
      machine.peripherals.type("g");
      machine.run(200);
      assert.ok(machine.emac.sent.length > 1, machine.peripherals.output);
      const { instructions, at, a0 } = machine.core.masked;
      expectShortlyMasked({ instructions, where: functionAt(symbolsOf(`build/${board}/bare.elf`), at, a0) });
    });
  }

  for (const [driver, board] of [
    ["msf2", "qemu-emcraft-sf2"],
    ["opencores", "qemu-xtensa"],
  ] as const) {
    it(`by the driver ${driver} on ${board}`, async () => {
      execFileSync("make", ["-s", "build/host/count.so"], { stdio: "inherit" });
      build(`BOARD=${board}`, "APP=bare");
      const image = `build/${board}/bare.elf`;
      const symbols = symbolsOf(image);
      const folder = mkdtempSync(join(tmpdir(), "pktsock-masked-"));
      const out = join(folder, "counts");
      const plugin = `file=build/host/count.so,out=${out},main=${symbols.get("main")!}`;
      const qemu = await Qemu.boot({ board, image, arguments: ["-plugin", plugin] });
      try {
        await qemu.waitFor("link up");
        qemu.write("h");
        await qemu.waitFor("holding");
        for (let i = 0; i < BURST; i++) qemu.cable.send(frameOf(60 + i, i));
        qemu.write("c");
        await qemu.waitFor(/no_frame \d+/);
        qemu.write("g");
        await qemu.cable.receive();
        qemu.cable.send(frameOf(1514, 1));
        qemu.write("q");
        assert.equal(await qemu.exited(), 0, qemu.output);
        expectShortlyMasked(longestIn(readFileSync(out, "utf8").trimEnd().split("\n"), "masked", symbols));
      } finally {
        await qemu.stop();
        rmSync(folder, { recursive: true });
      }
    });
  }
});
