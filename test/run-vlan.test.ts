// Filters for tags: tcpdump under `pktsock run` must capture what it captures on Linux, where the tag is not in the frame.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { findProgram } from "../host/demo/tools.js";
import { Lab, type LabProcess } from "./support/lab.js";
import { compileForLinux } from "./support/preloaded.js";

const INJECT = "build/conformance/inject";
const IP = `0800 45000014 00010000 40fd0000 c0000201 c0000202`;
const ARP = `0806 00010800 06040001 020000000009 c0000201 000000000000 c0000202`;
const TAGGED = [
  ...[IP, ARP],
  ...["8100 0005", "8100 0006", "8100 0000", "8100 e000", "88a8 0005", "88a8 0000"].flatMap((tag) => [
    `${tag} ${IP}`,
    `${tag} ${ARP}`,
  ]),
  ...[
    "88a8 0007 8100 0005",
    "88a8 0005 8100 0007",
    "8100 0005 8100 0006",
    "8100 0006 8100 0005",
    "8100 0000 8100 0005",
  ].map((tags) => `${tags} ${IP}`),
];

function frame(source: number, payload: string): string {
  const mac = `02000000${source.toString(16).padStart(4, "0")}`;
  return `020000000001${mac}${payload.replaceAll(" ", "")}`.padEnd(128, "0");
}

/** Each frame has another source; the last one passes every filter, and shows that all others were seen. */
const END = "02:00:00:00:ff:ff";
const FRAMES = [...TAGGED.map((payload, i) => frame(i + 1, payload)), frame(0xffff, IP)];

describe("pktsock run: filters for tags", function () {
  this.timeout(240_000);
  let lab: Lab;

  before(function () {
    this.timeout(300_000);
    const obstacle = Lab.obstacle() ?? (findProgram("tcpdump") === undefined ? "tcpdump is not installed" : undefined);
    if (obstacle !== undefined) {
      console.log(`      skipped: ${obstacle}`);
      this.skip();
    }
    execFileSync("make", ["-s", "preload", "build/pktsock.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
    compileForLinux(["test/support/inject.c"], INJECT);
    lab = new Lab();
    const link = (...args: string[]) => execFileSync("ip", ["-n", lab.namespace, "link", ...args]);
    link("add", "near", "up", "type", "veth", "peer", "far");
    link("set", "far", "up");
  });
  after(() => lab?.close());

  /** What tcpdump prints about the frames that are sent on `cable`, without the times. */
  async function captured(tcpdump: LabProcess, cable: string): Promise<string[]> {
    await tcpdump.writes(/listening on/);
    const { status, stderr } = lab.execute(INJECT, cable, ...FRAMES);
    assert.equal(status, 0, stderr);
    await tcpdump.writes(new RegExp(END));
    await tcpdump.stop();
    const lines = tcpdump.output.split("\n").filter((line) => / > 02:00:00:00:00:01/.test(line));
    return lines.map((line) => line.replace(/^\S+ /, ""));
  }

  for (const [filter, least] of [
    ["vlan", 12],
    ["vlan 5", 4],
    ["vlan 5 and ip", 3],
    ["vlan and vlan", 3],
    ["vlan 5 and vlan 6", 1],
    ["not vlan", 3],
  ] as const) {
    it(filter, async () => {
      const tcpdump = ["tcpdump", "-l", "-n", "-e", "-i"];
      const all = `(${filter}) or ether src ${END}`;
      const onLinux = await captured(lab.start(...tcpdump, "near", all), "far");
      const ours = await captured(lab.startPreloaded(["--private"], ...tcpdump, "eth0", all), "tap0");
      await lab.cableIsFree();
      assert.deepEqual(ours, onLinux);
      assert.ok(onLinux.length >= least && onLinux.length < FRAMES.length, onLinux.join("\n"));
    });
  }
});
