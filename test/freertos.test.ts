// examples/freertos-lwip: a whole application for FreeRTOS, with lwIP behind the tap and an LLDP speaker beside it. FreeRTOS is a
// stand-in (test/freertos); lwIP is Debian's, and the Linux kernel is the peer.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { BoardProcess } from "../host/net/board.js";
import { tapObstacle } from "../host/net/tap.js";
import { outputIn } from "./support/pages.js";

const BOARD = "02504b545301";
const SWITCH = "02000000000a";
const LLDP_GROUP = "0180c200000e";
const MEGABYTES = 1;
const LIMIT_MS = 60_000;

describe("examples/freertos-lwip", function () {
  this.timeout(3 * LIMIT_MS);
  const namespace = `pktsock-freertos-${process.pid}`;
  const inside = (...command: readonly string[]): string[] => ["ip", "netns", "exec", namespace, ...command];
  const must = ([program, ...args]: readonly string[], input?: Buffer): string =>
    execFileSync(program!, args, { encoding: "utf8", timeout: LIMIT_MS, input, stdio: ["pipe", "pipe", "inherit"] });
  let board: BoardProcess;
  let listener: ChildProcess;
  let heard = "";

  before(async function () {
    const obstacle = tapObstacle();
    if (obstacle !== undefined) {
      console.log(`      skipped: ${obstacle}`);
      this.skip();
    }
    const settings = ["BOARD=example-freertos", "TARGET=test/freertos", "OS=freertos", "SANITIZE=1"];
    must(["make", "-s", "firmware", ...settings, "APP=examples/freertos-lwip/main.c"]);
    must(["ip", "netns", "add", namespace]);
    for (const of of ["all", "default"]) must(inside("sysctl", "-q", `net.ipv6.conf.${of}.disable_ipv6=1`));
    must(["ip", "-n", namespace, "tuntap", "add", "dev", "tap0", "mode", "tap"]);
    must(["ip", "-n", namespace, "address", "add", "192.0.2.1/24", "dev", "tap0"]);
    must(["ip", "-n", namespace, "link", "set", "tap0", "up"]);
    const [program, ...args] = inside("socat", "-d", "-d", "-u", "INTERFACE:tap0", "-");
    listener = spawn(program!, args, { stdio: ["ignore", "pipe", "pipe"] });
    listener.stdout!.on("data", (bytes: Buffer) => void (heard += bytes.toString("hex")));
    await new Promise<void>((resolve, reject) => {
      listener.stderr!.on("data", (text: Buffer) => text.toString().includes("starting data transfer") && resolve());
      listener.once("error", reject).once("close", () => reject(new Error("socat has ended")));
    });
    board = new BoardProcess(inside("build/example-freertos-sanitized/main.elf"), {
      ...process.env,
      PKTSOCK_TAP: "tap0",
    });
  });

  after(async () => {
    listener?.kill();
    await board?.stop();
    if (execFileSync("ip", ["netns"], { encoding: "utf8" }).includes(namespace))
      execFileSync("ip", ["netns", "delete", namespace]);
  });

  it("answers ping and TCP by lwIP, speaks LLDP beside it, and prints what its README says", async () => {
    await board.waitFor("speaking");
    must(inside("ping", "-q", "-c", "3", "-i", "0.05", "-W", "20", "192.0.2.2"));
    const echoed = must(inside("node_modules/.bin/tsx", "test/lwip/echo.ts", String(MEGABYTES)));
    assert.match(echoed, new RegExp(`^${MEGABYTES << 20} bytes, same, `));

    const unit = `020704${SWITCH}0402053106020078 0a087377697463682d31 0000`.replaceAll(" ", "");
    const frame = Buffer.from(`${LLDP_GROUP}${SWITCH}88cc${unit}`.padEnd(120, "0"), "hex");
    must(inside("socat", "-u", "-", "INTERFACE:tap0"), frame);
    await board.waitFor(/switch-1.*\n/);
    assert.equal(board.output, outputIn("examples/freertos-lwip/README.md"));
    assert.equal(board.complaints, "");
    const signal = AbortSignal.timeout(LIMIT_MS);
    while (!heard.includes(`${LLDP_GROUP}${BOARD}88cc`))
      await once(listener.stdout!, "data", { signal }).catch(() => assert.fail("no LLDP frame of the board came"));
  });
});
