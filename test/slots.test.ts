// Two slots in flash (boards/manage/slots.c): the power is cut after every byte that is erased or written.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const seed = Number(process.env.SLOTS_SEED ?? Date.now() % 0x7fffffff);

describe(`slots in flash (SLOTS_SEED=${seed})`, function () {
  this.timeout(240_000);
  let dir: string;

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "pktsock-slots-"));
    execFileSync("make", ["-s", "build/gen/pktsock/abi.h"], { stdio: "inherit" });
    const flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Ibuild/gen", "-Iboards/include"];
    const sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];
    const sources = ["test/slots/slots.c", "boards/manage/slots.c", "boards/manage/crc.c"];
    execFileSync("cc", [...flags, ...sanitize, ...sources, "-o", join(dir, "slots")], { stdio: "inherit" });
  });
  after(() => rmSync(dir, { recursive: true }));

  for (const unit of [1, 4, 8, 32]) {
    it(`a file survives a power cut at every byte, with writes of ${unit} bytes`, () => {
      const said = execFileSync(join(dir, "slots"), [`${unit}`, `${seed}`], { encoding: "utf8" });
      assert.match(said, /^\d{4,} cuts, after \d+ of them the new file\n$/);
    });
  }
});
