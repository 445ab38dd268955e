// What make says to a BOARD that is none, to an image that is too large, and to verbs that a board does not have.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { pathWithout } from "./support/path.js";

const boards = readdirSync("boards/targets").sort();

function make(args: readonly string[], path = process.env["PATH"]): { status: number | null; said: string } {
  const env = { ...process.env, PATH: path, MAKEFLAGS: "" };
  const { status, stderr } = spawnSync("make", args, { encoding: "utf8", env });
  return { status, said: stderr };
}

describe("docs/boards.md", () => {
  it("lists the boards that there are, and links what there is", () => {
    const page = readFileSync("docs/boards.md", "utf8");
    const listed = [...page.matchAll(/^\| ([a-z][a-z0-9-]+) \|.* \|/gm)].map(([, name]) => name!);
    assert.deepEqual(listed.filter((name) => name !== "what").sort(), boards);
    for (const name of ["boards", "stm32", "esp32"]) {
      for (const [, file] of readFileSync(`docs/${name}.md`, "utf8").matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(`docs/${file}`), `docs/${name}.md: ${file}`);
    }
  });
});

describe("BOARD", function () {
  this.timeout(240_000);

  for (const name of ["nope", "", "linux linux", "../targets/linux", "linux/", "*", "%", ".", '"', "a;b"]) {
    it(`that is ${JSON.stringify(name)} is refused with the list of boards`, () => {
      const { status, said } = make(["firmware", `BOARD=${name}`]);
      assert.equal(status, 2);
      assert.ok(said.includes(`There is no board "${name}". Boards: ${boards.join(" ")}.`), said);
    });
  }

  it("of a folder elsewhere is a name, and the folder has a board.mk", () => {
    const elsewhere = "TARGET=test/stm32/esp32-mac";
    assert.match(make(["firmware", "BOARD=a/b", elsewhere]).said, /BOARD="a\/b" names a folder of build\//);
    assert.match(
      make(["firmware", "BOARD=mine", "TARGET=../nope"]).said,
      /There is no board\.mk in TARGET="\.\.\/nope"/,
    );
  });

  it("whose compiler is missing is told the packages", () => {
    const path = pathWithout(/^(arm-none-eabi|xtensa-lx106-elf)-/);
    try {
      for (const [board, packages] of [
        ["nucleo-f767zi", "gcc-arm-none-eabi picolibc-arm-none-eabi"],
        ["wt32-eth01", "gcc-xtensa-lx106 picolibc-xtensa-lx106-elf"],
      ]) {
        const { status, said } = make(["firmware", `BOARD=${board}`, "OUT=build/none"], path);
        assert.equal(status, 2);
        assert.ok(said.includes(`gcc is missing: apt-get install ${packages}\n`), said);
      }
    } finally {
      rmSync(path, { recursive: true });
    }
  });

  it("that has no flash, or does not run here, says so", () => {
    for (const verb of ["flash", "monitor"]) {
      const { status, said } = make([verb, "BOARD=qemu-esp32", "APP=bare"]);
      assert.equal(status, 2);
      assert.match(said, /^qemu-esp32 has no flash or serial port: it does not leave this machine/m);
    }
    assert.match(make(["run", "BOARD=qemu-esp32", "APP=bare"]).said, /see docs\/esp32\.md for the emulator\.$/m);
    assert.match(
      make(["run", "BOARD=nucleo-f429zi", "APP=bare"]).said,
      /write its image into the board with make flash\.$/m,
    );
  });
});

describe("HWADDR", function () {
  this.timeout(240_000);
  const folder = "build/hwaddr";
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const board of ["nucleo-h743zi", "esp32-poe"]) {
    it(`of ${board} is the six bytes of a single station`, () => {
      const said = (hwaddr: string) =>
        make(["firmware", `BOARD=${board}`, "APP=bare", `HWADDR=${hwaddr}`, `OUT=${folder}`]).said;
      assert.match(said("02:00:00:00:01"), /HWADDR has six bytes, like 02:00:00:00:00:01/);
      assert.match(said("02:00:00:00:00:01:02"), /HWADDR has six bytes, like 02:00:00:00:00:01/);
      assert.match(said("01:00:5e:00:00:01"), /HWADDR is a group's address/);
    });
  }
});

describe("an image that is too large", function () {
  this.timeout(240_000);
  const folder = "build/large";
  after(() => rmSync(folder, { recursive: true, force: true }));

  // Bytes of the array beyond those of the region, at least: something else is in there too.
  const kib = (size: number): number => size * 1024;
  const limits: readonly (readonly [board: string, what: string, region: string, over: number])[] = [
    ["nucleo-f429zi", "code", "flash", kib(3072 - 1792)],
    ["nucleo-f429zi", "data", "ram", kib(1024 - 192)],
    ["nucleo-f767zi", "code", "flash", kib(3072 - 1536)],
    ["nucleo-f767zi", "data", "ram", kib(1024 - 128)],
    ["nucleo-f767zi", "dma", "dma", kib(1024 - 128)],
    ["nucleo-h743zi", "code", "flash", kib(3072 - 2048)],
    ["nucleo-h743zi", "data", "ram", kib(1024 - 128)],
    ["nucleo-h743zi", "dma", "dma", kib(1024 - 128)],
    ["wt32-eth01", "code", "iram", kib(3072 - 128)],
    ["wt32-eth01", "data", "dram", kib(1024 - 192)],
    ["qemu-xtensa", "code", "iram", kib(3072 - 128)],
    ["qemu-xtensa", "data", "dram", kib(1024 - 192)],
  ];
  for (const [board, what, region, over] of limits) {
    it(`for the ${region} of ${board} is refused with the bytes that are too many`, () => {
      const { status, said } = make([
        "firmware",
        `BOARD=${board}`,
        `APP=test/support/large_${what}.c`,
        `OUT=${folder}`,
      ]);
      assert.equal(status, 2);
      const bytes = Number(new RegExp(`region \`${region}' overflowed by (\\d+) bytes`).exec(said)?.[1]);
      assert.ok(bytes >= over && bytes < over + kib(64), said);
      assert.ok(!existsSync(`${folder}/large_${what}.elf`));
    });
  }

  it("by its stacks, too", () => {
    const settings = ["BOARD=wt32-eth01", "APP=bare", `OUT=${folder}`];
    assert.match(make(["firmware", ...settings, "TASK_STACK=300000"]).said, /region `dram' overflowed by \d{6} bytes/);
    assert.match(make(["firmware", ...settings, "IRQ_STACK=180000"]).said, /region `dram' overflowed by \d+ bytes/);
  });
});
