// A host that is asked for by ARP.
import { formatMac } from "../../host/net/wire.js";
import type { Running } from "../support/program.js";
import { assertFrame, BROADCAST, bytes, letIn, PEER, type Peer, STRANGER } from "./peer.js";

const ARP = "0806";
const HEADER = "000108000604";
const SOURCE = "c0000202";
const TARGET = "c0000201";

/** What the program must send. */
function request(run: Running, to: string): Buffer {
  return bytes(to, run.address, ARP, HEADER, "0001", run.address, SOURCE, to, TARGET);
}

async function reply(run: Running, { to = run.address, ip = TARGET, operation = "0002" } = {}): Promise<void> {
  const filled = "00".repeat(18);
  await run.send(bytes(to, PEER, ARP, HEADER, operation, PEER, ip, run.address, SOURCE, filled));
}

export const host: Peer = async (run) => {
  const answered = `answer from 192.0.2.1 at ${formatMac(bytes(PEER))}`;
  const plain = formatMac(bytes(run.address)).replaceAll(/\b0/g, "");
  await run.console.waitFor(`from eth0 at ${plain}`);
  await run.console.waitFor("ready");
  assertFrame(await run.receive(), request(run, BROADCAST));
  await run.send(bytes(run.address, PEER, "0800", "00".repeat(46)));
  await reply(run, { ip: "c0000203" });
  await reply(run, { operation: "0001" });
  await reply(run, { to: STRANGER });
  await run.silent();
  await reply(run);
  await run.console.waitFor(answered);

  assertFrame(await run.receive(), request(run, PEER));
  await reply(run, { to: BROADCAST });
  await run.console.waitFor(answered);
  assertFrame(await run.receive(), request(run, PEER));
  await reply(run);
  await run.console.waitFor(answered);
  await run.console.waitFor(`sent 3, received 3, 1 of them broadcast, ignored ${2 + letIn(run)}`);
  await run.passed();
};
