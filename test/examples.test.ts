// The programs of examples/ (freertos.test.ts has the one that is no single file): each runs on the Linux kernel, as a Linux process with the component, and on an emulated board, and
// prints what its README shows. This process is what its cable leads to.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { assertFrame, bytes, BROADCAST, PEER, type Peer, STRANGER } from "./programs/peer.js";
import { outputIn } from "./support/pages.js";
import { obstacle, PLACES, type Running, start } from "./support/program.js";

/** The address of the interface that the pages show, which is that of the emulated board. */
const SHOWN = "02504b545301";
const LOCAL = "88b5";
const LLDP_GROUP = "0180c200000e";
const GOOSE_GROUP = "010ccd010001";
const zeros = (count: number): string => "00".repeat(count);

/** What the peer of each example does. */
const peers: Readonly<Record<string, Peer>> = {
  async echo(run) {
    await run.console.waitFor("listening");
    await run.send(bytes(BROADCAST, PEER, LOCAL, zeros(46)));
    await run.send(bytes(run.address, PEER, LOCAL, "5a".repeat(46)));
    assertFrame(await run.receive(), bytes(PEER, run.address, LOCAL, "5a".repeat(46)));
  },

  async sniffer(run) {
    await run.console.waitFor("listening");
    await run.send(bytes(BROADCAST, PEER, "0806", zeros(46)));
    await run.send(bytes(STRANGER, PEER, "0800", zeros(86)));
    await run.send(bytes(LLDP_GROUP, PEER, "88cc", zeros(46)));
    await run.send(bytes(run.address, PEER, "81006005", LOCAL, zeros(46)));
    await run.console.waitFor(/VLAN.*\n/);
  },

  async lldp(run) {
    const unit = [
      "0207 04",
      run.address,
      "0405 05 65746830 0602 0078 0a07",
      Buffer.from("a board").toString("hex"),
      "0000",
    ];
    assertFrame(await run.receive(), bytes(LLDP_GROUP, run.address, "88cc", ...unit));
    await run.console.waitFor("speaking");
    const neighbour = (time: string): Buffer =>
      bytes(LLDP_GROUP, PEER, "88cc 0207 04", PEER, "0402 05 31 0602", time, "0a08 7377697463682d31 0000", zeros(20));
    await run.send(neighbour("0078"));
    await run.send(bytes(LLDP_GROUP, PEER, "88cc 0207 04", PEER, "0bff", zeros(46))); // ends before it should
    await run.send(neighbour("0000"));
    await run.console.waitFor(/for 0 s\r?\n/);
  },

  async goose(run) {
    /** The next message with this number of a state. */
    const next = async (state: number): Promise<Buffer> => {
      for (let repetitions = 0; repetitions < 1000; repetitions++) {
        const frame = await run.receive();
        if (frame.includes(bytes("8501", `0${state}`, "8601 00"))) return frame;
      }
      throw new Error(`no message of state ${state}`);
    };
    const text = (words: string): string => Buffer.from(words).toString("hex");
    const pdu = (state: number, value: string): string =>
      [
        ...["8013", text("board/LLN0$GO$input"), "8102 0800", "8211", text("board/LLN0$inputs")],
        ...["8305", text("input"), "8408", zeros(8), "8501", `0${state}`, "8601 00 8701 00 8801 01 8901 00 8a01 01"],
        ...["ab03 8301", value],
      ].join("");
    const message = (state: number, value: string): Buffer => {
      const body = bytes(pdu(state, value));
      const head = Buffer.from([0x10, 0x00, 0, body.length + 10, 0, 0, 0, 0, 0x61, body.length]);
      return Buffer.concat([bytes(GOOSE_GROUP, run.address, "8100 8000 88b8"), head, body]);
    };
    assertFrame(await next(1), message(1, "00"));
    for (const [state, value] of [
      [2, "ff"],
      [3, "00"],
    ] as const) {
      await run.send(bytes(run.address, PEER, LOCAL, zeros(46)));
      assertFrame(await next(state), message(state, value));
    }
  },

  async "two-taps"(run) {
    await run.console.waitFor("tapping");
    for (let reports = 0; reports < 2; reports++) {
      for (let i = 0; i < 4; i++) await run.send(bytes(BROADCAST, PEER, LOCAL, zeros(46)));
      await run.console.waitFor(/slow.*\n/);
    }
  },

  async vlan(run) {
    await run.console.waitFor("listening");
    const frame = (to: string, from: string, tag: string): Buffer => bytes(to, from, tag, LOCAL, "5a".repeat(46));
    await run.send(frame(run.address, PEER, ""));
    await run.send(frame(run.address, PEER, "8100 6006"));
    await run.send(frame(run.address, PEER, "8100 6005"));
    assertFrame(await run.receive(), frame(PEER, run.address, "8100 6005"));
    await run.silent();
  },
};

/** What the program has printed, once that is as long as it should be. */
async function printed(run: Running, lines: number): Promise<string> {
  const colons = (digits: string): string => digits.match(/../g)!.join(":");
  const own = (): string[] =>
    run.console.output
      .replaceAll("\r", "")
      .replaceAll(colons(run.address), colons(SHOWN))
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("eth0: "));
  while (own().length < lines) await run.console.waitFor(/\n/);
  return `${own().join("\n")}\n`;
}

const examples = readdirSync("examples", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`examples/${entry.name}/${entry.name}.c`))
  .map(({ name }) => name);

describe("examples", () => {
  it("are all here, and each has a README with its output", () => {
    assert.deepEqual(examples, Object.keys(peers).sort());
    const index = readFileSync("examples/README.md", "utf8");
    const archive = readFileSync("boards/dist/contents", "utf8");
    for (const name of examples) {
      assert.ok(outputIn(`examples/${name}/README.md`) !== "", name);
      assert.ok(index.includes(`(${name}/README.md)`), `examples/README.md does not name ${name}`);
      assert.ok(archive.includes(`examples/${name}/*.c`), `boards/dist/contents does not name ${name}`);
    }
  });
});

for (const place of PLACES.filter((one) => one !== "qemu-lm3s6965evb")) {
  describe(`examples on ${place === "kernel" ? "the Linux kernel" : place}`, function () {
    this.timeout(240_000);
    before(function () {
      const why = obstacle(place);
      if (why === undefined) return;
      console.log(`      skipped: ${why}`);
      this.skip();
    });

    for (const name of examples) {
      it(`${name} does and prints what its README says`, async () => {
        const expected = outputIn(`examples/${name}/README.md`);
        const run = await start(place, `examples/${name}/${name}.c`);
        try {
          await peers[name]!(run);
          assert.equal(await printed(run, expected.split("\n").length - 1), expected);
        } finally {
          await run.stop();
        }
      });
    }
  });
}
