// Error queues on the module itself: which frames their messages hold, and that nobody lacks those.
import assert from "node:assert/strict";
import * as abi from "../assembly/abi.js";
import * as packet from "../assembly/packet.js";
import { engineNames } from "../host/engine/engine.js";
import { ErrnoError } from "../host/engine/errno.js";
import type { Interface, PktSock } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { frame, start } from "./support/module.js";

const SENT = packet.SOF_TIMESTAMPING_TX_SOFTWARE | packet.SOF_TIMESTAMPING_SOFTWARE | packet.SOF_TIMESTAMPING_OPT_ID;
/** Two frames are for sending, two are the driver's, and sockets may hold four. */
const SIZES = { frames: 8, txFrames: 2, rxReserve: 2, queueFrames: 8 };
const OURS = 0x88b5;
const OTHERS = 0x88b6;

function bound(sockets: PktSock, protocol: number): number {
  const fd = sockets.socket(packet.SOCK_RAW);
  sockets.bind(fd, { protocol: htons(protocol), ifindex: 1 });
  return fd;
}

function sender(sockets: PktSock, flags = SENT): number {
  const fd = bound(sockets, OURS);
  sockets.setsockopt(fd, packet.SOL_SOCKET, packet.SO_TIMESTAMPING, flags);
  return fd;
}

function sendOne(sockets: PktSock, eth0: Interface, fd: number, seed: number): void {
  sockets.send(fd, frame(OURS, { seed }));
  eth0.driver.transmit();
}

function ends(call: () => unknown): void {
  assert.throws(call, (error) => error instanceof ErrnoError && error.errno === packet.EAGAIN);
}

/** Every frame is where it was at the start: sockets receive four, and the sending side has two. */
function assertNothingIsLost(sockets: PktSock, eth0: Interface): void {
  const all = bound(sockets, OTHERS);
  for (let seed = 0; seed < 4; seed++) assert.ok(eth0.driver.receive(frame(OTHERS, { seed })));
  sockets.service();
  assert.equal(eth0.counter(abi.IFACE_RX_POOL_EMPTY), 0);
  for (let seed = 0; seed < 4; seed++) assert.deepEqual(sockets.recv(all), new Uint8Array(frame(OTHERS, { seed })));
  for (let i = 0; i < 2; i++) sockets.send(all, frame(OTHERS));
  ends(() => sockets.send(all, frame(OTHERS)));
  sockets.close(all);
}

for (const engine of engineNames) {
  describe(`error queues on ${engine}`, () => {
    it("hold the frame that was sent, and say when", () => {
      const { sockets, eth0 } = start(engine, SIZES);
      const fd = sender(sockets);
      const before = Math.floor(Date.now() / 1000);
      sendOne(sockets, eth0, fd, 1);
      const { data, flags, seconds, id, byMac } = sockets.recvMessage(fd);
      assert.deepEqual([...data], [...frame(OURS, { seed: 1 })]);
      assert.deepEqual([flags, id, byMac], [packet.MSG_ERRQUEUE, 0, false]);
      assert.ok(seconds >= before && seconds <= Date.now() / 1000);
      ends(() => sockets.recvMessage(fd));
      assertNothingIsLost(sockets, eth0);
    });

    it("leave one frame for sending: the next message has no bytes", () => {
      const { sockets, eth0 } = start(engine, SIZES);
      const fd = sender(sockets);
      for (let seed = 0; seed < 3; seed++) sendOne(sockets, eth0, fd, seed);
      const lengths = [0, 1, 2].map((i) => {
        const message = sockets.recvMessage(fd);
        assert.equal(message.id, i);
        return message.data.length;
      });
      assert.deepEqual(lengths, [60, 0, 0]);
      assertNothingIsLost(sockets, eth0);
    });

    it("give up their frames, but not the times, when sockets need them", () => {
      const { sockets, eth0 } = start(engine, SIZES);
      const fd = sender(sockets);
      const reader = bound(sockets, OTHERS);
      sendOne(sockets, eth0, fd, 1);
      assert.equal(sockets.poll(fd) & packet.POLLERR, packet.POLLERR);
      for (let seed = 0; seed < 4; seed++) {
        assert.ok(eth0.driver.receive(frame(OTHERS, { seed })));
        sockets.service();
      }
      assert.equal(sockets.counters(reader).packets, 4);
      assert.equal(eth0.counter(abi.IFACE_RX_POOL_EMPTY), 0);
      const { data, id, seconds } = sockets.recvMessage(fd);
      assert.deepEqual([data.length, id], [0, 0]);
      assert.notEqual(seconds, 0);
      sockets.close(reader);
      assertNothingIsLost(sockets, eth0);
    });

    it("give up frames that a tap holds, too, and the tap keeps them", () => {
      const { sockets, eth0 } = start(engine, SIZES);
      const fd = sender(sockets);
      const tap = bound(sockets, packet.ETH_P_ALL);
      sendOne(sockets, eth0, fd, 7);
      assert.equal(sockets.poll(fd) & packet.POLLERR, packet.POLLERR);
      for (let seed = 0; seed < 3; seed++) eth0.driver.receive(frame(OTHERS, { seed }));
      sockets.service();
      assert.deepEqual([...sockets.recv(tap)], [...frame(OURS, { seed: 7 })]);
      sockets.close(tap);
      sockets.recvMessage(fd);
      assertNothingIsLost(sockets, eth0);
    });

    it("are bounded, and close() returns what they hold", () => {
      const { sockets, eth0 } = start(engine, SIZES);
      for (let round = 0; round < 3; round++) {
        const fd = sender(sockets);
        for (let seed = 0; seed < 100; seed++) sendOne(sockets, eth0, fd, seed);
        if (round > 0) sockets.close(fd);
        else {
          for (let id = 0; id < 8; id++) assert.equal(sockets.recvMessage(fd).id, id);
          ends(() => sockets.recvMessage(fd));
        }
      }
      assertNothingIsLost(sockets, eth0);
    });

    it("are not for a socket that was closed while its frame was sent", () => {
      const { sockets, eth0 } = start(engine, SIZES);
      const fd = sender(sockets);
      sockets.send(fd, frame(OURS));
      const sent = eth0.driver.txTake();
      sockets.close(fd);
      assert.equal(sender(sockets), fd);
      eth0.driver.completionGive(sent);
      assert.equal(sockets.poll(fd) & packet.POLLERR, 0);
      ends(() => sockets.recvMessage(fd));
      assertNothingIsLost(sockets, eth0);
    });

    it("need room in the heap, and tell when there is none", () => {
      const { sockets } = start(engine, { ...SIZES, heapSize: 100 });
      const fd = bound(sockets, OURS);
      assert.throws(
        () => sockets.setsockopt(fd, packet.SOL_SOCKET, packet.SO_TIMESTAMPING, SENT),
        (error) => error instanceof ErrnoError && error.errno === packet.ENOBUFS,
      );
      sockets.setsockopt(fd, packet.SOL_SOCKET, packet.SO_TIMESTAMPING, packet.SOF_TIMESTAMPING_RX_SOFTWARE);
    });
  });
}
