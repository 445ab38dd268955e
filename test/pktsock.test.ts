import assert from "node:assert/strict";
import * as abi from "../assembly/abi.js";
import * as packet from "../assembly/packet.js";
import { engineNames, TrapError } from "../host/engine/engine.js";
import { ErrnoError } from "../host/engine/errno.js";
import { options } from "../host/build/options.js";
import { optionOf, PktSock } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { Random } from "../host/net/random.js";
import { broadcast, frame, hwaddr, moduleBytes, other, start } from "./support/module.js";

const { SOCK_RAW, SOCK_DGRAM, SOL_SOCKET, SOL_PACKET } = packet;
const ALL = htons(packet.ETH_P_ALL);
const IP = htons(0x0800);

function fails(code: string, call: () => unknown, message?: string): void {
  assert.throws(call, (error) => error instanceof ErrnoError && error.code === code, message);
}

for (const engine of engineNames) {
  describe(`sockets on ${engine}`, () => {
    describe("start", () => {
      it("takes as much memory as the capacities need", () => {
        const small = PktSock.load(moduleBytes(), { engine, frames: 4, txFrames: 1, rxReserve: 1, queueFrames: 2 });
        const large = PktSock.load(moduleBytes(), { engine });
        assert.equal(small.memory.bytes.length, small.control(abi.CONTROL_NEEDED));
        assert.ok(large.memory.bytes.length >= small.memory.bytes.length + 8 * 1536);
      });

      it("refuses capacities that do not fit or make no sense", () => {
        const load = (options: object) => () => PktSock.load(moduleBytes(), { engine, ...options });
        fails("ENOMEM", load({ frames: 40 }));
        fails("ENOMEM", load({ memorySize: 9000 }));
        for (const options of [
          { frameAlign: 2 },
          { frameAlign: 12 },
          { frameAlign: 128 },
          { frames: 5, txFrames: 3, rxReserve: 2 },
        ]) {
          fails("EINVAL", load(options), JSON.stringify(options));
        }
      });

      it("refuses what is outside the range of an option, like the build", () => {
        for (const [name, option] of Object.entries(optionOf)) {
          const { min, max } = options.find((one) => one.name === option)!;
          for (const value of [min - 1, max + 1]) {
            const load = () => PktSock.load(moduleBytes(), { engine, [name]: value });
            fails("EINVAL", load, `${name} ${value}`);
          }
        }
      });

      it("aligns frames to what the MAC asks, given where memory starts", () => {
        for (const [frameAlign, memoryBase] of [
          [4, 0x20000000],
          [32, 0x2000000c],
          [64, 0x30000004],
        ] as const) {
          const sockets = PktSock.load(moduleBytes(), {
            engine,
            frameAlign,
            memoryBase,
            memorySize: 40000,
            frameSize: 1530,
          });
          assert.equal((sockets.control(abi.CONTROL_UMEM) + memoryBase) % frameAlign, 0);
          assert.equal(sockets.control(abi.CONTROL_FRAME_STRIDE) % frameAlign, 0);
        }
      });
    });

    describe("interfaces", () => {
      it("have names and indices", () => {
        const { sockets } = start(engine, { interfaces: 2, frames: 6, txFrames: 2 });
        fails("EEXIST", () => sockets.addInterface("eth0", other));
        const second = sockets.addInterface("averylongname15", other, { mtu: 1000, txOffset: 2 });
        assert.equal(second.index, 2);
        fails("ENOMEM", () => sockets.addInterface("eth2", other));
        assert.equal(sockets.if_nametoindex("eth0"), 1);
        assert.equal(sockets.if_nametoindex("averylongname15"), 2);
        assert.equal(sockets.if_indextoname(2), "averylongname15");
        fails("ENODEV", () => sockets.if_nametoindex("eth"));
        fails("ENXIO", () => sockets.if_indextoname(3));
      });

      it("refuse what cannot be", () => {
        const sockets = PktSock.load(moduleBytes(), { engine });
        fails("EINVAL", () => sockets.addInterface("", hwaddr));
        fails("EINVAL", () => sockets.addInterface("sixteen-letters-", hwaddr));
        fails("EINVAL", () => sockets.addInterface("eth0", hwaddr, { mtu: 1536 }));
      });
    });

    describe("socket", () => {
      it("checks type and descriptor", () => {
        const { sockets } = start(engine);
        fails("ESOCKTNOSUPPORT", () => sockets.socket(1));
        const fd = sockets.socket(SOCK_RAW);
        sockets.close(fd);
        for (const bad of [fd, -1, 64, 1000]) {
          fails("EBADF", () => sockets.recv(bad));
          fails("EBADF", () => sockets.close(bad));
        }
      });

      for (const [what, options, most] of [
        ["4 preallocated", {}, 4],
        ["none preallocated, none allocated", { preallocConns: 0 }, 0],
        ["2 preallocated, one by one up to 3", { preallocConns: 2, allocConns: 1, maxConns: 3, heapSize: 4096 }, 3],
        ["batches of 2 up to 5", { preallocConns: 0, allocConns: 2, maxConns: 5, heapSize: 8192 }, 5],
      ] as const) {
        it(`limits connections: ${what}`, () => {
          const { sockets } = start(engine, { frames: 6, txFrames: 2, queueFrames: 4, ...options });
          for (let round = 0; round < 3; round++) {
            const fds: number[] = [];
            for (let i = 0; i < most; i++) fds.push(sockets.socket(SOCK_RAW, ALL));
            assert.equal(new Set(fds).size, most);
            fails("ENOBUFS", () => sockets.socket(SOCK_RAW, ALL));
            for (const fd of fds) sockets.close(fd);
          }
        });
      }

      it("says ENOBUFS when the heap is full, and goes on when it is not", () => {
        const { sockets } = start(engine, { preallocConns: 0, allocConns: 1, heapSize: 600, queueFrames: 4 });
        const fds: number[] = [];
        fails("ENOBUFS", () => {
          for (;;) fds.push(sockets.socket(SOCK_RAW, ALL));
        });
        assert.ok(fds.length > 0);
        sockets.close(fds[0]!);
        assert.equal(sockets.socket(SOCK_RAW, ALL), fds[0]);
      });
    });

    describe("connections that are not in use", () => {
      /** Can the heap take a long filter after three sockets were open and two of them were closed? */
      const filterFits = (allocConns: number) => {
        const { sockets } = start(engine, { preallocConns: 1, allocConns, heapSize: 1000, queueFrames: 4 });
        const fds = [0, 1, 2].map(() => sockets.socket(SOCK_RAW, ALL));
        for (const fd of fds.slice(1)) sockets.close(fd);
        // 60 times ld #0, which is 06 in front of ret #-1.
        const program = Buffer.alloc(61 * 8);
        program.writeUInt16LE(6, 60 * 8);
        return () => sockets.setsockopt(fds[0]!, SOL_SOCKET, packet.SO_ATTACH_FILTER, program);
      };

      it("give their memory back when they are allocated one by one", () => filterFits(1)());

      it("keep it when they are allocated in batches", () => fails("ENOMEM", filterFits(2)));

      it("are not allocated beyond the limit, however large the batch", () => {
        const options = { preallocConns: 2, maxConns: 3, queueFrames: 4, heapSize: 600 };
        const { sockets } = start(engine, { ...options, allocConns: 64 });
        for (let i = 0; i < 3; i++) sockets.socket(SOCK_RAW, ALL);
        fails("ENOBUFS", () => sockets.socket(SOCK_RAW, ALL));
      });
    });

    describe("bind", () => {
      it("gives the address back as getsockname", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_RAW, IP);
        const unbound = sockets.getsockname(fd);
        assert.equal(unbound.address.ifindex, 0);
        assert.equal(unbound.address.protocol, IP);
        sockets.bind(fd, { ifindex: eth0.index, protocol: ALL });
        const { address, length } = sockets.getsockname(fd);
        assert.equal(length, 18);
        assert.deepEqual(address, {
          family: packet.AF_PACKET,
          protocol: ALL,
          ifindex: 1,
          hatype: packet.ARPHRD_ETHER,
          pkttype: 0,
          addr: new Uint8Array(hwaddr),
        });
        sockets.bind(fd, { ifindex: 0 });
        assert.equal(sockets.getsockname(fd).address.protocol, ALL);
      });

      it("refuses short addresses, other families and unknown interfaces", () => {
        const { sockets } = start(engine);
        const fd = sockets.socket(SOCK_RAW, ALL);
        fails("EINVAL", () => sockets.bind(fd, { ifindex: 1 }, 11));
        fails("EINVAL", () => sockets.bind(fd, { ifindex: 1, family: 2 }));
        fails("ENODEV", () => sockets.bind(fd, { ifindex: 7 }));
      });

      it("moves the socket at once and keeps what is queued", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_RAW, IP);
        eth0.driver.receive(frame(0x0800, { seed: 1 }));
        sockets.service();
        sockets.bind(fd, { ifindex: 1, protocol: htons(0x88cc) });
        eth0.driver.receive(frame(0x0800, { seed: 2 }));
        eth0.driver.receive(frame(0x88cc, { seed: 3 }));
        assert.deepEqual(Buffer.from(sockets.recv(fd)), frame(0x0800, { seed: 1 }));
        assert.deepEqual(Buffer.from(sockets.recv(fd)), frame(0x88cc, { seed: 3 }));
        fails("EAGAIN", () => sockets.recv(fd));
      });
    });

    describe("receiving", () => {
      it("offers every frame to all sockets that match", () => {
        const { sockets, eth0 } = start(engine);
        const raw = sockets.socket(SOCK_RAW, ALL);
        const ip = sockets.socket(SOCK_DGRAM, IP);
        const none = sockets.socket(SOCK_RAW, 0);
        const arp = frame(0x0806, { to: broadcast });
        const ping = frame(0x0800, { length: 1500, seed: 5 });
        assert.ok(eth0.driver.receive(arp, 2));
        assert.ok(eth0.driver.receive(ping));
        assert.deepEqual(Buffer.from(sockets.recv(raw)), arp);
        assert.deepEqual(Buffer.from(sockets.recv(raw)), ping);
        assert.deepEqual(Buffer.from(sockets.recv(ip)), ping.subarray(14));
        for (const fd of [raw, ip, none]) fails("EAGAIN", () => sockets.recv(fd));
        assert.equal(eth0.counter(abi.IFACE_RX_FRAMES), 2);
      });

      it("fills the whole sockaddr_ll", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_RAW, ALL);
        for (const [to, pkttype] of [
          [hwaddr, packet.PACKET_HOST],
          [broadcast, packet.PACKET_BROADCAST],
          [Buffer.from("01005e000001", "hex"), packet.PACKET_MULTICAST],
          [Buffer.from("020000000099", "hex"), packet.PACKET_OTHERHOST],
        ] as const) {
          eth0.driver.receive(frame(0x86dd, { to }));
          const { address, result, flags, uncutLength } = sockets.recvfrom(fd);
          assert.deepEqual(address, {
            family: packet.AF_PACKET,
            protocol: htons(0x86dd),
            ifindex: 1,
            hatype: packet.ARPHRD_ETHER,
            pkttype,
            addr: new Uint8Array(other),
          });
          assert.deepEqual([result, flags, uncutLength], [60, 0, 60]);
        }
      });

      it("cuts, peeks and tells the real length", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_RAW, ALL);
        const bytes = frame(0x0800, { length: 100 });
        eth0.driver.receive(bytes);
        assert.equal(sockets.recvfrom(fd, 20, packet.MSG_PEEK).result, 20);
        assert.equal(sockets.bytesReadable(fd), 114);
        const cut = sockets.recvfrom(fd, 20, packet.MSG_TRUNC);
        assert.equal(cut.result, 114);
        assert.equal(cut.flags, packet.MSG_TRUNC);
        assert.deepEqual(Buffer.from(cut.data), bytes.subarray(0, 20));
        fails("EAGAIN", () => sockets.recvfrom(fd, 20, packet.MSG_PEEK));
        fails("EINVAL", () => sockets.recvfrom(fd, 20, 0x8000));
        assert.equal(sockets.bytesReadable(fd), 0);
      });

      it("charges a slow socket alone, and never takes the driver's reserve", () => {
        const { sockets, eth0 } = start(engine, { frames: 12, txFrames: 2, rxReserve: 2, queueFrames: 4 });
        const slow = sockets.socket(SOCK_RAW, ALL);
        const quick = sockets.socket(SOCK_RAW, ALL);
        for (let seed = 0; seed < 100; seed++) {
          assert.ok(eth0.driver.receive(frame(0x0800, { seed })));
          assert.deepEqual(Buffer.from(sockets.recv(quick)), frame(0x0800, { seed }));
        }
        const statistics = (fd: number) => {
          const value = Buffer.from(sockets.getsockopt(fd, SOL_PACKET, packet.PACKET_STATISTICS, 8));
          return [value.readUInt32LE(0), value.readUInt32LE(4)];
        };
        assert.deepEqual(statistics(slow), [100, 96]);
        assert.deepEqual(statistics(quick), [100, 0]);
        assert.deepEqual(statistics(slow), [0, 0]);
        for (let seed = 0; seed < 4; seed++) assert.deepEqual(Buffer.from(sockets.recv(slow)), frame(0x0800, { seed }));
        assert.equal(eth0.counter(abi.IFACE_RX_NO_FRAME), 0);
      });

      it("counts why a frame was dropped", () => {
        const { sockets, eth0 } = start(engine, {
          frameSize: 256,
          frames: 6,
          txFrames: 1,
          rxReserve: 2,
          queueFrames: 8,
        });
        const fd = sockets.socket(SOCK_RAW, ALL);
        assert.equal(eth0.driver.receive(Buffer.alloc(13)), false);
        assert.equal(eth0.driver.receive(Buffer.alloc(257)), false);
        for (let i = 0; i < 5; i++) assert.equal(eth0.driver.receive(frame(0x0800)), true);
        assert.equal(eth0.driver.receive(frame(0x0800)), false);
        sockets.service();
        assert.equal(eth0.counter(abi.IFACE_RX_TOO_SHORT), 1);
        assert.equal(eth0.counter(abi.IFACE_RX_TOO_LONG), 1);
        assert.equal(eth0.counter(abi.IFACE_RX_NO_FRAME), 1);
        assert.equal(eth0.counter(abi.IFACE_RX_POOL_EMPTY), 2);
        for (let i = 0; i < 3; i++) sockets.recv(fd);
        fails("EAGAIN", () => sockets.recv(fd));
        for (let i = 0; i < 5; i++) assert.equal(eth0.driver.receive(frame(0x0800)), true);
      });
    });

    describe("sending", () => {
      it("puts a RAW frame on the wire as it is, padded with zeros", () => {
        for (const txOffset of [0, 2]) {
          const sockets = PktSock.load(moduleBytes(), { engine });
          const eth0 = sockets.addInterface("eth0", hwaddr, { txOffset }).up();
          const fd = sockets.socket(SOCK_RAW);
          sockets.bind(fd, { ifindex: 1 });
          const long = frame(0x0800, { length: 1500 });
          const short = frame(0x0806, { length: 1 });
          for (let i = 0; i < 20; i++) {
            assert.equal(sockets.send(fd, long), 1514);
            assert.equal(sockets.send(fd, short), 15);
            const [first, second] = eth0.driver.transmit().map((bytes) => Buffer.from(bytes));
            assert.deepEqual(first, long);
            assert.deepEqual(second, Buffer.concat([short, Buffer.alloc(45)]));
          }
          assert.equal(eth0.counter(abi.IFACE_TX_FRAMES), 40);
        }
      });

      it("builds the header of a DGRAM frame", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_DGRAM);
        const payload = Buffer.from("hello");
        assert.equal(sockets.sendto(fd, payload, { ifindex: 1, protocol: IP, addr: other }), 5);
        const expected = Buffer.concat([other, hwaddr, Buffer.from([8, 0]), payload, Buffer.alloc(41)]);
        assert.deepEqual(
          eth0.driver.transmit().map((bytes) => Buffer.from(bytes)),
          [expected],
        );
      });

      it("refuses what Linux refuses", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_RAW);
        fails("ENXIO", () => sockets.send(fd, frame(0x0800)));
        fails("ENXIO", () => sockets.sendto(fd, frame(0x0800), { ifindex: 9 }));
        fails("EINVAL", () => sockets.sendto(fd, frame(0x0800), { ifindex: 1 }, 10));
        sockets.bind(fd, { ifindex: 1 });
        fails("EINVAL", () => sockets.send(fd, Buffer.alloc(13)));
        fails("EMSGSIZE", () => sockets.send(fd, frame(0x0800, { length: 1501 })));
        assert.equal(sockets.send(fd, frame(0x8100, { length: 1504 })), 1518);
        fails("EMSGSIZE", () => sockets.send(fd, frame(0x8100, { length: 1505 })));
        eth0.driver.transmit();
        eth0.down();
        fails("ENETDOWN", () => sockets.send(fd, frame(0x0800)));
        assert.deepEqual(eth0.driver.transmit(), []);
      });

      it("says EAGAIN when all frames are under way, and goes on after completion", () => {
        const { sockets, eth0 } = start(engine, { txFrames: 3 });
        const fd = sockets.socket(SOCK_RAW);
        sockets.bind(fd, { ifindex: 1 });
        for (let round = 0; round < 5; round++) {
          for (let i = 0; i < 3; i++) sockets.send(fd, frame(0x0800, { seed: i }));
          fails("EAGAIN", () => sockets.send(fd, frame(0x0800)));
          assert.equal(sockets.poll(fd) & packet.POLLOUT, 0);
          const taken = [eth0.driver.txTake(), eth0.driver.txTake(), eth0.driver.txTake()];
          assert.equal(eth0.driver.txPending, false);
          for (const frame of taken) eth0.driver.completionGive(frame);
          assert.equal(sockets.poll(fd) & packet.POLLOUT, packet.POLLOUT);
        }
      });

      it("shows outgoing frames to the other sockets of ETH_P_ALL", () => {
        const { sockets, eth0 } = start(engine);
        const sender = sockets.socket(SOCK_RAW, ALL);
        const tap = sockets.socket(SOCK_RAW, ALL);
        const ip = sockets.socket(SOCK_RAW, IP);
        const deaf = sockets.socket(SOCK_RAW, ALL);
        sockets.setsockopt(deaf, SOL_PACKET, packet.PACKET_IGNORE_OUTGOING, 1);
        sockets.bind(sender, { ifindex: 1 });
        const bytes = frame(0x0800, { to: other, from: hwaddr });
        for (let i = 0; i < 50; i++) {
          sockets.send(sender, bytes);
          if (i % 2 === 0) assert.deepEqual(eth0.driver.transmit().map(Buffer.from), [bytes]);
          const seen = sockets.recvfrom(tap);
          assert.equal(seen.address.pkttype, packet.PACKET_OUTGOING);
          assert.deepEqual(Buffer.from(seen.data), bytes);
          if (i % 2 === 1) assert.deepEqual(eth0.driver.transmit().map(Buffer.from), [bytes]);
          for (const fd of [sender, ip, deaf]) fails("EAGAIN", () => sockets.recv(fd));
        }
      });
    });

    describe("zero copy", () => {
      it("lends a received frame and sends it on from where it lies", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_RAW, ALL);
        sockets.bind(fd, { ifindex: 1 });
        for (let seed = 0; seed < 40; seed++) {
          eth0.driver.receive(frame(0x0800, { seed }));
          const lent = sockets.recvLend(fd);
          assert.deepEqual(Buffer.from(lent.data), frame(0x0800, { seed }));
          lent.data.set(other, 0);
          lent.data.set(hwaddr, 6);
          assert.equal(sockets.submit(fd, lent, 60), 60);
          fails("EINVAL", () => sockets.release(fd, lent));
          assert.deepEqual(eth0.driver.transmit().map(Buffer.from), [frame(0x0800, { to: other, from: hwaddr, seed })]);
        }
      });

      it("lends a frame exclusively when nobody else holds it, nor the TX ring", () => {
        const { sockets, eth0 } = start(engine);
        const [fd, tap] = [sockets.socket(SOCK_RAW, IP), sockets.socket(SOCK_RAW, ALL)];
        sockets.bind(fd, { ifindex: 1 });
        eth0.driver.receive(frame(0x0800, { seed: 1 }));
        fails("ENOBUFS", () => sockets.recvLend(fd, true));
        const shared = sockets.recvLend(fd);
        assert.equal(shared.shared, true);
        fails("ENOBUFS", () => sockets.recvLend(tap, true));
        sockets.release(fd, shared);
        const alone = sockets.recvLend(tap, true);
        assert.equal(alone.shared, false);
        assert.deepEqual(Buffer.from(alone.data), frame(0x0800, { seed: 1 }));
        sockets.release(tap, alone);

        sockets.send(fd, frame(0x0800, { seed: 2 }));
        fails("ENOBUFS", () => sockets.recvLend(tap, true));
        assert.equal(eth0.driver.transmit().length, 1);
        const sent = sockets.recvLend(tap, true);
        assert.equal(sent.shared, false);
        sockets.release(tap, sent);
        assert.equal(sockets.sendLend(fd).shared, false);
      });

      it("refuses what was not lent, and takes all back at close", () => {
        const { sockets, eth0 } = start(engine, { frames: 8, txFrames: 2, rxReserve: 2, queueFrames: 4 });
        for (let round = 0; round < 10; round++) {
          const fd = sockets.socket(SOCK_RAW, ALL);
          sockets.bind(fd, { ifindex: 1 });
          for (let i = 0; i < 4; i++) assert.ok(eth0.driver.receive(frame(0x0800)), `round ${round}`);
          const lent = [sockets.recvLend(fd), sockets.recvLend(fd), sockets.sendLend(fd)];
          fails("EINVAL", () => sockets.release(fd, { ...lent[0]!, handle: lent[0]!.handle + 4 }));
          sockets.release(fd, lent[0]!);
          fails("EINVAL", () => sockets.release(fd, lent[0]!));
          sockets.close(fd);
        }
      });
    });

    describe("poll and options", () => {
      it("tells what can be done", () => {
        const { sockets, eth0 } = start(engine);
        const fd = sockets.socket(SOCK_RAW, ALL);
        sockets.bind(fd, { ifindex: 1 });
        assert.equal(sockets.poll(fd), packet.POLLOUT);
        eth0.driver.receive(frame(0x0800));
        assert.equal(sockets.poll(fd), packet.POLLIN | packet.POLLOUT);
        sockets.recv(fd);
        eth0.down();
        assert.equal(sockets.poll(fd) & packet.POLLERR, packet.POLLERR);
        fails("ENETDOWN", () => sockets.recv(fd));
        fails("EAGAIN", () => sockets.recv(fd));
      });

      it("tells with SO_RXQ_OVFL how many frames were lost before each frame", () => {
        const sizes = { interfaces: 2, frames: 6, txFrames: 1, rxReserve: 1, queueFrames: 6 };
        const { sockets, eth0 } = start(engine, sizes);
        const ports = [eth0, sockets.addInterface("eth1", other).up()];
        const fd = sockets.socket(SOCK_RAW, IP);
        const rival = sockets.socket(SOCK_RAW, htons(0x0806));
        sockets.setsockopt(fd, SOL_SOCKET, packet.SO_RXQ_OVFL, 1);
        const random = new Random(7);
        // What the socket holds: through which interface each came, and how many were lost before.
        const held: { port: number; lost: number }[] = [];
        let most = 0;
        let stolen = 0;
        let before = sockets.counters(fd);
        const lostOf = ({ queueFull, poolEmpty }: typeof before) => queueFull + poolEmpty;
        for (let step = 0; step < 4000; step++) {
          const port = random.below(2);
          if (random.chance(0.6)) {
            ports[port]!.driver.receive(frame(random.chance(0.7) ? 0x0800 : 0x0806));
            sockets.poll(fd);
            const now = sockets.counters(fd);
            if (now.packets > before.packets) held.push({ port, lost: lostOf(now) });
            if (now.packets < before.packets) {
              held.splice(
                held.findLastIndex((one) => one.port === port),
                1,
              );
              ++stolen;
            }
            before = now;
          } else if (random.chance(0.3)) {
            if (random.chance(0.5)) while (sockets.poll(rival) & packet.POLLIN) sockets.recv(rival);
            sockets.setsockopt(fd, SOL_SOCKET, packet.SO_RCVBUF, 1 + random.below(10_000));
          } else if (held.length > 0) {
            const { lost } = held.shift()!;
            most = Math.max(most, lost);
            if (random.chance(0.3)) {
              sockets.release(fd, sockets.recvLend(fd));
              continue;
            }
            if (random.chance(0.3))
              assert.equal(sockets.recvfrom(fd, 2048, packet.MSG_PEEK).drops, lost, `step ${step}`);
            assert.equal(sockets.recvfrom(fd).drops, lost, `step ${step}`);
          }
        }
        assert.ok(most > 100, "frames were lost");
        assert.ok(stolen > 10, "the rival got frames of the socket");
      });

      it("answers what a socket is", () => {
        const { sockets } = start(engine);
        const fd = sockets.socket(SOCK_DGRAM, IP);
        const int = (name: number) => Buffer.from(sockets.getsockopt(fd, SOL_SOCKET, name)).readInt32LE();
        assert.equal(int(packet.SO_TYPE), SOCK_DGRAM);
        assert.equal(int(packet.SO_DOMAIN), packet.AF_PACKET);
        assert.equal(int(packet.SO_PROTOCOL), 0); // as on Linux
        assert.equal(int(packet.SO_ERROR), 0);
        assert.equal(sockets.getsockopt(fd, SOL_SOCKET, packet.SO_TYPE, 1).length, 1);
        fails("ENOPROTOOPT", () => int(9999));
        fails("ENOPROTOOPT", () => sockets.setsockopt(fd, 6, 1, 1));
        fails("EINVAL", () => sockets.setsockopt(fd, SOL_PACKET, packet.PACKET_IGNORE_OUTGOING, 2));
      });
    });

    it("stays trapped after a trap", () => {
      const { sockets } = start(engine);
      const fd = sockets.socket(SOCK_RAW, ALL);
      const table = sockets.control(abi.CONTROL_TABLE);
      sockets.memory.set32(table + fd * 4, 0xfffffff0);
      assert.throws(() => sockets.recv(fd), TrapError);
      assert.throws(() => sockets.service(), TrapError);
    });
  });
}
