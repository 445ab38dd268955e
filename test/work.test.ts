// What a frame costs when many sockets get it: counted, so that a cost that grows faster than the number of sockets fails.
import assert from "node:assert/strict";
import * as packet from "../assembly/packet.js";
import { engineNames, type EngineName } from "../host/engine/engine.js";
import { PktSock } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { frame, hwaddr } from "./support/module.js";
import { countingModule, workOf } from "./support/work.js";

const ALL = htons(packet.ETH_P_ALL);
const module = countingModule();

/** The most that one of 40 frames costs when a reader comes after `slow` sockets that match, too, and are never read. */
function exhausted(engine: EngineName, slow: number, interfaces: number): number {
  const conns = { preallocConns: slow + 1, queueFrames: 8 };
  const sockets = PktSock.load(module, {
    ...conns,
    frames: 8,
    txFrames: 1,
    rxReserve: 1,
    frameSize: 128,
    engine,
    interfaces,
  });
  const [eth0] = Array.from({ length: interfaces }, (_, i) => sockets.addInterface(`eth${i}`, hwaddr).up());
  const reader = sockets.socket(packet.SOCK_RAW, ALL);
  for (let i = 0; i < slow; i++) sockets.socket(packet.SOCK_RAW, ALL);
  let most = 0;
  for (let seed = 0; seed < 40; seed++) {
    assert.ok(eth0!.driver.receive(frame(0x0800, { seed })));
    most = Math.max(
      most,
      workOf(sockets, () => sockets.service()),
    );
    assert.deepEqual(Buffer.from(sockets.recv(reader)), frame(0x0800, { seed }));
  }
  return most;
}

for (const engine of engineNames) {
  describe(`work of a frame on ${engine}`, () => {
    for (const interfaces of [1, 2]) {
      it(`with an exhausted pool grows as the number of sockets (${interfaces} interfaces)`, () => {
        const [few, some, many] = [3, 15, 63].map((slow) => exhausted(engine, slow, interfaces)) as [
          number,
          number,
          number,
        ];
        const [first, second] = [(some - few) / 12, (many - some) / 48];
        assert.ok(second <= first * 1.05, `a further socket costs ${first}, then ${second}`);
      });
    }
  });
}
