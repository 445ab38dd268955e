// Who is woken when something happens, and who sleeps on: test/wake, a Linux process under ThreadSanitizer.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";

describe("wake-ups", function () {
  this.timeout(300_000);

  it("go to the tasks whose sockets got something, and to no others", () => {
    const settings = ["BOARD=wake", "TARGET=test/wake", "APP=test/wake/wake.c"];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
    const { status, stdout, stderr } = spawnSync("build/wake/wake.elf", { encoding: "utf8", timeout: 120_000 });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stderr, "");
    const [, pairs] = /^pairs: (\d+)$/m.exec(stdout) ?? [];
    assert.equal(pairs, "76", stdout);
    for (const line of stdout.split("\n")) if (/^(busy|taps|pairs):/.test(line)) console.log(`      ${line}`);
  });
});
