// A PPPoE access concentrator (RFC 2516), beside one that answers somebody else.
import { ascii, assertFrame, be, BROADCAST, bytes, PEER, type Peer } from "./peer.js";

const [discovery, session] = ["8863", "8864"];
const [pado, padi, padr, pads, padt] = ["07", "09", "19", "65", "a7"];
const sessionId = "0042";

function tag(type: string, value: string): string {
  return type + be(value.length / 2, 2) + value;
}

function packet(code: string, id: string, payload: string): string {
  return `11${code}${id}${be(payload.length / 2, 2)}${payload}`;
}

const service = tag("0101", "");
const uniq = tag("0103", ascii("pkts"));
const cookie = tag("0104", "c00c1e");
const filled = "00".repeat(40);

export const concentrator: Peer = async (run) => {
  const toHost = (code: string, id: string, payload: string) =>
    run.send(bytes(run.address, PEER, discovery, packet(code, id, payload), filled));

  assertFrame(await run.receive(), bytes(BROADCAST, run.address, discovery, packet(padi, "0000", service + uniq)));
  await toHost(pado, "0000", service + tag("0103", ascii("else")));
  await run.send(bytes(run.address, PEER, discovery, "1107 0000 00ff", filled));
  await run.console.waitFor("malformed");
  await toHost(pado, "0000", tag("0102", ascii("concentrator")) + service + cookie + uniq);
  assertFrame(await run.receive(), bytes(PEER, run.address, discovery, packet(padr, "0000", service + uniq + cookie)));
  await toHost(pads, sessionId, service + uniq);
  await run.console.waitFor(`session ${parseInt(sessionId, 16)}`);

  assertFrame(
    await run.receive(),
    bytes(PEER, run.address, session, packet("00", sessionId, "c021 0901 0008 00000000".replaceAll(" ", ""))),
  );
  const reply = packet("00", sessionId, "c0210a01000800000000");
  await run.send(bytes(run.address, PEER, session, reply, "00".repeat(30)));
  assertFrame(await run.receive(), bytes(PEER, run.address, discovery, packet(padt, sessionId, "")));
  await run.passed();
};
