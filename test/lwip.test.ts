// lwIP behind the tap (boards/stack/lwip): Debian's lwIP on BOARD=linux answers the Linux kernel while packet sockets tap the
// same frames. LWIP_MEGABYTES=100 is the long form.
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { tapObstacle } from "../host/net/tap.js";

const MEGABYTES = Number(process.env["LWIP_MEGABYTES"] ?? 20);
const LIMIT_MS = 120_000;

/** What the slow tap may cost the stack. */
const MAX_SLOWDOWN = 1.5;

type Report = Readonly<Record<string, number>>;

describe("lwIP behind the tap", function () {
  this.timeout(20 * LIMIT_MS);
  const namespace = `pktsock-lwip-${process.pid}`;
  let stack: ChildProcessWithoutNullStreams | undefined;
  let output = "";

  const inNamespace = (...command: readonly string[]): string[] => ["netns", "exec", namespace, ...command];
  const ip = (...args: readonly string[]): string => execFileSync("ip", args, { encoding: "utf8" });

  async function until<T>(what: string, find: () => T | undefined | false): Promise<T> {
    for (const limit = performance.now() + LIMIT_MS; performance.now() < limit;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`no ${what} in: ${output}`);
  }

  async function start(...args: readonly string[]): Promise<void> {
    output = "";
    const child = spawn("ip", inNamespace("build/linux/lwip.elf", ...args), {
      env: { ...process.env, PKTSOCK_NIC: "tap:tap0" },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => void (output += text));
    stack = child;
    await until("ready", () => output.includes("ready\n"));
  }

  async function say(command: string): Promise<string> {
    const from = output.length;
    stack!.stdin.write(`${command}\n`);
    return until(command, () => (output.indexOf("\n", from) >= 0 ? output.slice(from) : undefined));
  }

  async function report(): Promise<Report> {
    const words = (await say("report")).trim().split(" ").slice(1);
    return Object.fromEntries(words.flatMap((word, i) => (i % 2 === 0 ? [[word, Number(words[i + 1])]] : [])));
  }

  /** Sends this much to TCP's echo service; returns how long it took until all was back, in milliseconds. */
  function echo(megabytes: number): number {
    const program = ["node_modules/.bin/tsx", "test/lwip/echo.ts", String(megabytes)];
    const result = execFileSync("ip", inNamespace(...program), { encoding: "utf8", timeout: 3 * LIMIT_MS });
    const [, bytes, same, ms] = /^(\d+) bytes, (\w+), (\d+) ms$/m.exec(result) ?? [];
    assert.deepEqual([bytes, same], [String(megabytes << 20), "same"]);
    return Number(ms);
  }

  const ping = (address: string): void => {
    execFileSync("ip", inNamespace("ping", "-q", "-c", "3", "-i", "0.05", "-W", "20", "-s", "1400", address));
  };

  before(function () {
    const obstacle = tapObstacle();
    if (obstacle !== undefined) {
      console.log(`      skipped: ${obstacle}`);
      this.skip();
    }
    execFileSync("make", ["-s", "firmware", "BOARD=linux", "APP=test/lwip/lwip.c"], { stdio: "inherit" });
    ip("netns", "add", namespace);
    // The counters are of the frames that the tests send.
    for (const of of ["all", "default"]) {
      ip(...inNamespace("sysctl", "-q", `net.ipv6.conf.${of}.disable_ipv6=1`));
    }
    ip("-n", namespace, "tuntap", "add", "dev", "tap0", "mode", "tap");
    ip("-n", namespace, "address", "add", "192.0.2.1/24", "dev", "tap0");
    ip("-n", namespace, "link", "set", "tap0", "up");
    ip("-n", namespace, "route", "add", "224.0.0.0/4", "dev", "tap0");
    // Some algorithms measure the path, which is nothing but a queue, and fill it.
    ip("-n", namespace, "route", "replace", "192.0.2.0/24", "dev", "tap0", "src", "192.0.2.1", "congctl", "reno");
  });

  afterEach(async () => {
    if (stack === undefined) return;
    const ended = once(stack, "close");
    stack.stdin.end("quit\n");
    const [status] = (await ended) as [number | null];
    stack = undefined;
    assert.equal(status, 0, output);
  });

  after(() => {
    if (ip("netns").includes(namespace)) ip("netns", "delete", namespace);
  });

  it("gets frames without a copy when no packet socket holds them", async () => {
    await start("untapped");
    ping("192.0.2.2");
    const { lent, copied, refused } = await report();
    assert.ok(lent! >= 3, output);
    assert.deepEqual([copied, refused], [0, 0]);
  });

  it(`echoes ${MEGABYTES} MB byte for byte beside two taps that read and one that never does`, async () => {
    await start();
    ping("192.0.2.2");
    await say("slow");
    echo(MEGABYTES);
    const told = await report();
    console.log(
      `      ${Object.entries(told)
        .map(([name, value]) => `${name} ${value}`)
        .join(", ")}`,
    );
    assert.ok(told["lent"]! > 0 && told["copied"]! > 0, "frames came in both ways");
    for (const tap of [0, 1]) {
      assert.ok(told[`tapped${tap}`]! > 1000, `tap ${tap} read`);
      assert.equal(told[`damaged${tap}`], 0, `tap ${tap}: frames with a wrong checksum`);
    }
  });

  it(`is slowed at most ${MAX_SLOWDOWN} times by a tap that never reads`, async () => {
    await start();
    // The best of several turns each: others use the machine, too.
    let without = Infinity;
    let beside = Infinity;
    for (let turn = 0; turn < 20 && (turn < 2 || beside > MAX_SLOWDOWN * without); turn++) {
      without = Math.min(without, echo(4));
      await say("slow");
      beside = Math.min(beside, echo(4));
      await say("fast");
    }
    console.log(`      4 MB: ${without} ms, beside a slow tap ${beside} ms`);
    assert.ok(beside <= MAX_SLOWDOWN * without);
  });

  it("gets frames of the groups that it joins, and the MAC rejects those of others", async () => {
    await start("untapped");
    const received = async (): Promise<number> => {
      const { lent, copied } = await report();
      return lent! + copied!;
    };
    const send = (): void => void execFileSync("ip", inNamespace("ping", "-q", "-c", "1", "-W", "1", "224.0.0.251"));
    assert.throws(send);
    assert.equal(await received(), 0);
    assert.match(await say("group"), /group 0/);
    assert.throws(send); // lwIP does not answer a ping to a group
    for (const limit = performance.now() + LIMIT_MS; (await received()) === 0;)
      if (performance.now() > limit) throw new Error(`no frame of the group in: ${output}`);
    assert.equal(await received(), 1);
  });

  it("follows the link", async () => {
    await start();
    const link = async (): Promise<number> => (await report())["link"]!;
    assert.equal(await link(), 1);
    for (const [command, state] of [
      ["unplug", 0],
      ["plug", 1],
    ] as const) {
      await say(command);
      for (const limit = performance.now() + LIMIT_MS; (await link()) !== state;) {
        assert.ok(performance.now() < limit, output);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    ping("192.0.2.2");
  });
});
