import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Qemu } from "../host/net/qemu.js";

const controlPath = join(tmpdir(), `pktsock-mac-test-${process.pid}.sock`);
const boardAddress = [0x02, 0x50, 0x4b, 0x54, 0x53, 0x01];
const ourAddress = [0x02, 0, 0, 0, 0, 0x0a];
const broadcast = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const shortestOnWire = 60;
const framesOfBare = 8;
const onlyItsOwn = "this MAC receives unicast frames to its own address only";
const zero = { rx: 0, noFrame: 0, short: 0, long: 0, errors: 0, tx: 0, txErrors: 0, faults: 0 };

/** A frame of `length` bytes to the board, filled with bytes that depend on `seed`. */
function frameOf(length: number, seed: number, destination: readonly number[] = boardAddress): Buffer {
  const frame = Buffer.alloc(length);
  Buffer.from([...destination, ...ourAddress, 0x88, 0xb5]).copy(frame);
  for (let i = 14; i < length; i++) frame[i] = (i * 7 + seed * 13 + (i >> 8)) & 255;
  return frame;
}

/** What bare.c sends back: addresses swapped, padded with zeros. */
function echoOf(frame: Buffer): Buffer {
  const echo = Buffer.alloc(Math.max(frame.length, shortestOnWire));
  frame.copy(echo);
  frame.copy(echo, 0, 6, 12);
  Buffer.from(boardAddress).copy(echo, 6);
  return echo;
}

type Counters = Record<"rx" | "noFrame" | "short" | "long" | "errors" | "tx" | "txErrors" | "faults", number>;

async function readCounters(qemu: Qemu, command = "c"): Promise<Counters> {
  qemu.write(command);
  const match = await qemu.waitFor(
    /rx (\d+) no_frame (\d+) short (\d+) long (\d+) errors (\d+) tx (\d+) errors (\d+) faults (\d+)/,
  );
  const [rx, noFrame, short, long, errors, tx, txErrors, faults] = match.slice(1).map(Number) as number[];
  return { rx, noFrame, short, long, errors, tx, txErrors, faults } as Counters;
}

async function command(qemu: Qemu, character: string, answer: string): Promise<void> {
  qemu.write(character);
  await qemu.waitFor(answer);
}

async function echoes(qemu: Qemu, frame: Buffer): Promise<void> {
  qemu.cable.send(frame);
  assert.deepEqual(await qemu.cable.receive(), echoOf(frame), `echo of ${frame.length} bytes`);
}

/** Returns whether the board accepts a frame to `destination`. A second frame, to its own address, shows when it does not. */
async function takes(qemu: Qemu, destination: readonly number[]): Promise<boolean> {
  const asked = frameOf(64, 1, destination);
  const last = frameOf(65, 2);
  qemu.cable.send(asked);
  qemu.cable.send(last);
  const first = await qemu.cable.receive();
  if (first.equals(echoOf(last))) return false;
  assert.deepEqual(first, echoOf(asked));
  assert.deepEqual(await qemu.cable.receive(), echoOf(last));
  return true;
}

/** Pull or plug the cable, through QEMU's control socket. */
async function setLink(name: string, up: boolean): Promise<void> {
  const control = connect(controlPath);
  control.setEncoding("utf8");
  const answers = createInterface(control)[Symbol.asyncIterator]();
  await answers.next(); // the greeting
  for (const command of [{ execute: "qmp_capabilities" }, { execute: "set_link", arguments: { name, up } }]) {
    control.write(`${JSON.stringify(command)}\n`);
    const { value } = await answers.next();
    assert.match(value as string, /"return"/);
  }
  control.destroy();
}

/** What the MACs, as QEMU emulates them, do differently. */
interface Nature {
  /** How many of three runts, of 1, 6 and 13 bytes, it hands over to be counted. */
  readonly runts: number;
  /** The longest frame that fits a buffer of 1536 bytes, with FCS and the bytes in front of the frame. */
  readonly longest: number;
  /** Does it drop longer ones without handing them over to be counted? */
  readonly dropsLong?: boolean;
  /** Is each frame counted for which there is no buffer? "one": one is lost each time, the others wait. */
  readonly countsEach: boolean | "one";
  /** The NIC's name in QEMU, when its driver watches the link and filters addresses. */
  readonly nic?: string;
  /** Does it compare one address only: no further ones, no promiscuous mode, and all groups or none? */
  readonly comparesOne?: boolean;
  /** Does the link come up only once the PHY has been asked? */
  readonly startsDown?: boolean;
}

const boards: Readonly<Record<string, Nature>> = {
  "qemu-mps2-an385": { runts: 0, longest: 1532, countsEach: true, nic: "lan9118.0" },
  "qemu-lm3s6965evb": { runts: 3, longest: 1530, countsEach: true },
  "qemu-emcraft-sf2": {
    ...{ runts: 2, longest: 1536, dropsLong: true, countsEach: "one" },
    ...{ nic: "msf2-emac.0", comparesOne: true, startsDown: true },
  },
  // OpenCores, too: a byte does not pass its address filter; lost frames are one interrupt for any number of them.
  "qemu-xtensa": { runts: 2, longest: 1527, countsEach: false, nic: "open_eth.0", startsDown: true },
};

for (const [board, nature] of Object.entries(boards)) {
  describe(`MAC driver of ${board}`, () => {
    const image = `build/${board}/bare.elf`;
    let qemu: Qemu;

    before(function () {
      this.timeout(240_000);
      execFileSync("make", ["-s", "firmware", `BOARD=${board}`, "APP=bare"], { stdio: "inherit" });
    });
    beforeEach(async () => {
      qemu = await Qemu.boot({ board, image, arguments: ["-qmp", `unix:${controlPath},server=on,wait=off`] });
      await qemu.waitFor("is ready");
    });
    afterEach(() => qemu.stop());
    after(() => rmSync(controlPath, { force: true }));

    it("echoes frames of every length byte for byte", async function () {
      this.timeout(240_000);
      for (let length = 14; length <= 1514; length += length < 128 || length > 1500 ? 1 : 13) {
        await echoes(qemu, frameOf(length, length));
      }
      const counters = await readCounters(qemu);
      assert.equal(counters.rx, counters.tx);
      assert.deepEqual({ ...counters, rx: 0, tx: 0 }, zero);
    });

    it("counts frames that are too short or too long and goes on", async () => {
      for (const length of [1, 6, 13]) qemu.cable.send(frameOf(14, 0).subarray(0, length));
      for (const length of [1600, 2000]) qemu.cable.send(frameOf(length, 0));
      await echoes(qemu, frameOf(100, 3));
      const counters = await readCounters(qemu);
      assert.equal(counters.long, nature.dropsLong === true ? 0 : 2);
      assert.equal(counters.short, nature.runts);
      assert.equal(counters.rx, 1);
    });

    it("takes the longest frame that fits a buffer, and no longer one", async () => {
      await echoes(qemu, frameOf(nature.longest, 4));
      qemu.cable.send(frameOf(nature.longest + 1, 5));
      await echoes(qemu, frameOf(60, 6));
      assert.equal((await readCounters(qemu)).long, nature.dropsLong === true ? 0 : 1);
    });

    it("drops and counts frames while no empty frame is there, then goes on", async () => {
      await command(qemu, "h", "holding");
      const burst = Array.from({ length: 20 }, (_, i) => frameOf(60 + i, i));
      for (const frame of burst) qemu.cable.send(frame);
      let counters = await readCounters(qemu);
      const lost = nature.countsEach === true ? burst.length - framesOfBare : 1;
      const allCounted = () => counters.rx === framesOfBare && counters.noFrame >= lost;
      while (!allCounted()) counters = await readCounters(qemu);
      if (nature.countsEach !== false) assert.equal(counters.noFrame, lost);
      await command(qemu, "g", "going on");
      for (const frame of burst.slice(0, framesOfBare)) assert.deepEqual(await qemu.cable.receive(), echoOf(frame));
      if (nature.countsEach === "one") {
        while (counters.rx + counters.noFrame < burst.length) counters = await readCounters(qemu);
        assert.equal(counters.rx + counters.noFrame, burst.length);
        for (let left = counters.rx - framesOfBare; left > 0; left--) await qemu.cable.receive();
      }
      await echoes(qemu, frameOf(1514, 7));
    });

    it("keeps the order of bursts", async function () {
      this.timeout(240_000);
      for (let round = 0; round < 200; round++) {
        const burst = Array.from({ length: 5 }, (_, i) => frameOf(60 + ((round * 31 + i * 301) % 1455), round + i));
        for (const frame of burst) qemu.cable.send(frame);
        for (const frame of burst) assert.deepEqual(await qemu.cable.receive(), echoOf(frame), `round ${round}`);
      }
    });

    it("ends with status 0", async () => {
      await readCounters(qemu, "q");
      assert.equal(await qemu.exited(), 0);
    });

    const { nic } = nature;
    if (nic !== undefined) {
      it("notices when the link goes down and comes back", async () => {
        if (nature.startsDown) await qemu.waitFor("link up");
        await setLink(nic, false);
        await qemu.waitFor("link down");
        await setLink(nic, true);
        await qemu.waitFor("link up");
        await echoes(qemu, frameOf(70, 8));
      });

      const groups = [1, 2, 3].map((last) => [1, 0, 0x5e, 0, 0, last]);
      const otherGroup = [1, 0, 0x5e, 0, 0, 0x55];
      const otherUnicast = [2, 0, 0, 0, 0, 0x77];
      const stranger = [2, 0, 0, 0, 0, 0x78];

      it("lets in its own address and broadcast only, until told otherwise", async () => {
        assert.equal(await takes(qemu, boardAddress), true);
        assert.equal(await takes(qemu, broadcast), true);
        for (const address of [...groups, otherGroup, otherUnicast, stranger]) {
          assert.equal(await takes(qemu, address), false, address.join(":"));
        }
      });

      it("lets in the multicast addresses asked for", async () => {
        await command(qemu, "m", "filter m");
        for (const address of [...groups, broadcast]) assert.equal(await takes(qemu, address), true, address.join(":"));
        assert.equal(await takes(qemu, otherGroup), nature.comparesOne === true);
        assert.equal(await takes(qemu, stranger), false);
        await command(qemu, "n", "filter n");
        assert.equal(await takes(qemu, groups[0]!), false);
      });

      it("lets in a further unicast address, or says that it cannot", async () => {
        await command(qemu, "u", "filter u");
        assert.equal(await takes(qemu, otherUnicast), nature.comparesOne !== true);
        assert.equal(qemu.output.includes(onlyItsOwn), nature.comparesOne === true);
        assert.equal(await takes(qemu, boardAddress), true);
        assert.equal(await takes(qemu, stranger), false);
      });

      it("lets in all multicast, or everything", async () => {
        await command(qemu, "a", "filter a");
        assert.equal(await takes(qemu, otherGroup), true);
        assert.equal(await takes(qemu, stranger), false);
        await command(qemu, "p", "filter p");
        assert.equal(await takes(qemu, otherGroup), true);
        assert.equal(await takes(qemu, stranger), nature.comparesOne !== true);
        assert.equal(qemu.output.includes(onlyItsOwn), nature.comparesOne === true);
      });
    }
  });
}

describe("a MAC whose status never clears", function () {
  this.timeout(240_000);

  for (const board of Object.keys(boards)) {
    it(`hangs neither the driver of ${board} nor its interrupt handler`, async () => {
      execFileSync("make", ["-s", "firmware", `BOARD=${board}`, "APP=test/support/stuck.c"], { stdio: "inherit" });
      const qemu = await Qemu.boot({ board, image: `build/${board}/stuck.elf` });
      try {
        await qemu.waitFor("stuck: end");
        assert.equal(qemu.output.match(/stuck: [0-9a-f]{8} start/g)?.length, 9, qemu.output);
        assert.doesNotMatch(qemu.output, /handles/);
      } finally {
        await qemu.stop();
      }
    });
  }
});
