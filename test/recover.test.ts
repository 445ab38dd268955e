// What holds after a trap of the module (test/recover). RECOVER_RUNS=100: more runs of the random ones, each with another seed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { boardObstacle } from "../host/demo/tools.js";
import { BoardProcess } from "../host/net/board.js";
import { Host } from "../host/net/host.js";
import { ping } from "../host/net/probe.js";
import { Qemu } from "../host/net/qemu.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { cases } from "./conformance/cases/index.js";
import { GluedAgent, GluedRun } from "./model/glued.js";
import { setups, steps } from "./model/steps.js";
import { TrappedTarget } from "./recover/trapped.js";
import { buildImage, type EngineName, folderOf } from "./support/engines.js";

const places = [
  ["linux", "wasm3"],
  ["linux", "aot"],
  ["qemu-mps2-an385", "wasm3"],
  ["qemu-mps2-an385", "aot"],
] as const;

/** A program of test/recover that runs, and the other end of its cable. */
interface Running {
  readonly console: BoardProcess;
  readonly cable: UdpCable;
  stop(): Promise<void>;
}

async function start(app: string, board: string, engine: EngineName, more: NodeJS.ProcessEnv = {}): Promise<Running> {
  const image = buildImage(board, `test/recover/${app}.c`, engine);
  if (board !== "linux") {
    // Each instruction takes a nanosecond.
    const qemu = await Qemu.boot({ board, image, arguments: ["-icount", "shift=0"] });
    return { console: qemu, cable: qemu.cable, stop: async () => qemu.stop() };
  }
  const cable = await UdpCable.open(await freePort());
  const env = { ...process.env, ...more, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
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

/** What a program prints until it ends. */
async function outputOf(app: string, board: string, engine: EngineName): Promise<string> {
  const running = await start(app, board, engine);
  try {
    await running.console.waitFor(/^end\r?$/m);
    return running.console.output.replaceAll("\r", "");
  } finally {
    await running.stop();
  }
}

describe("after the last trap", function () {
  this.timeout(240_000);

  for (const [board, engine] of places) {
    it(`every call fails with EIO, and descriptors close: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const output = await outputOf("ended", board, engine);
      const said = [...output.matchAll(/^(.*): (fails|succeeds) (.*)$/gm)].map(([, ...words]) => words);
      const closing = said.splice(said.findIndex(([name]) => name === "close"));
      assert.equal(said.length, 39, output);
      assert.deepEqual(
        said.filter(([, how, why]) => how !== "fails" || why !== "EIO"),
        [],
      );
      assert.deepEqual(closing, [
        ["close", "succeeds", "-"],
        ["close the other", "succeeds", "-"],
        ["close again", "fails", "EBADF"],
        ["recv from the closed one", "fails", "EBADF"],
        ["counters", "succeeds", "-"],
      ]);
      assert.match(output, /^poll: 1 0x8$\nselect: 1$/m);
      assert.match(output, /^error: \[trap\] injected, traps 2$/m);
    });
  }
});

describe("whether it recovers", function () {
  this.timeout(240_000);

  it("is decided by recover() or a minute, and ends with a driver that does not start again", async () => {
    const output = await outputOf("limits", "linux", "wasm3");
    assert.match(output, /^failures: 0$/m, output);
  });
});

/** What a recovery may take on a Cortex-M3: 20 ms at 50 MHz, a million instructions. */
const MOST_US = 1000;

/** Without room for the compiled code of all options it is compiled again: three times as much (DESIGN.md). */
const MOST_US_ON_DEMAND = 3000;

describe("after a trap", function () {
  this.timeout(240_000);

  const all = [
    ...places,
    ["qemu-mps2-an385", "wasm3-tuned"],
    ["qemu-mps2-an385", "aot-guarded"],
    ["qemu-lm3s6965evb", "wasm3"],
    ["qemu-lm3s6965evb", "aot"],
  ] as const;
  for (const [board, engine] of all) {
    it(`sockets survive, and handles of lent frames do not: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const output = await outputOf("survive", board, engine);
      assert.match(output, /^failures: 0$/m, output);
      assert.match(output, /^recoveries: 10$/m, output);
      if (board === "linux") return;
      const [, us] = /^time: (\d+) us$/m.exec(output)!;
      console.log(`      ${us}000 instructions`);
      const compiles = board === "qemu-lm3s6965evb" && engine === "wasm3";
      assert.ok(Number(us) < (compiles ? MOST_US_ON_DEMAND : MOST_US), output);
    });
  }
});

describe("traps at random moments", function () {
  this.timeout(0);
  const runs = Number(process.env.RECOVER_RUNS ?? 1);
  const seed = Number(process.env.TRAPS_SEED ?? Date.now() % 0x3fffffff);

  /** Frames to all stations that arrive, one after the other, until the program ends. */
  async function flood({ console, cable }: Running): Promise<void> {
    const arriving = Buffer.concat([Buffer.from("ffffffffffff02000000000288b507", "hex"), Buffer.alloc(45)]);
    while (!/^end\r?$/m.test(console.output)) {
      cable.send(arriving);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  for (const [board, engine] of places) {
    it(`in each export: descriptors keep what they are, everything closes, nothing leaks: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      for (let run = 0; run < runs; run++) {
        const seed = process.env.STORM_SEED ?? String(1 + Math.floor(Math.random() * 0x7ffffff0));
        const running = await start("storm", board, engine, { STORM_SEED: seed });
        try {
          await running.console.waitFor(/^storm\r?$/m);
          await Promise.race([flood(running), running.console.exited()]);
          const output = running.console.output.replaceAll("\r", "");
          assert.match(output, /^failures: 0$/m, `STORM_SEED=${seed}\n${output}`);
          assert.ok(Number(/^recoveries: (\d+)$/m.exec(output)![1]) > 100, output);
          const missed = [...output.matchAll(/^no trap in (.*)$/gm)].map(([, name]) => name!);
          // The first two are not called while the component runs; the others seldom are.
          const may = new Set(["init", "addIface", "setIfaceFlags", "reapAll", "stampSending", "service"]);
          assert.deepEqual(
            missed.filter((name) => !may.has(name)),
            [],
          );
        } finally {
          await running.stop();
        }
      }
    });
  }

  for (const engine of runs === 1 ? (["aot"] as const) : (["aot", "wasm3"] as const)) {
    // A short run has every fourth case; which ones is the seed's choice.
    const step = runs === 1 ? 4 : 1;
    const chosen = [...cases.entries()].filter(([i]) => i % step === seed % step);
    it(`conformance cases pass: a call that traps has done nothing: ${engine} (TRAPS_SEED=${seed})`, async function () {
      const target = await TrappedTarget.start(engine);
      const exports = new Set<string>();
      let traps = 0;
      const failures: string[] = [];
      try {
        for (let run = 0; run < Math.ceil(runs / 10); run++) {
          for (const [i, one] of chosen) {
            const outcome = await target.execute(one, seed + run * 10_000 + i * 10).catch((error: Error) => error);
            if (outcome instanceof Error) failures.push(`${one.name}: ${outcome.message}`);
            else traps += outcome.traps;
            if (!(outcome instanceof Error)) for (const name of outcome.hits) exports.add(name);
          }
        }
      } finally {
        await target.stop();
      }
      console.log(`      ${traps} traps in ${exports.size} exports`);
      assert.deepEqual(failures, []);
      assert.ok(traps > chosen.length && exports.size >= 12, [...exports].join());
    });
  }

  for (const engine of runs === 1 ? (["aot"] as const) : (["aot", "wasm3"] as const)) {
    for (const how of ["instead", "any"] as const) {
      it(`the model agrees, and knows what a trap costs: ${engine}, ${how} (TRAPS_SEED=${seed})`, async () => {
        const settings = [
          "BOARD=glued",
          "TARGET=test/glued",
          "APP=test/glued/glued.c",
          `ENGINE=${engine}`,
          "SANITIZE=1",
        ];
        execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
        const image = `${folderOf("glued", engine, "-sanitized")}/glued.elf`;
        const agent = new GluedAgent(new BoardProcess([image]));
        const hits = new Set<string>();
        let traps = 0;
        const property = fc.asyncProperty(fc.nat(0x3fffffff), setups, steps, async (random, { opening }, all) => {
          const run = await GluedRun.begin(agent, random, how);
          for (const step of [...opening, ...all]) await run.step(step);
          traps += run.traps;
          for (const name of run.hits) hits.add(name);
        });
        try {
          await fc.assert(property, { seed, numRuns: 40 * Math.ceil(runs / 10), unbiased: true });
        } finally {
          await agent.stop();
        }
        console.log(`      ${traps} traps in ${hits.size} exports`);
        assert.ok(traps > 20 && hits.size >= 10, [...hits].join());
      });
    }
  }

  for (const [board, engine] of [...places, ["qemu-emcraft-sf2", "aot"]] as const) {
    it(`a ping is lost by a trap at most: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const running = await start("ping", board, engine);
      const host = new Host({ mac: "02:00:00:00:00:0a", ip: "192.0.2.1" });
      try {
        await running.console.waitFor(/^ready /m);
        host.onFrame = (frame) => running.cable.send(frame);
        running.cable.onFrame = (frame) => host.send(frame);
        const answers = await ping(host, "192.0.2.2", { count: 40 * runs, limitMs: 2000 });
        const { sent, wrong } = answers;
        const received = answers.received + answers.surplus; // late is not lost
        const recoveries = running.console.output.match(/pktsock: the module was started again/g)?.length ?? 0;
        console.log(`      ${received} of ${sent} answered, ${recoveries} recoveries`);
        assert.equal(wrong, 0);
        assert.ok(recoveries > 3 && sent - received <= recoveries && received > sent / 2, running.console.output);
        // The link stays; a board without PHY says nothing of it.
        const links = running.console.output.match(/eth0: link up/g)?.length ?? 0;
        assert.equal(links, board === "qemu-emcraft-sf2" ? 1 : 0, running.console.output);
      } finally {
        running.cable.onFrame = null;
        await running.stop();
      }
    });
  }
});
