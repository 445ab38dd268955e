// Memory that the integrator gives (pktsock/memory.h): the constants are what is needed, on boards nothing else is used, and
// the stack of a call is what pktsock.h says, however the firmware is compiled.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as abi from "../assembly/abi.js";
import { load } from "../host/engine/engine.js";
import { Qemu } from "../host/net/qemu.js";
import { moduleBytes } from "./support/module.js";

const defaults = {
  NET_PKT_PREALLOC_CONNS: 4,
  NET_PKT_ALLOC_CONNS: 0,
  NET_PKT_MAX_CONNS: 0,
  NET_PKT_INTERFACES: 1,
  NET_PKT_FRAMES: 12,
  NET_PKT_FRAME_SIZE: 1536,
  NET_PKT_TX_FRAMES: 4,
  NET_PKT_RX_RESERVE: 2,
  NET_PKT_STACK_RESERVE: 1,
  NET_PKT_QUEUE_FRAMES: 8,
  NET_PKT_HEAP_SIZE: 1024,
};
type Settings = Partial<typeof defaults> & { align?: number };

const configurations: Settings[] = [
  {},
  { align: 8 },
  { align: 32, NET_PKT_FRAME_SIZE: 1522 },
  { align: 64, NET_PKT_FRAME_SIZE: 130, NET_PKT_FRAMES: 40, NET_PKT_INTERFACES: 4 },
  { NET_PKT_FRAMES: 8, NET_PKT_TX_FRAMES: 3, NET_PKT_RX_RESERVE: 1 },
  { NET_PKT_PREALLOC_CONNS: 9, NET_PKT_QUEUE_FRAMES: 64, NET_PKT_FRAME_SIZE: 512 },
  { NET_PKT_PREALLOC_CONNS: 0, NET_PKT_ALLOC_CONNS: 1, NET_PKT_HEAP_SIZE: 4001 },
  { NET_PKT_ALLOC_CONNS: 2, NET_PKT_MAX_CONNS: 17, NET_PKT_HEAP_SIZE: 0 },
  { NET_PKT_INTERFACES: 2, NET_PKT_FRAME_SIZE: 1024, NET_PKT_FRAMES: 10, NET_PKT_QUEUE_FRAMES: 1 },
];

/** What the module says that it needs, at the address that needs no byte more for the frames' alignment. */
function needed(settings: Settings): number {
  const value = { ...defaults, ...settings };
  const align = settings.align ?? 4;
  const answers: number[] = [];
  for (let base = 0; base < align; base += 4) {
    const engine = load(moduleBytes());
    const view = new DataView(engine.memory.buffer, engine.memory.byteOffset);
    const set = (field: number, number: number): void => view.setUint32(abi.CONTROL + field, number, true);
    set(abi.CONTROL_MAGIC, abi.MAGIC);
    set(abi.CONTROL_ABI, abi.ABI_VERSION);
    set(abi.CONTROL_MEMORY_SIZE, abi.CONTROL + abi.CONTROL_BYTES);
    set(abi.CONTROL_MEMORY_BASE, base);
    set(abi.CONTROL_FRAME_ALIGN, align);
    set(abi.CONTROL_PREALLOC_CONNS, value.NET_PKT_PREALLOC_CONNS);
    set(abi.CONTROL_ALLOC_CONNS, value.NET_PKT_ALLOC_CONNS);
    set(abi.CONTROL_MAX_CONNS, value.NET_PKT_MAX_CONNS);
    set(abi.CONTROL_INTERFACES, value.NET_PKT_INTERFACES);
    set(abi.CONTROL_FRAMES, value.NET_PKT_FRAMES);
    set(abi.CONTROL_FRAME_SIZE, value.NET_PKT_FRAME_SIZE);
    set(abi.CONTROL_TX_FRAMES, value.NET_PKT_TX_FRAMES);
    set(abi.CONTROL_RX_RESERVE, value.NET_PKT_RX_RESERVE);
    set(abi.CONTROL_STACK_RESERVE, value.NET_PKT_STACK_RESERVE);
    set(abi.CONTROL_QUEUE_FRAMES, value.NET_PKT_QUEUE_FRAMES);
    set(abi.CONTROL_HEAP_SIZE, value.NET_PKT_HEAP_SIZE);
    assert.equal(engine.call("init"), -12, "-ENOMEM");
    answers.push(view.getUint32(abi.CONTROL + abi.CONTROL_NEEDED, true));
  }
  return Math.min(...answers);
}

describe("memory: PKTSOCK_MEMORY_SIZE", () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), "pktsock-memory-"))));
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("is a constant, and what the module needs", function () {
    this.timeout(240_000);
    const source = join(dir, "size.c");
    const program = join(dir, "size");
    writeFileSync(
      source,
      `#include <pktsock/memory.h>
       #include <stdio.h>
       static unsigned char memory[PKTSOCK_MEMORY_SIZE];
       int main(void) { printf("%zu", sizeof(memory) - PKTSOCK_MEMORY_HEADER - PKTSOCK_FRAME_ALIGN); }`,
    );
    for (const settings of configurations) {
      const { align, ...options } = settings;
      const defines = Object.entries(options).map(([name, value]) => `-DCONFIG_${name}=${value}`);
      if (align !== undefined) defines.push(`-DPKTSOCK_FRAME_ALIGN=${align}`);
      execFileSync("cc", ["-Ibuild/gen", "-Iboards/include", ...defines, source, "-o", program], { stdio: "inherit" });
      const constant = Number(execFileSync(program, { encoding: "utf8" }));
      assert.equal(constant, needed(settings), JSON.stringify(settings));
    }
  });

  it("is enough wherever it starts; what does not fit or is not aligned is refused with a sentence", function () {
    this.timeout(240_000);
    const settings = ["BOARD=no-mac", "TARGET=test/support/no-mac", "APP=test/support/memory_given.c", "SANITIZE=1"];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
    execFileSync("build/no-mac-sanitized/memory_given.elf", { stdio: "inherit" });
  });
});

interface Marks {
  /** Bytes of stack, in use until main() and by the calls of the first and of the second round. */
  readonly start: number;
  readonly first: number;
  readonly second: number;
  /** Bytes of the C library's heap, and of config.engine_heap. */
  readonly heap: number;
  readonly engine: number;
}

/** `engine`: how the folder of its images is marked. */
async function measure(board: string, suffix: string, settings: string[], engine = ""): Promise<Marks> {
  const app = ["APP=test/support/memory.c", `BOARD=${board}`, `OUT_SUFFIX=${suffix}`];
  execFileSync("make", ["-s", "firmware", ...app, ...settings], { stdio: "inherit" });
  const qemu = await Qemu.boot({ board, image: `build/${board}${engine}${suffix}/memory.elf` });
  try {
    const frame = Buffer.alloc(100, 2);
    frame.fill(0xff, 0, 6);
    frame.writeUInt16BE(0x88b5, 12);
    for (let round = 0; round < 2; round++) {
      await qemu.waitFor("memory: ready");
      for (let i = 0; i < 8; i++) {
        qemu.cable.send(frame);
        await qemu.cable.receive();
      }
    }
    await qemu.waitFor(/engine \d+\s/);
    assert.doesNotMatch(qemu.output, /line \d+/);
    const numbers = /start: stack (\d+)[^]*calls: stack (\d+)[^]*calls: stack (\d+)[^]*heap (\d+) engine (\d+)/;
    const [start, first, second, heap, engine] = numbers.exec(qemu.output)!.slice(1).map(Number);
    return { start: start!, first: first!, second: second!, heap: heap!, engine: engine! };
  } finally {
    await qemu.stop();
  }
}

/** What pktsock.h says, bytes. */
const COMPILING = 2304;
const CALL = 768;

describe("memory: on boards", function () {
  this.timeout(240_000);
  before(function () {
    try {
      execFileSync("sh", ["-c", "command -v qemu-system-arm arm-none-eabi-gcc"], { stdio: "ignore" });
    } catch {
      this.skip();
    }
  });

  for (const board of ["qemu-lm3s6965evb", "qemu-mps2-an385"]) {
    it(`${board} takes nothing from malloc() when memory is given`, async () => {
      const marks = await measure(board, "-static", ["MEMORY=static"]);
      assert.equal(marks.heap, 0);
      assert.ok(marks.engine > 20_000, `${marks.engine}`);
      assert.ok(Math.max(marks.start, marks.first, marks.second) <= COMPILING, JSON.stringify(marks));
    });
  }

  for (const bounds of ["exact", "guarded"]) {
    it(`the compiled module (${bounds}) takes nothing but config.memory, and at most ${CALL} bytes of stack`, async () => {
      const settings = ["MEMORY=static", "ENGINE=aot", `AOT_BOUNDS=${bounds}`];
      const engine = bounds === "exact" ? "-aot" : "-aot-guarded";
      const marks = await measure("qemu-lm3s6965evb", "-static", settings, engine);
      assert.equal(marks.heap, 0);
      assert.equal(marks.engine, 0);
      assert.ok(Math.max(marks.start, marks.first, marks.second) <= CALL, JSON.stringify(marks));
    });
  }

  it("a whole module that was compiled at start is not compiled in any call", async () => {
    const marks = await measure("qemu-mps2-an385", "-precompiled", ["MEMORY=precompiled"]);
    assert.equal(marks.heap, 0);
    assert.ok(marks.start <= COMPILING, JSON.stringify(marks));
    assert.ok(marks.first <= CALL && marks.second <= CALL, JSON.stringify(marks));
  });

  for (const level of ["-O0", "-Og", "-O1"]) {
    it(`the interpreter's stack does not grow with the operations at ${level}`, async () => {
      const marks = await measure("qemu-mps2-an385", level, ["MEMORY=precompiled", `OPTIMIZE=${level}`]);
      // The component's own frames are larger without optimization.
      assert.ok(marks.first <= 2 * CALL && marks.second <= 2 * CALL, JSON.stringify(marks));
    });
  }
});
