// What a frame costs when many sockets get it: counted, so that a cost that grows faster than the number of sockets fails.
import assert from "node:assert/strict";
import * as abi from "../assembly/abi.js";
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

/** The most that a call does while a burst fills the ring, the pool is exhausted and `conns` sockets match; and the calls. */
function burst(engine: EngineName, conns: number): { most: number; calls: number } {
  const pool = { frames: 40, txFrames: 1, rxReserve: 16, frameSize: 128, queueFrames: 8 };
  const sockets = PktSock.load(module, { ...pool, preallocConns: conns, engine });
  const eth0 = sockets.addInterface("eth0", hwaddr).up();
  for (let i = 0; i < conns; i++) sockets.socket(packet.SOCK_RAW, ALL);
  let most = 0;
  let calls = 0;
  while (eth0.driver.receive(frame(0x0800)));
  for (; sockets.memory.u32(sockets.memory.u32(eth0.offset + abi.IFACE_RX)) !== 0; calls++) {
    most = Math.max(
      most,
      workOf(sockets, () => sockets.service()),
    );
  }
  return { most, calls };
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

    it("of a call does not grow with a burst, however many sockets match", () => {
      for (const conns of [1, 4, 16, 63]) {
        const { most, calls } = burst(engine, conns);
        const sockets = Math.max(64, 1 + conns);
        assert.ok(calls >= 39 / Math.max(1, Math.floor(64 / (1 + conns))), `${conns} sockets: ${calls} calls`);
        assert.ok(most <= 3 * sockets, `${conns} sockets: ${most} for ${sockets} visits`);
      }
    });
  });
}
