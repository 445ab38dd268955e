// The peers of the two programs of NuttX's page. They bind after "ready", so the frame is repeated until they have answered.
import assert from "node:assert/strict";
import type { Running } from "../support/program.js";
import { BROADCAST, bytes, PEER, type Peer } from "./peer.js";

const BUFSIZE = 600;
const PAYLOAD = "5a".repeat(BUFSIZE);

async function ask(run: Running, frame: Buffer): Promise<Buffer> {
  await run.console.waitFor("ready");
  const limit = performance.now() + 60_000;
  let answer = null;
  while (answer === null) {
    if (performance.now() > limit) throw new Error("The program does not answer");
    await run.send(frame);
    answer = await run.next(50);
  }
  await run.console.waitFor("done");
  assert.equal(await run.console.exited(), 0);
  return answer;
}

export const raw: Peer = async (run) => {
  const received = bytes(run.address, PEER, "88b5", PAYLOAD).subarray(0, BUFSIZE);
  assert.equal((await ask(run, received)).toString("hex"), received.toString("hex"));
};

export const dgram: Peer = async (run) => {
  const answer = await ask(run, bytes(run.address, PEER, "0800", PAYLOAD));
  assert.equal(answer.toString("hex"), bytes(BROADCAST, run.address, "0800", PAYLOAD).toString("hex"));
};
