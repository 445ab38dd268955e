// EtherCAT slaves for the two masters: each frame goes round, is worked on, and comes back with another source address.
import assert from "node:assert/strict";
import type { Running } from "../support/program.js";
import { assertFrame, be, BROADCAST, bytes, isFrame, PEER, type Peer, STRANGER } from "./peer.js";

const ETHERCAT = "88a4";
const BRD = 7;
const LRW = 12;
const SLAVES = 2;
const MASTER = "010101010101";
const DATA = 26;

/** A frame with one datagram as the master must send it; its fields are little-endian. */
function datagram(command: number, index: number, address: string, data: string): Buffer {
  const length = data.length / 2;
  const header = be(command, 1) + be(index, 1) + address + be(length, 1) + "00 0000";
  return bytes(BROADCAST, MASTER, ETHERCAT, be(12 + length, 1), "10", header, data, "0000");
}

/** The frame when it has passed all slaves. */
function worked(frame: Buffer, to = BROADCAST): Buffer {
  const back = Buffer.from(frame);
  back.set(bytes(to), 0);
  back[6]! |= 2;
  const end = DATA + back[22]!;
  if (back[16] === BRD) {
    back[DATA] = 8; // operational
    back.writeUInt16LE(SLAVES, end);
  } else {
    for (let i = DATA; i < end; i++) back[i]! ^= 0xff;
    back.writeUInt16LE(3 * SLAVES, end);
  }
  return back;
}

/** Takes the next frame, which must be `expected`; what came before may come again when this machine was busy. */
async function take(run: Running, expected: Buffer, before = expected): Promise<void> {
  for (;;) {
    const frame = await run.receive();
    if (isFrame(frame, expected) || !isFrame(frame, before)) return assertFrame(frame, expected);
  }
}

/** Frames that disturb the master: none of them may end its wait. */
async function disturb(run: Running, frame: Buffer): Promise<void> {
  const stray = worked(frame);
  stray[17] = 200;
  const otherType = worked(frame);
  otherType.writeUInt16BE(0x88a5, 12);
  await run.send(otherType);
  await run.send(stray);
  await run.send(frame); // an echo, which no slave has seen
}

export const poll: Peer = async (run) => {
  await run.console.waitFor("ready");
  const zeros = "00".repeat(8);

  const count = datagram(BRD, 0, "00000000", "00");
  await take(run, count);
  await disturb(run, count);
  await take(run, count); // the first one was lost
  await run.send(worked(count));
  await run.console.waitFor(`slaves ${SLAVES}`);

  const [state, data] = [datagram(BRD, 1, "00003001", "0000"), datagram(LRW, 2, "00000100", zeros)];
  await take(run, state, count);
  await take(run, data);
  await run.send(worked(data));
  await run.send(worked(state));
  await run.console.waitFor(`state of ${SLAVES} is 8, data of ${3 * SLAVES}`);

  let before = data;
  for (let cycle = 1; cycle <= 10; cycle++) {
    const exchange = datagram(LRW, cycle % 4, "00000100", be(cycle, 1).repeat(8));
    await take(run, exchange, before);
    before = exchange;
    // Any destination will do: the interface is promiscuous.
    await run.send(worked(exchange, cycle % 2 ? STRANGER : BROADCAST));
  }
  const said = await run.console.waitFor(/sent again (\d+), unknown (\d+)/);
  assert.ok(Number(said[1]) >= 1 && Number(said[2]) >= 2, said[0]);
  await run.passed();
};

const FRAMES = 4;
const DATAGRAMS = 3;
const DATA_BYTES = 100;

/** Frame number `number` of a cycle as the master must send it, or as it comes back. */
function batch(number: number, source: string, done: boolean): Buffer {
  const length = DATAGRAMS * (DATA_BYTES + 12);
  const datagrams = Array.from({ length: DATAGRAMS }, (_, i) => {
    const index = be(number * DATAGRAMS + i, 1);
    const more = i + 1 < DATAGRAMS ? "80" : "00";
    const header = `04 ${index} 0110 0000 ${be(DATA_BYTES, 1)} ${more} 0000`;
    return header + (done ? index : "00").repeat(DATA_BYTES) + (done ? "0100" : "0000");
  });
  const head = be(length & 0xff, 1) + be(0x10 | (length >> 8), 1);
  return bytes(BROADCAST, source, ETHERCAT, head, ...datagrams);
}

export const batches: Peer = async (run) => {
  await run.console.waitFor("ready");
  const lost = 2;
  for (let cycle = 0; cycle < 3; cycle++) {
    // All of them are on their way before the first is back.
    for (let i = 0; i < FRAMES; i++) assertFrame(await run.receive(), batch(i, "020000000001", false));
    for (const i of [3, 2, 1, 0]) {
      const otherType = bytes(BROADCAST, PEER, "88a5", "00".repeat(46));
      await run.send(cycle === 1 && i === lost ? otherType : batch(i, "060000000001", true));
    }
    const [frames, seen] = cycle === 1 ? [3, 0xfff & ~(7 << (3 * lost))] : [4, 0xfff];
    await run.console.waitFor(
      `cycle ${cycle}: ${frames} frames, ${3 * frames} good datagrams, seen ${seen.toString(16)}`,
    );
  }
  await run.passed();
};
