import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embed } from "../host/build/embed.js";

describe("embed: module to C array", () => {
  let dir: string;
  before(() => void (dir = mkdtempSync(join(tmpdir(), "pktsock-embed-"))));
  after(() => rmSync(dir, { recursive: true }));

  it("gives the compiler the very bytes, aligned to 4", () => {
    const wasm = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...Array.from({ length: 300 }, (_, i) => i & 255)]);
    writeFileSync(join(dir, "in.wasm"), wasm);
    execFileSync(process.execPath, [
      "--import=tsx",
      "host/build/embed.ts",
      join(dir, "in.wasm"),
      join(dir, "out", "wasm.c"),
    ]);
    writeFileSync(
      join(dir, "main.c"),
      `#include <stdint.h>
       #include <stdio.h>
       extern const unsigned char pktsock_wasm[];
       extern const unsigned int pktsock_wasm_size;
       int main(void) {
         if ((uintptr_t)pktsock_wasm % 4) return 1;
         return fwrite(pktsock_wasm, 1, pktsock_wasm_size, stdout) != pktsock_wasm_size;
       }`,
    );
    const program = join(dir, "main");
    execFileSync("cc", ["-Wall", "-Wextra", "-Werror", "-o", program, join(dir, "main.c"), join(dir, "out", "wasm.c")]);
    assert.deepEqual(execFileSync(program), wasm);
    // The compiler may align it by chance.
    assert.match(embed(wasm, "in.wasm"), /pktsock_wasm\[\] __attribute__\(\(aligned\(4\)\)\)/);
  });

  it("refuses what is not a module", () => {
    assert.throws(() => embed(Buffer.from("not a module"), "x.wasm"), /x\.wasm is not a WebAssembly module/);
    writeFileSync(join(dir, "bad.wasm"), "no");
    const run = spawnSync(process.execPath, [
      "--import=tsx",
      "host/build/embed.ts",
      join(dir, "bad.wasm"),
      join(dir, "bad.c"),
    ]);
    assert.equal(run.status, 1);
    assert.match(run.stderr.toString(), /^embed: bad\.wasm is not/);
  });

  it("says how to call it", () => {
    const run = spawnSync(process.execPath, ["--import=tsx", "host/build/embed.ts"]);
    assert.equal(run.status, 2);
    assert.match(run.stderr.toString(), /IN\.wasm OUT\.c/);
  });
});
