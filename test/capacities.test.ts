// The capacities as a firmware build sets them: invalid ones are refused, and others than the defaults work.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { contradictions, options } from "../host/build/options.js";
import { cases } from "./conformance/cases/index.js";
import { bound, fails, numbered, outgoing } from "./conformance/calls.js";
import { arrives, call, type Case, slow, SLOW_FRAME_MS, testCase, times } from "./conformance/steps.js";
import { conformanceSuite } from "./conformance/suite.js";
import { configured } from "./conformance/targets.js";

/** What the compiler says of pktsock/config.h with these options: the sentences of its errors. */
function complaints(settings: Readonly<Record<string, number>>): string[] {
  const defines = Object.entries(settings).map(([name, value]) => `-DCONFIG_${name}=${value}`);
  const args = ["-x", "c", "-fsyntax-only", ...defines, "-include", "build/gen/pktsock/config.h", "/dev/null"];
  const { stderr } = spawnSync("cc", args, { encoding: "utf8" });
  return [...stderr.matchAll(/error: #error "(.*)"/g)].map((match) => match[1]!);
}

/** What make says of CONFIG. */
function made(config: string): { status: number | null; stderr: string } {
  const args = ["-s", "firmware", "BOARD=linux", "APP=test/agent/agent.c", "OUT_SUFFIX=-refused", `CONFIG=${config}`];
  return spawnSync("make", args, { encoding: "utf8" });
}

/** Those of the messages that concern the range of an option. */
const ranges = (settings: Readonly<Record<string, number>>): string[] =>
  complaints(settings).filter((sentence) => sentence.includes("must be"));

describe("the capacities of a build", function () {
  this.timeout(240_000);

  for (const { name, min, max } of options) {
    it(`CONFIG_${name} is ${min} to ${max}, or it does not compile`, () => {
      const sentence = `CONFIG_${name} must be ${min} to ${max}`;
      for (const value of [min - 1, max + 1]) assert.deepEqual(ranges({ [name]: value }), [sentence]);
      for (const value of [min, max]) assert.deepEqual(ranges({ [name]: value }), []);
    });
  }

  for (const [index, settings] of [
    { NET_PKT_PREALLOC_CONNS: 0, NET_PKT_ALLOC_CONNS: 0 },
    { NET_PKT_MAX_CONNS: 8, NET_PKT_ALLOC_CONNS: 0 },
    { NET_PKT_MAX_CONNS: 3, NET_PKT_ALLOC_CONNS: 1 },
    { NET_PKT_FRAMES: 7, NET_PKT_TX_FRAMES: 4, NET_PKT_RX_RESERVE: 2, NET_PKT_STACK_RESERVE: 1 },
    { NET_PKT_FRAMES: 40, NET_PKT_FRAME_SIZE: 1640 },
    { NET_PKT_SWAP: 1, NET_PKT_RECOVER: 0 },
  ].entries()) {
    const { sentence } = contradictions[index]!;
    it(`does not compile: ${sentence}`, () => assert.deepEqual(complaints(settings), [sentence]));
  }

  it("are refused by make when they are misspelt, or no numbers", () => {
    for (const config of ["NET_PKT_FRAME=8", "CONFIG_NET_PKT_FRAMES=8", "NET_PKT_WRITE_BUFFERS=y", "NET_PKT_FRAMES="]) {
      const { status, stderr } = made(`NET_PKT_FRAMES=8 ${config}`);
      assert.notEqual(status, 0, config);
      assert.ok(stderr.includes(`"${config}": OPTION=NUMBER is wanted`), stderr);
    }
  });

  it("end the build with the sentence", () => {
    const { status, stderr } = made("NET_PKT_NPOLLWAITERS=17");
    assert.notEqual(status, 0);
    assert.match(stderr, /CONFIG_NET_PKT_NPOLLWAITERS must be 1 to 16/);
  });
});

const but = (...patterns: readonly RegExp[]): Case[] =>
  cases.filter(({ name }) => !patterns.some((pattern) => pattern.test(name)));
const only = (...patterns: readonly RegExp[]): Case[] =>
  cases.filter(({ name }) => patterns.some((pattern) => pattern.test(name)));

/** The next frame is sent while one is still in flight. */
const waits = { lasts: SLOW_FRAME_MS / 3 };
const unbuffered = testCase("without write buffers a send ends when the driver has taken the frame", "NuttX", [
  slow,
  ...bound("s"),
  call(`send $s {${numbered(0)}} 0`, { ret: 1514 }),
  call(`send $s {${numbered(1)}} 0`, { ret: 1514 }, waits),
  call(`sendto $s {${numbered(2)}} 0 {1100 0000 IF z12}`, { ret: 1514 }, waits),
  call(`sendmsg $s 0 - - {${numbered(3)}}`, { ret: 1514 }, waits),
  call(`write $s {${numbered(4)}}`, { ret: 1514 }, waits),
  call(`writev $s {${numbered(5)}}`, { ret: 1514 }, waits),
  call("sendlend $s 0 0", { ret: 0 }),
  call(`sendlent $s 0 {${outgoing()}}`, { ret: 60 }, waits),
  ...[0, 1, 2, 3, 4, 5].map((i) => arrives(numbered(i))),
  arrives(outgoing()),
]);

conformanceSuite(
  "BOARD=linux with connections allocated one by one, no write buffers, one poller a socket",
  configured(
    "-one-by-one",
    "NET_PKT_PREALLOC_CONNS=0 NET_PKT_ALLOC_CONNS=1 NET_PKT_MAX_CONNS=4 NET_PKT_WRITE_BUFFERS=0 NET_PKT_NPOLLWAITERS=1 " +
      "NET_PKT_HEAP_SIZE=8192",
    { SOCKETS: "4", POLLERS: "1" },
  ),
  [...but(/^line: more than the interface takes$/, /^poll: two tasks wait/), unbuffered],
);

conformanceSuite(
  "BOARD=linux with connections allocated in batches, more of them and more pollers",
  configured(
    "-batches",
    "NET_PKT_PREALLOC_CONNS=1 NET_PKT_ALLOC_CONNS=3 NET_PKT_MAX_CONNS=9 NET_PKT_NPOLLWAITERS=3 NET_PKT_HEAP_SIZE=8192",
    { SOCKETS: "9", POLLERS: "3" },
  ),
  only(/^(socket|close|poll|select|tap|filter|lend|program):/),
);

/** The heap of 1024 bytes has room for few connections; the test finds out how many, twice. */
const asMemoryAllows = testCase(
  "as many sockets as memory allows, again and again",
  "NuttX",
  times(2, () => [
    call("socket AF_PACKET SOCK_RAW 0", { ret: "512" }),
    call("socket AF_PACKET SOCK_RAW 0", { ret: "513" }),
    call("socket AF_PACKET SOCK_RAW 0", { ret: /^(5\d\d|-1)$/ }, { repeat: "20" }),
    call("socket AF_PACKET SOCK_RAW 0", fails("ENOBUFS")),
    call("reset 512", { ret: /^[2-9]$/ }),
  ]),
);

conformanceSuite(
  "BOARD=linux with as little of everything as there can be",
  configured(
    "-little",
    "NET_PKT_PREALLOC_CONNS=0 NET_PKT_ALLOC_CONNS=1 NET_PKT_FRAMES=4 NET_PKT_TX_FRAMES=1 NET_PKT_RX_RESERVE=1 " +
      "NET_PKT_STACK_RESERVE=0 NET_PKT_QUEUE_FRAMES=1 NET_PKT_MEMBERSHIPS=1 NET_PKT_HEAP_SIZE=1024 NET_PKT_CODE_PAGES=8",
    { SOCKETS: "0", POLLERS: "2" },
  ),
  // Cases that want more than one frame in a queue, or two for sending, are left out.
  [
    asMemoryAllows,
    ...only(/^(send|sendto|sendmsg|auxdata|time-out|names|bpf|select): (?!of an outgoing|the socket that)/),
  ],
);
