// The very images that are flashed, on a model of chip and board (esp32/machine.ts): from the boot ROM's jump to frames.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type BoardModel, Machine } from "./esp32/machine.js";

const boards: Readonly<Record<string, BoardModel>> = {
  "wt32-eth01": { phyAddress: 1, enable: 16, clock: "in" },
  "esp32-poe": { phyAddress: 0, enable: 12, clock: "out" },
};
/** What the model's eFuses reserve for Ethernet. */
const own = Buffer.from([0x24, 0x0a, 0xc4, 0x12, 0x34, 0xf3]);
const peer = Buffer.from([0x02, 0, 0, 0, 0, 0xfe]);
const nowhere = 4;
const framesOfBare = 8;

function build(board: string, app: string): void {
  execFileSync("make", ["-s", "firmware", `BOARD=${board}`, `APP=${app}`], { stdio: "inherit" });
}

function start(board: string, app: string, model: BoardModel = boards[board]!): Machine {
  return new Machine(readFileSync(`build/${board}/${app}.bin`), model);
}

/** Run until the console shows `pattern`; fails when it does not within `ms` of the chip's time. */
function until(machine: Machine, pattern: RegExp, ms = 3000): RegExpExecArray {
  let match: RegExpExecArray | null = null;
  machine.run(ms, () => (match = pattern.exec(machine.peripherals.output)) !== null);
  assert.ok(match, `the console does not show ${pattern} but:\n${machine.peripherals.output}`);
  return match;
}

/** The next frame that the board sends. */
function next(machine: Machine): Buffer {
  machine.run(100, () => machine.emac.sent.length > 0);
  const frame = machine.emac.sent.shift();
  assert.ok(frame, `no frame was sent; the console shows:\n${machine.peripherals.output}`);
  return frame;
}

function frameTo(destination: Buffer, length: number, seed: number): Buffer {
  const frame = Buffer.alloc(length);
  Buffer.concat([destination, peer, Buffer.from([0x88, 0xb5])]).copy(frame);
  for (let i = 14; i < length; i++) frame[i] = (i * 7 + seed * 13 + (i >> 8)) & 255;
  return frame;
}

function echoOf(frame: Buffer): Buffer {
  const echo = Buffer.alloc(Math.max(frame.length, 60));
  frame.copy(echo);
  peer.copy(echo);
  own.copy(echo, 6);
  return echo;
}

/** The Internet checksum. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** An echo request from 192.0.2.1 to 192.0.2.2. */
function pingOf(payload: number): Buffer {
  const frame = frameTo(own, Math.max(60, 42 + payload), payload);
  frame.fill(0, 12, 42).fill(0, 42 + payload);
  frame.writeUInt16BE(0x0800, 12);
  frame[14] = 0x45;
  frame.writeUInt16BE(28 + payload, 16);
  Buffer.from([64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 8]).copy(frame, 22);
  frame.writeUInt16BE(checksum(frame.subarray(14, 34)), 24);
  frame.writeUInt16BE(checksum(frame.subarray(34, 42 + payload)), 36);
  return frame;
}

function counters(machine: Machine): number[] {
  const shown = machine.peripherals.output.length;
  machine.peripherals.type("c");
  const line = /rx (\d+) no_frame (\d+) short (\d+) long (\d+) errors (\d+) tx (\d+) errors (\d+) faults (\d+)\n/;
  machine.run(100, () => line.test(machine.peripherals.output.slice(shown)));
  return line.exec(machine.peripherals.output.slice(shown))!.slice(1).map(Number);
}

for (const board of Object.keys(boards)) {
  describe(`driver loop on a model of ${board}`, () => {
    let machine: Machine;

    before(function () {
      this.timeout(300_000);
      build(board, "bare");
    });
    beforeEach(() => {
      machine = start(board, "bare");
      until(machine, /eth0: link up, 100 Mbit\/s full duplex/);
    });

    it("echoes 10,000 frames of random length byte for byte, in bursts", function () {
      this.timeout(240_000);
      let seed = 1;
      const random = (limit: number) => (seed = (seed * 48271) % 0x7fffffff) % limit;
      const count = 10_000;
      for (let n = 0, size; n < count; n += size) {
        size = Math.min(1 + random(5), count - n);
        const burst = Array.from({ length: size }, (_, i) => frameTo(own, 14 + random(1501), n + i));
        for (const frame of burst) machine.emac.receive(frame);
        for (const frame of burst) assert.deepEqual(next(machine), echoOf(frame), `frame of ${frame.length} bytes`);
      }
      assert.deepEqual(counters(machine), [count, 0, 0, 0, 0, count, 0, 0]);
    });

    it("runs out of buffers, counts what the MAC lost, and goes on", () => {
      machine.peripherals.type("h");
      until(machine, /holding/);
      for (let i = 0; i < 20; i++) machine.emac.receive(frameTo(own, 60 + i, i));
      machine.run(200);
      const [rx, noFrame] = counters(machine);
      assert.deepEqual([rx, noFrame], [framesOfBare, 20 - framesOfBare]);
      machine.peripherals.type("g");
      for (let i = 0; i < framesOfBare; i++) assert.deepEqual(next(machine), echoOf(frameTo(own, 60 + i, i)));
      machine.run(100);
      const last = frameTo(own, 1514, 99);
      machine.emac.receive(last);
      assert.deepEqual(next(machine), echoOf(last));
    });

    it("filters by address", () => {
      const group = Buffer.from([1, 0, 0x5e, 0, 0, 2]);
      const stranger = Buffer.from([2, 0, 0, 0, 0, 0x78]);
      const takes = (to: Buffer): boolean => {
        machine.emac.receive(frameTo(to, 64, 1));
        machine.emac.receive(frameTo(own, 65, 2));
        const first = next(machine);
        return first.length === 65 ? false : next(machine).length === 65;
      };
      assert.deepEqual([own, Buffer.alloc(6, 0xff), group, stranger].map(takes), [true, true, false, false]);
      machine.peripherals.type("m");
      until(machine, /filter m/);
      assert.deepEqual([own, group, stranger].map(takes), [true, true, false]);
      machine.peripherals.type("p");
      until(machine, /filter p/);
      assert.deepEqual([own, group, stranger].map(takes), [true, true, true]);
    });

    it("sees the link go and come", () => {
      machine.emac.linkUp = false;
      until(machine, /eth0: link down/);
      machine.emac.linkUp = true;
      until(machine, /eth0: link down[^]*eth0: link up/, 6000);
    });

    it("says that no PHY answers, once, and finds it when it does", () => {
      const model = { ...boards[board]!, phyAddress: 9 };
      machine = start(board, "bare", model);
      until(machine, /no PHY answers at the board's MDIO address; retrying every second/);
      machine.run(3000);
      assert.equal(machine.peripherals.output.match(/no PHY answers/g)?.length, 1);
      model.phyAddress = boards[board]!.phyAddress;
      until(machine, /link up, 100/);
    });
  });

  describe(`demo on a model of ${board}`, () => {
    let machine: Machine;

    before(function () {
      this.timeout(300_000);
      build(board, "demo");
      machine = start(board, "demo");
    });

    it("starts module and driver with the chip's own address", function () {
      this.timeout(240_000);
      until(machine, /ready 24:0a:c4:12:34:f3 192\.0\.2\.2/);
      until(machine, /link up, 100 Mbit\/s full duplex/);
    });

    it("answers ARP", () => {
      const request = Buffer.alloc(60);
      const [asks, us, them] = [Buffer.from("0001080006040001", "hex"), [192, 0, 2, 1], [192, 0, 2, 2]];
      Buffer.concat([Buffer.alloc(6, 0xff), peer, Buffer.from([8, 6]), asks, peer, Buffer.from(us)]).copy(request);
      Buffer.from(them).copy(request, 38);
      machine.emac.receive(request);
      const reply = next(machine);
      const expected = Buffer.alloc(60);
      const answers = Buffer.from("0001080006040002", "hex");
      Buffer.concat([peer, own, Buffer.from([8, 6]), answers, own, Buffer.from(them), peer, Buffer.from(us)]).copy(
        expected,
      );
      assert.deepEqual(reply, expected);
    });

    for (const payload of [0, 56, 1472]) {
      it(`answers a ping of ${payload} bytes`, () => {
        const request = pingOf(payload);
        machine.emac.receive(request);
        const reply = Buffer.from(request);
        Buffer.concat([peer, own]).copy(reply);
        Buffer.from([192, 0, 2, 2, 192, 0, 2, 1, 0]).copy(reply, 26);
        reply.writeUInt16BE(0, 36);
        reply.writeUInt16BE(checksum(reply.subarray(34, 42 + payload)), 36);
        assert.deepEqual(next(machine), reply);
      });
    }

    it("ends when told to, with every frame counted", () => {
      machine.peripherals.type("quit\n");
      const [, counts] = until(machine, /counters (.*)\n/);
      assert.match(
        counts!,
        /arp_replies=1 echo_replies=3 .* rx_frames=4 tx_frames=4 .* rx_errors=0 tx_errors=0 traps=0$/,
      );
      until(machine, /halted; press the board's reset button/);
    });
  });
}

describe("an emulator's ESP32", () => {
  it("boots the image for it and echoes frames", function () {
    this.timeout(300_000);
    build("qemu-esp32", "bare");
    const machine = start("qemu-esp32", "bare", { phyAddress: 1, enable: nowhere, clock: "in", openCores: true });
    until(machine, /link up, 100 Mbit\/s full duplex/);
    const address = Buffer.from([0x02, 0x50, 0x4b, 0x54, 0x53, 0x01]);
    for (let length = 14; length <= 1514; length += 50) {
      const frame = frameTo(address, length, length);
      machine.emac.receive(frame);
      const echo = echoOf(frame);
      address.copy(echo, 6);
      assert.deepEqual(next(machine), echo);
    }
  });
});

describe("trouble on a model of an ESP32 board", () => {
  before(function () {
    this.timeout(300_000);
    build("wt32-eth01", "bare");
    build("esp32-poe", "bare");
    build("wt32-eth01", "test/support/xtensa.c");
  });

  it("a clock that is missing: says so, tries again, runs when it is there", () => {
    const model = { ...boards["wt32-eth01"]!, enable: nowhere };
    const machine = start("wt32-eth01", "bare", model);
    until(machine, /the MAC does not leave reset: no reference clock/);
    machine.run(3000);
    assert.equal(machine.peripherals.output.match(/does not leave reset/g)?.length, 1);
    model.enable = boards["wt32-eth01"]!.enable;
    until(machine, /the MAC runs again[^]*link up/);
  });

  it("a PLL that does not settle: says so, tries again, runs when it does", () => {
    const machine = start("esp32-poe", "bare");
    machine.analog.isBroken = true;
    until(machine, /the chip's PLL for the 50 MHz of RMII does not settle; retrying/);
    until(machine, /is ready/);
    machine.run(3000);
    assert.equal(machine.peripherals.output.match(/does not settle/g)?.length, 1);
    assert.equal(machine.peripherals.output.match(/does not leave reset/g)?.length, 1);
    machine.analog.isBroken = false;
    until(machine, /the MAC runs again[^]*link up/);
  });

  // Addresses and their CRCs as Espressif's tools showed them; the last two are of chips whose eFuses were damaged.
  for (const [efuses, address] of [
    [[0x92157216, 0x00754863], "48:63:92:15:72:19"],
    [[0, 0], null],
    [[0, 0xff000000], null],
    [[0x098a0de8, 0x007fb8f0], null],
    [[0xa453dcb1, 0x00b230ae], null],
  ] as const) {
    const words = efuses.map((word) => word.toString(16)).join(" ");
    it(`eFuses ${words}: ${address ?? "a local address, which it says"}`, function () {
      this.timeout(240_000);
      build("wt32-eth01", "demo");
      const machine = start("wt32-eth01", "demo", { ...boards["wt32-eth01"]!, efuses });
      const [, used] = until(machine, /ready (\S+) /);
      assert.equal(used, address ?? "02:50:4b:54:53:01");
      const said = /^eth0: (the .*eFuses .*); it is 02:50:4b:54:53:01 now\. HWADDR= of make sets another$/m.exec(
        machine.peripherals.output,
      )?.[1];
      const isBlank = (efuses[0] | (efuses[1] & 0xffff)) === 0;
      const trouble = isBlank ? /^the chip's eFuses have no MAC address$/ : /is damaged \(CRC\)$/;
      if (address === null) assert.match(said!, trouble);
      else assert.equal(said, undefined);
    });
  }

  for (const [key, trouble] of Object.entries({ u: /fault break\npc 4008/, s: /stack overflow\npc 4008/ })) {
    it(`is reported: ${trouble.source}`, () => {
      const machine = start("wt32-eth01", "xtensa");
      until(machine, /arithmetic ok/);
      machine.peripherals.type(key);
      until(machine, trouble);
      until(machine, /halted after an error/);
    });
  }
});
