// The MAC of BOARD=linux, whose thread rests while tasks wait by themselves.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { freePort } from "../host/net/udp.js";

describe("BOARD=linux", function () {
  this.timeout(240_000);

  for (const engine of ["wasm3", "aot"]) {
    it(`a call that does not wait receives what came before it: ${engine}`, async () => {
      const app = "test/support/no_wait.c";
      execFileSync("make", ["-s", "firmware", "BOARD=linux", `APP=${app}`, `ENGINE=${engine}`]);
      const image = `build/linux${engine === "aot" ? "-aot" : ""}/no_wait.elf`;
      const PKTSOCK_NIC = `udp:${await freePort()}:${await freePort()}`;
      assert.equal(
        execFileSync(image, { env: { ...process.env, PKTSOCK_NIC }, encoding: "utf8" }),
        "found 2000 of 2000\n",
      );
    });
  }

  // ThreadSanitizer finds a race in about two of three runs, if there is one.
  it("its thread and the module that was compiled to C pass frames on in order", async () => {
    const app = "test/support/no_wait.c";
    execFileSync("make", ["-s", "firmware", "BOARD=linux", `APP=${app}`, "ENGINE=aot", "SANITIZE=thread"]);
    for (let run = 0; run < 4; run++) {
      const PKTSOCK_NIC = `udp:${await freePort()}:${await freePort()}`;
      const env = { ...process.env, PKTSOCK_NIC };
      const { stdout, stderr } = spawnSync("build/linux-aot-thread/no_wait.elf", { env, encoding: "utf8" });
      assert.equal(stdout + stderr, "found 2000 of 2000\n");
    }
  });
});
