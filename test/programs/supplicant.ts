// An authenticator (IEEE 802.1X): it asks for the identity, offers a method, and lets in.
import { ascii, assertFrame, be, bytes, PEER, type Peer } from "./peer.js";

const EAPOL = "888e";
const GROUP = "0180c2000003";
const [request, response, success] = ["01", "02", "03"];
const [identity, nak, md5, tls] = ["01", "03", "04", "0d"];

function eap(code: string, id: number, data: string): string {
  const length = be(4 + data.length / 2, 2);
  return `0100 ${length} ${code} ${be(id, 1)} ${length} ${data}`;
}

export const authenticator: Peer = async (run) => {
  await run.console.waitFor("IP address: no");
  assertFrame(await run.receive(), bytes(GROUP, run.address, EAPOL, "01010000"));

  await run.send(bytes(GROUP, PEER, EAPOL, "0103 0000", "00".repeat(42))); // a key: the filter refuses it
  await run.send(bytes(GROUP, PEER, EAPOL, "0100 0100 01", "00".repeat(41)));
  await run.console.waitFor("malformed");
  await run.send(bytes(GROUP, PEER, EAPOL, eap(request, 7, identity), "00".repeat(37)));
  const known = eap(response, 7, identity + ascii("board"));
  assertFrame(await run.receive(), bytes(PEER, run.address, EAPOL, known));

  await run.send(bytes(run.address, PEER, EAPOL, eap(request, 8, `${md5}10${"55".repeat(16)}`), "00".repeat(20)));
  assertFrame(await run.receive(), bytes(PEER, run.address, EAPOL, eap(response, 8, nak + tls)));
  await run.console.waitFor("method 4 refused");
  await run.send(bytes(run.address, PEER, EAPOL, eap(success, 8, ""), "00".repeat(38)));
  await run.passed();
};
