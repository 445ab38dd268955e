// What only Xtensa boards have; their drivers and their family are also in mac.test.ts, family.test.ts and conformance.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Qemu } from "../host/net/qemu.js";

const board = "qemu-xtensa";

function build(...settings: string[]): void {
  execFileSync("make", ["-s", "firmware", `BOARD=${board}`, ...settings], { stdio: "inherit" });
}

describe("qemu-xtensa", () => {
  let qemu: Qemu | undefined;

  afterEach(async () => {
    await qemu?.stop();
    qemu = undefined;
  });

  it("divides and multiplies as C says, where the compiler's library does not", async function () {
    this.timeout(240_000);
    build("APP=test/support/xtensa.c");
    qemu = await Qemu.boot({ board, image: `build/${board}/xtensa.elf` });
    await qemu.waitFor("arithmetic ok", 30_000);
  });

  it("reports an overflow of wasm3's native stack, and ends", async function () {
    this.timeout(240_000);
    build("APP=demo", "TASK_STACK=1024", "OUT_SUFFIX=-small");
    qemu = await Qemu.boot({ board, image: `build/${board}-small/demo.elf` });
    await qemu.waitFor(/stack overflow\s+pc 4008/);
    assert.equal(await qemu.exited(), 1);
  });
});
