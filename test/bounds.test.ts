import assert from "node:assert/strict";
import * as packet from "../assembly/packet.js";
import { boundsOf, type Bounded, boundedBy, readBounded, roundsOf } from "../host/build/bounds.js";
import { budgetOf, exportCosts } from "../host/build/budget.js";
import { loopsOf } from "../host/build/loops.js";
import { options } from "../host/build/options.js";
import { exportArguments } from "../host/engine/exports.js";
import { PktSock } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
import { fake } from "./support/fake.js";
import { frame, hwaddr, moduleBytes } from "./support/module.js";
import { countingModule, workOf } from "./support/work.js";

const defaults = (name: string): number => options.find((option) => option.name === name)!.default;

describe("bounds: how long a call can last", () => {
  it("a call costs its instructions once, and a loop's for each round, with what it calls", async () => {
    const wasm = await fake({
      init: `export function init(): i32 { return 7; }`,
      receive: `export function receive(a: u32, b: u32): i32 { while (b) { b = load<u32>(b); } return 1; }`,
      send: `export function send(a: u32, b: u32): i32 { while (a) { a = load<u32>(a); b += receive(a, b); } return b; }`,
    });
    const costs = exportCosts(wasm);
    const [init, receive, send] = ["init", "receive", "send"].map((name) => costs.get(name)!);
    assert.deepEqual(init, { once: 2, round: 0 });
    assert.ok(receive!.round >= 4 && receive!.round < receive!.once);
    assert.ok(send!.round > receive!.once && send!.once > send!.round);
  });

  it("the budget grows with the capacities", () => {
    assert.equal(budgetOf(defaults), 131072);
    assert.ok(budgetOf((name) => (name === "NET_PKT_QUEUE_FRAMES" ? 64 : defaults(name))) > budgetOf(defaults));
  });
});

describe("bounds: the rounds of loops", () => {
  it("are what the comment above a loop says", () => {
    const source = [
      "  // Why it is so.",
      "  // Rounds: queue / 2 + 1, on average.",
      "  do {",
      "    // Rounds: sockets",
      "    while (next) next = next.next;",
      "  } while (more);",
      "  for (;;) {",
      "  }",
    ].join("\n");
    assert.deepEqual(
      loopsOf("x.ts", source).map(({ first, last, testsLast, rounds }) => [first, last, testsLast, rounds]),
      [
        [3, 6, true, "queue / 2 + 1"],
        [5, 5, false, "sockets"],
        [7, 8, false, undefined],
      ],
    );
  });

  it("are sums of products and quotients of capacities", () => {
    assert.equal(roundsOf("queue / 3 + 2 * sockets", { queue: 8, sockets: 4 }), 11);
    assert.throws(() => roundsOf("queues", { queue: 8 }), /there is no queues/);
  });

  it("must be said", () => {
    const loop = { file: "x.ts", first: 1, last: 9, testsLast: false, rounds: undefined };
    const origins = [{ offset: 0, file: "x.ts", line: 2 }];
    assert.throws(() => boundedBy(moduleBytes(), origins, [loop]), /x\.ts:1: this loop does not say how many rounds/);
  });
});

/** How far the bound of the dearest call may be above what was seen: paths that exclude each other are added up. */
const FACTOR = 50;

describe("bounds: the module's", function () {
  this.timeout(240_000);
  let bounded: Bounded;
  before(() => void (bounded = readBounded(moduleBytes())));

  it("every export has one, far below what its budget allows", () => {
    const bounds = boundsOf(bounded, defaults);
    const budget = budgetOf(defaults);
    const worst = exportCosts(moduleBytes());
    for (const name of Object.keys(exportArguments)) {
      const { operations } = bounds.get(name)!;
      const { once, round } = worst.get(name)!;
      assert.ok(operations > 0 && (round === 0 || operations < once + budget * round), name);
    }
  });

  /** A frame whose tags of VLAN 0 go on to its end. */
  function priorityTags(length: number): Buffer {
    const tags = Buffer.alloc(length);
    for (let at = 0; at + 4 <= length; at += 4) tags.set([0x81, 0x00, 0x00, 0x00], at);
    return Buffer.concat([frame(0x0800).subarray(0, 12), tags]);
  }

  const pool = { frames: 40, txFrames: 1, rxReserve: 16, frameSize: 512, queueFrames: 8, heapSize: 1024 };
  const tagged = priorityTags(480);

  /** The most turns that a call makes when bursts meet `listeners` sockets of ETH_P_ALL among `sockets`, which are not read. */
  function mostTurns(sockets: number, listeners: number): number {
    const module = PktSock.load(countingModule(), { ...pool, preallocConns: sockets, engine: "v8" });
    const eth0 = module.addInterface("eth0", hwaddr).up();
    for (let i = 0; i < sockets; i++) module.socket(packet.SOCK_RAW, i < listeners ? htons(packet.ETH_P_ALL) : 0);
    let most = 0;
    for (const bytes of [frame(0x0800), tagged, frame(0x0800), tagged]) {
      while (eth0.driver.receive(bytes));
      for (let calls = 0; calls < pool.frames; calls++)
        most = Math.max(
          most,
          workOf(module, () => module.service()),
        );
    }
    return most;
  }

  for (const sockets of [1, 4, 16]) {
    it(`with ${sockets} sockets no call does more, and the dearest at least a ${FACTOR}th`, () => {
      const set: Readonly<Record<string, number>> = {
        NET_PKT_PREALLOC_CONNS: sockets,
        NET_PKT_FRAMES: pool.frames,
        NET_PKT_FRAME_SIZE: pool.frameSize,
        NET_PKT_HEAP_SIZE: pool.heapSize,
        NET_PKT_QUEUE_FRAMES: pool.queueFrames,
      };
      const bound = boundsOf(bounded, (name) => set[name] ?? defaults(name)).get("service")!.turns;
      const most = Math.max(...[1, 2, sockets].map((listeners) => mostTurns(sockets, Math.min(listeners, sockets))));
      console.log(`      ${most} turns of at most ${bound}`);
      assert.ok(most <= bound, `${most} turns, ${bound} are the bound`);
      assert.ok(bound <= FACTOR * most, `${bound} turns are the bound, ${most} the most that was seen`);
    });
  }
});
