// Who is woken when something happens, and who sleeps on: test/wake, a Linux process under ThreadSanitizer.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { type Cost, countRun, frameOf } from "./bench/counted.js";
import { folderOf } from "./support/engines.js";

/** Instructions that four waiting tasks may add to a frame, from the interrupt until the processor sleeps again. */
const MAX_IDLE_COST = 200;

/** What a frame costs while `idle` tasks wait for others. */
async function costBeside(idle: number): Promise<Cost> {
  const {
    costs: [cost],
  } = await countRun({
    board: "qemu-lm3s6965evb",
    image: "build/qemu-lm3s6965evb/idle.elf",
    marks: { interrupt: "eth0_interrupt", received: "mark_received", send: "mark_send", sent: "mark_sent" },
    lengths: [64],
    frames: 60,
    warmUp: 10,
    begin: async (qemu) => {
      await qemu.waitFor("idle: how many?");
      qemu.write(String(idle));
      await qemu.waitFor("idle: ready");
    },
    end: async (qemu) => qemu.cable.send(frameOf(15, 0)),
    echoOf: (frame) => frame,
  });
  return cost!;
}

describe("wake-ups", function () {
  this.timeout(300_000);

  for (const engine of ["wasm3", "aot"] as const) {
    it(`go to the tasks whose sockets got something, and to no others: ${engine}`, () => {
      const settings = ["BOARD=wake", "TARGET=test/wake", "APP=test/wake/wake.c", `ENGINE=${engine}`];
      execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
      const image = `${folderOf("wake", engine)}/wake.elf`;
      const { status, stdout, stderr } = spawnSync(image, { encoding: "utf8", timeout: 120_000 });
      assert.equal(status, 0, stdout + stderr);
      assert.equal(stderr, "");
      const [, pairs] = /^pairs: (\d+)$/m.exec(stdout) ?? [];
      assert.equal(pairs, "76", stdout);
      for (const line of stdout.split("\n")) if (/^(busy|taps|pairs):/.test(line)) console.log(`      ${line}`);
    });
  }

  it("cost nothing to speak of for tasks that sleep on", async () => {
    execFileSync("make", ["-s", "firmware", "BOARD=qemu-lm3s6965evb", "APP=test/wake/idle.c"], { stdio: "inherit" });
    execFileSync("make", ["-s", "build/host/count.so"], { stdio: "inherit" });
    const alone = await costBeside(0);
    const beside = await costBeside(4);
    console.log(`      echo: ${alone.echo}, with four tasks waiting ${beside.echo}`);
    console.log(`      whole: ${alone.whole}, with four tasks waiting ${beside.whole}`);
    assert.ok(beside.echo - alone.echo < MAX_IDLE_COST);
    assert.ok(beside.whole - alone.whole < MAX_IDLE_COST);
  });
});
