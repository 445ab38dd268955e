// Modules that are swapped in while sockets are open (test/swap, docs/swap.md).
import assert from "node:assert/strict";
import { KernelPeer, kernelObstacle } from "../host/demo/kernel-peer.js";
import { boardObstacle } from "../host/demo/tools.js";
import { BoardProcess } from "../host/net/board.js";
import { Qemu, qemuCommand } from "../host/net/qemu.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { parseAnswer } from "./conformance/agent.js";
import { BoardTarget } from "./conformance/board.js";
import { cases } from "./conformance/cases/index.js";
import { execute } from "./conformance/execute.js";
import { described } from "./conformance/targets.js";
import { buildSwapping, type SwapEngine } from "./support/engines.js";
import { writeModules } from "./swap/modules.js";

/** A program of test/swap that runs, and the other end of its cable. */
interface Running {
  readonly console: BoardProcess;
  readonly cable: UdpCable;
  stop(): Promise<void>;
}

async function start(app: string, board: string, engine: SwapEngine, ...settings: string[]): Promise<Running> {
  const image = buildSwapping(board, `test/swap/${app}.c`, engine, ...settings);
  if (board !== "linux") {
    const qemu = await Qemu.boot({ board, image, arguments: ["-icount", "shift=0"] });
    return { console: qemu, cable: qemu.cable, stop: async () => qemu.stop() };
  }
  const cable = await UdpCable.open(await freePort());
  const env = { ...process.env, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
  const console = new BoardProcess([image], env);
  return {
    console,
    cable,
    stop: async () => {
      await console.stop();
      await cable.close();
    },
  };
}

/** `make swaps`: 1000 swaps on the host and 50 on a board, all engines and all conformance cases. */
const long = process.env.SWAPS === "long";

const shortPlaces = [
  ["linux", "wasm3"],
  ["linux", "aot-guarded+wasm3-tuned"],
  ["qemu-mps2-an385", "aot+wasm3-tuned"],
] as const;
const places = [
  ...shortPlaces,
  ["linux", "wasm3-tuned"],
  ["linux", "aot+wasm3"],
  ["qemu-mps2-an385", "wasm3"],
  ["qemu-mps2-an385", "wasm3-tuned"],
] as const;

/** Why a module is refused, or what ended its trial. */
const sentences = {
  "no verify": "config.verify is NULL: no module may be swapped in",
  older: "the version of the module does not rise",
  truncated: "malformed Wasm binary",
  garbage: "malformed Wasm binary",
  other_abi: "the module speaks another version of the pktsock ABI than this firmware",
  other_layout: "the module has another layout of linear memory, and a restart was not asked for",
  no_layout: "the module has another layout of linear memory, and a restart was not asked for",
  no_export: "the module lacks a function that this firmware calls",
  has_variables: "the module has global variables: its state must lie in linear memory",
  has_data: "the module has bytes that memory starts with: they would overwrite what is there",
  other_import: "the module imports what the port does not have",
  no_start: "the module does not start with these capacities",
  traps_at_once: "[trap] unreachable executed",
  traps_later: "[trap] unreachable executed",
  loops: "[trap] the call has used up its budget: it may be endless",
  lies: "the module gave an answer that cannot be true",
};

describe("a module that is swapped in", function () {
  this.timeout(240_000);

  before("write the modules", () => writeModules());

  for (const [board, engine] of long ? places : shortPlaces) {
    it(`is refused, falls back or takes over, and sockets stay: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const { console, stop } = await start("swap", board, engine);
      try {
        await console.waitFor(/^end\r?$/m, 120_000);
        const output = console.output.replaceAll("\r", "");
        assert.match(output, /^failures: 0$/m, output);
        for (const [name, sentence] of Object.entries(sentences)) {
          assert.ok(output.split("\n").includes(`${name}: ${sentence}`), `${name}: ${sentence}\n${output}`);
        }
        assert.match(output, new RegExp(`^runs on: ${engine.replace(/.*\+/, "")}$`, "m"), output);
      } finally {
        await stop();
      }
    });
  }
});

describe("swaps under traffic", function () {
  this.timeout(0);

  before("write the modules", () => writeModules());

  /** Frames under way: fewer than the board's pool has. */
  const WINDOW = 4;

  /** An echo's request: as long and with such bytes as no other one near it. */
  function request(number: number): Buffer {
    const frame = Buffer.alloc(60 + ((number * 37) % 1400), "ffffffffffff02000000000a88b5", "hex");
    frame.writeUInt8(number === LAST ? 0xff : 0, 14);
    frame.writeUInt32BE(number, 15);
    for (let i = 19; i < frame.length; i++) frame[i] = (i * 7 + number * 13) & 255;
    return frame;
  }
  const LAST = 0xffffffff;

  /** Sends requests, some at a time, until so many swaps were made. Each must come back, in order and as it was. */
  async function echo({ console, cable }: Running, swaps: number): Promise<number> {
    const done = new RegExp(`^swaps: ${swaps}\\r?$`, "m");
    let sent = 0;
    for (let received = 0; !done.test(console.output) || received < sent; received++) {
      while (sent - received < WINDOW && !done.test(console.output)) cable.send(request(sent++));
      const frame = await cable.receive(20_000).catch(() => undefined);
      assert.ok(frame !== undefined, `frame ${received} was lost: ${console.output.slice(-500)}`);
      assert.deepEqual(frame, request(received), `frame ${received}`);
    }
    cable.send(request(LAST));
    await console.waitFor(/^end: .*\n/m);
    return sent;
  }

  const crowded = [
    ["linux", "wasm3", long ? 1000 : 100, "SANITIZE=1"],
    ["qemu-mps2-an385", "aot+wasm3-tuned", long ? 50 : 10],
    ["linux", "aot+wasm3-tuned", 1000, "SANITIZE=1"],
    ["qemu-mps2-an385", "wasm3", 50],
  ] as const;
  for (const [board, engine, swaps, ...settings] of long ? crowded : crowded.slice(0, 2)) {
    it(`no frame is lost, changed or out of order: ${swaps} swaps, ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const running = await start("traffic", board, engine, ...settings);
      try {
        await running.console.waitFor(/^ready\r?$/m);
        const frames = await echo(running, swaps);
        assert.match(running.console.output, /^end: \d+ frames, 0 traps, 0 recoveries\r?$/m);
        assert.doesNotMatch(running.console.complaints, /Sanitizer/);
        console.log(`      ${frames} frames`);
      } finally {
        await running.stop();
      }
    });
  }

  it("the Linux kernel's pings are answered: qemu-mps2-an385, aot+wasm3-tuned", async function () {
    const board = "qemu-mps2-an385";
    if (boardObstacle(board) !== undefined || kernelObstacle() !== undefined) this.skip();
    const image = buildSwapping(board, "test/swap/ping.c", "aot+wasm3-tuned");
    const peer = await KernelPeer.open();
    const process = new BoardProcess(peer.start(qemuCommand({ board, image }, peer.nic.qemu)));
    try {
      const [, ip] = await process.waitFor(/^ready \S+ (\S+)\r?\n/m);
      const { sent, received, right } = await peer.ping(ip!, long ? 60 : 10, 1000);
      const swaps = process.output.match(/another module was swapped in/g)?.length ?? 0;
      console.log(`      ${received} of ${sent} answered, ${swaps} swaps`);
      assert.ok(right && received === sent && swaps >= (long ? 50 : 5), process.output);
    } finally {
      await peer.close();
      await process.stop();
    }
  });
});

describe("a swap before every step of the conformance cases", function () {
  this.timeout(0);

  before("write the modules", () => writeModules());

  const pairs = [
    ["wasm3", "wasm3"],
    ["aot", "wasm3-tuned"],
  ] as const;
  for (const [engine, interpreter] of long ? pairs : pairs.slice(0, 1)) {
    it(`changes no answer: ${engine}, ${interpreter}`, async () => {
      const suffix = `${engine === "aot" ? `-swap-${interpreter}` : "-swap"}-sanitized`;
      const app = "test/swap/conformance.c";
      const settings = [`SWAP=${interpreter}`, "SANITIZE=1"];
      const start = { kind: "board", board: "linux", engine, suffix, settings, app } as const;
      const target = await BoardTarget.start({ ...described("host"), start }, start);
      const failures: string[] = [];
      const chosen = cases.filter((_, i) => long || i % 10 === 0);
      let swaps = 0;
      try {
        for (const one of chosen) {
          await execute(one, target).catch((error: Error) => failures.push(`${one.name}: ${error.message}`));
          swaps = Math.max(swaps, Number(parseAnswer(await target.call("swaps", 10_000)).ret));
        }
      } finally {
        await target.stop();
      }
      console.log(`      ${chosen.length} cases, ${swaps} swaps`);
      assert.deepEqual(failures, []);
      assert.ok(swaps > chosen.length / 4, "the module was not swapped");
    });
  }
});
