// Invariants that are read from linear memory: where each frame is, who holds it, and what the module says of that.
import assert from "node:assert/strict";
import * as abi from "../../assembly/abi.js";
import type { Mac, Module } from "./module.js";
import type { Model } from "./model.js";
import type { Pool } from "./pool.js";
import {
  entryStruct,
  listenersStruct,
  LISTS,
  messagesStruct,
  messageStruct,
  socketStruct,
  stateStruct,
} from "../../host/build/structs.js";
import { MAX_MESSAGES } from "./errqueue.js";
import { ALL } from "./socket.js";

type Place = "FILL" | "driver, to receive" | "RX" | "TX" | "driver, to send" | "COMPLETION" | "free";
/** On its way out, or just back. */
const outward = new Set<Place>(["TX", "driver, to send", "COMPLETION"]);

/** A socket's receive queue and lent frames, as offsets of frames. */
interface Holdings {
  queue: number[];
  lent: number[];
}

export class Inspection {
  private readonly memory;
  /** In how many queues, and in how many lists of lent frames, a frame is. */
  private readonly queued = new Map<number, number>();
  private readonly lent = new Map<number, number>();
  /** In how many messages of error queues it is. */
  private readonly reported = new Map<number, number>();

  constructor(private readonly module: Module) {
    this.memory = module.sockets.memory;
    for (const socket of this.openSockets()) {
      const { queue, lent } = this.holdingsOf(socket);
      for (const frame of queue) this.queued.set(frame, (this.queued.get(frame) ?? 0) + 1);
      for (const frame of this.reportedBy(socket)) this.reported.set(frame, (this.reported.get(frame) ?? 0) + 1);
      for (const frame of lent) this.lent.set(frame, (this.lent.get(frame) ?? 0) + 1);
    }
  }

  private openSockets(): number[] {
    const table = this.module.sockets.control(abi.CONTROL_TABLE);
    const length = this.module.sockets.control(abi.CONTROL_TABLE_LENGTH);
    const sockets = Array.from({ length }, (_, fd) => this.memory.u32(table + fd * 4));
    return sockets.filter((socket) => socket !== 0);
  }

  private field(socket: number, name: string): number {
    return this.memory.u32(socket + socketStruct[name]!);
  }

  /** The frames that the messages of its error queue hold. */
  private reportedBy(socket: number): number[] {
    const errors = this.field(socket, "messages");
    if (errors === 0) return [];
    const count = this.memory.u32(errors + messagesStruct.count!);
    const first = this.memory.u32(errors + messagesStruct.first!);
    assert.ok(count <= MAX_MESSAGES, "an error queue is bounded");
    const messages = Array.from({ length: count }, (_, i) => (first + i) % MAX_MESSAGES);
    return messages
      .map((i) => this.memory.u32(errors + messagesStruct.bytes + i * messageStruct.bytes + messageStruct.frame!))
      .filter((frame) => frame !== 0);
  }

  /** Walks the circle of a queue: its used entries must be contiguous, from head to tail. */
  private holdingsOf(socket: number): Holdings {
    const length = this.field(socket, "queueLength");
    const head = this.field(socket, "head");
    const queue: number[] = [];
    const first = this.field(socket, "lentEnd");
    const last = first + (length - 1) * entryStruct.bytes;
    let entry = head;
    let tail = 0;
    for (let i = 0; i < length; i++) {
      const frame = this.memory.u32(entry + entryStruct.frame!);
      if (frame === 0 && tail === 0) tail = entry;
      if (frame !== 0) {
        assert.equal(tail, 0, "a queue has no gaps");
        queue.push(frame);
      }
      const next = this.memory.u32(entry + entryStruct.next!);
      assert.equal(next, entry === last ? first : entry + entryStruct.bytes, "entries follow each other in memory");
      entry = next;
    }
    assert.equal(entry, head, "a queue is a circle as long as its limit");
    assert.equal(this.field(socket, "tail"), tail === 0 ? head : tail, "a queue's tail is behind its newest frame");
    const firstLent = socket + socketStruct.bytes;
    const lent = Array.from({ length: (this.field(socket, "lentTop") - firstLent) / 4 }, (_, i) =>
      this.memory.u32(firstLent + i * 4),
    );
    return { queue, lent };
  }

  private ring({ iface }: Mac, field: number): number[] {
    const first = this.memory.u32(iface.offset + field);
    const length = this.memory.u32(iface.offset + abi.IFACE_RING_LENGTH);
    const slots = Array.from({ length }, (_, i) => this.memory.u32(first + i * abi.SLOT_BYTES + abi.SLOT_FRAME));
    return slots.filter((frame) => frame !== 0);
  }

  private freeStack({ iface }: Mac): number[] {
    const bottom =
      this.memory.u32(iface.offset + abi.IFACE_COMPLETION_RING) +
      this.memory.u32(iface.offset + abi.IFACE_RING_LENGTH) * abi.SLOT_BYTES;
    assert.equal(this.memory.u32(bottom), 0, "below the free stack is 0");
    const height = (this.memory.u32(iface.offset + abi.IFACE_FREE) - bottom) / 4;
    return Array.from({ length: height }, (_, i) => this.memory.u32(bottom + 4 + i * 4));
  }

  /** Where the rings and the driver have frames, by frame. */
  private places(mac: Mac): Map<number, Place> {
    const places = new Map<number, Place>();
    const put = (frames: readonly number[], place: Place) => {
      for (const frame of frames) {
        assert.ok(!places.has(frame), `frame ${frame} is in ${places.get(frame)} and in ${place}`);
        places.set(frame, place);
      }
    };
    put(this.ring(mac, abi.IFACE_FILL_RING), "FILL");
    put(mac.prefetched, "driver, to receive");
    put(this.ring(mac, abi.IFACE_RX_RING), "RX");
    put(this.ring(mac, abi.IFACE_TX_RING), "TX");
    put(mac.sending, "driver, to send");
    put(this.ring(mac, abi.IFACE_COMPLETION_RING), "COMPLETION");
    put(this.freeStack(mac), "free");
    return places;
  }

  /** Each frame of an interface is in one place or held by as many as it counts, and the counts of the pool agree. */
  private checkPool(mac: Mac, pool: Pool): void {
    const frames = this.control(abi.CONTROL_FRAMES);
    const frameTable = this.control(abi.CONTROL_FRAME_TABLE);
    const places = this.places(mac);
    const count = { free: 0, owned: 0, lentEmpty: 0, held: 0, fill: 0 };
    for (let i = 0; i < frames; i++) {
      const frame = frameTable + ((mac.iface.index - 1) * frames + i) * abi.FRAME_BYTES;
      const place = places.get(frame);
      places.delete(frame);
      const isOutward = place !== undefined && outward.has(place);
      const queued = this.queued.get(frame) ?? 0;
      const lent = this.lent.get(frame) ?? 0;
      const reported = this.reported.get(frame) ?? 0;
      const refs = this.memory.u32(frame + abi.FRAME_REFS);
      const what = `frame ${i} of eth${mac.iface.index - 1} (${place ?? "no ring"}, queued ${queued}, lent ${lent}, reported ${reported})`;
      assert.equal(this.memory.u32(frame + abi.FRAME_IFACE), mac.iface.offset, `${what} belongs to its interface`);
      if (refs > 0) {
        assert.equal(refs, queued + lent + reported + Number(isOutward), `${what} counts its holders`);
        assert.ok(place === undefined || isOutward, `${what} is held`);
        count.held++;
      } else {
        assert.equal(queued + reported, 0, `${what} is held and counts nobody`);
        assert.equal(lent + Number(place !== undefined), 1, `${what} is in one place`);
        if (place === "free" || isOutward) count.owned++;
        if (lent > 0) count.lentEmpty++;
        if (place === "free") count.free++;
        if (place === "FILL") count.fill++;
      }
    }
    assert.deepEqual([...places], [], "the rings hold frames of their interface only");
    this.checkCounts(mac, pool, count);
  }

  private checkCounts(
    mac: Mac,
    pool: Pool,
    count: Record<"free" | "owned" | "lentEmpty" | "held" | "fill", number>,
  ): void {
    const of = (field: number) => this.memory.u32(mac.iface.offset + field) | 0;
    const said = {
      owned: of(abi.IFACE_TX_OWNED),
      missing: of(abi.IFACE_TX_MISSING),
      spare: of(abi.IFACE_SPARE),
      faults: of(abi.IFACE_RING_FAULTS),
    };
    const missing = this.control(abi.CONTROL_TX_FRAMES) - count.owned - count.lentEmpty;
    assert.deepEqual(said, { owned: count.owned, missing, spare: pool.spare, faults: 0 }, "the pool's counts");
    const { free, owned, lentEmpty, held, fill } = pool;
    assert.deepEqual(count, { free, owned, lentEmpty, held, fill }, "the pool, as the model has it");
    assert.ok(owned >= 1, "one frame of the sending side is neither lent nor held");
    const reserve = fill + pool.prefetched + pool.rx.length;
    assert.ok(reserve >= this.control(abi.CONTROL_RX_RESERVE), "the driver's reserve is the driver's");
  }

  private control(field: number): number {
    return this.module.sockets.control(field);
  }

  /** The members of the list that starts at `root`, an offset from the module's State. */
  private list(root: number, next: string): number[] {
    const members: number[] = [];
    let at = this.memory.u32(abi.CONTROL + abi.CONTROL_BYTES + root);
    for (; at !== 0; at = this.field(at, next)) {
      members.push(at);
      assert.ok(members.length <= abi.MAX_DESCRIPTORS, `the list of ${root} ends`);
    }
    return members;
  }

  /** A pair of lists has the sockets of its protocols and those of ETH_P_ALL, each once. */
  private checkListeners(pair: number, listening: readonly number[]): void {
    const at = stateStruct.bytes + pair * listenersStruct.bytes;
    const offered = ["receivers", "watchers"].flatMap((kind) => this.list(at + listenersStruct[kind]!, "next"));
    const expected = listening.filter((socket) => {
      const protocol = this.field(socket, "protocol");
      return protocol === ALL || (protocol >> 8) % LISTS === pair;
    });
    assert.deepEqual(offered.sort(), expected.sort(), `pair ${pair} of lists has whom its frames are offered to`);
  }

  private checkSockets(model: Model): void {
    const offsets = this.openSockets();
    const listening = offsets.filter((socket) => this.field(socket, "protocol") !== 0);
    for (let i = 0; i < LISTS; i++) this.checkListeners(i, listening);
    for (const tap of [...this.list(stateStruct.taps!, "nextTap"), ...this.list(stateStruct.pickyTaps!, "nextTap")])
      assert.ok(listening.includes(tap), "taps are open sockets");

    const frames = this.control(abi.CONTROL_FRAME_COUNT);
    const owners = Array.from({ length: frames }, (_, i) =>
      this.memory.u32(this.control(abi.CONTROL_FRAME_TABLE) + i * abi.FRAME_BYTES + abi.FRAME_OWNER),
    ).filter((owner) => owner !== 0);
    for (const owner of owners) assert.ok(offsets.includes(owner), "frames being sent have open owners");

    const table = this.control(abi.CONTROL_TABLE);
    model.table.forEach((socket, fd) => {
      const offset = this.memory.u32(table + fd * 4);
      if (socket === undefined) return assert.equal(offset, 0, `descriptor ${fd} is closed`);
      const { packets, drops, filtered, sending, limit, nonblock } = socket;
      const dropped = this.field(offset, "dropsQueueFull") + this.field(offset, "dropsPoolEmpty");
      assert.equal(
        this.field(offset, "sending"),
        owners.filter((owner) => owner === offset).length,
        "frames under way",
      );
      const said = {
        packets: (this.field(offset, "packets") - this.field(offset, "packetsRead")) | 0,
        drops: (dropped - this.field(offset, "dropsRead")) | 0,
        filtered: this.field(offset, "filtered"),
        sending: this.field(offset, "sending"),
        limit: this.field(offset, "queueLength"),
        nonblock: this.field(offset, "nonblock") !== 0,
      };
      assert.deepEqual(said, { packets, drops, filtered, sending, limit, nonblock }, `what descriptor ${fd} counts`);
      const { matched, taken, lost, queue } = socket;
      assert.equal(dropped, lost, `descriptor ${fd}: dropped since it was opened`);
      assert.equal(taken + queue.length + lost, matched, `descriptor ${fd}: received and dropped is what matched`);
    });
  }

  check(model: Model): void {
    model.interfaces.forEach((pool, i) => this.checkPool(this.module.macs[i]!, pool));
    this.checkSockets(model);
  }
}
