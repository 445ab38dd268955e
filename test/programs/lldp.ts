// An LLDP neighbour (IEEE 802.1AB) that comes, changes its name, and leaves.
import { ascii, assertFrame, be, BROADCAST, bytes, letIn, PEER, type Peer } from "./peer.js";

const LLDP = "88cc";
const NEAREST_BRIDGE = "0180c200000e";
const NON_TPMR_BRIDGE = "0180c2000003";
const CUSTOMER_BRIDGE = "0180c2000000";
const CDP_GROUP = "01000ccccccc";

function tlv(type: number, value: string): string {
  return be((type << 9) | (value.length / 2), 2) + value;
}

function unit(mac: string, port: string, seconds: number, name: string): string {
  const time = tlv(3, be(seconds, 2));
  return tlv(1, `04${mac}`) + tlv(2, `05${ascii(port)}`) + time + (name === "" ? "" : tlv(5, ascii(name))) + "0000";
}

export const neighbour: Peer = async (run) => {
  await run.console.waitFor("eth0 has an MTU of 1500");
  assertFrame(await run.receive(), bytes(NEAREST_BRIDGE, run.address, LLDP, unit(run.address, "eth0", 120, "dut")));

  const filled = "00".repeat(30);
  const impostor = unit(PEER, "1", 120, "impostor") + filled;
  await run.send(bytes(BROADCAST, PEER, LLDP, impostor));
  await run.send(bytes(run.address, PEER, LLDP, impostor));
  await run.send(bytes(NEAREST_BRIDGE, PEER, "88b5", impostor));
  await run.send(bytes(NEAREST_BRIDGE, PEER, LLDP, unit(PEER, "1", 120, "switch-1"), filled));
  await run.console.waitFor("switch-1 at 02:00:00:00:00:0a for 120 s");

  await run.send(bytes(CDP_GROUP, PEER, be(46, 2), "00".repeat(46)));
  await run.send(bytes(NON_TPMR_BRIDGE, PEER, LLDP, "0207 04", PEER, "0bff", "00".repeat(46)));
  await run.send(bytes(CUSTOMER_BRIDGE, PEER, LLDP, unit(PEER, "1", 60, "switch-2"), filled));
  await run.console.waitFor("switch-2 at 02:00:00:00:00:0a for 60 s");
  await run.silent();
  await run.send(bytes(NON_TPMR_BRIDGE, PEER, LLDP, unit(PEER, "1", 0, ""), filled));
  await run.console.waitFor("switch-2 leaves");
  assertFrame(await run.receive(), bytes(NEAREST_BRIDGE, run.address, LLDP, unit(run.address, "eth0", 0, "")));
  await run.console.waitFor(`frames ${4 + letIn(run)}, malformed ${1 + letIn(run)}`);
  await run.passed();
};
