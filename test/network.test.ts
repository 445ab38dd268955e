import assert from "node:assert/strict";
import * as abi from "../assembly/abi.js";
import { PACKET_HOST, PACKET_OUTGOING, SOCK_DGRAM, SOCK_RAW, ETH_P_ALL } from "../assembly/packet.js";
import { type EngineName, engineNames } from "../host/engine/engine.js";
import { ErrnoError } from "../host/engine/errno.js";
import { htons } from "../host/engine/sockaddr.js";
import { Cable } from "../host/net/cable.js";
import { type Faults, faulty } from "../host/net/faults.js";
import { Host } from "../host/net/host.js";
import { Nic } from "../host/net/nic.js";
import { arping, ping, summary } from "../host/net/probe.js";
import * as wire from "../host/net/wire.js";
import { hwaddr, start } from "./support/module.js";

const BOARD_IP = "192.0.2.2";
const BOARD_MAC = wire.formatMac(hwaddr);

/** Frames until there are none. */
function* all<T>(receive: () => T): Generator<T> {
  for (;;) {
    try {
      yield receive();
    } catch (error) {
      if (error instanceof ErrnoError && error.code === "EAGAIN") return;
      throw error;
    }
  }
}

/** The demo's application: ARP on a SOCK_DGRAM socket, ping on a SOCK_RAW socket, a tap on all; a host asks it. */
function network(engine: EngineName, faults: Faults = {}) {
  const { sockets, eth0 } = start(engine);
  const arp = sockets.socket(SOCK_DGRAM, htons(wire.ETHERTYPE_ARP));
  const ip = sockets.socket(SOCK_RAW, htons(wire.ETHERTYPE_IP));
  const tap = sockets.socket(SOCK_RAW, htons(ETH_P_ALL));
  for (const fd of [arp, ip, tap]) sockets.bind(fd, { ifindex: eth0.index });
  const tapped = { in: 0, out: 0 };

  const answerArp = () => {
    for (const { data, address } of all(() => sockets.recvfrom(arp))) {
      const request = wire.decodeArp(Buffer.from(data));
      if (request?.operation !== "request" || request.targetIp !== BOARD_IP) continue;
      const { senderMac: targetMac, senderIp: targetIp } = request;
      const reply = { operation: "reply", senderMac: BOARD_MAC, senderIp: BOARD_IP, targetMac, targetIp } as const;
      sockets.sendto(arp, wire.encodeArp(reply), address);
    }
  };
  const answerPing = () => {
    for (const { data, address } of all(() => sockets.recvfrom(ip))) {
      if (address.pkttype !== PACKET_HOST) continue;
      const frame = wire.decodeEthernet(Buffer.from(data))!;
      const echo = wire.decodeEcho(frame.payload);
      if (echo === null || echo === "damaged" || echo.kind !== "request" || echo.to !== BOARD_IP) continue;
      const payload = wire.encodeEcho({ ...echo, kind: "reply", from: BOARD_IP, to: echo.from });
      sockets.send(ip, wire.encodeEthernet({ ...frame, to: frame.from, from: BOARD_MAC, payload }));
    }
  };

  const cable = new Cable();
  const nic = new Nic(eth0);
  nic.onReceive = () => {
    answerArp();
    answerPing();
    nic.transmit();
    for (const { address } of all(() => sockets.recvfrom(tap))) {
      tapped[address.pkttype === PACKET_OUTGOING ? "out" : "in"]++;
    }
  };
  const board = cable.attach("board", faulty(nic, faults, 7));
  const host = cable.attach("host", new Host({ mac: "02:00:00:00:00:01", ip: "192.0.2.1" }));
  return { sockets, ip, eth0, board, host, tapped };
}

for (const engine of engineNames) {
  describe(`network: a host asks an application over sockets on ${engine}`, function () {
    this.timeout(240_000);

    it("arping and ping are answered, and the tap sees it all", async () => {
      const { host, eth0, tapped } = network(engine);
      assert.match(summary(await arping(host, BOARD_IP, { count: 100 })), /^100 sent, 100 received, round/);
      for (const size of [0, 56, 1472]) {
        const statistics = await ping(host, BOARD_IP, { count: 100, size });
        assert.match(summary(statistics), /^100 sent, 100 received, round/);
      }
      assert.equal(eth0.counter(abi.IFACE_RX_FRAMES), 403);
      assert.equal(eth0.counter(abi.IFACE_TX_FRAMES), 403);
      assert.deepEqual(tapped, { in: 403, out: 403 });
    });

    it("on a bad link nothing is lost but what the link lost, and no frame leaks", async () => {
      const faults = { loss: 0.05, duplication: 0.05, reordering: 0.05, corruption: 0.05 };
      const { sockets, ip, eth0, board, host, tapped } = network(engine, faults);
      const { sent, received } = await ping(host, BOARD_IP, { count: 500, limitMs: 1 });
      assert.ok(received > 300 && received < sent, `${received} of ${sent}`);
      assert.equal(tapped.in, eth0.counter(abi.IFACE_RX_FRAMES));
      assert.equal(tapped.out, board.from.counters.frames);
      for (const reason of [abi.IFACE_RX_NO_FRAME, abi.IFACE_RX_POOL_EMPTY, abi.IFACE_RING_FAULTS]) {
        assert.equal(eth0.counter(reason), 0);
      }
      assert.equal(sockets.bytesUnsent(ip), 0);
      // Every frame that is not kept for sending is back with the driver.
      const receiving = sockets.control(abi.CONTROL_FRAMES) - sockets.control(abi.CONTROL_TX_FRAMES);
      for (let i = 0; i < receiving; i++) assert.notEqual(eth0.driver.fillTake(), 0, `frame ${i}`);
      assert.equal(eth0.driver.fillTake(), 0);
    });
  });
}
