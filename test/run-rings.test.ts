// Packet rings under `pktsock run`: the same checks as on the Linux kernel, and programs that live on them.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../host/demo/tools.js";
import { freePort } from "../host/net/udp.js";
import { Lab } from "./support/lab.js";
import { compileForLinux } from "./support/preloaded.js";

const RINGS = "build/conformance/rings";
const STAMPS = `${RINGS}-stamps`;
const CHECKS = 95;
const STAMPS_CHECKS = 36;

describe("pktsock run: packet rings", function () {
  this.timeout(240_000);

  before(function () {
    this.timeout(300_000);
    execFileSync("make", ["-s", "preload", "build/pktsock.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
    compileForLinux(["test/support/rings.c"], RINGS);
    compileForLinux(["test/support/ring_stamps.c"], STAMPS);
  });

  it("are as Linux has them, in all versions, in both directions", async () => {
    const cable = `${await freePort()}:${await freePort()}`;
    const command = ["build/pktsock.mjs", "run", "--udp", cable, "--", RINGS];
    const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 120_000 });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok/gm)?.length, CHECKS, stdout);
    assert.match(stderr, /6 frames dropped: a packet ring was full/);
  });

  it("have stamps as Linux has them", async () => {
    const cable = `${await freePort()}:${await freePort()}`;
    const command = ["build/pktsock.mjs", "run", "--udp", cable, "--", STAMPS];
    const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 120_000 });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok/gm)?.length, STAMPS_CHECKS, stdout);
  });

  describe("with the Linux kernel at the other end", () => {
    const PRIVATE = ["--private", "--address", "192.0.2.2/24"];
    let lab: Lab;
    let folder: string;

    before(function () {
      const obstacle = Lab.obstacle();
      if (obstacle !== undefined) {
        console.log(`      skipped: ${obstacle}`);
        this.skip();
      }
      folder = mkdtempSync(join(tmpdir(), "pktsock-rings-"));
      lab = new Lab();
    });
    after(async () => {
      await lab?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });
    afterEach(() => lab.cableIsFree());

    it("are what the checks are true for", () => {
      const { stdout, status } = lab.runOnVeth(RINGS);
      assert.equal(status, 0, stdout);
      assert.equal(stdout.match(/^ok/gm)?.length, CHECKS, stdout);
    });

    it("are what the checks of stamps are true for", () => {
      const { stdout, status } = lab.runOnVeth(STAMPS);
      assert.equal(status, 0, stdout);
      assert.equal(stdout.match(/^ok/gm)?.length, STAMPS_CHECKS, stdout);
    });

    it("netsniff-ng captures with blocks", async function () {
      if (findProgram("netsniff-ng") === undefined) this.skip();
      const sniffer = lab.startPreloaded(PRIVATE, "netsniff-ng", "-i", "eth0", "--filter", "icmp");
      await sniffer.writes(/Running!/);
      lab.pingBoard(3);
      await sniffer.writes(/ICMP Type \(8\)(?:[^]*ICMP Type \(8\)){2}/);
      await sniffer.stop();
      assert.match(sniffer.output, /3 {2}packets passed filter/);
    });

    it("trafgen sends each of 300 frames", async function () {
      if (findProgram("trafgen") === undefined) this.skip();
      const packet = join(folder, "packet.cfg");
      writeFileSync(packet, "{ eth(da=02:00:00:00:00:fe, sa=02:00:00:00:00:01, proto=0x88b5), fill(0xaa, 46) }\n");
      const heard = lab.start("tcpdump", "-l", "-n", "-c", "300", "-i", "tap0", "ether", "proto", "0x88b5");
      await heard.writes(/listening on tap0/);
      const sender = ["trafgen", "--dev", "eth0", "--conf", packet, "--num", "300", "--cpus", "1"];
      const { output, status } = await lab.run(PRIVATE, ...sender);
      assert.equal(status, 0, output);
      assert.match(output, /300 packets outgoing/);
      assert.match((await heard.ended).output, /300 packets captured/);
    });
  });
});
