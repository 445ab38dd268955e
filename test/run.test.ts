import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../host/demo/tools.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { Lab, LabProcess } from "./support/lab.js";
import { compileForLinux } from "./support/preloaded.js";

const DESCRIPTORS = "build/conformance/descriptors";
const PENDING = `${DESCRIPTORS}-pending`;
const MESSAGES = `${DESCRIPTORS}-messages`;
const PRIVATE = ["--private", "--address", "192.0.2.2/24"];

function pktsock(...args: string[]) {
  return spawnSync(process.execPath, ["build/pktsock.mjs", "run", ...args], { encoding: "utf8", timeout: 120_000 });
}

/** Other capacities: each set has a server of its own. */
const SHORT_QUEUE = ["--config", "NET_PKT_QUEUE_FRAMES=5"];
const SMALL_POOL = Object.entries({ FRAMES: 4, TX_FRAMES: 1, RX_RESERVE: 1, STACK_RESERVE: 0 }).flatMap(
  ([name, number]) => ["--config", `NET_PKT_${name}=${number}`],
);

/** A cable that ends nowhere. */
async function nowhere(): Promise<string[]> {
  return ["--udp", `${await freePort()}:${await freePort()}`];
}

/** Bytes of memory that wait in the receive buffer of a UDP port of 127.0.0.1. */
function unread(port: number): number {
  const digits = port.toString(16).toUpperCase().padStart(4, "0");
  const found = new RegExp(`: 0100007F:${digits} \\S+ \\w+ \\w+:(\\w+) `).exec(readFileSync("/proc/net/udp", "utf8"));
  return parseInt(found?.[1] ?? "0", 16);
}

describe("pktsock run", function () {
  this.timeout(240_000);

  before(async function () {
    this.timeout(300_000);
    execFileSync("make", ["-s", "preload", "build/pktsock.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
    compileForLinux(["test/support/descriptors.c"], DESCRIPTORS);
    for (const config of [SHORT_QUEUE, SMALL_POOL]) {
      const command = ["build/pktsock.mjs", "run", ...(await nowhere()), ...config, "--", "true"];
      execFileSync(process.execPath, command, { stdio: ["ignore", "ignore", "inherit"] });
    }
  });

  describe("bad input", () => {
    for (const [args, status, message] of [
      [[], 2, /name the program to run after --/],
      [["--tap", "t", "--"], 2, /name the program to run after --/],
      [["--", "true"], 2, /choose a cable: --tap NAME or --udp LOCAL:REMOTE/],
      [
        ["--udp", "1:2", "--udp", "3:4", "--name", "eth0", "--", "true"],
        2,
        /--name: two interfaces cannot both have eth0/,
      ],
      [["--tap", "t", "--tap", "t", "--", "true"], 2, /--tap: two interfaces cannot both have t/],
      [
        Array.from({ length: 5 }, () => ["--udp", "1:2"])
          .flat()
          .concat("--", "true"),
        2,
        /at most 4 interfaces/,
      ],
      [["--udp", "9000", "--", "true"], 2, /--udp must be two UDP ports like 9000:9001, not "9000"/],
      [["--tap", "a/b", "--", "true"], 2, /--tap: "a\/b" cannot be the name of an interface/],
      [["--udp", "1:2", "--name", "a name", "--", "true"], 2, /--name: "a name" cannot be the name/],
      [["--udp", "1:2", "--peer", "192.0.2.1/24", "--", "true"], 2, /--peer is for the interface that --tap names/],
      [["--udp", "1:2", "--address", "192.0.2.1", "--", "true"], 2, /--address must be an address like/],
      [["--udp", "1:2", "--address", "192.0.2.1/33", "--", "true"], 2, /--address must be an address like/],
      [["--udp", "1:2", "--hwaddr", "1:2", "--", "true"], 2, /--hwaddr: "1:2" is not a MAC address/],
      [["--udp", "1:2", "--hwaddr", "01:00:5e:00:00:01", "--", "true"], 2, /--hwaddr: .* is a multicast address/],
      [["--udp", "1:2", "--config", "NET_PKT_FRAMS=9", "--", "true"], 2, /--config must be an option and a number/],
      [
        ["--udp", "1:2", "--config", "NET_PKT_FRAMES=99", "--", "true"],
        2,
        /NET_PKT_FRAMES must be a number from 3 to 40/,
      ],
      [["--udp", "1:2", "--", "no-such-program"], 1, /there is not a program no-such-program/],
      [["--udp", "1:2", "--", "./build"], 1, /\.\/build is not a program/],
      [["--udp", "1:70000", "--", "true"], 2, /--udp must be two UDP ports/],
    ] as [string[], number, RegExp][]) {
      it(`says what to do instead of: pktsock run ${args.join(" ")}`, () => {
        const result = pktsock(...args);
        assert.equal(result.status, status, result.stderr);
        assert.match(result.stderr, message);
      });
    }

    it("refuses a program that no library can be preloaded into", () => {
      const source = `${DESCRIPTORS}-static.c`;
      writeFileSync(source, "int main(void) { return 0; }\n");
      execFileSync("cc", ["-static", source, "-o", `${DESCRIPTORS}-static`]);
      assert.match(pktsock("--udp", "1:2", "--", `${DESCRIPTORS}-static`).stderr, /is statically linked/);
    });

    it("leaves --help behind -- to the program", async () => {
      assert.match(pktsock(...(await nowhere()), "--", "env", "--help").stdout, /^Usage: env/);
    });
  });

  it("passes on what the program writes, its status and its signal", async () => {
    const cable = await nowhere();
    const { stdout, status } = pktsock(
      ...cable,
      "--name",
      "board",
      "--",
      "sh",
      "-c",
      "echo $PKTSOCK_INTERFACES; exit 42",
    );
    assert.deepEqual([stdout, status], ["board=1001\n", 42]);
    assert.equal(pktsock(...cable, "--", "sh", "-c", "kill -SEGV $$").status, 128 + 11);
  });

  it("says once which option the component does not have", async () => {
    const source = `${DESCRIPTORS}-option.c`;
    const lines = [
      "#include <sys/socket.h>",
      "int main(void) {",
      "  int one = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);",
      "  return setsockopt(fd, SOL_SOCKET, SO_MARK, &one, sizeof(one)) == 0 ||",
      "         setsockopt(fd, SOL_SOCKET, SO_MARK, &one, sizeof(one)) == 0;",
      "}",
    ];
    writeFileSync(source, `${lines.join("\n")}\n`);
    compileForLinux([source], `${DESCRIPTORS}-option`);
    const { stderr, status } = pktsock(...(await nowhere()), "--", `${DESCRIPTORS}-option`);
    const said = "pktsock run: setsockopt(SOL_SOCKET, SO_MARK): ENOPROTOOPT, the component has no such option\n";
    assert.deepEqual([stderr, status], [said, 0]);
  });

  for (const [name, lines] of [
    ["ring", ["recv EAGAIN", "waiting recv EAGAIN", "interrupted recv EINTR"]],
    ["signal", ["poll EINTR"]],
    ["recv", ["recv ENETDOWN", "recv ENETDOWN", "close 0"]],
    ["poll", ["poll 1 POLLERR", "poll 1 POLLERR", "close 0"]],
    ["send", ["send ENETDOWN", "send ENETDOWN", "close 0"]],
    ["under a first send", ["send ENETDOWN"]],
    ["under a later send", ["send 0", "send ENETDOWN"]],
    ["under setsockopt", ["setsockopt ENETDOWN"]],
    ["under socket", ["socket ENETDOWN"]],
    ["under close", ["close 0"]],
  ] as const) {
    it(`never hangs: ${name}`, async () => {
      const program = "build/conformance/no-answer";
      compileForLinux(["test/support/no_answer.c"], program);
      const { stdout, stderr, status } = pktsock(...(await nowhere()), "--", program, name);
      assert.deepEqual([stdout.trim().split("\n"), status], [[...lines], 0], stderr);
      assert.equal(
        stderr.match(/the server has ended/g)?.length ?? 0,
        name === "ring" || name === "signal" ? 0 : 1,
        stderr,
      );
    });
  }

  it("says at the end how many frames were dropped, and takes other capacities", async () => {
    const source = `${DESCRIPTORS}-sleeper.c`;
    const lines = [
      "#include <arpa/inet.h>",
      "#include <linux/if_packet.h>",
      "#include <stdio.h>",
      "#include <sys/socket.h>",
      "#include <unistd.h>",
      "int main(void) {",
      "  int fd = socket(AF_PACKET, SOCK_RAW, htons(3));",
      '  puts("open"), fflush(stdout);',
      "  struct tpacket_stats stats;",
      "  for (unsigned seen = 0; seen < 12; seen += stats.tp_packets, usleep(10000)) {",
      "    socklen_t len = sizeof(stats);",
      "    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)",
      "      return 1;",
      "  }",
      "}",
    ];
    writeFileSync(source, `${lines.join("\n")}\n`);
    compileForLinux([source], `${DESCRIPTORS}-sleeper`);
    const cable = await UdpCable.open(await freePort());
    const options = ["--udp", `${cable.remotePort}:${cable.localPort}`, ...SHORT_QUEUE];
    const command = ["build/pktsock.mjs", "run", ...options, "--", `${DESCRIPTORS}-sleeper`];
    const program = new LabProcess([process.execPath, ...command]);
    try {
      await program.writes(/open/);
      for (let i = 0; i < 12; i++) cable.send(Buffer.from("ffffffffffff02000000000288b5".padEnd(120, "0"), "hex"));
      const { output } = await program.ended;
      assert.match(output, /pktsock run: 7 frames dropped: a socket's queue was full/);
    } finally {
      await program.stop();
      await cable.close();
    }
  });

  it("accounts for each frame of a flood: 13,790 frames at 5,000 a second", async () => {
    compileForLinux(["test/support/count.c"], `${DESCRIPTORS}-count`);
    const cable = await UdpCable.open(await freePort());
    const options = ["run", "--udp", `${cable.remotePort}:${cable.localPort}`, "--", `${DESCRIPTORS}-count`];
    const program = new LabProcess([process.execPath, "build/pktsock.mjs", ...options]);
    const frames = 13_790;
    try {
      await program.writes(/open/);
      for (let sent = 0, began = performance.now(); sent < frames;) {
        const due = Math.min(frames, sent + 50, Math.floor((performance.now() - began) * 5));
        for (; sent < due; sent++) cable.send(Buffer.from("ffffffffffff02000000000288b5".padEnd(120, "0"), "hex"));
        // What the machine has no time for waits here: the kernel would drop it and tell nobody.
        do await new Promise((resolve) => setTimeout(resolve, 1));
        while (unread(cable.remotePort) > 100_000);
      }
      await cable.flush();
      const { output } = await program.stop();
      const received = Number(/received (\d+)/.exec(output)?.[1]);
      const dropped = [...output.matchAll(/(\d+) frames dropped/g)].map(([, number]) => Number(number));
      assert.equal(
        dropped.reduce((sum, number) => sum + number, received),
        frames,
        output,
      );
    } finally {
      await program.stop();
      await cable.close();
    }
  });

  it("shows a pending error at once, before the frames, with any number of sockets", async () => {
    compileForLinux(["test/support/pending.c"], PENDING);
    const { stdout, stderr, status } = pktsock(...(await nowhere()), "--", PENDING, "200");
    assert.deepEqual([stdout, status], ["200 times\n", 0], stderr);
  });

  it("wakes who waits for messages of the error queue", async () => {
    compileForLinux(["test/support/messages.c"], MESSAGES);
    const { stdout, status } = pktsock(...(await nowhere()), "--", MESSAGES);
    assert.equal(status, 0, stdout);
    assert.equal(stdout.match(/^ok/gm)?.length, 40, stdout);
  });

  it("loses no frame when one is reclaimed that the program already has", async () => {
    compileForLinux(["test/support/reclaim.c"], `${DESCRIPTORS}-reclaim`);
    const cable = await UdpCable.open(await freePort());
    const options = ["--udp", `${cable.remotePort}:${cable.localPort}`, ...SMALL_POOL];
    const command = ["build/pktsock.mjs", "run", ...options, "--", `${DESCRIPTORS}-reclaim`];
    const program = new LabProcess([process.execPath, ...command]);
    const send = (...frames: string[]) => {
      for (const frame of frames) cable.send(Buffer.from(`ffffffffffff020000000002${frame}`.padEnd(120, "0"), "hex"));
    };
    try {
      await program.writes(/open/);
      send("88b501");
      await program.writes(/one/);
      send("88b601", "88b701");
      await program.writes(/again/);
      send("88b502", "88b602");
      const { output } = await program.ended;
      assert.match(output, /received 1, 2$/m);
      assert.doesNotMatch(output, /dropped/);
    } finally {
      await program.stop();
      await cable.close();
    }
  });

  it("lets libpcap set a filter 200 times in a flood", async function () {
    compileForLinux(["test/support/filters.c"], `${DESCRIPTORS}-filters`);
    const cable = await UdpCable.open(await freePort());
    const command = [process.execPath, "build/pktsock.mjs", "run", "--udp", `${cable.remotePort}:${cable.localPort}`];
    const program = new LabProcess([...command, "--", `${DESCRIPTORS}-filters`]);
    // Of both kinds that the program asks for: pcap_next() waits for one, with Linux's rings of this version, too.
    const [frame, arp] = ["88b5", "0806"].map((type) =>
      Buffer.from(`ffffffffffff020000000002${type}`.padEnd(120, "0"), "hex"),
    ) as [Buffer, Buffer];
    let flood: NodeJS.Timeout | undefined;
    try {
      await program.writes(/open|no libpcap/);
      flood = setInterval(() => {
        for (let i = 0; i < 10; i++) cable.send(i % 2 === 0 ? frame : arp);
      }, 1);
      await program.ended;
    } finally {
      clearInterval(flood);
      await program.stop();
      await cable.close();
    }
    const { output, status } = await program.ended;
    if (output.includes("no libpcap")) this.skip();
    assert.match(output, /set 200, received$/m);
    assert.equal(status, 0);
  });

  it("is not brought down by a program that speaks to the server itself", async () => {
    const program = "build/conformance/hostile";
    compileForLinux(["test/support/hostile.c"], program);
    const { stdout, status } = pktsock(...(await nowhere()), "--", program);
    assert.equal(status, 0, stdout);
    assert.equal(stdout.match(/^ok/gm)?.length, 8, stdout);
  });

  it("gives packet sockets all that descriptors can do", async () => {
    const { stdout, status } = pktsock(...(await nowhere()), "--", DESCRIPTORS);
    assert.equal(status, 0, stdout);
    assert.equal(stdout.match(/^ok/gm)?.length, 28);
  });

  describe("with the Linux kernel at the other end", () => {
    let lab: Lab;
    let folder: string;

    before(function () {
      const obstacle = Lab.obstacle();
      if (obstacle !== undefined) {
        console.log(`      skipped: ${obstacle}`);
        this.skip();
      }
      folder = mkdtempSync(join(tmpdir(), "pktsock-run-"));
      chmodSync(folder, 0o755); // for daemons that are no longer root
      lab = new Lab();
    });
    after(async () => {
      await lab?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });
    afterEach(() => lab.cableIsFree());

    /** One test; skipped aloud where the program is not installed. */
    function program(name: string, what: string, test: () => Promise<void>): void {
      it(`${name} ${what}`, async function () {
        if (findProgram(name) !== undefined) return test();
        this.test!.title += " (skip: not installed)";
        this.skip();
      });
    }

    /** Runs `test` beside a DHCP server for 192.0.2.100. */
    async function besideServer(test: () => Promise<void>): Promise<void> {
      const path = join(folder, "udhcpd.conf");
      const lines = [
        "start 192.0.2.100",
        "end 192.0.2.100",
        "interface tap0",
        `lease_file ${folder}/leases`,
        `pidfile ${folder}/pid`,
      ];
      writeFileSync(path, `${lines.join("\n")}\n`);
      writeFileSync(`${folder}/leases`, "");
      const server = lab.start("busybox", "udhcpd", "-f", path);
      await server.writes(/started/);
      try {
        await test();
      } finally {
        await server.stop();
      }
    }

    it("is what the checks of descriptors are true for", () => {
      const { stdout, status } = lab.runOnVeth(DESCRIPTORS);
      assert.equal(status, 0, stdout);
    });

    it("is what the check of pending errors is true for", () => {
      const { stdout } = lab.runOnVeth(PENDING, "16");
      assert.equal(stdout, "16 times\n");
    });

    it("is what the checks of error queues are true for", () => {
      const { stdout, status } = lab.runOnVeth(MESSAGES);
      assert.equal(status, 0, stdout);
    });

    program("arping", "is answered", async () => {
      const { status, output } = await lab.run(PRIVATE, "arping", "-c", "3", "-I", "eth0", "192.0.2.1");
      assert.match(output, /Received 3 response/);
      assert.equal(status, 0);
    });

    program("busybox", "udhcpc gets a lease", () =>
      besideServer(async () => {
        const client = ["busybox", "udhcpc", "-f", "-q", "-n", "-i", "eth0", "-s", "/bin/true"];
        const { status, output } = await lab.run([], ...client);
        assert.match(output, /lease of 192\.0\.2\.100 obtained from 192\.0\.2\.1/);
        assert.equal(status, 0);
      }),
    );

    program("dhclient", "gets a lease", () =>
      besideServer(async () => {
        const files = ["-lf", `${folder}/dhclient.leases`, "-pf", `${folder}/dhclient.pid`, "-sf", "/bin/true"];
        const client = lab.startPreloaded(PRIVATE, "dhclient", "-4", "-1", "-d", "-v", ...files, "eth0");
        await client.writes(/bound to 192\.0\.2\.100/);
        await client.stop();
      }),
    );

    program("tcpdump", "sees both directions", async () => {
      const filter = "icmp or (arp and dst host 192.0.2.1)";
      const capture = lab.startPreloaded(PRIVATE, "tcpdump", "-l", "-n", "-e", "-i", "eth0", "-c", "2", filter);
      await capture.writes(/listening on eth0/);
      const board = "02:00:00:00:00:01";
      lab.pingBoard(2);
      const { output } = await capture.ended;
      assert.match(
        output,
        new RegExp(`> ${board}, ethertype IPv4 .* length 98: 192.0.2.1 > 192.0.2.2: ICMP echo request`),
      );
      assert.match(output, /2 packets captured/);
    });

    program("arp-scan", "finds the kernel", async () => {
      const { output } = await lab.run(PRIVATE, "arp-scan", "-I", "eth0", "-N", "-r", "3", "192.0.2.0/30");
      assert.match(output, /^192\.0\.2\.1\s+(?:[0-9a-f]{2}:){5}/m);
    });

    program("lldpd", "announces itself from its privilege-separated process", async () => {
      const heard = lab.start("tcpdump", "-l", "-n", "-c", "1", "-i", "tap0", "ether", "proto", "0x88cc");
      await heard.writes(/listening on tap0/);
      const daemon = lab.startPreloaded(PRIVATE, "lldpd", "-d", "-I", "eth0", "-u", `${folder}/lldpd.socket`);
      assert.match((await heard.ended).output, /LLDP/);
      await daemon.stop();
    });

    it("ends the program when it is told to end", async () => {
      const client = lab.startPreloaded(PRIVATE, "busybox", "udhcpc", "-f", "-i", "eth0", "-s", "/bin/true");
      await client.writes(/broadcasting discover/);
      assert.equal((await client.stop("SIGTERM")).status, 0); // udhcpc's own status then
    });

    it("leaves nothing behind when it is killed", async () => {
      const client = lab.startPreloaded([], "sh", "-c", "echo started; exec sleep 60");
      await client.writes(/started/);
      await client.stop("SIGKILL");
    });

    it("says that the cable was taken away, and does not spin", async () => {
      const name = `b${process.pid}`; // no other process's
      const options = ["run", "--tap", "gone0", "--name", name, "--", "sh", "-c", "echo started; exec sleep 60"];
      const program = lab.start(process.execPath, "build/pktsock.mjs", ...options);
      await program.writes(/started/);
      execFileSync("ip", ["-n", lab.namespace, "link", "del", "gone0"]);
      await program.writes(/cable was taken away/);
      const [pid] = execFileSync("pgrep", ["-f", `server.elf pktsock-[0-9a-f-]* shared ${name}`], {
        encoding: "utf8",
      }).split("\n");
      const worked = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).map(Number);
      const [user = 0, system = 0] = worked();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const [userThen = 0, systemThen = 0] = worked();
      assert.ok(userThen + systemThen - user - system < 10, "of the 50 ticks of half a second");
      await program.stop();
    });

    it("says what stands in the way of the cable", async () => {
      const first = lab.startPreloaded([], "sh", "-c", "echo started; exec sleep 60");
      await first.writes(/started/);
      assert.match((await lab.run([], "true")).output, /does not start on tap:tap0; is that in use\?/);
      const beside = lab.start(process.execPath, "build/pktsock.mjs", "run", "--tap", "lo", "--", "true");
      assert.match((await beside.ended).output, /lo exists, but is not a TAP interface/);
      assert.match((await lab.run(["--name", "tap0"], "true")).output, /cannot both be named tap0/);
      await first.stop();
    });
  });
});
