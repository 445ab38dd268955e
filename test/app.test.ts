// Applications that are compiled together with the module: PacketSocket, timers, and what becomes of their state.
import assert from "node:assert/strict";
import * as abi from "../assembly/abi.js";
import * as packet from "../assembly/packet.js";
import { type EngineName, engineNames } from "../host/engine/engine.js";
import { ErrnoError } from "../host/engine/errno.js";
import { type Interface, PktSock, type PktSockOptions } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { Host } from "../host/net/host.js";
import { appModule, example } from "./support/app.js";
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

/** `tcpdump -y EN10MB -dd "ip and udp dst port 53 or ether proto 0x88b5"` */
const tests = `
  { 0x28, 0, 0, 0x0000000c }, { 0x15, 0, 7, 0x00000800 }, { 0x30, 0, 0, 0x00000017 }, { 0x15, 0, 7, 0x00000011 },
  { 0x28, 0, 0, 0x00000014 }, { 0x45, 5, 0, 0x00001fff }, { 0xb1, 0, 0, 0x0000000e }, { 0x48, 0, 0, 0x00000010 },
  { 0x15, 1, 2, 0x00000035 }, { 0x15, 0, 1, 0x000088b5 }, { 0x6, 0, 0, 0x00040000 }, { 0x6, 0, 0, 0x00000000 },`;
/** The same, behind a test of the frame's length, which has no short form. */
const interpreted = `
  { 0x80, 0, 0, 0x00000000 }, { 0x25, 0, 0, 0x000003e8 }, ${tests}`;

/** An application with a filter, which says in the answer to a frame what a call returns. */
const filtering = (program: string): string => `
  import { App, ETH_P_ALL, Frame, PacketSocket } from "pktsock/app";
  export default class Filtering extends App {
    start(): void {
      const socket = PacketSocket.open(ETH_P_ALL);
      PacketSocket.beginFilter(${program.match(/\{/g)!.length});
      ${program.replaceAll(/\{(.*?)\},/g, "PacketSocket.instruction($1);")}
      if (socket.attach() != 0) unreachable();
    }
    onFrame(socket: PacketSocket, frame: Frame): void {
      const reply = socket.writable(frame);
      if (!reply) return;
      reply.turn();
      if (frame.protocol == ${ECHO}) reply.set32(14, this.attempt(socket, frame.get8(14)));
      socket.send(reply);
    }
    attempt(socket: PacketSocket, what: u32): u32 {
      if (what == 0) return 0;
      if (what == 7) return socket.detach();
      if (what == 1) return socket.attach(); // of nothing
      if (what == 2) return PacketSocket.beginFilter(0);
      if (what == 6) return PacketSocket.beginFilter(4000);
      PacketSocket.beginFilter(2);
      if (what == 3) PacketSocket.instruction(0x15, 1, 1, 0); // jumps behind the end
      if (what == 5) for (let i = 0; i < 2; ++i) PacketSocket.instruction(0x6, 0, 0, 0);
      PacketSocket.instruction(0x6, 0, 0, 0); // with 4 one too few, with 5 one too many
      return socket.attach();
    }
  }`;

/** An IPv4 frame with a UDP datagram to this port. */
function udp(port: number): Buffer {
  const bytes = frame(0x0800);
  Buffer.from("4500002e00000000401100000a0000010a000002", "hex").copy(bytes, 14);
  bytes.writeUInt16BE(port, 36);
  return bytes;
}

for (const engine of engineNames) {
  describe(`applications on ${engine}`, function () {
    this.timeout(240_000);
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

    it("ARP and ping are answered, requests with a wrong checksum are not", async () => {
      const { sockets, eth0 } = start(await example("ping"), engine);
      const peer = new Host({ mac: "02:00:00:00:00:02", ip: "192.0.2.1" });
      let replies = "";
      peer.onArpReply = ({ senderMac, senderIp }) => void (replies += `${senderIp} is at ${senderMac};`);
      peer.onEchoReply = ({ sequence, payload }) => void (replies += `${sequence}: ${payload.length} bytes;`);
      let damage = false;
      peer.onFrame = (request) => {
        if (damage) request[40]! ^= 1;
        for (const reply of answers(sockets, eth0, request)) peer.send(Buffer.from(reply, "hex"));
      };
      peer.sendArpRequest("192.0.2.2");
      peer.sendArpRequest("192.0.2.3");
      for (const [sequence, length] of [0, 1, 56, 1472].entries()) {
        peer.sendEchoRequest("02:00:00:00:00:01", {
          to: "192.0.2.2",
          id: 7,
          sequence,
          payload: Buffer.alloc(length, 0xa5),
        });
      }
      damage = true;
      peer.sendEchoRequest("02:00:00:00:00:01", { to: "192.0.2.2", id: 7, sequence: 4, payload: Buffer.alloc(56) });
      assert.equal(replies, "192.0.2.2 is at 02:00:00:00:00:01;0: 0 bytes;1: 1 bytes;2: 56 bytes;3: 1472 bytes;");
      assert.equal(peer.damaged, 0);
    });

    it("LLDP speaks when its timer is due, every 30 seconds", async () => {
      const { sockets, eth0 } = start(await example("lldp"), engine);
      const spoken = (now: number): { next: number; frames: string[] } => {
        const next = sockets.runTimers(now);
        return {
          next,
          frames: eth0.driver.transmit().map((bytes) => Buffer.from(bytes.subarray(0, 33)).toString("hex")),
        };
      };
      assert.deepEqual(spoken(5000), { next: 100, frames: [] });
      assert.deepEqual(spoken(5099), { next: 1, frames: [] });
      const hello = "0180c200000e02000000000188cc020704020000000001040207310602" + "00780000";
      assert.deepEqual(spoken(5100), { next: 30000, frames: [hello] });
      assert.deepEqual(spoken(35099), { next: 1, frames: [] });
      assert.deepEqual(spoken(36000), { next: 30000, frames: [hello] });
      assert.equal(sockets.call("macFilterAddress", eth0.offset, 0), 1);
      // What ends in the middle of a TLV, or has no end, is no reason to trap.
      for (const payload of ["", "02ff", "0201".repeat(40), "0602"]) {
        assert.deepEqual(
          answers(sockets, eth0, Buffer.concat([frame(0x88cc, { length: 0 }), Buffer.from(payload, "hex")])),
          [],
        );
      }
    });

    it("GOOSE repeats a change at growing intervals", async () => {
      const { sockets, eth0 } = start(await example("goose"), engine);
      const said = (): string[] =>
        eth0.driver.transmit().map((bytes) => {
          const pdu = Buffer.from(bytes);
          return `${pdu.readUInt32BE(26)}.${pdu.readUInt32BE(32)}=${pdu[38]}`;
        });
      assert.deepEqual(said(), ["1.0=0"]);
      let now = 100;
      const waits: number[] = [];
      let repeated: string[] = [];
      for (let i = 0; i < 12; i++) {
        waits.push(sockets.runTimers(now));
        now += waits.at(-1)!;
        repeated = said();
      }
      assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000]);
      assert.deepEqual(repeated, ["1.11=0"]);
      const on = frame(0x88b5);
      on[14] = 1;
      eth0.driver.receive(on);
      sockets.service();
      assert.deepEqual(said(), ["2.0=1"]);
      assert.equal(sockets.runTimers(now), 2);
    });

    it("a tap counts by protocol and reports", async () => {
      const { sockets, eth0 } = start(await example("count"), engine);
      sockets.runTimers(0);
      const tagged = Buffer.concat([frame(0x8100, { length: 0 }), Buffer.from("00050800", "hex"), Buffer.alloc(46)]);
      answers(sockets, eth0, frame(0x0806), frame(0x0800), frame(0x0800));
      answers(sockets, eth0, frame(0x86dd), tagged, frame(100));
      assert.equal(sockets.runTimers(1000), 1000);
      const [report] = eth0.driver.transmit();
      const numbers = [0, 1, 2, 3, 4, 5].map((i) => Buffer.from(report!).readUInt32BE(14 + 4 * i));
      assert.deepEqual(numbers, [1, 2, 1, 1, 1, 6 * 60]);
      assert.ok(sockets.call("macFilterFlags", eth0.offset) & packet.IFF_PROMISC);
    });

    it("a filter of classic BPF lets pass what it does on Linux", async () => {
      for (const program of [tests, interpreted]) {
        const { sockets, eth0 } = start(await appModule(filtering(program)), engine);
        const dns = udp(53);
        assert.deepEqual(answers(sockets, eth0, udp(54), frame(0x0806), dns, frame(ECHO)).length, 2);
        assert.deepEqual(answers(sockets, eth0, dns), [turned(dns)]);
        const ask = (what: number): number => {
          const request = frame(ECHO);
          request[14] = what;
          const [reply] = answers(sockets, eth0, request);
          return Buffer.from(reply!, "hex").readInt32BE(14);
        };
        assert.equal(ask(0), 0, "it is attached");
        for (const [what, errno] of [
          [1, packet.EINVAL],
          [2, packet.EINVAL],
          [3, packet.EINVAL],
          [4, packet.EINVAL],
          [5, packet.EINVAL],
          [6, packet.ENOMEM],
        ] as const)
          assert.equal(ask(what), -errno, `case ${what}`);
        assert.equal(answers(sockets, eth0, udp(54)).length, 0, "the filter is still there");
        assert.equal(ask(7), 0);
        assert.equal(answers(sockets, eth0, udp(54)).length, 1, "it is gone");
        assert.equal(ask(7), -packet.ENOENT);
      }
    });

    it("a switch learns, keeps the tag, and forwards to the other port until a thousand frames have passed", async () => {
      const sockets = PktSock.load(await example("switch"), { engine, appSize: 512, interfaces: 2 });
      const ports = [hwaddr, other].map((address, i) => sockets.addInterface(`eth${i}`, address).up());
      sockets.startApp();
      const pass = (from: number, bytes: Uint8Array): string[][] => {
        assert.ok(ports[from]!.driver.receive(bytes), "the port has no frame to receive into");
        sockets.service();
        return ports.map(({ driver }) => driver.transmit().map((sent) => Buffer.from(sent).toString("hex")));
      };
      const [a, b] = [Buffer.from("0a0000000001", "hex"), Buffer.from("0a0000000002", "hex")];
      const hex = (bytes: Buffer) => bytes.toString("hex");
      for (let i = 0; i < 500; i++) {
        const request = frame(0x88b5, { from: a, to: b, seed: i, length: 46 + (i % 1400) });
        assert.deepEqual(pass(0, request), [[], [hex(request)]]);
        const reply = frame(0x88b5, { from: b, to: a, seed: i + 1 });
        assert.deepEqual(pass(1, reply), [[hex(reply)], []]);
      }
      const local = frame(0x88b5, { from: Buffer.from("0a0000000003", "hex"), to: a });
      assert.deepEqual(pass(0, local), [[], []], "both are on the same port");
      assert.deepEqual(pass(0, frame(0x88cc, { from: a, to: Buffer.from("0180c200000e", "hex") })), [[], []]);
      const tagged = Buffer.concat([
        frame(0x8100, { from: a, to: b, length: 0 }),
        Buffer.from("600588b5", "hex"),
        Buffer.alloc(60, 7),
      ]);
      assert.deepEqual(pass(0, tagged), [[], [hex(tagged)]]);
      const telnet = frame(0x0800, { from: a, to: b });
      telnet.set([0x45], 14);
      telnet.set([6], 23);
      telnet.writeUInt16BE(23, 36);
      assert.deepEqual(pass(0, telnet), [[], []]);
      // A burst is more than may cross at a time: the others are copied, or lost when no frame is free; then all is there again.
      const burst = [0, 1, 2, 3, 4, 5].map((i) => frame(0x88b5, { from: a, to: b, seed: i }));
      for (let round = 0; round < 100; round++) {
        for (const bytes of burst) assert.ok(ports[0]!.driver.receive(bytes));
        sockets.service();
        assert.deepEqual(
          ports[1]!.driver.transmit().map((sent) => hex(Buffer.from(sent))),
          burst.map(hex),
        );
      }
      assert.equal(ports[1]!.counter(abi.IFACE_RING_FAULTS), 0);
    });
  });
}

describe("applications: what becomes of their state", function () {
  this.timeout(240_000);
  const counting = (version: number, migrate = "", fields = "") => `
    import { App, Frame, PacketSocket } from "pktsock/app";
    export default class Counting extends App {
      seen: u32;
      ${fields}
      version(): u32 { return ${version}; }
      start(): void { PacketSocket.open(0x88b5); }
      onFrame(socket: PacketSocket, frame: Frame): void {
        const reply = socket.writable(frame);
        if (!reply) return;
        reply.set32(14, ++this.seen);
        reply.set8(18, ${version});
        socket.send(reply);
      }
      ${migrate}
    }`;

  /** Runs `next` in the linear memory of `sockets`, as a swap does. */
  const swapped = (next: Uint8Array, sockets: PktSock): PktSock => {
    const successor = PktSock.load(next, { appSize: 512 });
    successor.memory.bytes.set(sockets.memory.bytes);
    return successor;
  };
  const ask = (sockets: PktSock, eth0: Interface): string => answers(sockets, eth0, frame(ECHO))[0]!.slice(28, 38);

  it("the next version of the code goes on with it, its sockets and timers", async () => {
    const { sockets, eth0 } = start(await appModule(counting(1)), "v8");
    assert.equal(ask(sockets, eth0), "0000000101");
    const otherCode = counting(1).replace("set8(18, 1)", "set8(18, 7)");
    const next = swapped(await appModule(otherCode), sockets);
    assert.equal(next.call("appAdopt"), 0);
    assert.equal(answersOf(next, sockets), "0000000207");
  });

  it("other fields are taken by migrate(), or the next version is refused and nothing has changed", async () => {
    const { sockets, eth0 } = start(await appModule(counting(1)), "v8");
    assert.equal(ask(sockets, eth0), "0000000101");
    const stranger = swapped(await appModule(counting(2, "", "more: u32;")), sockets);
    const before = Buffer.from(stranger.memory.bytes);
    assert.equal(stranger.call("appAdopt"), -packet.EINVAL);
    assert.ok(before.equals(stranger.memory.bytes));
    const heir = "migrate(from: u32): bool { this.more = from; this.seen += 100; return from == 1; }";
    const next = swapped(await appModule(counting(2, heir, "more: u32;")), sockets);
    assert.equal(next.call("appAdopt"), 0);
    assert.equal(next.call("appAdopt"), 0, "it is of this version now");
    assert.equal(answersOf(next, sockets), "0000006602");
  });

  /** What the successor answers, whose memory is a copy: it has a driver of its own, at the same place in the rings. */
  function answersOf(next: PktSock, from: PktSock): string {
    const offset = from.control(abi.CONTROL_FIRST_IFACE);
    const rx = next.memory.u32(offset + abi.IFACE_RX);
    const fill = firstFrame(
      next,
      next.memory.u32(offset + abi.IFACE_FILL_RING),
      next.memory.u32(offset + abi.IFACE_RING_LENGTH),
    );
    const at = next.memory.u32(fill + abi.FRAME_BUFFER);
    next.memory.at(at, 60).set(frame(ECHO));
    for (const [field, value] of [
      [abi.FRAME_MAC, at],
      [abi.FRAME_LEN, 60],
      [abi.FRAME_FLAGS, 0],
    ] as const)
      next.memory.set32(fill + field, value);
    const tx = next.memory.u32(offset + abi.IFACE_TX);
    next.memory.set32(rx, fill);
    next.service();
    const sent = next.memory.u32(tx);
    return Buffer.from(next.memory.at(next.memory.u32(sent + abi.FRAME_MAC), 60))
      .toString("hex")
      .slice(28, 38);
  }

  /** Takes the first frame of a ring. */
  function firstFrame(sockets: PktSock, ring: number, length: number): number {
    for (let i = 0; i < length; i++) {
      const slot = ring + i * abi.SLOT_BYTES;
      const found = sockets.memory.u32(slot);
      if (found !== 0) {
        sockets.memory.set32(slot, 0);
        return found;
      }
    }
    throw new Error("the ring is empty");
  }
});

describe("applications: what is refused when they are compiled", function () {
  this.timeout(240_000);
  const refused = (body: string, top = ""): Promise<void> =>
    assert.rejects(
      appModule(`import { App, Frame, PacketSocket } from "pktsock/app";\n${top}
      export default class Bad extends App { n: u32; ${body} }`),
      (error: Error) => {
        messages.push(error.message);
        return true;
      },
    );
  let messages: string[] = [];
  beforeEach(() => (messages = []));

  for (const [what, body, top, message] of [
    [
      "an allocation",
      "onTimer(id: u32): void { const a = new Array<u32>(4); a[id] = 1; this.n = a[id + 1]; }",
      "",
      /It allocates memory/,
    ],
    ["a string", 'onTimer(id: u32): void { const s = "eth0"; this.n = s.charCodeAt(id); }', "", /It has constant data/],
    ["a float", "onTimer(id: u32): void { this.n = <u32>(<f32>id * 0.5); }", "", /computes with floats/],
    ["64 bits", "onTimer(id: u32): void { this.n = <u32>((<u64>id * this.n) >> 7); }", "", /computes with i64/],
    [
      "a variable outside the class",
      "onTimer(id: u32): void { total += id; this.n = total; }",
      "let total: u32 = 0;",
      /variable outside its class/,
    ],
    [
      "recursion",
      "onTimer(id: u32): void { this.n = down(id) + down(id + 1); }",
      "function down(n: u32): u32 { return n < 2 ? 1 : down(n - 1) + down(n - 2); }",
      /calls itself/,
    ],
    [
      "recursion through another function",
      "onTimer(id: u32): void { this.n = odd(id); }",
      "function odd(n: u32): u32 { return n ? even(n >> 1) * 3 : 1; }\nfunction even(n: u32): u32 { return n ? odd(n - 1) + odd(n - 2) : 2; }",
      /app\.ts: .*(odd|even) calls itself/,
    ],
    [
      "a loop that nothing ends",
      "onTimer(id: u32): void { while (true) { if (id == 1) this.n *= 3; this.setWord(0, ++this.n); } }",
      "",
      /app\.ts:3 has a loop that nothing ends/,
    ],
    [
      "a call through a variable",
      "onTimer(id: u32): void { const f = id ? one : two; this.n = f(id); }",
      "function one(n: u32): u32 { return n * 3; }\nfunction two(n: u32): u32 { return n / 3; }",
      /It calls a function through a variable|It has constant data/,
    ],
    [
      "a closure",
      "onTimer(id: u32): void { const f = (n: u32): u32 => n + id; this.n = f(id); }",
      "",
      /AS100: Not implemented: Closures/,
    ],
    [
      "an import that no board has",
      "onTimer(id: u32): void { this.n = other(id); }",
      '@external("env", "other") declare function other(n: u32): u32;',
      /It imports env\.other/,
    ],
    [
      "an error of asc",
      "onTimer(id: u32): void { this.n = nothing; }",
      "",
      /TS2304: Cannot find name 'nothing'[^]*app\.ts\(3,\d+\)/,
    ],
  ] as const) {
    it(what, async () => {
      await refused(body, top);
      assert.match(messages[0]!, message);
    });
  }
});
