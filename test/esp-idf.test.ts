// boards/mac/esp_eth.c on stand-ins for ESP-IDF: its FreeRTOS (test/os/esp_idf), and esp_eth with a MAC that the test controls.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

describe("esp_eth", function () {
  this.timeout(300_000);

  it("receives, sends, filters, reports its link, and stops while frames are under way", () => {
    const settings = ["BOARD=esp-eth", "TARGET=test/esp_eth", "APP=test/esp_eth/frames.c", "OS=freertos"];
    execFileSync("make", ["-s", "firmware", ...settings, "SANITIZE=thread"], { stdio: "inherit" });
    const program = "build/esp-eth-thread/frames.elf";
    const { status, stdout, stderr } = spawnSync(program, { encoding: "utf8", timeout: 120_000 });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok .*$/gm)?.length, 6, stdout);
    assert.equal(stderr, "");
  });

  function compile(file: string, version: string): void {
    const folders = ["build/gen", "boards/include", "test/esp_eth", "test/os/linux", "test/os/esp_idf"];
    const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-DESP_PLATFORM"];
    const all = [...flags, `-DESP_IDF_VERSION=${version}`, ...folders.map((folder) => `-I${folder}`), file];
    execFileSync("cc", all, { stdio: "inherit" });
  }

  it("compiles for an ESP-IDF without filters", () => compile("boards/mac/esp_eth.c", "0x50000"));

  it("is started as docs/esp-idf.md shows", () => {
    const [, program] = /^```c esp-idf\n(.*?)^```$/ms.exec(readFileSync("docs/esp-idf.md", "utf8"))!;
    mkdirSync("build/docs-test", { recursive: true });
    writeFileSync("build/docs-test/esp-idf.c", program!);
    compile("build/docs-test/esp-idf.c", "0x60000");
  });
});
