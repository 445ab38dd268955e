// A PTP peer and master (IEEE 1588 over Ethernet): it measures the delay, then sends the time in two steps.
import assert from "node:assert/strict";
import { be, bytes, PEER, type Peer } from "./peer.js";

const PTP = "88f7";
const PTP_GROUP = "011b19000000";
const P2P_GROUP = "0180c200000e";
const port = "020000fffe00000a0001";
const [sync, pdelayReq, pdelayResp, followUp, pdelayRespFollowUp] = ["00", "02", "03", "08", "0a"];

/** A message of 54 bytes, as far as this test reads it. */
function message(type: string, sequence: number): string {
  return `${type}02 0036 00 00 0000 ${"00".repeat(8)} 00000000 ${port} ${be(sequence, 2)} 05 7f ${"00".repeat(20)}`;
}

export const master: Peer = async (run) => {
  await run.console.waitFor("ready");
  await run.send(bytes(PTP_GROUP, PEER, "88b5", message(sync, 9)));
  for (const sequence of [1, 2, 3]) {
    await run.send(bytes(P2P_GROUP, PEER, PTP, message(pdelayReq, sequence)));
    for (const type of [pdelayResp, pdelayRespFollowUp]) {
      const answer = await run.receive();
      const text = answer.toString("hex");
      assert.equal(text.slice(0, 28), P2P_GROUP + run.address + PTP);
      assert.equal(text.slice(28, 30), type);
      assert.equal(answer.readUInt16BE(14 + 30), sequence);
      assert.equal(text.slice(2 * (14 + 44), 2 * (14 + 54)), port);
    }
  }
  await run.send(bytes(PTP_GROUP, PEER, PTP, message(sync, 7)));
  await run.send(bytes(PTP_GROUP, PEER, PTP, message(followUp, 6)));
  await run.console.waitFor("sequence 6");
  await run.send(bytes(PTP_GROUP, PEER, PTP, message(followUp, 7)));
  await run.passed();
};
