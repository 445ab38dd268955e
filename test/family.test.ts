import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Qemu } from "../host/net/qemu.js";

const armFault = /fault 00000003 CFSR 00010000.*\s+pc [0-9a-f]{8} lr [0-9a-f]{8}/;
const boards: Readonly<Record<string, RegExp>> = {
  "qemu-mps2-an385": armFault,
  "qemu-lm3s6965evb": armFault,
  "qemu-emcraft-sf2": armFault,
  "qemu-xtensa": /fault break\s+pc [0-9a-f]{8} a0 [0-9a-f]{8}/,
};

for (const [board, fault] of Object.entries(boards)) {
  describe(`family of ${board}`, () => {
    let qemu: Qemu;

    before(function () {
      this.timeout(240_000);
      const app = "test/support/family.c";
      execFileSync("make", ["-s", "firmware", `BOARD=${board}`, `APP=${app}`], { stdio: "inherit" });
    });
    beforeEach(async function () {
      this.timeout(240_000);
      qemu = await Qemu.boot({ board, image: `build/${board}/family.elf` });
      await qemu.waitFor("copies ok");
      await qemu.waitFor("sleeps ok");
      await qemu.waitFor("heap ok");
    });
    afterEach(() => qemu.stop());

    it("copies, sleeps, allocates, and ends with main()'s status", async () => {
      qemu.write("e");
      assert.equal(await qemu.exited(), 7);
    });

    it("reports a fault and ends with status 1", async () => {
      qemu.write("u");
      await qemu.waitFor(fault);
      assert.equal(await qemu.exited(), 1);
    });

    it("reports a stack overflow", async () => {
      qemu.write("s");
      await qemu.waitFor("stack overflow");
      assert.equal(await qemu.exited(), 1);
    });
  });
}
