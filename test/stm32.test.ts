// STM32 without hardware: the images that are flashed run in Debian's Unicorn against register-level models of the chips
// (test/stm32), and in QEMU as far as its one STM32 with a flash at the right place goes.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { findProgram } from "../host/demo/tools.js";
import { flashCommand, hasStLink } from "../host/stm32/flash.js";
import { readPrivateKey } from "../host/sign/keys.js";
import { signModule } from "../host/sign/cose.js";
import { buildHarness, harness } from "./stm32/harness.js";
import { moduleBytes } from "./support/module.js";
import { pathWithout } from "./support/path.js";

const phyScenarios = ["link", "absent-phy", "mdio-stuck", "no-reference-clock"];
const demoScenarios = ["demo", "overrun", "no-cable", "phy-in-reset", ...phyScenarios];
const oscillatorScenarios = ["no-crystal", "no-pll", "no-voltage"];
const loadScenarios = ["frames", "bursts", "exhaustion", "missed", "filter", "carrier", "drain"];
const troubleScenarios = ["malformed", "bus-error", "standstill", "stuck", "collisions", "dribble", "silent"];
const driverScenarios = [...loadScenarios, ...troubleScenarios];

interface Chip {
  readonly board: string;
  readonly series: string;
  /** Arguments of make beside BOARD. */
  readonly make: readonly string[];
  readonly demo: readonly string[];
  readonly echo: readonly string[];
  /** The demo with slots for signed modules. */
  readonly slots: readonly string[];
  /** Other programs, each with its scenario. */
  readonly others: readonly (readonly [source: string, scenario: string])[];
}

const clockPrograms = [
  ["test/stm32/stamps.c", "stamps"],
  ["test/programs/ptp-slave.c", "ptp"],
] as const;

const chips: readonly Chip[] = [
  {
    board: "nucleo-f429zi",
    series: "f4",
    make: [],
    demo: [...demoScenarios, ...oscillatorScenarios],
    echo: [...driverScenarios, "clock"],
    slots: ["slots", "slots-trouble"],
    others: clockPrograms,
  },
  {
    board: "nucleo-f767zi",
    series: "f7",
    make: [],
    demo: [...demoScenarios, ...oscillatorScenarios],
    echo: [...driverScenarios, "clock", "uncached"],
    slots: ["slots", "slots-trouble"],
    others: clockPrograms,
  },
  {
    board: "nucleo-h743zi",
    series: "h7",
    make: [],
    demo: [...demoScenarios, ...oscillatorScenarios],
    echo: [...driverScenarios, "clock", "uncached"],
    slots: [],
    others: clockPrograms,
  },
  {
    board: "esp32-mac",
    series: "esp32",
    make: ["TARGET=test/stm32/esp32-mac"],
    demo: phyScenarios,
    echo: [...driverScenarios, "no-clock"],
    slots: [],
    others: [],
  },
];

function make(...args: string[]): void {
  execFileSync("make", ["-s", ...args], { stdio: ["ignore", "ignore", "inherit"] });
}

/** Runs a scenario; its own words are the failure. */
function run(chip: Chip, app: string, scenario: string, ...flags: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    harness,
    [chip.series, `build/${chip.board}/${app}.elf`, scenario, ...flags],
    { encoding: "utf8", timeout: 600_000 },
  );
  assert.equal(status, 0, `${stdout}${stderr}`);
  return stdout;
}

describe("STM32 in models of the chips", function () {
  this.timeout(600_000);
  before(buildHarness);

  for (const chip of chips) {
    describe(chip.board, () => {
      before(() => {
        make(`BOARD=${chip.board}`, ...chip.make, "firmware");
        make(`BOARD=${chip.board}`, ...chip.make, "APP=test/stm32/echo.c", "firmware");
      });
      for (const scenario of chip.demo) it(`${scenario} (APP=demo)`, () => void run(chip, "demo", scenario));
      it("bare (APP=bare)", () => {
        make(`BOARD=${chip.board}`, ...chip.make, "APP=bare", "firmware");
        run(chip, "bare", "bare");
      });
      for (const [source, scenario] of chip.others)
        it(`${scenario} (${source})`, () => {
          make(`BOARD=${chip.board}`, ...chip.make, `APP=${source}`, "firmware");
          run(chip, basename(source, ".c"), scenario);
        });
      for (const scenario of chip.slots)
        it(`${scenario} (APP=demo, SWAP_SLOTS)`, () => {
          const key = "build/development.pem";
          const swaps = ["ENGINE=aot", "SWAP=wasm3-tuned", `SWAP_KEY=${key}`, "SWAP_SLOTS=1"];
          make(`BOARD=${chip.board}`, ...chip.make, ...swaps, "firmware");
          const dir = mkdtempSync(join(tmpdir(), "pktsock-slots-"));
          const files = [1, 2].map((version) => join(dir, `${version}.signed`));
          for (const [i, file] of files.entries())
            writeFileSync(file, signModule(moduleBytes(), i + 1, readPrivateKey(key)));
          run({ ...chip, board: `${chip.board}-aot-swap-wasm3-tuned` }, "demo", scenario, ...files);
          rmSync(dir, { recursive: true });
        });
      for (const scenario of chip.echo) it(scenario, () => void run(chip, "echo", scenario));
      if (chip.series === "esp32")
        it("frames, with descriptors of 16 bytes", () => void run(chip, "echo", "frames", "--short-descriptors"));
      if (chip.series === "f7" || chip.series === "h7")
        for (const [flag, complaint] of [
          ["--ignore-mpu", /not ok: DMA reads 0x[0-9a-f]+ in cacheable memory/],
          ["--write-through", /not ok: no echo of a broadcast/],
        ] as const)
          it(`fails in the model with ${flag}: lines that are ${flag === "--ignore-mpu" ? "not clean" : "stale"}`, () => {
            const args = [chip.series, `build/${chip.board}/echo.elf`, "frames", flag];
            const { status, stdout } = spawnSync(harness, args, { encoding: "utf8" });
            assert.equal(status, 1);
            assert.match(stdout, complaint);
          });
    });
  }
});

// boards/mac/cubemx.c: the drivers in a project whose HAL is a stand-in (test/cubemx).
describe("a project of CubeMX, on models of the chips", function () {
  this.timeout(300_000);
  before(buildHarness);

  function runs(series: string, program: string, scenario: string, ...flags: string[]): string {
    make(`BOARD=cubemx-${series}`, `TARGET=test/cubemx/${series}`, `APP=test/cubemx/${program}.c`, "firmware");
    const args = [series, `build/cubemx-${series}/${program}.elf`, scenario, ...flags];
    return spawnSync(harness, args, { encoding: "utf8", timeout: 120_000 }).stdout;
  }

  it("answers pings: f7", () => assert.match(runs("f7", "demo", "demo"), /^ok: demo/m));
  for (const series of ["f7", "h7"]) {
    it(`echoes: ${series}`, () => assert.match(runs(series, "echo", "frames"), /^ok: frames/m));
    it(`needs its MPU region: ${series}`, () =>
      assert.match(
        runs(series, "echo", "frames", "--ignore-mpu"),
        /^not ok: DMA reads 0x[0-9a-f]+ in cacheable memory/m,
      ));
  }

  for (const [chip, cpu] of [
    ["STM32_F4", "cortex-m4"],
    ["STM32_F7", "cortex-m7"],
    ["STM32_H7", "cortex-m7"],
  ] as const)
    it(`compiles as docs/cubemx.md shows it: ${chip}`, () => {
      const [, program] = /^```c cubemx\n(.*?)^```$/ms.exec(readFileSync("docs/cubemx.md", "utf8"))!;
      const file = join(mkdtempSync(join(tmpdir(), "pktsock-cubemx-")), "project.c");
      writeFileSync(file, program!);
      const flags = ["--specs=picolibc.specs", `-mcpu=${cpu}`, "-mthumb", `-D${chip}`, "-Itest/cubemx", "-Ibuild/gen"];
      const strict = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iboards/include"];
      execFileSync("arm-none-eabi-gcc", [...flags, ...strict, file, "boards/mac/cubemx.c"], { stdio: "inherit" });
      rmSync(join(file, ".."), { recursive: true });
    });
});

describe("docs/stm32.md", () => {
  it("says of each scenario which boards it ran on", () => {
    const page = readFileSync("docs/stm32.md", "utf8");
    const claimed = new Map(chips.map(({ board }) => [board, [] as string[]]));
    for (const [, names, columns] of page.matchAll(/^\| [^|]+ \| ((?:`[a-z-]+` ?)+) \| ((?:(?:yes|-) \| ){4})/gm)) {
      for (const [i, column] of columns!.split(" | ").slice(0, 4).entries())
        if (column === "yes") claimed.get(chips[i]!.board)!.push(...names!.replaceAll("`", "").trim().split(" "));
    }
    for (const { board, demo, echo, slots, others } of chips) {
      const run = ["bare", ...demo, ...echo, ...slots, ...others.map(([, scenario]) => scenario)];
      assert.deepEqual(claimed.get(board)!.sort(), run.sort(), board);
    }
  });
});

describe("STM32 images", function () {
  this.timeout(240_000);
  const folder = "build/nucleo-f429zi";
  before(() => make("BOARD=nucleo-f429zi", "firmware"));

  /** The bytes of an Intel HEX file, each at its address; fails at a wrong checksum. */
  function readHex(text: string): Map<number, number> {
    const bytes = new Map<number, number>();
    let upper = 0;
    for (const line of text.trim().split(/\r?\n/)) {
      assert.equal(line[0], ":");
      const record = Buffer.from(line.slice(1), "hex");
      assert.equal(record.reduce((sum, byte) => sum + byte) & 255, 0, `checksum of ${line}`);
      const data = record.subarray(4, 4 + record[0]!);
      if (record[3] === 4) upper = data.readUInt16BE(0);
      if (record[3] === 0) data.forEach((byte, i) => bytes.set(upper * 65536 + record.readUInt16BE(1) + i, byte));
    }
    return bytes;
  }

  it("are the same bytes as .elf, .bin and .hex, and start with the vectors", () => {
    const bin = readFileSync(`${folder}/demo.bin`);
    const hex = readHex(readFileSync(`${folder}/demo.hex`, "utf8"));
    const entry = readFileSync(`${folder}/demo.elf`).readUInt32LE(24);
    assert.equal(hex.size, bin.length);
    bin.forEach((byte, i) => assert.equal(hex.get(0x08000000 + i), byte));
    const [stack, reset] = [bin.readUInt32LE(0), bin.readUInt32LE(4)];
    assert.ok(stack > 0x20000000 && stack <= 0x20030000 && stack % 8 === 0, "stack pointer");
    assert.equal(reset | 1, entry | 1);
    assert.equal(reset & 1, 1, "Thumb");
  });

  it("boot in QEMU's STM32F405, whose clocks and MAC never answer", async () => {
    make("BOARD=nucleo-f429zi", "OUT_SUFFIX=-qemu", "APP=bare", "HWADDR=02:00:00:00:00:01", "firmware");
    const serial = ["-serial", "null", "-serial", "null", "-serial", "stdio"]; // USART3 is the third
    const qemu = spawn(
      "qemu-system-arm",
      ["-M", "netduinoplus2", "-display", "none", "-monitor", "none", ...serial, "-kernel", `${folder}-qemu/bare.elf`],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    try {
      let said = "";
      const expected = ["clocks: the PLL does not lock", "is ready", "eth0: no PHY answers", "rx 0 no_frame 0"];
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`QEMU says only:\n${said}`)), 120_000);
        qemu.stdout.on("data", (bytes: Buffer) => {
          said += bytes.toString();
          if (/no PHY answers/.test(said)) qemu.stdin.write("c");
          if (!expected.every((sentence) => said.includes(sentence))) return;
          clearTimeout(timer);
          resolve();
        });
        qemu.on("exit", (status) => reject(new Error(`QEMU ended with ${status}:\n${said}`)));
      });
    } finally {
      qemu.removeAllListeners("exit");
      qemu.stdout.removeAllListeners("data"); // what it still says is not answered
      qemu.kill("SIGKILL");
    }
  });
});

describe("STM32 flashing", () => {
  let dir: string;
  before(() => void (dir = mkdtempSync(join(tmpdir(), "pktsock-stm32-"))));
  after(() => rmSync(dir, { recursive: true }));

  it("takes OpenOCD, else st-flash, else says what to install", () => {
    const having = (name: string) => (program: string) => (program === name ? `/usr/bin/${name}` : undefined);
    assert.deepEqual(flashCommand("a.elf", "board/x.cfg", having("openocd")), [
      "/usr/bin/openocd",
      ...["-f", "board/x.cfg", "-c", "program a.elf verify reset exit"],
    ]);
    const stFlash = flashCommand("build/b/a.elf", "board/x.cfg", having("st-flash"));
    assert.deepEqual(stFlash.slice(-3), ["write", "build/b/a.bin", "0x08000000"]);
    assert.throws(() => flashCommand("a.elf", "board/x.cfg", having("gcc")), /apt-get install openocd/);
  });

  // Not with an ST-LINK at hand: its board would be written.
  for (const [tool, other, complaint] of [
    ["openocd", /^st-flash$/, /Open On-Chip Debugger[^]*Error: open failed/],
    ["st-flash", /^openocd$/, /st-flash[^]*Couldn't find any ST-Link devices/],
  ] as const) {
    it(`by ${tool} goes as far as to look for the board`, function () {
      this.timeout(240_000);
      if (findProgram(tool) === undefined || (existsSync("/sys/bus/usb/devices") && hasStLink())) this.skip();
      const path = pathWithout(other);
      try {
        for (const { board } of chips.slice(0, 3)) {
          const { status, stdout, stderr } = spawnSync("make", ["-s", "flash", `BOARD=${board}`], {
            encoding: "utf8",
            env: { ...process.env, PATH: path },
          });
          assert.notEqual(status, 0);
          const said = stdout + stderr;
          if (!said.includes("flash: No ST-LINK is at USB")) assert.match(said, complaint);
          assert.match(said, /^flash: (The board was not written|No ST-LINK is at USB)/m);
        }
      } finally {
        rmSync(path, { recursive: true });
      }
    });
  }

  it("knows an ST-LINK at USB from other devices", () => {
    const device = (name: string, vendor: string, product: string): void => {
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, "idVendor"), `${vendor}\n`);
      writeFileSync(join(dir, name, "idProduct"), `${product}\n`);
    };
    device("1-1", "0483", "5740");
    device("1-2", "1d6b", "374b");
    assert.equal(hasStLink(dir), false);
    device("1-3", "0483", "374b");
    assert.equal(hasStLink(dir), true);
  });

  it("says what is wrong with its arguments", () => {
    const { status, stderr } = spawnSync("npx", ["tsx", "host/stm32/flash.ts", "none.elf", "--openocd", "x.cfg"], {
      encoding: "utf8",
    });
    assert.equal(status, 1);
    assert.match(stderr, /flash: There is no image none\.elf/);
  });
});
