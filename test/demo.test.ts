import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tappedFrames } from "../host/demo/capture.js";
import { Demo } from "../host/demo/demo.js";
import { kernelObstacle } from "../host/demo/kernel-peer.js";
import { readPcapng } from "../host/net/pcapng.js";
import { pathWithout } from "./support/path.js";

const tool = ["build/pktsock.mjs", "demo"];
const boards = ["qemu-mps2-an385", "qemu-lm3s6965evb", "qemu-emcraft-sf2", "qemu-xtensa", "linux"];
/** In the environment of everything that a test starts, so that it can be found. */
const mark = `PKTSOCK_DEMO_TEST=${process.pid}`;
const env = { ...process.env, PKTSOCK_DEMO_TEST: `${process.pid}` };

/** Processes with the mark, and their network namespaces. */
function started(): Map<string, string> {
  const found = new Map<string, string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const marked = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
      if (marked) found.set(pid, readlinkSync(`/proc/${pid}/ns/net`));
    } catch {
      // it has ended, or belongs to another user
    }
  }
  return found;
}

/** Runs the demo, which must succeed, and compares what it says with its capture. Returns what it says. */
function demo(board: string, command: string[] = [process.execPath], environment: NodeJS.ProcessEnv = env): string {
  const [program, ...args] = [...command, ...tool, "--board", board];
  const { status, stdout, stderr } = spawnSync(program!, args, { encoding: "utf8", env: environment });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^arping +3 sent, 3 answered/m);
  assert.match(stdout, /^ping +56 bytes, 5 sent, 5 answered/m);
  assert.match(stdout, /^ping +1472 bytes, 5 sent, 5 answered/m);
  assert.match(stdout, /^All was answered\.$/m);
  const tapped = Number(/(\d+) tapped$/m.exec(stdout)![1]);
  const { frames } = readPcapng(readFileSync("build/demo.pcapng"));
  assert.equal(frames.length, tapped);
  for (const direction of ["in", "out"]) assert.ok(frames.some((frame) => frame.direction === direction));
  assert.ok(frames.every(({ time }, i) => i === 0 || time >= frames[i - 1]!.time));
  assert.match(stdout, /^drops +none$/m);
  return stdout;
}

describe("demo", function () {
  this.timeout(240_000);

  before(function () {
    for (const board of boards) {
      execFileSync("make", ["-s", "firmware", "build/pktsock.mjs", `BOARD=${board}`, "APP=demo"], { stdio: "inherit" });
    }
  });

  for (const board of boards) {
    it(`answers on ${board}`, () => {
      const said = demo(board);
      const peer = kernelObstacle() === undefined ? "the Linux kernel" : "a host written in TypeScript";
      assert.match(said, new RegExp(`^board +${board}: `, "m"));
      assert.match(said, new RegExp(`^peer +${peer}`, "m"));
      if (existsSync("/usr/bin/tshark"))
        assert.match(said, /tshark read (\d+) packets: .* 10 of them answers to a ping$/m);
    });
  }

  it("has a host in TypeScript where the kernel gives no namespace", function () {
    if (process.getuid!() !== 0) this.skip(); // it was so in the cases above
    const said = demo("qemu-mps2-an385", ["setpriv", "--bounding-set=-sys_admin", process.execPath]);
    assert.match(
      said,
      /^No TAP interface: a network namespace could not be created: .*not permitted\. A host written/m,
    );
  });

  for (const [missing, why, reader] of [
    [/^qemu-system-arm$/, "the program qemu-system-arm is missing", /\d+ packets/],
    [/^arm-none-eabi-|^tshark$/, "the compiler arm-none-eabi-gcc is missing", /\d+ packets, counted by pktsock itself/],
  ] as const) {
    it(`runs on BOARD=linux when ${why}`, () => {
      const path = pathWithout(missing);
      try {
        const said = demo("qemu-mps2-an385", [process.execPath], { ...env, PATH: path });
        assert.ok(said.startsWith(`qemu-mps2-an385 cannot run here: ${why}. So BOARD=linux runs`), said);
        assert.match(said, /^board +linux: /m);
        assert.match(said, reader);
      } finally {
        rmSync(path, { recursive: true });
      }
    });
  }

  for (const [board, sentence] of [
    ["qemu", 'There is no board "qemu"; "make help" lists them.'],
    ["../boards", 'There is no board "../boards"; "make help" lists them.'],
    ["nucleo-f767zi", "nucleo-f767zi does not run in QEMU"],
  ] as const) {
    it(`says what is wrong with --board ${board}`, () => {
      const { status, stderr } = spawnSync(process.execPath, [...tool, "--board", board], { encoding: "utf8" });
      assert.equal(status, 2);
      assert.ok(stderr.includes(sentence), stderr);
    });
  }

  it("fails when pings are lost, and when a tapped frame is not in the capture", async () => {
    const image = join(mkdtempSync(join(tmpdir(), "pktsock-mute-")), "mute.sh");
    const zero =
      "arp_replies echo_replies send_errors tap_drops rx_frames tx_frames rx_no_frame rx_pool_empty rx_too_short";
    const counters = `${zero.replaceAll(/ |$/g, "=0 ")}rx_too_long=2 rx_errors=0 tx_errors=0 tapped=1 traps=1`;
    writeFileSync(
      image,
      `#!/bin/sh\necho ready 02:00:00:00:00:01 192.0.2.2\nread line\necho counters ${counters}\nexit 3\n`,
      {
        mode: 0o755,
      },
    );
    const said: string[] = [];
    const mute = new Demo("linux", (line) => said.push(line));
    try {
      if (kernelObstacle() === undefined) {
        assert.equal(await mute.run(image), false);
        const text = said.join("\n");
        assert.match(text, /^arping +\d sent, 0 answered$/m);
        assert.match(text, /^drops +2 \(too long\)$/m);
        assert.match(text, /^Failed: arping lost \d of \d; ping lost 5 of 5; .*status 3; .*trapped 1 times; 1 frames/m);
      } else {
        await assert.rejects(mute.run(image), /192\.0\.2\.2 does not answer ARP requests/);
      }
    } finally {
      await mute.close();
      rmSync(join(image, ".."), { recursive: true });
    }
  });

  it("says what the board printed when it ends too early", async () => {
    const early = new Demo("linux", () => undefined);
    await assert.rejects(early.run("/bin/true"), /^Error: The board ended with status 0 before/);
    await early.close();
  });

  it("does not believe a damaged line", () => {
    const good = "frame 1.000001 in 0001\nframe 1.000002 out 02\r\n";
    assert.deepEqual(
      tappedFrames(`ready\n${good}`).map(({ time, direction, bytes }) => [time, direction, bytes.toString("hex")]),
      [
        [1000001000n, "in", "0001"],
        [1000002000n, "out", "02"],
      ],
    );
    for (const bad of ["frame 1.0 in 00\n", "frame 1.000001 in 000\n", "frame 1.000001 by 00\n"]) {
      assert.throws(() => tappedFrames(good + bad), /damaged line/);
    }
  });

  // SIGKILL leaves the demo no time to clean up: the kernel does it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    for (const stage of [/^peer /m, /^arping /m]) {
      it(`leaves nothing behind at ${signal} behind ${stage}`, async function () {
        if (kernelObstacle() !== undefined) this.skip();
        const child: ChildProcess = spawn(process.execPath, [...tool], { env, stdio: ["ignore", "pipe", "inherit"] });
        let said = "";
        child.stdout!.setEncoding("utf8").on("data", (text: string) => void (said += text));
        while (!stage.test(said)) await once(child.stdout!, "data");
        const before = started();
        const namespaces = new Set([...before.values()].filter((space) => space !== readlinkSync("/proc/self/ns/net")));
        assert.ok(before.size >= 3, [...before.keys()].join()); // the demo, what holds the namespace, QEMU
        assert.equal(namespaces.size, 1);
        child.kill(signal);
        const [status] = (await once(child, "close")) as [number | null];
        if (signal !== "SIGKILL") assert.equal(status, signal === "SIGINT" ? 130 : 143);
        // A process that is killed with SIGKILL may end after its parent.
        const tries = signal === "SIGKILL" ? 100 : 0;
        for (let i = 0; i < tries && started().size > 0; i++) await sleep(20);
        assert.deepEqual([...started().keys()], []);
        const left = readdirSync("/proc").filter((pid) => {
          try {
            return namespaces.has(readlinkSync(`/proc/${pid}/ns/net`));
          } catch {
            return false;
          }
        });
        assert.deepEqual(left, []);
      });
    }
  }
});

describe("set-up", function () {
  this.timeout(240_000);
  const setUp = (verb: string, path: string) =>
    spawnSync("host/setup/setup.sh", [verb], { encoding: "utf8", env: { ...process.env, PATH: path } });

  // A pattern of missing programs (besides apt-get), the message, and whether the demo can continue.
  for (const [missing, packages, status] of [
    [/^arm-none-eabi-gcc$/, "gcc-arm-none-eabi", 0],
    [/^(qemu-system-arm|arping)$/, "qemu-system-arm iputils-arping", 0],
    [/^(cc|tshark)$/, "gcc tshark", 1],
  ] as const) {
    it(`names ${packages} in one line when it may not install`, () => {
      const path = pathWithout(new RegExp(`${missing.source}|^apt-get$`));
      try {
        const said = setUp("demo", path);
        assert.equal(
          said.stdout,
          `set-up: Debian packages are missing; as root: apt-get install --no-install-recommends ${packages}\n`,
        );
        assert.equal(said.stderr, "");
        assert.equal(said.status, status);
      } finally {
        rmSync(path, { recursive: true });
      }
    });
  }

  it("says that Node.js is missing", () => {
    const path = pathWithout(/^node$/);
    try {
      const { status, stderr } = setUp("demo", path);
      assert.equal(status, 1);
      assert.match(stderr, /^set-up: Node\.js 20 or newer is needed \(found: none\)/);
    } finally {
      rmSync(path, { recursive: true });
    }
  });

  it("knows its verbs", () => {
    assert.equal(setUp("", process.env["PATH"]!).status, 2);
  });

  it("names no package twice", () => {
    const rows = readFileSync("host/setup/packages", "utf8")
      .split("\n")
      .filter((line) => /^[^#]/.test(line));
    const packages = rows.map((row) => row.split(/\s+/)[2]!);
    assert.equal(new Set(packages).size, packages.length);
  });
});

describe("verbs", () => {
  const help = execFileSync("make", ["help"], { encoding: "utf8" });

  it("are all in make help", () => {
    const makefiles = ["Makefile", ...["host", "boards"].flatMap((folder) => makefilesIn(folder))];
    for (const file of makefiles) {
      for (const [, name] of readFileSync(file, "utf8").matchAll(/^([a-z-]+):.*## /gm)) {
        assert.match(help, new RegExp(`^  make ${name} `, "m"), `${name} of ${file}`);
      }
    }
  });

  it("are what the npm scripts call", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    for (const [name, script] of Object.entries(scripts)) {
      assert.match(script, /^make [a-z-]+$/, name);
      assert.match(help, new RegExp(`^  ${script} `, "m"), name);
    }
  });
});

function makefilesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mk"))
    .map((name) => join(folder, name));
}
