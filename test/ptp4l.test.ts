// Debian's ptp4l (linuxptp) with the stamps of software: as master and as slave under `pktsock run`, and with the kernel's packet
// sockets at the other end. Each ptp4l has a stand-in for its clock (test/ptp/clock.c): the machine's is never set.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findProgram } from "../host/demo/tools.js";
import { freePort } from "../host/net/udp.js";
import { Lab, type LabProcess } from "./support/lab.js";

const CLOCK = resolve("build/conformance/ptp-clock.so");
/** The slave's clock at first: ahead by 1.5 s, and 40 ppm too fast. */
const WRONG = { CLOCK_OFFSET: "1500000000", CLOCK_DRIFT: "40000" };
/** Measurements that must come in state s2, one behind another. */
const LOCKED = 20;
/** A busy machine delays messages, so this is far above what the clocks differ by in the end, and far below 1.5 s. */
const MAX_OFFSET_NS = 100_000_000;

/** No time-out of a busy machine ends a session, and its delays are not taken for the clock's rate. */
const CONFIGURATION = {
  network_transport: "L2",
  time_stamping: "software",
  logAnnounceInterval: -2,
  logSyncInterval: -3,
  logMinDelayReqInterval: -3,
  logMinPdelayReqInterval: -3,
  neighborPropDelayThresh: 1_000_000_000,
  summary_interval: -3,
  tx_timestamp_timeout: 10_000,
  sanity_freq_limit: 0,
  max_frequency: 200_000,
  pi_proportional_const: 0.1,
  pi_integral_const: 0.02,
};
const MASTER = { priority1: 1, announceReceiptTimeout: 2 };
const SLAVE = { slaveOnly: 1, announceReceiptTimeout: 40 };

interface Measurement {
  readonly offset: number;
  readonly state: string;
}

function measurements(output: string): Measurement[] {
  return [...output.matchAll(/master offset +(-?\d+) (s\d)/g)].map(([, offset, state]) => ({
    offset: Number(offset),
    state: state!,
  }));
}

/** Waits until the servo has locked, and for what follows: it must stay locked, near the master's time. */
async function locks(slave: LabProcess): Promise<void> {
  await slave.writes(new RegExp(`^(?:(?:(?! s2 )[^])* s2 ){${LOCKED}}`));
  const all = measurements(slave.output);
  const first = all.findIndex(({ state }) => state === "s2");
  assert.equal(all[0]!.state, "s0", slave.output);
  assert.ok(Math.abs(all[0]!.offset - Number(WRONG.CLOCK_OFFSET)) < MAX_OFFSET_NS, slave.output);
  const locked = all.slice(first);
  assert.ok(
    locked.every(({ state }) => state === "s2"),
    slave.output,
  );
  const sizes = locked.map(({ offset }) => Math.abs(offset)).sort((a, b) => a - b);
  assert.ok(sizes[sizes.length >> 1]! < MAX_OFFSET_NS, slave.output);
}

describe("ptp4l", function () {
  this.timeout(240_000);
  let lab: Lab;
  let folder: string;

  before(function () {
    this.timeout(300_000);
    const obstacle = findProgram("ptp4l") === undefined ? "ptp4l is not installed" : Lab.obstacle();
    if (obstacle !== undefined) {
      console.log(`      skipped: ${obstacle}`);
      this.skip();
    }
    execFileSync("make", ["-s", "preload", "build/pktsock.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
    execFileSync("mkdir", ["-p", "build/conformance"]);
    const flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"];
    execFileSync("cc", [...flags, "test/ptp/clock.c", "-o", CLOCK], { stdio: ["ignore", "inherit", "inherit"] });
    folder = mkdtempSync(join(tmpdir(), "pktsock-ptp4l-"));
    lab = new Lab();
  });
  after(async () => {
    await lab?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });
  afterEach(() => lab.cableIsFree());

  /** The command of a ptp4l with a clock of its own. */
  function ptp4l(name: string, ifname: string, settings: object, clock: object = {}): string[] {
    const all = { ...CONFIGURATION, uds_address: join(folder, name), ...settings };
    const lines = Object.entries(all).map(([key, value]) => `${key} ${value}`);
    const path = join(folder, `${name}.conf`);
    writeFileSync(path, `[global]\n${lines.join("\n")}\n`);
    const environment = Object.entries(clock).map(([key, value]) => `${key}=${value}`);
    // The stand-in comes before what `pktsock run` preloads, whose stamps it converts.
    const script = `LD_PRELOAD="${CLOCK} $LD_PRELOAD" exec ptp4l -m -q -i ${ifname} -f ${path}`;
    return ["env", ...environment, "sh", "-c", script];
  }

  function run(cable: readonly string[], hwaddr: string, command: readonly string[]): LabProcess {
    const options = ["run", "--private", ...cable, "--hwaddr", hwaddr, "--", ...command];
    return lab.start(process.execPath, "build/pktsock.mjs", ...options);
  }

  it("locks under `pktsock run` to a master under `pktsock run`", async () => {
    const [a, b] = [await freePort(), await freePort()];
    const master = run(["--udp", `${a}:${b}`], "02:00:00:00:00:01", ptp4l("master", "eth0", MASTER));
    const slave = run(["--udp", `${b}:${a}`], "02:00:00:00:00:02", ptp4l("slave", "eth0", SLAVE, WRONG));
    await locks(slave);
    await slave.stop();
    await master.stop();
  });

  it("locks under `pktsock run` to a master on the kernel's packet sockets", async () => {
    const slave = run(["--tap", "tap0"], "02:00:00:00:00:02", ptp4l("slave", "eth0", SLAVE, WRONG));
    await slave.writes(/LISTENING/);
    const master = lab.start(...ptp4l("master", "tap0", MASTER));
    await locks(slave);
    await slave.stop();
    await master.stop();
  });

  it("locks on the kernel's packet sockets to a master under `pktsock run`, by peer delays", async () => {
    const p2p = { delay_mechanism: "P2P" };
    const master = run(["--tap", "tap0"], "02:00:00:00:00:01", ptp4l("master", "eth0", { ...MASTER, ...p2p }));
    await master.writes(/LISTENING/);
    const slave = lab.start(...ptp4l("slave", "tap0", { ...SLAVE, ...p2p }, WRONG));
    await locks(slave);
    await slave.stop();
    await master.stop();
  });
});
