// A network stack behind a slow tap: a closed exchange, counted in rounds. One round is one turn of the stack's task.
import assert from "node:assert/strict";
import * as packet from "../assembly/packet.js";
import { engineNames, type EngineName } from "../host/engine/engine.js";
import { ErrnoError } from "../host/engine/errno.js";
import type { Capacities, LentFrame } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { frame, start } from "./support/module.js";

interface Exchange {
  engine: EngineName;
  capacities: Capacities;
  /** Frames that the peer sends before it waits for their echoes. */
  window: number;
  /** The tap takes one frame in this number of rounds; Infinity: never one; 0: there is no tap. */
  tapPeriod: number;
  /** The stack reads, and sends on, in place. */
  zeroCopy: boolean;
}

const FRAMES = 300;
/** Rounds without an echo after which the peer sends its window again. */
const TIMEOUT = 20;

/** What a call returns, or undefined when it would wait. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof ErrnoError && (error.code === "EAGAIN" || error.code === "ENOBUFS")) return undefined;
    throw error;
  }
}

/** The rounds until the stack has echoed all frames, in their order, as TCP does without a queue for what comes early. */
function rounds({ engine, capacities, window, tapPeriod, zeroCopy }: Exchange): number {
  const { sockets, eth0 } = start(engine, capacities);
  const stack = sockets.call("openStack", 1);
  const tap = tapPeriod > 0 ? sockets.socket(packet.SOCK_RAW, htons(packet.ETH_P_ALL)) : undefined;
  /** Received in order and not echoed yet. */
  const pending: (LentFrame | Uint8Array)[] = [];
  let [next, expected, echoed, quiet, round] = [0, 0, 0, 0, 0];
  const numberOf = (bytes: Uint8Array) => Buffer.from(bytes).readUInt16BE(14);
  const receive = () => attempt(() => (zeroCopy ? sockets.recvLend(stack) : sockets.recv(stack)));
  for (; echoed < FRAMES; round++) {
    assert.ok(round < FRAMES * 100, "the exchange goes on");
    for (; next < Math.min(echoed + window, FRAMES); next++) {
      const bytes = frame(0x0800);
      bytes.writeUInt16BE(next, 14);
      eth0.driver.receive(bytes);
    }
    for (let one = receive(); one !== undefined; one = receive()) {
      const bytes = "handle" in one ? one.data : one;
      if (numberOf(bytes) === expected) {
        pending.push(one);
        expected++;
      } else if ("handle" in one) {
        sockets.release(stack, one);
      }
    }
    while (pending.length > 0) {
      const one = pending[0]!;
      const sent = attempt(() => ("handle" in one ? sendLent(one) : sockets.send(stack, one)));
      if (sent === undefined) break;
      pending.shift();
    }
    if (tap !== undefined && round % tapPeriod === 0) attempt(() => sockets.recv(tap));
    const before = echoed;
    for (const bytes of eth0.driver.transmit()) if (numberOf(bytes) === echoed) echoed++;
    quiet = echoed > before ? 0 : quiet + 1;
    if (quiet === TIMEOUT) {
      next = expected = echoed;
      quiet = 0;
    }
  }
  return round;

  /** Sends a frame on from where it lies, or a copy when the tap holds it. */
  function sendLent(lent: LentFrame): number {
    if (!lent.shared) return sockets.submit(stack, lent, lent.data.length);
    const n = sockets.send(stack, lent.data);
    sockets.release(stack, lent);
    return n;
  }
}

/** How many times longer the exchange takes with a slow tap may not exceed this. */
const MOST = 1.5;

for (const engine of engineNames) {
  describe(`a network stack behind a slow tap on ${engine}`, () => {
    for (const [zeroCopy, windows] of [
      [false, [1, 2, 3, 4, 5]],
      [true, [1, 2, 3]],
    ] as const) {
      for (const window of windows) {
        it(`${zeroCopy ? "in place" : "copying"}, a window of ${window}: takes at most ${MOST} times longer`, () => {
          const run = (tapPeriod: number) => rounds({ engine, capacities: {}, window, tapPeriod, zeroCopy });
          const alone = run(0);
          for (const tapPeriod of [1, 2, 5, 20, Infinity]) {
            const ratio = run(tapPeriod) / alone;
            assert.ok(ratio <= MOST, `one frame in ${tapPeriod} rounds: ${ratio} times`);
          }
        });
      }
    }

    it("leaves sockets a third of what is shared, and takes the rest from those that held it before", () => {
      const { sockets, eth0 } = start(engine, { queueFrames: 8 });
      const tap = sockets.socket(packet.SOCK_RAW, htons(packet.ETH_P_ALL));
      for (let i = 0; i < 6; i++) assert.ok(eth0.driver.receive(frame(0x0800, { seed: i })));
      sockets.service();
      const stack = sockets.call("openStack", 1);
      for (let i = 0; i < 4; i++) {
        assert.ok(eth0.driver.receive(frame(0x0806, { seed: i })));
        sockets.service();
      }
      const drain = (fd: number) => {
        const got: Buffer[] = [];
        for (let one = attempt(() => sockets.recv(fd)); one !== undefined; one = attempt(() => sockets.recv(fd)))
          got.push(Buffer.from(one));
        return got;
      };
      assert.deepEqual(
        drain(stack),
        [0, 1, 2, 3].map((seed) => frame(0x0806, { seed })),
      );
      assert.deepEqual(
        drain(tap),
        [0, 1].map((seed) => frame(0x0800, { seed })),
      );
    });
  });
}
