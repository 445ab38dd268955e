// `pktsock run` with several interfaces.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { findProgram } from "../host/demo/tools.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { Lab, LabProcess } from "./support/lab.js";
import { compileForLinux } from "./support/preloaded.js";

const BRIDGE = "build/conformance/bridge";
const RUN = [process.execPath, "build/pktsock.mjs", "run"];

describe("pktsock run: several interfaces", function () {
  this.timeout(240_000);

  before(function () {
    this.timeout(300_000);
    execFileSync("make", ["-s", "preload", "build/pktsock.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
    compileForLinux(["test/support/bridge.c"], BRIDGE);
  });

  it("each has its cable, its name and its address", async function () {
    if (findProgram("python3") === undefined) this.skip();
    const cables = await Promise.all([0, 1, 2, 3].map(async () => `${await freePort()}:${await freePort()}`));
    const ports = cables.flatMap((cable, i) => [
      "--udp",
      cable,
      "--name",
      `board${i}`,
      "--address",
      `192.0.2.${i + 1}/24`,
    ]);
    const list = [
      "import socket, fcntl, struct",
      "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
      "for index, name in socket.if_nameindex():",
      "  ask = lambda what: fcntl.ioctl(s, what, struct.pack('40s', name.encode()))",
      "  print(index, name, socket.inet_ntoa(ask(0x8915)[20:24]), ask(0x8927)[18:24].hex())",
    ].join("\n");
    const command = [
      "build/pktsock.mjs",
      "run",
      ...ports,
      "--hwaddr",
      "02:00:00:00:00:aa",
      "--",
      "python3",
      "-c",
      list,
    ];
    const { stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 100_000 });
    assert.deepEqual(
      stdout.trim().split("\n"),
      [
        "1001 board0 192.0.2.1 020000000001",
        "1002 board1 192.0.2.2 020000000002",
        "1003 board2 192.0.2.3 020000000003",
        "1004 board3 192.0.2.4 0200000000aa",
      ],
      stderr,
    );
  });

  it("a program forwards frames between two", async () => {
    const cables = [await UdpCable.open(await freePort()), await UdpCable.open(await freePort())] as const;
    const ports = cables.flatMap(({ localPort, remotePort }) => ["--udp", `${remotePort}:${localPort}`]);
    ports.push("--name", "board1");
    const program = new LabProcess([...RUN, ...ports, "--", BRIDGE, "eth0", "board1"]);
    const frame = (mark: string) => Buffer.from(`02000000000902000000000888b5${mark}`.padEnd(120, "0"), "hex");
    try {
      await program.writes(/board1 is 1002/);
      for (const [from, to, mark] of [
        [0, 1, "01"],
        [1, 0, "02"],
      ] as const) {
        cables[from].send(frame(mark));
        assert.deepEqual(await cables[to].receive(10_000), frame(mark));
      }
    } finally {
      await program.stop();
      for (const cable of cables) await cable.close();
    }
  });

  /** Runs a program between two kernels: 192.0.2.1 on eth0, 192.0.2.9 on eth1. */
  async function between(program: readonly string[], ready: RegExp, test: (lab: Lab) => Promise<void>): Promise<void> {
    const lab = new Lab();
    const other = `${lab.namespace}-2`;
    const inOther = (...args: string[]) => execFileSync("ip", ["-n", other, ...args]);
    execFileSync("ip", ["netns", "add", other]);
    try {
      const cables = ["--tap", "tap0", "--address", "192.0.2.3/24", "--tap", "tap1", "--address", "192.0.2.4/24"];
      const running = lab.start(...RUN, ...cables, "--private", "--", ...program);
      await running.writes(ready);
      execFileSync("ip", ["-n", lab.namespace, "link", "set", "tap1", "netns", other]);
      inOther("address", "add", "192.0.2.9/24", "dev", "tap1");
      inOther("link", "set", "tap1", "up");
      await test(lab);
      await running.stop();
    } finally {
      await lab.close();
      execFileSync("ip", ["netns", "delete", other]);
    }
  }

  describe("with a Linux kernel at each end", () => {
    before(function () {
      const obstacle = Lab.obstacle();
      if (obstacle === undefined) return;
      console.log(`      skipped: ${obstacle}`);
      this.skip();
    });

    it("they talk through a bridge", () =>
      between([BRIDGE, "eth0", "eth1"], /eth1 is 1002/, async (lab) => {
        const { stdout } = lab.execute("ping", "-c", "3", "-i", "0.2", "-w", "10", "192.0.2.9");
        assert.match(stdout, /3 received/);
      }));

    it("parprouted answers for the other one", async function () {
      if (findProgram("parprouted") === undefined) this.skip();
      await between(["parprouted", "-d", "eth0", "eth1"], /Starting/, async (lab) => {
        const { stdout } = lab.execute("arping", "-f", "-w", "20", "-I", "tap0", "192.0.2.9");
        assert.match(stdout, /reply from 192\.0\.2\.9 \[02:00:00:00:00:01\]/);
      });
    });
  });
});
