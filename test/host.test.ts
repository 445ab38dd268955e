import assert from "node:assert/strict";
import { Cable } from "../host/net/cable.js";
import { faulty } from "../host/net/faults.js";
import { Host } from "../host/net/host.js";
import { arping, ping, resolve, summary } from "../host/net/probe.js";
import * as wire from "../host/net/wire.js";

const mac1 = "02:00:00:00:00:01";
const mac2 = "02:00:00:00:00:02";

function pair() {
  const cable = new Cable();
  const asker = cable.attach("asker", new Host({ mac: mac1, ip: "192.0.2.1" }));
  const board = new Host({ mac: mac2, ip: "192.0.2.2" });
  return { cable, asker, board };
}

describe("host: bytes on the wire", () => {
  it("are those of RFC 826", () => {
    const request = Buffer.from(
      "ffffffffffff0200000000010806" + "0001080006040001020000000001c0000201000000000000c0000202" + "00".repeat(18),
      "hex",
    );
    const payload = wire.encodeArp({
      operation: "request",
      senderMac: mac1,
      senderIp: "192.0.2.1",
      targetMac: "00:00:00:00:00:00",
      targetIp: "192.0.2.2",
    });
    assert.deepEqual(wire.encodeEthernet({ to: wire.BROADCAST, from: mac1, type: 0x0806, payload }), request);
    assert.equal(wire.decodeArp(wire.decodeEthernet(request)!.payload)!.targetIp, "192.0.2.2");
  });

  it("are those of RFC 792 and RFC 1071", () => {
    const packet = Buffer.from("45000020000100004001f6d8c0000201c0000202" + "0800210412340001" + "61626364", "hex");
    const echo = { from: "192.0.2.1", to: "192.0.2.2", kind: "request", id: 0x1234, sequence: 1 } as const;
    assert.deepEqual(wire.encodeEcho({ ...echo, payload: Buffer.from("abcd") }), packet);
    assert.deepEqual(wire.decodeEcho(packet), { ...echo, payload: Buffer.from("abcd") });
    // The example of RFC 1071, 3.
    assert.equal(wire.checksum(Buffer.from("0001f203f4f5f6f7", "hex")), 0x220d);
  });

  it("are refused when damaged, whatever bit is flipped", () => {
    const good = wire.encodeEcho({
      from: "1.2.3.4",
      to: "5.6.7.8",
      kind: "reply",
      id: 1,
      sequence: 2,
      payload: Buffer.from("data"),
    });
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(wire.decodeEcho(bad), "damaged", `bit ${bit}`);
    }
    assert.equal(wire.decodeArp(Buffer.alloc(27)), null);
    assert.equal(wire.decodeArp(Buffer.alloc(28)), null);
    assert.equal(wire.decodeEthernet(Buffer.alloc(13)), null);
  });

  it("have addresses that are checked", () => {
    for (const bad of ["1.2.3", "1.2.3.256", "a.b.c.d", "1.2.3.4.5", ""])
      assert.throws(() => wire.parseIp(bad), /is not an IPv4 address/);
    for (const bad of ["02:00:00:00:00", "0g:00:00:00:00:01", "020000000001"])
      assert.throws(() => wire.parseMac(bad), /is not a MAC address/);
    assert.equal(wire.formatMac(wire.parseMac("02:AB:00:00:00:01")), "02:ab:00:00:00:01");
  });
});

describe("host: arping and ping", () => {
  it("are answered", async () => {
    const { cable, asker, board } = pair();
    cable.attach("board", board);
    assert.equal(await resolve(asker, "192.0.2.2"), mac2);
    const arp = await arping(asker, "192.0.2.2", { count: 5 });
    assert.deepEqual([arp.sent, arp.received, arp.wrong, arp.surplus, arp.times.length], [5, 5, 0, 0, 5]);
    for (const size of [0, 56, 1472]) {
      const echo = await ping(asker, "192.0.2.2", { count: 20, size });
      assert.deepEqual([echo.sent, echo.received, echo.wrong, echo.surplus], [20, 20, 0, 0]);
      assert.match(summary(echo), /^20 sent, 20 received, round trip [\d.]+\/[\d.]+\/[\d.]+ ms/);
    }
  });

  it("end when nobody answers", async () => {
    const { cable, asker, board } = pair();
    cable.attach("board", board);
    assert.equal(await resolve(asker, "192.0.2.9", { count: 2, limitMs: 5 }), null);
    assert.equal(summary(await arping(asker, "192.0.2.9", { count: 2, limitMs: 5 })), "2 sent, 0 received");
    await assert.rejects(ping(asker, "192.0.2.9", { limitMs: 5 }), /192\.0\.2\.9 does not answer ARP/);
  });

  it("leave other hosts' questions alone", () => {
    const { cable, asker, board } = pair();
    cable.attach("board", board);
    asker.sendArpRequest("192.0.2.9");
    asker.sendEchoRequest(mac2, { to: "192.0.2.9", id: 1, sequence: 1, payload: Buffer.alloc(0) });
    asker.sendEchoRequest("02:00:00:00:00:09", { to: "192.0.2.2", id: 1, sequence: 1, payload: Buffer.alloc(0) });
    assert.deepEqual(cable.counters.get("board"), { from: 0, to: 3 });
  });

  it("do not take a late answer for the next one", async () => {
    const { cable, asker } = pair();
    class Slow extends Host {
      private late: Uint8Array | null = null;
      override send(bytes: Uint8Array): void {
        const frame = wire.decodeEthernet(Buffer.from(bytes))!;
        if (frame.type === wire.ETHERTYPE_ARP) return super.send(bytes);
        if (this.late !== null) super.send(this.late);
        this.late = bytes;
      }
    }
    cable.attach("slow", new Slow({ mac: mac2, ip: "192.0.2.2" }));
    assert.match(summary(await ping(asker, "192.0.2.2", { count: 3, limitMs: 5 })), /^3 sent, 0 received, 2 surplus$/);
  });

  it("count what a bad link does", async () => {
    const { cable, asker, board } = pair();
    const bad = cable.attach("board", faulty(board, { loss: 0.1, duplication: 0.2, corruption: 0.1 }, 3));
    const echo = await ping(asker, "192.0.2.2", { count: 200, limitMs: 5 });
    assert.equal(echo.sent, 200);
    assert.ok(echo.received > 100 && echo.received < 190, summary(echo));
    assert.ok(echo.surplus > 0, summary(echo));
    assert.ok(bad.to.counters.lost > 0 && bad.to.counters.duplicated > 0);
    assert.ok(board.damaged > 0 && asker.damaged > 0);
  });

  it("tell a wrong answer from a right one", async () => {
    const { cable, asker } = pair();
    class Liar extends Host {
      override sendEchoRequest(): void {}
      override send(bytes: Uint8Array): void {
        const frame = wire.decodeEthernet(Buffer.from(bytes))!;
        const echo = frame.type === wire.ETHERTYPE_IP ? wire.decodeEcho(frame.payload) : null;
        if (echo === null || echo === "damaged") return super.send(bytes);
        const payload = wire.encodeEcho({
          ...echo,
          kind: "reply",
          from: echo.to,
          to: echo.from,
          payload: Buffer.from("lie"),
        });
        this.onFrame?.(wire.encodeEthernet({ to: frame.from, from: this.mac, type: wire.ETHERTYPE_IP, payload }));
      }
    }
    cable.attach("liar", new Liar({ mac: mac2, ip: "192.0.2.2" }));
    assert.match(summary(await ping(asker, "192.0.2.2", { count: 3 })), /^3 sent, 0 received, 3 wrong$/);
  });
});
