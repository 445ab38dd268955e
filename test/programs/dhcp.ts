// A DHCP server (RFC 2131) with one address to give.
import { checksum } from "../../host/net/wire.js";
import type { Running } from "../support/program.js";
import { assertFrame, be, BROADCAST, bytes, isFrame, PEER, type Peer } from "./peer.js";

const IP = "0800";
const SERVER = "c0000201";
const OFFERED = "c000024d";
const XID = "1d2c3b4a";
const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const DISCOVER = "350101";
const OFFER = "350102";
const REQUEST = "350103";
const ACK = "350105";
/** Where they lie in an IPv4 packet without options. */
const FRAGMENT = 6;
const UDP = 20;

interface Datagram {
  readonly from: string;
  readonly to: string;
  readonly ports: readonly [number, number];
  readonly payload: string;
}

/** An IPv4 packet with a UDP datagram and the checksums of both. */
function datagram({ from, to, ports, payload }: Datagram): Buffer {
  const length = 8 + payload.length / 2;
  const udp = bytes(be(ports[0], 2), be(ports[1], 2), be(length, 2), "0000", payload);
  udp.writeUInt16BE(checksum(Buffer.concat([bytes(from, to, "0011", be(length, 2)), udp])), 6);
  const ip = bytes("4500", be(20 + length, 2), "0000 0000 4011 0000", from, to);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([ip, udp]);
}

interface Message {
  readonly op: "01" | "02";
  readonly chaddr: string;
  readonly options: string;
  readonly xid?: string;
  readonly yiaddr?: string;
}

function dhcp({ op, chaddr, options, xid = XID, yiaddr = "00000000" }: Message): string {
  const names = "00".repeat(64 + 128);
  const head = `${op}010600${xid}00000000 00000000${yiaddr}00000000 00000000${chaddr}${"00".repeat(10)}`;
  return `${head}${names}63825363${options}ff`.replaceAll(" ", "").padEnd(2 * (240 + 64), "0");
}

/** What the client must send. */
function asked(run: Running, options: string): Buffer {
  const payload = dhcp({ op: "01", chaddr: run.address, options });
  const packet = datagram({ from: "00000000", to: BROADCAST.slice(4), ports: [CLIENT_PORT, SERVER_PORT], payload });
  return Buffer.concat([bytes(BROADCAST, run.address, IP), packet]);
}

function answer(run: Running, type: string, changes: Partial<Message> = {}, port = CLIENT_PORT): Buffer {
  const options = `${type}3604${SERVER}330400000258`;
  const payload = dhcp({ op: "02", chaddr: run.address, yiaddr: OFFERED, options, ...changes });
  const packet = datagram({ from: SERVER, to: BROADCAST.slice(4), ports: [SERVER_PORT, port], payload });
  return Buffer.concat([bytes(BROADCAST, PEER, IP), packet]);
}

/** What the client's filter must keep from it. */
async function sendFiltered(run: Running): Promise<void> {
  await run.send(answer(run, OFFER, {}, 53));
  const fragment = answer(run, OFFER);
  fragment.writeUInt16BE(0x00b9, 14 + FRAGMENT);
  await run.send(fragment);
  const tcp = answer(run, OFFER);
  tcp[14 + 9] = 6;
  await run.send(tcp);
}

/** What the client itself must pass over. */
async function sendWrong(run: Running): Promise<void> {
  await run.send(answer(run, ACK, { xid: "00000001" }));
  const damaged = answer(run, ACK);
  damaged[14 + UDP + 8 + 16]! ^= 1; // yiaddr, which the checksum covers
  await run.send(damaged);
  await run.send(answer(run, ACK, { chaddr: PEER }));
}

export const server: Peer = async (run) => {
  await run.console.waitFor("ready");
  const discover = asked(run, DISCOVER);
  assertFrame(await run.receive(), discover);
  await sendFiltered(run);
  await run.send(answer(run, OFFER));

  let next = await run.receive();
  while (isFrame(next, discover)) next = await run.receive(); // time had run out on a busy machine
  assertFrame(next, asked(run, `${REQUEST}3204${OFFERED}3604${SERVER}`));
  await sendWrong(run);
  await run.send(answer(run, ACK));
  await run.console.waitFor("lease of 192.0.2.77 from 192.0.2.1 for 600 s, dropped 3");
  await run.passed();
};
