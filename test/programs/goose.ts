// A GOOSE subscriber and a GOOSE publisher (IEC 61850-8-1), each the peer of the other's program.
import type { Running } from "../support/program.js";
import { ascii, assertFrame, be, BROADCAST, bytes, letIn, PEER, type Peer, STRANGER } from "./peer.js";

const GOOSE = "88b8";
const SAMPLED_VALUES = "88ba";
const GROUP = "010ccd010001";
const OTHER_GROUP = "010ccd0101ff";
const TAG = "81008000";

function element(tag: string, value: string): string {
  return tag + be(value.length / 2, 1) + value;
}

interface Message {
  readonly state: number;
  readonly sequence: number;
  readonly appid?: string;
}

/** APPID, length, reserved, PDU. */
function message({ state, sequence, appid = "1000" }: Message): string {
  const pdu = [
    element("80", ascii("dutIED/LLN0$GO$control")),
    element("81", "07d0"),
    element("82", ascii("dutIED/LLN0$data")),
    element("83", ascii("control")),
    element("84", "000000000000000a"),
    element("85", be(state, 1)),
    element("86", be(sequence, 1)),
    "870100 880101 890100 8a0101",
    element("ab", element("83", state % 2 ? "ff" : "00")),
  ];
  const whole = element("61", pdu.join("").replaceAll(" ", ""));
  return `${appid}${be(whole.length / 2 + 8, 2)}00000000${whole}`;
}

export const subscribe: Peer = async (run) => {
  await run.console.waitFor("ready");
  // The publisher never reads its socket: what comes in must not hinder it.
  for (let i = 0; i < 20; i++) await run.send(bytes(BROADCAST, PEER, "0806", "00".repeat(46)));
  for (const state of [1, 2, 3]) {
    for (const sequence of [0, 1, 2, 3]) {
      assertFrame(await run.receive(), bytes(GROUP, run.address, TAG, GOOSE, message({ state, sequence })));
    }
  }
  await run.silent();
  await run.passed();
};

export const publish: Peer = async (run) => {
  await run.console.waitFor("ready");
  const send = async (sent: Message, { to = GROUP, tag = "", type = GOOSE } = {}): Promise<void> => {
    await run.send(bytes(to, PEER, tag, type, message(sent)));
  };
  await send({ state: 1, sequence: 0 }, { tag: TAG });
  await run.console.waitFor("state 1, missed 0");
  await send({ state: 1, sequence: 1 });
  await send({ state: 1, sequence: 3 });
  await run.console.waitFor("repetition 3, missed 1");

  await send({ state: 7, sequence: 0 }, { type: SAMPLED_VALUES });
  await send({ state: 7, sequence: 0 }, { to: OTHER_GROUP });
  await send({ state: 7, sequence: 0 }, { to: STRANGER });
  await send({ state: 4, sequence: 2 });
  await run.console.waitFor("state 4, missed 4");

  await send({ state: 7, sequence: 0, appid: "1001" });
  await malformed(run);
  await send({ state: 9, sequence: 0 }, { tag: TAG });
  await run.console.waitFor("state 9, missed 4");
  const foreign = 2 * letIn(run);
  await run.console.waitFor(
    `frames ${7 + foreign}, other group ${foreign}, other type 0, other application 1, malformed 1`,
  );
  await run.passed();
};

/** A message whose PDU is longer than the frame says. */
async function malformed(run: Running): Promise<void> {
  const frame = bytes(GROUP, PEER, GOOSE, message({ state: 8, sequence: 0 }));
  frame[23]! += 1;
  await run.send(frame);
}
