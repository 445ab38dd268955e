// Random frames: some that a network would carry, some that hold nothing but noise.
import type { Random } from "../../host/net/random.js";

const addresses = ["020000000002", "ffffffffffff", "01005e0000fb", "020000000099"].map((digits) =>
  Buffer.from(digits, "hex"),
);

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}

function tags(random: Random, most: number): Buffer {
  if (most === 0 || !random.chance(0.15)) return Buffer.alloc(0);
  const tpid = pick(random, [0x8100, 0x88a8]);
  const tag = Buffer.from([tpid >> 8, tpid & 0xff, random.below(256), random.below(256)]);
  return Buffer.concat([tag, tags(random, most - 1)]);
}

function ipv4(random: Random): Buffer {
  const packet = noise(random, 28 + random.below(80));
  packet[0] = 0x40 + pick(random, [5, 5, 6, 15]);
  packet.writeUInt16BE(packet.length, 2);
  packet[9] = pick(random, [1, 6, 17]);
  packet.fill(0, 6, 8);
  return packet;
}

function payload(random: Random): { type: number; bytes: Buffer } {
  return pick(random, [
    () => ({ type: 0x0800, bytes: ipv4(random) }),
    () => ({ type: 0x0806, bytes: Buffer.concat([Buffer.from("0001080006040001", "hex"), noise(random, 38)]) }),
    () => ({ type: random.below(0x10000), bytes: noise(random, random.below(100)) }),
    // With a length: LLC, or Novell's kind.
    () => ({ type: random.below(0x600), bytes: noise(random, 46) }),
    () => ({ type: 46, bytes: Buffer.concat([Buffer.from([0xff, 0xff]), noise(random, 44)]) }),
    () => ({ type: 0x0800, bytes: noise(random, pick(random, [0, 1, 2, 46, 1000, 1500])) }),
  ])();
}

/** From the link-layer header on; 14 to 1514 bytes, and with at most `mostTags` VLAN tags. */
export function randomFrame(random: Random, mostTags: number): Buffer {
  const { type: drawn, bytes } = payload(random);
  const type = drawn === 0x8100 || drawn === 0x88a8 ? 0x0800 : drawn;
  const source = Buffer.concat([Buffer.from([0x02]), noise(random, 4), Buffer.from([1])]);
  const tagged = bytes.length < 1400 ? tags(random, mostTags) : Buffer.alloc(0);
  return Buffer.concat([pick(random, addresses), source, tagged, Buffer.from([type >> 8, type & 0xff]), bytes]);
}
