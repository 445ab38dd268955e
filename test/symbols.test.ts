// What a firmware sees of the component when it links it: names with our prefixes only, and files that can be compiled
// together.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const ours = ["pktsock_", "pkt_"];
/** A firmware chooses its drivers one by one: each has its own prefix beside ours. */
const drivers = ["dwmac_", "host_nic_", "lan9118_", "msf2_", "opencores_", "stellaris_", "phy_", "mac_fifo_"];
const folders = { boards_pktsock_: ours, boards_engine_: ours, boards_os_: ours, boards_mac_: [...ours, ...drivers] };

function globals(object: string): string[] {
  const lines = execFileSync("nm", ["-g", "--quiet", "--defined-only", object], { encoding: "utf8" }).split("\n");
  return lines.map((line) => line.split(" ")[2]).filter((name) => name !== undefined);
}

function isMissing(program: string): boolean {
  return spawnSync(program, ["--version"]).error !== undefined;
}

describe("symbols", function () {
  this.timeout(240_000);
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), "pktsock-symbols-"))));
  after(() => rmSync(dir, { recursive: true, force: true }));

  for (const board of ["qemu-lm3s6965evb", "qemu-mps2-an385", "qemu-emcraft-sf2", "linux"]) {
    it(`of the component in an image for ${board} have its prefixes`, function () {
      if (board !== "linux" && isMissing("arm-none-eabi-gcc")) this.skip();
      execFileSync("make", ["-s", "firmware", `BOARD=${board}`], { stdio: "inherit" });
      const linked = readFileSync(`build/${board}/demo.link`, "utf8");
      const objects = [...linked.matchAll(/ (build\/\S+\.o)/g)].map(([, path]) => path!);
      for (const [folder, prefixes] of Object.entries(folders)) {
        const found = objects.filter((path) => basename(path).startsWith(folder));
        assert.ok(found.length > 0, folder);
        for (const object of found) {
          const names = globals(object);
          const strange = names.filter((name) => !prefixes.some((prefix) => name.startsWith(prefix)));
          assert.deepEqual(strange, [], object);
        }
      }
    });
  }

  it("do not clash when all files of the component are one translation unit", () => {
    const files = [...readdirSync("boards/pktsock").filter((name) => name.endsWith(".c"))].map(
      (name) => `boards/pktsock/${name}`,
    );
    const all = [...files, "boards/os/posix.c", "boards/engine/wasm3.c"];
    const source = join(dir, "all.c");
    writeFileSync(source, all.map((file) => `#include "${process.cwd()}/${file}"\n`).join(""));
    const folderOfWasm3 = "node_modules/react-native-webassembly/cpp";
    execFileSync(
      "cc",
      [
        ...["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-DNDEBUG", "-Ibuild/gen", "-Iboards/include"],
        ...["-isystem", folderOfWasm3, "-c", source, "-o", join(dir, "all.o")],
      ],
      { stdio: "inherit" },
    );
    const strange = globals(join(dir, "all.o")).filter((name) => !ours.some((prefix) => name.startsWith(prefix)));
    assert.deepEqual(strange, []);
  });

  it("of a wasm3 that is unknown are not compiled: the compiler says which can be taken", () => {
    for (const version of ["0.4.9", "0.5.0", "0.8.1", "1.0.0"]) {
      const [major, minor] = version.split(".");
      writeFileSync(
        join(dir, "m3_core.h"),
        `#define M3_VERSION_MAJOR ${major}\n#define M3_VERSION_MINOR ${minor}\n#define m3_Malloc(size) 0\n`,
      );
      const flags = ["-Ibuild/gen", "-Iboards/include", "-isystem", dir];
      const { status, stderr } = spawnSync("cc", [...flags, "-fsyntax-only", "boards/engine/wasm3.c"], {
        encoding: "utf8",
      });
      assert.notEqual(status, 0, version);
      assert.match(
        stderr,
        /error "?(This version of wasm3|wasm3 0\.5\.0 as released).*take 0\.9, or 0\.5\.0 from/,
        version,
      );
    }
  });
});
