// Applications that are compiled together with the module: PacketSocket, timers, and what becomes of their state.
import assert from "node:assert/strict";
import * as abi from "../assembly/abi.js";
import * as packet from "../assembly/packet.js";
import { type EngineName, engineNames } from "../host/engine/engine.js";
import { ErrnoError } from "../host/engine/errno.js";
import { type Interface, PktSock, type PktSockOptions } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { example } from "./support/app.js";
import { broadcast, frame, hwaddr, other } from "./support/module.js";

const ECHO = 0x88b5;

/** A component with an application and one interface. */
function start(
  wasm: Uint8Array,
  engine: EngineName,
  options: PktSockOptions = {},
): { sockets: PktSock; eth0: Interface } {
  const sockets = PktSock.load(wasm, { appSize: 512, ...options, engine });
  const eth0 = sockets.addInterface("eth0", hwaddr).up();
  sockets.startApp();
  return { sockets, eth0 };
}

/** What the interface sends when it has received the frames. */
function answers(sockets: PktSock, eth0: Interface, ...frames: Uint8Array[]): string[] {
  for (const bytes of frames) assert.ok(eth0.driver.receive(bytes));
  sockets.service();
  return eth0.driver.transmit().map((bytes) => Buffer.from(bytes).toString("hex"));
}

const turned = (bytes: Buffer): string =>
  Buffer.concat([bytes.subarray(6, 12), hwaddr, bytes.subarray(12)]).toString("hex");

for (const engine of engineNames) {
  describe(`applications on ${engine}`, function () {
    this.timeout(120_000);
    let echo: Uint8Array;

    before(async () => {
      echo = await example("echo");
    });

    it("an echo answers where the frame lies, burst by burst", () => {
      const { sockets, eth0 } = start(echo, engine);
      for (let round = 0; round < 200; round++) {
        const frames = [0, 1, 2, 3, 4].map((i) =>
          frame(ECHO, { seed: round * 5 + i, length: 46 + ((round * 7) % 1400) }),
        );
        assert.deepEqual(answers(sockets, eth0, ...frames), frames.map(turned));
      }
      assert.equal(eth0.counter(abi.IFACE_RX_POOL_EMPTY), 0);
    });

    it("it answers with a copy while another socket holds the frame, which stays what it was", () => {
      const { sockets, eth0 } = start(echo, engine);
      const tap = sockets.socket(packet.SOCK_RAW, htons(packet.ETH_P_ALL));
      const request = frame(ECHO, { seed: 3 });
      assert.deepEqual(answers(sockets, eth0, request), [turned(request)]);
      assert.deepEqual(Buffer.from(sockets.recv(tap)), request);
      const sent = sockets.recvfrom(tap);
      assert.equal(Buffer.from(sent.data).toString("hex"), turned(request));
      assert.equal(sent.address.pkttype, packet.PACKET_OUTGOING);
    });

    it("frames for others and of other protocols are left alone, and return to the pool", () => {
      const { sockets, eth0 } = start(echo, engine);
      for (let i = 0; i < 50; i++) {
        assert.deepEqual(
          answers(sockets, eth0, frame(ECHO, { to: other }), frame(ECHO, { to: broadcast }), frame(0x0800)),
          [],
        );
      }
      assert.equal(eth0.counter(abi.IFACE_RX_NO_FRAME), 0);
    });

    it("a start without a free socket fails, and so does one without room for the state", () => {
      assert.throws(
        () => start(echo, engine, { preallocConns: 0, allocConns: 1, heapSize: 8 }),
        (error) => error instanceof ErrnoError && error.errno === packet.ENOBUFS,
      );
      assert.throws(
        () => start(echo, engine, { appSize: 16 }),
        (error) => error instanceof ErrnoError && error.errno === packet.ENOMEM,
      );
    });
  });
}
