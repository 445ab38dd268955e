import assert from "node:assert/strict";
import { Cable } from "../host/net/cable.js";
import type { Endpoint } from "../host/net/endpoint.js";
import { type Faults, faulty, FaultyLine } from "../host/net/faults.js";
import { PcapngWriter, readPcapng } from "../host/net/pcapng.js";
import { Random } from "../host/net/random.js";
import { recorded } from "../host/net/record.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { frame } from "./support/module.js";

/** An endpoint that remembers what it gets. */
class Probe implements Endpoint {
  onFrame: ((frame: Buffer) => void) | null = null;
  readonly got: Buffer[] = [];
  isClosed = false;
  send(frame: Uint8Array): void {
    this.got.push(Buffer.from(frame));
  }
  emit(frame: Buffer): void {
    this.onFrame?.(frame);
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const frames = Array.from({ length: 2000 }, (_, seed) => {
  const bytes = frame(0x88b5, { seed });
  bytes.writeUInt32BE(seed, 14);
  return bytes;
});

function pass(faults: Faults, seed: number): { out: Buffer[]; line: FaultyLine } {
  const out: Buffer[] = [];
  const line = new FaultyLine(faults, seed, (frame) => void out.push(frame));
  for (const frame of frames) line.pass(frame);
  line.flush();
  return { out, line };
}

describe("link: random numbers", () => {
  it("repeat with their seed and differ with another", () => {
    const sequence = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 100 }, () => random.next());
    };
    assert.deepEqual(sequence(7), sequence(7));
    for (const seed of [0, 1, 2, 8, -1]) assert.notDeepEqual(sequence(seed), sequence(7));
    const random = new Random(3);
    const hits = Array.from({ length: 10000 }, () => random.chance(0.25)).filter(Boolean).length;
    assert.ok(hits > 2300 && hits < 2700, `${hits}`);
    assert.equal(random.chance(0), false);
    assert.equal(random.chance(1), true);
    for (let i = 0; i < 1000; i++) assert.ok(random.below(3) < 3);
  });
});

describe("link: faults", () => {
  it("are none unless asked for", () => {
    assert.deepEqual(pass({}, 1).out, frames);
  });

  it("are the same each time for the same seed", () => {
    const faults = { loss: 0.1, duplication: 0.1, reordering: 0.1, corruption: 0.1 };
    assert.deepEqual(pass(faults, 5).out, pass(faults, 5).out);
    assert.notDeepEqual(pass(faults, 5).out, pass(faults, 6).out);
  });

  it("lose frames", () => {
    const { out, line } = pass({ loss: 0.1 }, 1);
    assert.equal(out.length, 2000 - line.counters.lost);
    assert.ok(line.counters.lost > 120 && line.counters.lost < 280);
    assert.deepEqual(pass({ loss: 1 }, 1).out, []);
  });

  it("duplicate frames", () => {
    const { out, line } = pass({ duplication: 0.1 }, 1);
    assert.equal(out.length, 2000 + line.counters.duplicated);
    assert.ok(line.counters.duplicated > 120);
    assert.deepEqual(
      out.filter((frame, i) => i === 0 || !frame.equals(out[i - 1]!)),
      frames,
    );
  });

  it("let a frame be passed by the next one", () => {
    const { out, line } = pass({ reordering: 0.1 }, 1);
    const order = out.map((frame) => frame.readUInt32BE(14));
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      frames.map((_, i) => i),
    );
    const backwards = order.filter((number, i) => i > 0 && number < order[i - 1]!).length;
    // A frame held back last of all was passed by none.
    assert.ok(line.counters.reordered - backwards <= 1);
    assert.ok(backwards > 120);
  });

  it("flip one bit", () => {
    const { out, line } = pass({ corruption: 0.1 }, 1);
    const bits = (a: Buffer, b: Buffer) =>
      a.reduce((sum, byte, i) => sum + (byte ^ b[i]!).toString(2).replaceAll("0", "").length, 0);
    const flipped = out.map((frame, i) => bits(frame, frames[i]!));
    assert.ok(flipped.every((count) => count <= 1));
    assert.equal(flipped.filter((count) => count === 1).length, line.counters.corrupted);
    assert.ok(line.counters.corrupted > 120);
  });

  it("refuse what is no probability", () => {
    assert.throws(() => pass({ loss: 1.5 }, 1), /loss must be between 0 and 1, not 1.5/);
    assert.throws(() => pass({ corruption: NaN }, 1), /corruption must be/);
  });

  it("can be put before any endpoint, both ways", () => {
    const probe = new Probe();
    const bad = faulty(probe, { loss: 0.5 }, 1);
    const out: Buffer[] = [];
    bad.onFrame = (frame) => void out.push(frame);
    for (const frame of frames) {
      bad.send(frame);
      probe.emit(frame);
    }
    assert.equal(probe.got.length, 2000 - bad.to.counters.lost);
    assert.equal(out.length, 2000 - bad.from.counters.lost);
    assert.notEqual(bad.to.counters.lost, bad.from.counters.lost);
  });
});

describe("link: cable", () => {
  it("carries a frame to all other ends", async () => {
    const [a, b, c] = [new Probe(), new Probe(), new Probe()];
    const cable = new Cable();
    cable.attach("a", a);
    cable.attach("b", b);
    cable.attach("c", c);
    assert.throws(() => cable.attach("a", new Probe()), /already has an end named a/);
    a.emit(frames[0]!);
    b.emit(frames[1]!);
    assert.deepEqual([a.got, b.got, c.got], [[frames[1]], [frames[0]], [frames[0], frames[1]]]);
    assert.deepEqual(cable.counters.get("c"), { from: 0, to: 2 });
    assert.deepEqual(cable.counters.get("a"), { from: 1, to: 1 });
    await cable.close();
    a.emit(frames[2]!);
    assert.equal(b.got.length, 1);
    assert.ok(a.isClosed && b.isClosed && c.isClosed);
  });

  it("lets everyone see a question before its answer", () => {
    const [asker, watcher] = [new Probe(), new Probe()];
    const answerer = new (class extends Probe {
      override send(frame: Uint8Array): void {
        super.send(frame);
        this.emit(frames[1]!);
      }
    })();
    const cable = new Cable();
    cable.attach("answerer", answerer);
    cable.attach("asker", asker);
    cable.attach("watcher", watcher);
    asker.emit(frames[0]!);
    assert.deepEqual(watcher.got, [frames[0], frames[1]]);
    assert.deepEqual(asker.got, [frames[1]]);
  });

  it("records what an end sends and gets", () => {
    const blocks: Buffer[] = [];
    const writer = new PcapngWriter((block) => void blocks.push(Buffer.from(block)));
    const [a, b] = [new Probe(), new Probe()];
    const cable = new Cable();
    cable.attach("a", recorded(a, writer, "board"));
    cable.attach("b", b);
    a.emit(frames[0]!);
    b.emit(frames[1]!);
    const capture = readPcapng(Buffer.concat(blocks));
    assert.deepEqual(capture.interfaces[0]!.name, "board");
    assert.deepEqual(
      capture.frames.map(({ direction, bytes }) => [direction, Buffer.from(bytes)]),
      [
        ["out", frames[0]],
        ["in", frames[1]],
      ],
    );
    assert.deepEqual(a.got, [frames[1]]);
    assert.deepEqual(b.got, [frames[0]]);
  });

  it("joins UDP links as QEMU has them: one datagram, one frame", async () => {
    const port = await freePort();
    const far = await UdpCable.open(port);
    const near = await UdpCable.open(far.localPort, port);
    const stranger = await UdpCable.open(port);
    const probe = new Probe();
    const cable = new Cable();
    cable.attach("qemu", near);
    cable.attach("probe", probe);
    const arrived = new Promise<void>((resolve) => {
      probe.send = (frame) => {
        probe.got.push(Buffer.from(frame));
        if (probe.got.length === 3) resolve();
      };
    });
    stranger.send(frames[0]!);
    far.send(Buffer.alloc(0));
    far.send(Buffer.alloc(13));
    for (const length of [46, 1500, 0]) far.send(frame(0x0800, { length }));
    await arrived;
    assert.deepEqual(near.dropped, { foreign: 1, short: 2 });
    assert.deepEqual(
      probe.got,
      [46, 1500, 0].map((length) => frame(0x0800, { length })),
    );
    probe.emit(frames[5]!);
    assert.deepEqual(await far.receive(), frames[5]);
    await cable.close();
    await Promise.all([far.close(), stranger.close()]);
  });
});
