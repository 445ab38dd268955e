// All conformance cases on the image for an ESP32 board, on the model of chip and board (esp32/).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cases } from "./conformance/cases/index.js";
import { execute } from "./conformance/execute.js";
import { ModelTarget } from "./esp32/target.js";

describe("conformance on a model of wt32-eth01", () => {
  const suffix = "-conformance";
  const image = `build/wt32-eth01${suffix}/agent`;
  const target = new ModelTarget(`${image}.bin`, { phyAddress: 1, enable: 16, clock: "in" });

  before(async function () {
    this.timeout(300_000);
    // Some cases know how a locally administered address begins.
    const settings = ["BOARD=wt32-eth01", "APP=test/agent/agent.c", "HWADDR=02:50:4b:54:53:01", `OUT_SUFFIX=${suffix}`];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
    await target.restart();
  });
  after(() => target.stop());

  for (const one of cases) {
    it(one.name, async function () {
      this.timeout(120_000);
      try {
        const verdict = await execute(one, target);
        if (!verdict.startsWith("skip")) return;
        this.test!.title += ` (${verdict})`;
      } catch (error) {
        await target.restart();
        throw error;
      }
      this.skip();
    });
  }

  it("all of them in less than half of the task stack, which wasm3 deepens with every operation here", function () {
    const symbols = execFileSync("xtensa-lx106-elf-nm", [`${image}.elf`], { encoding: "utf8" });
    const at = (name: string) => parseInt(new RegExp(`^(\\w+) \\w ${name}$`, "m").exec(symbols)![1]!, 16);
    const [start, end] = [at("__task_stack_start"), at("__task_stack_end")];
    const used = target.stackUsed(start, end);
    this.test!.title += ` (${used} of ${end - start} bytes)`;
    assert.ok(used > 1000 && used < (end - start) / 2, `${used} bytes`);
  });
});
