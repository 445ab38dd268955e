import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { compare, readBaseline, type Figures } from "./bench/baseline.js";
import { boundsOf, instructionsPerOperation, readBounded } from "../host/build/bounds.js";
import { options } from "../host/build/options.js";
import { type Counted, countRun, frameOf, passages } from "./bench/counted.js";
import { pageOf, pages, plotOf } from "./bench/show.js";
import { buildImage } from "./support/engines.js";
import { expectShortlyMasked, MOST_MASKED } from "./support/masked.js";
import { moduleBytes } from "./support/module.js";

describe("bench: from marks to frames", () => {
  it("counts a frame that came alone from its interrupt until the processor sleeps", () => {
    const lines = ["idle 100", "0 110", "1 300", "2 310", "3 500", "idle 520"];
    assert.deepEqual(passages(lines), [{ interrupt: 110, received: 300, send: 310, sent: 500, idle: 520 }]);
  });

  it("takes the first of two interrupts, and no notice of sleep without a frame", () => {
    const lines = ["idle 1", "idle 9", "0 10", "0 40", "1 60", "2 61", "3 80", "idle 85", "0 90", "idle 95"];
    assert.deepEqual(passages(lines), [{ interrupt: 10, received: 60, send: 61, sent: 80, idle: 85 }]);
  });

  it("refuses frames that met another", () => {
    const lines = ["idle 1", "0 10", "1 20", "2 21", "0 25", "3 40", "1 50", "2 51", "3 70", "idle 75"];
    assert.throws(() => passages(lines), /did not come alone: .* 01203123/);
  });

  it("leaves out the frame that ends the run", () => {
    assert.deepEqual(passages(["idle 1", "0 10", "1 20"]), []);
  });
});

describe("bench: figures beside the committed ones", () => {
  const cost = {
    board: "b",
    engine: "wasm3",
    path: "copy",
    sockets: 1,
    bytes: 64,
    tx: 100,
    rx: 1000,
    echo: 2000,
  } as const;
  const figures = (...costs: Figures["costs"]): Figures => ({ costs, sizes: [] });

  it("tells a figure that rose by more than 1 % as worse", () => {
    assert.deepEqual(compare(figures(cost), figures({ ...cost, tx: 101, rx: 1011 })), [
      { name: "b wasm3 copy 1 64 tx", was: 100, is: 101, worse: false },
      { name: "b wasm3 copy 1 64 rx", was: 1000, is: 1011, worse: true },
    ]);
  });

  it("tells a figure that fell, and one that is new, not as worse", () => {
    assert.deepEqual(compare(figures(cost), figures({ ...cost, echo: 1500 }, { ...cost, path: "filter" })), [
      { name: "b wasm3 copy 1 64 echo", was: 2000, is: 1500, worse: false },
      { name: "b wasm3 filter 1 64 tx", was: undefined, is: 100, worse: false },
      { name: "b wasm3 filter 1 64 rx", was: undefined, is: 1000, worse: false },
      { name: "b wasm3 filter 1 64 echo", was: undefined, is: 2000, worse: false },
    ]);
  });

  it("does not compare what a run left out", () => {
    assert.deepEqual(compare(figures(cost), figures()), []);
  });

  it("docs/engines.md and its plot show the committed figures", async () => {
    for (const [file, tableFrom] of pages) {
      const page = readFileSync(file, "utf8");
      const wanted = pageOf(page, tableFrom(readBaseline()));
      assert.equal(page, wanted, `${file}: run make bench, make size and make bench-accept`);
    }
    assert.equal(readFileSync("docs/engines.svg", "utf8"), await plotOf(readBaseline()));
  });
});

const programs = ["qemu-system-arm", "arm-none-eabi-gcc"];

describe("bench: the first frame", function () {
  this.timeout(240_000);

  it("costs at most 1.5 times a later one where the module is compiled at start", async function () {
    if (programs.some((program) => spawnSync(program, ["--version"]).error !== undefined)) this.skip();
    const board = "qemu-mps2-an385";
    execFileSync("make", ["-s", "build/host/count.so"], { stdio: "inherit" });
    const {
      costs: [first, ...later],
    } = await countRun({
      board,
      image: buildImage(board, "bench", "wasm3"),
      marks: {
        interrupt: "eth0_interrupt",
        received: "mark_copy_received",
        send: "mark_copy_send",
        sent: "mark_copy_sent",
      },
      lengths: Array.from({ length: 20 }, () => 64),
      frames: 1,
      warmUp: 0,
      begin: async (qemu) => {
        await qemu.waitFor("bench: how?");
        qemu.write("c1");
        await qemu.waitFor("bench: ready");
      },
      end: async (qemu) => qemu.cable.send(frameOf(15, 0)),
      echoOf: (frame) => frame,
    });
    const usual = later.map(({ echo }) => echo).sort((a, b) => a - b)[later.length >> 1]!;
    assert.ok(first!.echo <= 1.5 * usual, `${first!.echo} instructions, then ${usual}`);
  });
});

describe("bench: the longest times", function () {
  this.timeout(240_000);
  before(function () {
    if (programs.some((program) => spawnSync(program, ["--version"]).error !== undefined)) this.skip();
    execFileSync("make", ["-s", "build/host/count.so"], { stdio: "inherit" });
  });

  /** Echoes over bench.c. `how`: its two characters. `functions`: see buildImage(). */
  const echoes = (board: string, how: string, functions: boolean): Promise<Counted> =>
    countRun({
      board,
      image: buildImage(board, "bench", "aot", functions),
      marks: {
        interrupt: "eth0_interrupt",
        received: "mark_copy_received",
        send: "mark_copy_send",
        sent: "mark_copy_sent",
      },
      lengths: [64, 1514],
      frames: 20,
      warmUp: 0,
      begin: async (qemu) => {
        await qemu.waitFor("bench: how?");
        qemu.write(how);
        await qemu.waitFor("bench: ready");
      },
      end: async (qemu) => qemu.cable.send(frameOf(15, 0)),
      echoOf: (frame) => frame,
    });

  for (const board of ["qemu-lm3s6965evb", "qemu-mps2-an385"]) {
    it(`with interrupts masked, on ${board}: ${MOST_MASKED} instructions, also before a sleep`, async () => {
      const { masked } = await echoes(board, "c1", false);
      expectShortlyMasked(masked);
    });
  }

  for (const [how, what] of [
    ["x4", "with an exhausted pool"],
    ["i1", "attaching a filter"],
  ] as const) {
    it(`under the lock, ${what}: within the bound of the configuration`, async () => {
      const { locked } = await echoes("qemu-lm3s6965evb", how, true);
      const set: Readonly<Record<string, number>> = {
        ...{ NET_PKT_FRAMES: 8, NET_PKT_TX_FRAMES: 3, NET_PKT_RX_RESERVE: 1 }, // its board.mk
      };
      const capacity = (name: string) => set[name] ?? options.find((option) => option.name === name)!.default;
      const bounds = boundsOf(readBounded(moduleBytes()), capacity);
      const most = Math.max(...[...bounds].map(([name, { operations }]) => (name === "init" ? 0 : operations)));
      console.log(`      ${locked.instructions} instructions`);
      assert.ok(locked.instructions > 500 && locked.instructions <= 5000, JSON.stringify(locked));
      assert.ok(locked.instructions <= most * instructionsPerOperation.aot);
    });
  }
});
