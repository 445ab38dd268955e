import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureTime, PcapngFile, PcapngWriter, readPcapng } from "../host/net/pcapng.js";
import { frame } from "./support/module.js";

function write(fill: (writer: PcapngWriter) => void): Buffer {
  const blocks: Uint8Array[] = [];
  fill(new PcapngWriter((block) => void blocks.push(Buffer.from(block))));
  return Buffer.concat(blocks);
}

const time = 1_700_000_000_123_456_789n;

describe("pcapng", () => {
  it("is read by tshark: interfaces, nanoseconds, directions, bytes", function () {
    this.timeout(240_000);
    const dir = mkdtempSync(join(tmpdir(), "pktsock-pcapng-"));
    try {
      const path = join(dir, "capture.pcapng");
      const file = new PcapngFile(path);
      const eth0 = file.addInterface("eth0");
      const tap = file.addInterface("tap-é");
      file.frame(eth0, frame(0x0806, { length: 46 }), "in", time);
      file.frame(tap, frame(0x88cc, { length: 1500 }), "out", time + 1n);
      file.frame(eth0, frame(0x0800, { length: 47 }), "unknown", time + 2_000_000_000n);
      file.close();
      const fields = [
        "frame.interface_name",
        "frame.time_epoch",
        "frame.packet_flags_direction",
        "frame.len",
        "eth.type",
      ];
      const tshark = ["-r", path, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
      const lines = execFileSync("tshark", tshark, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      assert.deepEqual(
        lines
          .trim()
          .split("\n")
          .map((line) => line.split("\t").map((field) => (/^0x0*\d$/.test(field) ? String(Number(field)) : field))),
        [
          ["eth0", "1700000000.123456789", "1", "60", "0x0806"],
          ["tap-é", "1700000000.123456790", "2", "1514", "0x88cc"],
          ["eth0", "1700000002.123456789", "0", "61", "0x0800"],
        ],
      );
      assert.deepEqual(readPcapng(readFileSync(path)).interfaces.length, 2);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("is read back as it was written", () => {
    const bytes = write((writer) => {
      writer.addInterface("eth0");
      for (let length = 0; length < 8; length++) writer.frame(0, frame(0x0800, { length }), "out", time);
    });
    const { interfaces, frames } = readPcapng(bytes);
    assert.deepEqual(interfaces, [{ name: "eth0", linkType: 1 }]);
    frames.forEach((captured, length) => {
      assert.deepEqual(Buffer.from(captured.bytes), frame(0x0800, { length }));
      assert.deepEqual([captured.time, captured.direction, captured.originalLength], [time, "out", 14 + length]);
    });
    assert.equal(frames.length, 8);
  });

  it("reads microseconds, the default, and the other byte order", () => {
    const block = (type: number, ...words: number[]) => [
      type,
      (words.length + 3) * 4,
      ...words,
      (words.length + 3) * 4,
    ];
    const values = [
      ...block(0x0a0d0d0a, 0x1a2b3c4d, 0x00010000, 0xffffffff, 0xffffffff),
      ...block(1, 0x00010000, 0),
      ...block(0x0bad, 1, 2, 3),
      ...block(6, 0, 0, 5, 4, 9, 0x01020304),
    ];
    const bytes = Buffer.alloc(values.length * 4);
    values.forEach((value, i) => bytes.writeUInt32BE(value, i * 4));
    const { frames } = readPcapng(bytes);
    assert.equal(frames[0]!.time, 5000n);
    assert.equal(frames[0]!.originalLength, 9);
    assert.deepEqual(Buffer.from(frames[0]!.bytes), Buffer.from([1, 2, 3, 4]));
  });

  it("stamps with the time of day, never backwards", () => {
    const first = captureTime();
    assert.ok(captureTime() >= first);
    assert.ok(Math.abs(Number(first / 1_000_000n) - Date.now()) < 1000);
  });

  it("says where a file is damaged, and survives every cut and flipped byte", () => {
    assert.throws(() => readPcapng(Buffer.alloc(0)), /empty/);
    assert.throws(
      () => readPcapng(Buffer.from("this is no capture")),
      /at byte 0: it does not start with a section header/,
    );
    const bytes = write((writer) => {
      writer.addInterface("eth0");
      writer.frame(0, frame(0x0800), "in", time);
    });
    for (let i = 0; i < bytes.length; i++) {
      const flipped = Buffer.from(bytes);
      flipped[i]! ^= 0xff;
      for (const damaged of [bytes.subarray(0, i), flipped]) {
        try {
          readPcapng(damaged);
        } catch (error) {
          assert.match((error as Error).message, /^(not a pcapng file, at byte|an option is longer)/);
        }
      }
    }
  });

  it("refuses a frame of an interface that was not added", () => {
    assert.throws(() => write((writer) => writer.frame(0, frame(0x0800))), /no interface 0/);
  });
});
