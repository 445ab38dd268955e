// All conformance cases on the image for an ESP32 board, on the model of chip and board (esp32/).
import { execFileSync } from "node:child_process";
import { cases } from "./conformance/cases/index.js";
import { execute } from "./conformance/execute.js";
import { ModelTarget } from "./esp32/target.js";

describe("conformance on a model of wt32-eth01", () => {
  const suffix = "-conformance";
  const target = new ModelTarget(`build/wt32-eth01${suffix}/agent.bin`, { phyAddress: 1, enable: 16, clock: "in" });

  before(async function () {
    this.timeout(300_000);
    // Some cases know how a locally administered address begins.
    const settings = ["BOARD=wt32-eth01", "APP=agent", "HWADDR=02:50:4b:54:53:01", `OUT_SUFFIX=${suffix}`];
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
});
