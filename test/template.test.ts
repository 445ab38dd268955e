import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

describe("template driver", () => {
  let dir: string;
  before(() => void (dir = mkdtempSync(join(tmpdir(), "pktsock-template-"))));
  after(() => rmSync(dir, { recursive: true }));

  it("compiles and loops frames back as mac.h says", function () {
    this.timeout(240_000);
    execFileSync("make", ["-s", "build/gen/pktsock/abi.h"], { stdio: "inherit" });
    const program = join(dir, "template");
    const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-g"];
    const folders = ["-Ibuild/gen", "-Iboards/include"];
    const sources = ["test/support/template.c", "boards/mac/template.c"];
    execFileSync("cc", [...flags, ...folders, ...sources, "-o", program], { stdio: "inherit" });
    execFileSync(program, { stdio: "inherit" });
  });

  it("whose link goes up or down is reported to the network stack", function () {
    this.timeout(240_000);
    const settings = ["BOARD=no-mac", "TARGET=test/support/no-mac", "APP=test/support/no-mac/link.c"];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
    execFileSync("build/no-mac/link.elf", { stdio: "inherit", timeout: 120_000 });
  });

  it("that has a clock is told what the calls of pktsock.h say, and nothing else", function () {
    this.timeout(240_000);
    const settings = ["BOARD=no-mac", "TARGET=test/support/no-mac", "APP=test/support/no-mac/clock.c"];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
    execFileSync("build/no-mac/clock.elf", { stdio: "inherit", timeout: 120_000 });
  });

  it("that has a clock stamps frames, and each stamp reaches the program that sent or received its frame", function () {
    this.timeout(240_000);
    const settings = ["BOARD=no-mac", "TARGET=test/support/no-mac", "APP=test/support/no-mac/stamps.c", "SANITIZE=1"];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
    execFileSync("build/no-mac-sanitized/stamps.elf", { stdio: "inherit", timeout: 120_000 });
  });

  it("that does not answer ends pktsock_start() with EIO and a sentence, and leaves nothing running", function () {
    this.timeout(240_000);
    const settings = ["BOARD=no-mac", "TARGET=test/support/no-mac", "APP=test/support/no-mac/start.c"];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
    const said = execFileSync("build/no-mac/start.elf", { encoding: "utf8" });
    assert.equal(said, "pktsock: an Ethernet MAC does not start\npktsock: it has been started before\n");
  });
});
