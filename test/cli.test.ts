import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Host } from "../host/net/host.js";
import { readPcapng } from "../host/net/pcapng.js";
import { ping } from "../host/net/probe.js";
import { freePort, UdpCable } from "../host/net/udp.js";

/** The tool as it is shipped: one file. */
const tool = "build/pktsock.mjs";

function pktsock(...args: string[]) {
  return spawnSync(process.execPath, [tool, ...args], { encoding: "utf8" });
}

describe("cli", function () {
  this.timeout(240_000);

  before(() => void execFileSync("make", [tool], { stdio: "ignore" }));

  it("lists its commands", () => {
    const { status, stdout } = pktsock("help");
    assert.equal(status, 0);
    assert.match(stdout, /^usage: pktsock COMMAND/);
    assert.match(stdout, /^ {2}cable +join QEMU/m);
    assert.equal(pktsock().status, 2);
    assert.match(pktsock("cable", "--help").stdout, /^usage: pktsock cable END END/);
  });

  for (const [args, message] of [
    [["fly"], /there is no command "fly"; choose from: build, cable/],
    [["toString"], /there is no command "toString"/],
    [["cable"], /name at least two ends/],
    [["cable", "--speed", "1"], /Unknown option '--speed'\.$/],
    [["cable", "udp:1:2", "udp:1:2"], /named twice/],
    [["cable", "udp:1", "host:1.2.3.4"], /must name two ports/],
    [["cable", "udp:1:99999", "host:1.2.3.4"], /"99999" in "udp:1:99999" is not a UDP port/],
    [["cable", "usb:1", "host:1.2.3.4"], /"usb:1" is not an end of a cable: start it with udp:, tap: or host:/],
    [["cable", "host:1.2.3", "udp:1:2"], /"1\.2\.3" is not an IPv4 address/],
    [["cable", "host:1.2.3.4,ttl=3", "udp:1:2"], /"ttl=3", but only these settings are known: mac/],
    [["cable", "host:1.2.3.4", "udp:1:2", "--loss", "2"], /--loss must be a number from 0 to 1, not "2"/],
  ] as [string[], RegExp][]) {
    it(`says what to do instead of: pktsock ${args.join(" ")}`, () => {
      const { status, stderr } = pktsock(...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr.trim(), message);
    });
  }

  it("joins, records and ends with Ctrl-C", async () => {
    const dir = mkdtempSync(join(tmpdir(), "pktsock-cli-"));
    let child: ChildProcess | undefined;
    try {
      const path = join(dir, "cable.pcapng");
      const port = await freePort();
      const udp = await UdpCable.open(port);
      const host = new Host({ mac: "02:00:00:00:00:01", ip: "192.0.2.1" });
      udp.onFrame = (frame) => host.send(frame);
      host.onFrame = (frame) => udp.send(frame);
      const ends = [`udp:${port}:${udp.localPort}`, "host:192.0.2.2"];
      child = spawn(process.execPath, [tool, "cable", ...ends, "--record", path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout!.setEncoding("utf8").on("data", (text: string) => void (output += text));
      await once(child.stdout!, "data");
      const { received, wrong } = await ping(host, "192.0.2.2", { count: 10 });
      assert.deepEqual([received, wrong], [10, 0]);
      child.kill("SIGINT");
      assert.deepEqual(await once(child, "close"), [0, null]);
      assert.match(
        output,
        /^joined: udp:.*\nudp:.*: 11 frames from it, 11 to it\nhost:192\.0\.2\.2: 11 frames from it, 11 to it\n$/,
      );
      const { frames } = readPcapng(readFileSync(path));
      assert.deepEqual(
        frames.map(({ direction }) => direction),
        Array.from({ length: 22 }, (_, i) => (i % 2 === 0 ? "out" : "in")),
      );
      await udp.close();
    } finally {
      child?.kill("SIGKILL");
      rmSync(dir, { recursive: true });
    }
  });

  it("says why an end cannot open, and leaves nothing behind", async () => {
    const udp = await UdpCable.open(1);
    const { status, stderr } = pktsock("cable", "host:1.2.3.4", `udp:${udp.localPort}:1`);
    await udp.close();
    assert.equal(status, 1);
    assert.match(stderr, /^pktsock cable: .*EADDRINUSE/);
    const unwritable = pktsock("cable", "host:1.2.3.4", "host:1.2.3.5", "--record", "/no/such/folder/x.pcapng");
    assert.equal(unwritable.status, 1);
    assert.match(unwritable.stderr, /^pktsock cable: ENOENT/);
  });
});
