// A PTP master (IEEE 1588 over Ethernet) in two steps, with which the slave measures the delay end to end, then peer to peer.
//
// The cable is a simulated one. The program prints the stamp of each event message; the master's clock is a function of these
// stamps, and every frame is under way for a set time. So neither the machine's load nor the emulator's clock has a part in the
// verdict: whenever the machine gets round to it, the stamps say what they would have said on a quiet one.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { be, bytes, PEER, type Peer } from "./peer.js";

const PTP = "88f7";
const PTP_GROUP = "011b19000000";
const P2P_GROUP = "0180c200000e";
const PORT = "020000fffe00000a0001";
const STRANGER = "020000fffe0000bb0001";
const types = {
  sync: "00",
  delayReq: "01",
  pdelayReq: "02",
  pdelayResp: "03",
  followUp: "08",
  delayResp: "09",
  pdelayRespFollowUp: "0a",
} as const;

/** After so many of the Syncs a neighbour asks for the peer delay; after all of them the program ends. */
const END_TO_END_SYNCS = 40;
const SYNCS = 60;
/** Syncs after which the clock must be right, however wrong it was. */
const SETTLED_AFTER = 25;
/** Between two Syncs, at least: a clock at the wrong rate is wrong by much more than LIMIT afterwards. */
const INTERVAL_MS = 20;
/** How long each frame is under way, in nanoseconds. */
const DELAY = 5_000n;
/** How wrong the clock and the measured delay may be then, in nanoseconds. */
const LIMIT = 1_000n;
const SEC = 1_000_000_000n;

/** The master's clock is 400 ppm faster than the one of the stamps, and in another year. */
const masterTime = (stamp: bigint): bigint => stamp + (stamp * 400n) / 1_000_000n + 1_700_000_000n * SEC;

interface Message {
  readonly type: keyof typeof types;
  readonly sequence: number;
  readonly time?: bigint;
  readonly source?: string;
  readonly domain?: number;
  /** The port whose request this answers. */
  readonly requesting?: string;
  readonly etherType?: string;
}

function message({
  type,
  sequence,
  time = 0n,
  source = PORT,
  domain = 0,
  requesting = "",
  etherType = PTP,
}: Message): Buffer {
  const group = type.startsWith("pdelay") ? P2P_GROUP : PTP_GROUP;
  const stamp = be(Number(time / SEC), 6) + be(Number(time % SEC), 4);
  const body = stamp + (type.startsWith("pdelay") ? requesting.padEnd(20, "0") : requesting);
  const header = `${types[type]}02${be(34 + body.length / 2, 2)} ${be(domain, 1)}00 0200 ${"00".repeat(12)} ${source}`;
  return bytes(group, PEER, etherType, header, be(sequence, 2), "0500", body);
}

function assertNear(what: string, value: bigint, right: bigint): void {
  const error = value - right;
  assert.ok(error < LIMIT && error > -LIMIT, `${what} is ${error} ns wrong`);
}

export const master: Peer = async (run) => {
  const { console } = run;
  const own = `${run.address.slice(0, 6)}fffe${run.address.slice(6)}0001`;
  const send = (what: Message) => run.send(message(what));

  /** An event that the program prints: its stamp, and what time that is by the program's clock. */
  async function printed(what: string, sequence: number): Promise<readonly [stamp: bigint, local: bigint]> {
    const time = String.raw`(\d+)\.(\d{9})`;
    const match = await console.waitFor(new RegExp(`^${what} ${sequence} ${time} ${time}\r?\n`, "m"));
    const [sec, nsec, localSec, localNsec] = match.slice(1).map(BigInt);
    return [sec! * SEC + nsec!, localSec! * SEC + localNsec!];
  }

  async function expectMessage(type: keyof typeof types, sequence?: number): Promise<Buffer> {
    const frame = await run.receive();
    const text = frame.toString("hex");
    assert.equal(text.slice(0, 28), (type.startsWith("pdelay") ? P2P_GROUP : PTP_GROUP) + run.address + PTP);
    assert.equal(text.slice(28, 32), `${types[type]}02`);
    assert.equal(text.slice(2 * (14 + 20), 2 * (14 + 30)), own);
    if (sequence !== undefined) assert.equal(frame.readUInt16BE(14 + 30), sequence);
    return frame;
  }
  const timeIn = (frame: Buffer): bigint => BigInt(frame.readUIntBE(48, 6)) * SEC + BigInt(frame.readUInt32BE(54));

  /** Asks the slave for the peer delay, as a neighbour does. */
  async function requestPeerDelay(): Promise<void> {
    await send({ type: "pdelayReq", sequence: 77 });
    const response = await expectMessage("pdelayResp", 77);
    const followUp = await expectMessage("pdelayRespFollowUp", 77);
    for (const frame of [response, followUp]) assert.equal(frame.toString("hex", 58, 68), PORT);
    const stayed = timeIn(followUp) - timeIn(response);
    assert.ok(stayed > 0n && stayed < 60n * SEC, `the request was ${stayed} ns in the slave`);
  }

  /** Messages that are none of the slave's business: each would move its clock by years. */
  async function mislead(sequence: number): Promise<void> {
    await send({ type: "followUp", sequence: sequence - 1, time: 5n });
    await send({ type: "followUp", sequence, time: 5n, source: STRANGER });
    await send({ type: "followUp", sequence, time: 5n, domain: 1 });
  }

  await console.waitFor("ready");
  await run.send(message({ type: "sync", sequence: 9, etherType: "88b5" }));
  for (let n = 1; n <= SYNCS; n++) {
    if (n === END_TO_END_SYNCS + 1) await requestPeerDelay();
    const settled = n > SETTLED_AFTER;
    await setTimeout(INTERVAL_MS);

    await send({ type: "sync", sequence: n });
    const [stamp, local] = await printed("sync", n);
    if (settled) assertNear(`the clock at Sync ${n}`, local, masterTime(stamp));
    if (n % 8 === 0) await mislead(n);
    await send({ type: "followUp", sequence: n, time: masterTime(stamp) - DELAY });

    const peerToPeer = n > END_TO_END_SYNCS;
    const request = await expectMessage(peerToPeer ? "pdelayReq" : "delayReq");
    const sequence = request.readUInt16BE(14 + 30);
    const [left] = await printed(peerToPeer ? "pdelay" : "delay", sequence);
    if (n === SYNCS) break;
    const came = masterTime(left) + DELAY;
    if (peerToPeer) {
      await send({ type: "pdelayResp", sequence, time: came, requesting: own });
      const [answered] = await printed("presp", sequence);
      const time = masterTime(answered) - DELAY;
      await send({ type: "pdelayRespFollowUp", sequence, time, requesting: own });
    } else {
      if (n % 8 === 0) await send({ type: "delayResp", sequence, time: 5n, requesting: STRANGER });
      await send({ type: "delayResp", sequence, time: came, requesting: own });
    }
    const [, path] = await console.waitFor(/^path (-?\d+)\r?\n/m);
    if (settled) assertNear(`the delay after Sync ${n}`, BigInt(path!), DELAY);
  }
  await run.passed();
};
