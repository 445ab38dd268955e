// Each port of os.h: the same program (test/os/port.c) on POSIX threads and on stand-ins for the systems, in a Linux process under
// ThreadSanitizer, and on a small preemptive kernel for a Cortex-M3 in QEMU. test/os/NAME says what each stands for.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { boardObstacle } from "../host/demo/tools.js";

const CASES = 12;

describe("ports of os.h", function () {
  this.timeout(300_000);

  function build(name: string, target: string, ...settings: readonly string[]): void {
    const fixed = [`BOARD=port-${name}`, `TARGET=test/os/${target}`, "APP=test/os/port.c"];
    execFileSync("make", ["-s", "firmware", ...fixed, ...settings], { stdio: "inherit" });
  }

  function run(command: string, args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 240_000 });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok .*$/gm)?.length, CASES, stdout);
    return stderr;
  }

  const ports = readdirSync("boards/os")
    .filter((file) => file.endsWith(".c") && file !== "baremetal.c")
    .map((file) => file.slice(0, -2));
  const systems = [...ports.map((os) => [os, os] as const), ["esp_idf", "freertos"] as const];
  for (const [system, os] of systems) {
    it(`${system}, on POSIX threads`, () => {
      const folder = system === "esp_idf" ? system : "linux"; // a macro of its own for all files
      build(folder, "linux", `OS=${os}`, `SYSTEM=${system}`, "SANITIZE=thread");
      assert.equal(run(`build/port-${folder}-thread/port.elf`, []), "");
    });
  }

  describe("freertos, on a kernel for a Cortex-M3", () => {
    const qemu = ["-M", "mps2-an385", "-nic", "none", "-display", "none", "-monitor", "none", "-serial", "stdio"];
    before(function () {
      const obstacle = boardObstacle("qemu-mps2-an385");
      if (obstacle === undefined) return;
      console.log(`      skipped: ${obstacle}`);
      this.skip();
    });

    // Frames and ticks come at other instructions with other speeds of the emulated processor.
    for (const shift of ["3", "5", "7"]) {
      it(`with -icount shift=${shift}`, () => {
        build("freertos-m3", "cortex-m3", "OS=freertos", "SYSTEM=freertos-m3");
        const kernel = ["-semihosting", "-icount", `shift=${shift}`, "-kernel", "build/port-freertos-m3/port.elf"];
        run("qemu-system-arm", [...qemu, ...kernel]);
      });
    }
  });
});
