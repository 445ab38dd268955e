// Firmware that leaves something out (NET_PKT_FILTER=0 and other options): it is as small as promised, answers what it does not
// have as documented, and does all the rest.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { options } from "../host/build/options.js";
import { cases } from "./conformance/cases/index.js";
import { bound, fails } from "./conformance/calls.js";
import { call, type Case, testCase } from "./conformance/steps.js";
import { conformanceSuite } from "./conformance/suite.js";
import { configured } from "./conformance/targets.js";
import { buildImage, buildSmall, engines, type EngineName, smallConfig } from "./support/engines.js";

const features = options.map(({ name }) => name as string).filter((name) => smallConfig.includes(`${name}=0`));
const without = features.map((name) => `${name}=0`).join(" ");

/** The bytes of .text in an image for Arm. */
function textOf(image: string): number {
  const table = execFileSync("arm-none-eabi-size", ["-A", image], { encoding: "utf8" });
  return Number(/^\.text +(\d+)/m.exec(table)![1]);
}

/** The most bytes of flash of the small measuring image, with a margin of no byte: docs/engines.md has what it takes. */
const goals: Readonly<Partial<Record<EngineName, number>>> = {
  wasm3: 60 * 1024,
  "wasm3-tuned": 58 * 1024,
  "aot-guarded": 28 * 1024,
};

describe("what a firmware leaves out", function () {
  this.timeout(240_000);
  const board = "qemu-lm3s6965evb";
  before(function () {
    if (spawnSync("arm-none-eabi-gcc", ["--version"]).error !== undefined) this.skip();
  });

  it("has four names", () => assert.equal(features.length, 4));

  for (const engine of Object.keys(engines) as EngineName[]) {
    const goal = goals[engine];
    const most = goal === undefined ? "" : `, into ${goal} bytes of flash`;
    it(`fits with all of it left out${most}: ${engine}`, () => {
      const text = textOf(buildSmall(board, engine));
      console.log(`      ${text} bytes`);
      if (goal !== undefined) assert.ok(text <= goal, `${text} bytes of ${goal}`);
    });
  }

  for (const feature of features) {
    it(`is at least 2 KB of flash each: ${feature}`, () => {
      const whole = textOf(buildImage(board, "bench", "aot-guarded"));
      const settings = [`BOARD=${board}`, "APP=bench", ...engines["aot-guarded"], `CONFIG=${feature}=0`];
      execFileSync("make", ["-s", "firmware", ...settings, "OUT_SUFFIX=-one-less"], { stdio: "inherit" });
      const text = textOf(`build/${board}-aot-guarded-one-less/bench.elf`);
      console.log(`      ${whole - text} bytes`);
      assert.ok(whole - text >= 2048, `${whole} bytes, and ${text} without`);
    });
  }
});

const REFUSED = fails("ENOPROTOOPT");
const int = "{01000000}";
const answers: readonly Case[] = [
  testCase("without filters their options fail with ENOPROTOOPT", "ours", [
    ...bound("s"),
    call("setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{0600 00 00 ffffffff}", REFUSED),
    call(`setsockopt $s SOL_SOCKET SO_DETACH_FILTER ${int}`, REFUSED),
    call(`setsockopt $s SOL_SOCKET SO_LOCK_FILTER ${int}`, REFUSED),
    call("getsockopt $s SOL_SOCKET SO_LOCK_FILTER 4", REFUSED),
  ]),
  testCase("without time stamps their options and requests fail", "ours", [
    ...bound("s"),
    ...["SO_TIMESTAMP", "SO_TIMESTAMPNS", "SO_TIMESTAMPING"].flatMap((name) => [
      call(`setsockopt $s SOL_SOCKET ${name} ${int}`, REFUSED),
      call(`getsockopt $s SOL_SOCKET ${name} 4`, REFUSED),
    ]),
    call("recv $s 1540 MSG_ERRQUEUE", fails("EAGAIN")),
  ]),
  testCase("without lent frames their calls fail with EOPNOTSUPP", "ours", [
    ...bound("s"),
    call("recvlend $s MSG_DONTWAIT 0", fails("EOPNOTSUPP")),
    call("sendlend $s MSG_DONTWAIT 0", fails("EOPNOTSUPP")),
  ]),
];

/** What a case needs that is left out: filters, time stamps, lent frames. */
const needs = /FILTER|BPF|STAMP|lend|lent|ETHTOOL|pktsock_submit/i;

/** The others, in their quick form: the calls that the options are about. */
const quick = /^(socket|bind|recv|recvfrom|recvmsg|send|sendto|sendmsg|tap|options|queue|poll|close):/;

conformanceSuite(
  "BOARD=linux without filters, time stamps, lent frames and recovery",
  configured("-plain", without, { SOCKETS: "4", POLLERS: "2" }, "aot"),
  [...answers, ...cases.filter((one) => quick.test(one.name) && !needs.test(JSON.stringify(one)))],
);
