import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { Cable } from "../host/net/cable.js";
import { Host } from "../host/net/host.js";
import { ping } from "../host/net/probe.js";
import { Tap, tapObstacle } from "../host/net/tap.js";

const run = promisify(execFile);

describe("tap: the Linux kernel at the other end of the cable", function () {
  this.timeout(240_000);
  const netns = `pktsock-tap-${process.pid}`;
  const name = `pkt${process.pid}`;
  let cable: Cable;
  let host: Host;

  before(async function () {
    const obstacle = tapObstacle();
    if (obstacle !== undefined) {
      console.log(`      skipped: ${obstacle}`);
      this.skip();
    }
    execFileSync("ip", ["netns", "add", netns]);
    cable = new Cable();
    cable.attach("linux", await Tap.open({ name, netns, address: "192.0.2.1/24" }));
    host = cable.attach("host", new Host({ mac: "02:00:00:00:00:02", ip: "192.0.2.2" }));
  });

  after(async () => {
    await cable?.close();
    if (existsSync(`/run/netns/${netns}`)) execFileSync("ip", ["netns", "delete", netns]);
  });

  it("pings a host in TypeScript", async () => {
    const { stdout } = await run("ip", [
      "netns",
      "exec",
      netns,
      "ping",
      "-c",
      "5",
      "-i",
      "0.02",
      "-s",
      "1472",
      "192.0.2.2",
    ]);
    assert.match(stdout, /5 packets transmitted, 5 received, 0% packet loss/);
  });

  it("answers it", async () => {
    const echo = await ping(host, "192.0.2.1", { count: 20, size: 1000 });
    assert.deepEqual([echo.received, echo.wrong], [20, 0]);
  });

  it("refuses names that are taken or impossible", async () => {
    await assert.rejects(Tap.open({ name: "lo" }), /the interface lo exists already/);
    await assert.rejects(Tap.open({ name: "a,b" }), /cannot be the name/);
    await assert.rejects(Tap.open({ name: `${name}x`, netns: "no-such-netns" }), /netns/);
    assert.equal(existsSync(`/sys/class/net/${name}x`), false);
  });

  it("leaves no interface behind", async () => {
    await cable.close();
    const { stdout } = await run("ip", ["-n", netns, "link"]);
    assert.doesNotMatch(stdout, new RegExp(name));
  });
});
