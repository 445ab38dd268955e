// Who may hold how many frames, where it is scarce: what fuzzing found.
import assert from "node:assert/strict";
import * as packet from "../assembly/packet.js";
import { engineNames } from "../host/engine/engine.js";
import { ErrnoError } from "../host/engine/errno.js";
import { PktSock } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { frame, hwaddr, moduleBytes, other, start } from "./support/module.js";

const { SOCK_RAW } = packet;
const ALL = htons(packet.ETH_P_ALL);
const [IP, ARP] = [0x0800, 0x0806];

function fails(code: string, call: () => unknown): void {
  assert.throws(call, (error) => error instanceof ErrnoError && error.code === code);
}

/** Lends until that is refused; returns how many were lent. */
function lendAll(lend: () => unknown): number {
  for (let lent = 0; ; lent++) {
    try {
      lend();
    } catch (error) {
      assert.ok(error instanceof ErrnoError && error.code === "ENOBUFS", String(error));
      return lent;
    }
  }
}

for (const engine of engineNames) {
  describe(`shares of the pool on ${engine}`, () => {
    it("frames to send that are lent and never given back keep nobody from sending", () => {
      const { sockets, eth0 } = start(engine, { txFrames: 3 });
      const [taker, bystander] = [sockets.socket(SOCK_RAW), sockets.socket(SOCK_RAW)];
      for (const fd of [taker, bystander]) sockets.bind(fd, { ifindex: 1 });
      assert.equal(
        lendAll(() => sockets.sendLend(taker)),
        2,
      );
      for (let seed = 0; seed < 10; seed++) {
        assert.equal(sockets.poll(bystander), packet.POLLOUT);
        sockets.send(bystander, frame(IP, { seed }));
        assert.deepEqual(eth0.driver.transmit().map(Buffer.from), [frame(IP, { seed })]);
      }
    });

    it("with a slow tap neither", () => {
      const { sockets, eth0 } = start(engine, { txFrames: 3 });
      const [taker, bystander] = [sockets.socket(SOCK_RAW), sockets.socket(SOCK_RAW)];
      sockets.socket(SOCK_RAW, ALL);
      for (const fd of [taker, bystander]) sockets.bind(fd, { ifindex: 1 });
      lendAll(() => sockets.sendLend(taker));
      for (let seed = 0; seed < 10; seed++) {
        sockets.send(bystander, frame(IP, { seed }));
        assert.equal(eth0.driver.transmit().length, 1);
      }
    });

    it("a network stack that holds what it was lent and reads nothing keeps nobody from receiving", () => {
      const { sockets, eth0 } = start(engine, {
        frames: 6,
        txFrames: 2,
        rxReserve: 1,
        stackReserve: 1,
        queueFrames: 4,
      });
      const stack = sockets.call("openStack", 1);
      const bystander = sockets.socket(SOCK_RAW);
      sockets.bind(bystander, { ifindex: 1, protocol: htons(ARP) });
      for (let seed = 0; seed < 4; seed++) eth0.driver.receive(frame(IP, { seed }));
      sockets.recvLend(stack);
      assert.ok(eth0.driver.receive(frame(ARP)));
      assert.deepEqual(Buffer.from(sockets.recv(bystander)), frame(ARP));
    });

    it("received frames that are lent and never given back keep nobody from receiving", () => {
      const { sockets, eth0 } = start(engine, { frames: 8, txFrames: 2, rxReserve: 2, stackReserve: 1 });
      const taker = sockets.socket(SOCK_RAW, htons(IP));
      const bystander = sockets.socket(SOCK_RAW, htons(ARP));
      for (let i = 0; i < 4; i++) eth0.driver.receive(frame(IP));
      assert.equal(
        lendAll(() => sockets.recvLend(taker)),
        3,
      );
      for (let seed = 0; seed < 10; seed++) {
        eth0.driver.receive(frame(ARP, { seed }));
        assert.deepEqual(Buffer.from(sockets.recv(bystander)), frame(ARP, { seed }));
        eth0.driver.receive(frame(IP));
      }
      assert.equal(sockets.call("openStack", 1), -packet.ENOBUFS); // its reserve would be the last that is left
    });

    it("what is lent of one interface does not count on another", () => {
      const options = { engine, interfaces: 2, frames: 5, txFrames: 1, rxReserve: 1 };
      const sockets = PktSock.load(moduleBytes(), options);
      const [eth0, eth1] = [sockets.addInterface("eth0", hwaddr).up(), sockets.addInterface("eth1", other).up()];
      const fd = sockets.socket(SOCK_RAW, htons(IP));
      for (const { driver } of [eth0, eth1]) {
        for (let i = 0; i < 3; i++) driver.receive(frame(IP));
        assert.equal(
          lendAll(() => sockets.recvLend(fd)),
          2,
        );
        sockets.recv(fd);
      }
    });

    it("a slow socket does not keep the only frame", () => {
      const { sockets, eth0 } = start(engine, { frames: 3, txFrames: 1, rxReserve: 1, queueFrames: 2 });
      const slow = sockets.socket(SOCK_RAW, htons(IP));
      const bystander = sockets.socket(SOCK_RAW, htons(ARP));
      for (let seed = 0; seed < 5; seed++) {
        for (let i = 0; i < 2; i++) eth0.driver.receive(frame(IP));
        sockets.service();
        eth0.driver.receive(frame(ARP, { seed }));
        assert.deepEqual(Buffer.from(sockets.recv(bystander)), frame(ARP, { seed }));
      }
      fails("EAGAIN", () => sockets.recv(slow));
    });

    it("a slow socket does not keep the frames of one interface behind those of another", () => {
      const options = { engine, interfaces: 2, frames: 6, txFrames: 1, rxReserve: 1, queueFrames: 8 };
      const sockets = PktSock.load(moduleBytes(), options);
      const [eth0, eth1] = [sockets.addInterface("eth0", hwaddr).up(), sockets.addInterface("eth1", other).up()];
      const slow = sockets.socket(SOCK_RAW, htons(IP));
      const bystander = sockets.socket(SOCK_RAW, htons(ARP));
      for (let seed = 0; seed < 4; seed++) eth0.driver.receive(frame(IP, { seed }));
      sockets.service();
      for (let seed = 4; seed < 7; seed++) eth1.driver.receive(frame(IP, { seed }));
      sockets.service();
      eth0.driver.receive(frame(ARP));
      assert.deepEqual(Buffer.from(sockets.recv(bystander)), frame(ARP));
      // It lost the newest of eth0; the newer ones of eth1 moved up.
      for (const seed of [0, 1, 2, 4, 5, 6]) assert.deepEqual(Buffer.from(sockets.recv(slow)), frame(IP, { seed }));
      fails("EAGAIN", () => sockets.recv(slow));
    });

    it("a short frame at the end of its buffer is not sent from there: it would be padded into the next one", () => {
      const { sockets, eth0 } = start(engine, { frameSize: 256 });
      const fd = sockets.socket(SOCK_RAW, ALL);
      sockets.bind(fd, { ifindex: 1 });
      eth0.driver.receive(frame(IP, { length: 6 }), 256 - 20);
      const lent = sockets.recvLend(fd);
      fails("EMSGSIZE", () => sockets.submit(fd, lent, 20));
      sockets.release(fd, lent);
      eth0.driver.receive(frame(IP, { length: 6 }), 256 - 60);
      assert.equal(sockets.submit(fd, sockets.recvLend(fd), 20), 20);
      assert.deepEqual(
        eth0.driver.transmit().map((bytes) => Buffer.from(bytes)),
        [Buffer.concat([frame(IP, { length: 6 }), Buffer.alloc(40)])],
      );
    });
  });
}
