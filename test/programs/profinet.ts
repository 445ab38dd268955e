// A PROFINET controller: looks for its device by DCP, gives it an address, and exchanges cyclic data with it.
import type { Running } from "../support/program.js";
import { ascii, assertFrame, be, bytes, letIn, PEER, type Peer, STRANGER } from "./peer.js";

const PROFINET = "8892";
const IDENTIFY_GROUP = "010ecf000000";
const LLDP_GROUP = "0180c200000e";
const TAG = "8100c000";
const STATION = "pump-3";
const STATUS_RUN = 0x35;
const STATUS_STOP = 0x25;

/** Option and suboption, length, value, filled up to an even length. */
function block(option: string, value: string): string {
  const length = value.length / 2;
  return option + be(length, 2) + value + "00".repeat(length % 2);
}

/** Frame ID, service, type, transaction, delay, length, blocks. */
function dcp(id: string, service: string, transaction: number, blocks: string, delay = "0000"): string {
  return `${id}${service}${be(transaction, 4)}${delay}${be(blocks.length / 2, 2)}${blocks}`;
}

function cyclic(data: string, counter: number, status: number): string {
  return `8000${data}${be(counter, 2)}${be(status, 1)}00`;
}

async function identify(run: Running): Promise<void> {
  const ask = async (name: string, transaction: number): Promise<void> => {
    const blocks = block("0202", ascii(name));
    await run.send(bytes(IDENTIFY_GROUP, PEER, PROFINET, dcp("fefe", "0500", transaction, blocks, "0001")));
  };
  await ask("pump-4", 1);
  await run.silent();
  await ask(STATION, 2);
  const answer = dcp("feff", "0501", 2, block("0202", `0000${ascii(STATION)}`));
  assertFrame(await run.receive(), bytes(PEER, run.address, PROFINET, answer));
}

async function giveAddress(run: Running): Promise<void> {
  const give = async (to: string, transaction: number, ip: string): Promise<void> => {
    const blocks = block("0102", `0001${ip}ffffff0000000000`);
    await run.send(bytes(to, PEER, PROFINET, dcp("fefd", "0400", transaction, blocks)));
  };
  await give(STRANGER, 3, "c0000208");
  await give(run.address, 4, "c0000209");
  const answer = dcp("fefd", "0401", 4, block("0504", "010200"));
  assertFrame(await run.receive(), bytes(PEER, run.address, PROFINET, answer));
}

export const control: Peer = async (run) => {
  await run.console.waitFor("ready");
  const announced = `0207 04${run.address} 0402 0731 0602 0014 0000`;
  assertFrame(await run.receive(), bytes(LLDP_GROUP, run.address, "88cc", announced));
  await run.send(bytes(LLDP_GROUP, PEER, "88cc", `0207 04${PEER} 0402 0731 0602 0014 0000`, "00".repeat(20)));
  await identify(run);
  await giveAddress(run);

  // An alarm, which neither socket takes.
  await run.send(bytes(run.address, PEER, PROFINET, "fe01", "11".repeat(44)));
  for (let i = 1; i <= 5; i++) {
    const data = be(i, 1).repeat(40);
    const status = i < 5 ? STATUS_RUN : STATUS_STOP;
    await run.send(bytes(run.address, PEER, TAG, PROFINET, cyclic(data, i, status)));
    const answer = cyclic(be(0xff & ~i, 1).repeat(40), 32 * i, STATUS_RUN);
    assertFrame(await run.receive(), bytes(PEER, run.address, TAG, PROFINET, answer));
  }
  await run.console.waitFor(`answered 7, not for us ${1 + letIn(run)}, neighbours 1, ip 192.0.2.9`);
  await run.passed();
};
