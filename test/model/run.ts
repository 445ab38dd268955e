// One run: the same steps on model and module; they must agree after each.
import assert from "node:assert/strict";
import * as packet from "../../assembly/packet.js";
import type { EngineName } from "../../host/engine/engine.js";
import { ErrnoError } from "../../host/engine/errno.js";
import type { Capacities } from "../../host/engine/pktsock.js";
import type { Component } from "./component.js";
import { filters, invalidFilters } from "./filters.js";
import { ModuleHeap } from "./heap.js";
import { Inspection } from "./inspect.js";
import { Model } from "./model.js";
import { Module } from "./module.js";
import { addressOf, frameOf, optionNumbers, type Step } from "./steps.js";

export interface Setup {
  capacities: Required<Omit<Capacities, "appSize">>;
  /** Of each interface. */
  txOffsets: readonly number[];
  opening: readonly Step[];
}

const programs = [...filters.map((filter) => filter.program), ...invalidFilters];

function mreq(ifindex: number, type: number, length: number, address: Buffer): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(ifindex, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(length, 6);
  bytes.set(address, 8);
  return bytes;
}

/** What a call returns, or how it fails. */
export function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof ErrnoError) return error.code;
    throw error;
  }
}

export class Run {
  private readonly module: Module;
  private readonly model: Model;
  private readonly heap: ModuleHeap;
  private clock = 0;

  /** `swaps`: another instance of the module goes on before each step. */
  constructor(
    engine: EngineName,
    { capacities, txOffsets, opening }: Setup,
    private readonly swaps = false,
  ) {
    this.module = new Module(engine, capacities);
    this.heap = new ModuleHeap(this.module.sockets);
    this.model = new Model(capacities, this.heap);
    txOffsets.forEach((txOffset, i) => {
      this.module.addInterface(`eth${i}`, addressOf(i), txOffset);
      this.model.addInterface(addressOf(i), txOffset);
    });
    for (const { index } of this.model.interfaces) this.both((on) => on.setFlags(index, packet.IFF_UP));
    for (const step of opening) this.step(step);
  }

  /** Does the same with both, the model first because it looks at the module's heap, and compares. */
  private both(call: (on: Component) => unknown): void {
    const expected = outcome(() => call(this.model));
    const actual = outcome(() => call(this.module));
    assert.deepEqual(actual, expected);
  }

  step(step: Step): void {
    if (this.swaps) this.module.swap();
    const there = "ifindex" in step ? { ...step, ifindex: this.interface(step.ifindex) } : step;
    this.perform("fd" in there ? { ...there, fd: this.descriptor(there.fd) } : there);
    for (const { index } of this.model.interfaces) {
      this.both((on) => on.macFilter(index));
      this.both((on) => ({ ...on.counters(index) }));
    }
    this.heap.check();
    new Inspection(this.module).check(this.model);
  }

  /** Small numbers count the open descriptors, so that steps meet sockets; others are used unchanged. */
  private descriptor(fd: number): number {
    const open = [...this.model.table.keys()].filter((at) => this.model.table[at] !== undefined);
    return fd >= 0 && fd < 4 ? (open[fd % open.length] ?? fd) : fd;
  }

  /** The same for interfaces, which always exist. */
  private interface(index: number): number {
    return index > 0 && index < 4 ? ((index - 1) % this.model.interfaces.length) + 1 : index;
  }

  private perform(step: Step): void {
    switch (step.do) {
      case "socket":
        return this.both((on) => on.socket(step.type, step.protocol));
      case "stack":
        return this.both((on) => on.openStack(step.ifindex));
      case "close":
        return this.both((on) => on.close(step.fd));
      case "bind":
        return this.both((on) => on.bind(step.fd, step, step.length));
      case "service":
        return this.both((on) => on.service());
      case "recv":
        return this.both((on) => on.recv(step.fd, step.length));
      case "recvfrom":
        return this.both((on) => on.recvfrom(step.fd, step.length, step.flags));
      case "message":
        return this.both((on) => on.message(step.fd, step.length));
      case "poll":
        return this.both((on) => on.poll(step.fd));
      case "name":
        return this.both((on) => on.getsockname(step.fd));
      case "readable":
        return this.both((on) => on.bytesReadable(step.fd));
      case "unsent":
        return this.both((on) => on.bytesUnsent(step.fd));
      case "stamp":
        return this.both((on) => on.lastStamp(step.fd));
      case "statistics":
        return this.both((on) => on.getsockopt(step.fd, packet.SOL_PACKET, packet.PACKET_STATISTICS, 8));
      case "prefetch":
        return this.both((on) => on.prefetch(step.ifindex));
      case "transmit":
        for (let i = 0; i < step.times; i++) this.both((on) => on.transmit(step.ifindex));
        return;
      case "complete":
        for (let i = 0; i < step.times; i++) this.both((on) => on.complete(step.ifindex, step.which));
        return;
      case "flags":
        return this.both((on) => on.setFlags(step.ifindex, step.flags));
      case "requestFlags":
        return this.both((on) => on.requestFlags(step.ifindex, step.flags));
      case "multicast":
        return this.both((on) => on.setMulticast(step.ifindex, step.on, addressOf(step.address)));
      default:
        return this.performLonger(step);
    }
  }

  private performLonger(step: Step): void {
    switch (step.do) {
      case "wire": {
        // A length near the end of the range means a frame that is too short.
        const whole = frameOf(step.frame);
        const bytes = step.frame.length > 270 ? whole.subarray(0, 13) : whole;
        for (let i = 0; i < step.times; i++) {
          const stamp = [++this.clock, this.clock * 1000] as const;
          this.both((on) => on.receive(step.ifindex, Buffer.from(bytes), step.offset, stamp));
        }
        return;
      }
      case "send": {
        const bytes = step.frame.length > 270 ? Buffer.alloc(13) : frameOf(step.frame);
        for (let i = 0; i < step.times; i++) this.both((on) => on.send(step.fd, bytes));
        return;
      }
      case "sendto": {
        const address = { ifindex: step.ifindex, protocol: step.protocol, addr: addressOf(step.frame.to) };
        return this.both((on) => on.sendto(step.fd, frameOf(step.frame), address, step.length));
      }
      case "lend":
        return this.both((on) => {
          const { name, data, shared } = on.lend(step.fd, step.what);
          return { name, shared, data: step.what === "empty" ? data.length : Buffer.from(data) };
        });
      case "release": {
        const name = this.module.lentBefore(step.back);
        if (this.module.isLentAnew(name)) return;
        return this.both((on) => on.release(step.fd, name));
      }
      case "submit": {
        const name = this.module.lentBefore(step.back);
        if (this.module.isLentAnew(name)) return;
        let bytes = frameOf(step.frame);
        if (this.model.isWritable(name)) this.module.write(name, bytes);
        else bytes = Buffer.from(this.model.bytesOf(name) ?? bytes);
        return this.both((on) => on.submit(step.fd, name, bytes));
      }
      case "option": {
        const [level, name] = optionNumbers[step.name];
        return this.both((on) => on.setsockopt(step.fd, level, name, step.value));
      }
      case "getOption": {
        const [level, name] = optionNumbers[step.name];
        return this.both((on) => on.getsockopt(step.fd, level, name, step.length));
      }
      case "filter": {
        const program = programs[step.number]!;
        return this.both((on) => on.setsockopt(step.fd, packet.SOL_SOCKET, packet.SO_ATTACH_FILTER, program));
      }
      case "device": {
        const name = Buffer.from(step.name, "latin1");
        return this.both((on) => on.setsockopt(step.fd, packet.SOL_SOCKET, packet.SO_BINDTODEVICE, name));
      }
      case "membership": {
        const name = step.join ? packet.PACKET_ADD_MEMBERSHIP : packet.PACKET_DROP_MEMBERSHIP;
        const value = mreq(step.ifindex, step.type, step.length, addressOf(step.address));
        return this.both((on) => on.setsockopt(step.fd, packet.SOL_PACKET, name, value));
      }
      default:
        throw new Error(`no such step: ${step.do}`);
    }
  }

  /** Closes everything and lets the driver finish: nothing may be missing then. */
  end(): void {
    while (this.model.openSockets().length > 0) this.step({ do: "close", fd: 0 });
    for (const { index: ifindex } of this.model.interfaces) {
      const times = this.model.capacities.frames;
      this.step({ do: "transmit", ifindex, times });
      this.step({ do: "complete", ifindex, which: 0, times });
    }
    this.step({ do: "service" });
    this.leaveGroups();
    this.reapAll();
    for (const { free, held, fill, prefetched, shares } of this.model.interfaces) {
      assert.deepEqual(
        [free, held, fill + prefetched],
        [shares.txFrames, 0, shares.frames - shares.txFrames],
        "all home",
      );
    }
    // Batches of connections are kept.
    if (this.model.capacities.allocConns < 2) this.heap.checkWhole();
  }

  /** SIOCDELMULTI as often as there was SIOCADDMULTI. */
  private leaveGroups(): void {
    for (const { index } of this.model.interfaces) {
      for (let type = 0; type < 6; type++) {
        while (outcome(() => this.model.setMulticast(index, false, addressOf(type))) === undefined) {
          this.module.setMulticast(index, false, addressOf(type));
        }
      }
    }
  }

  /** Makes both take back what was sent, by way of a socket that asks how much is not. */
  private reapAll(): void {
    const fd = outcome(() => this.model.socket(packet.SOCK_RAW));
    assert.equal(
      outcome(() => this.module.socket(packet.SOCK_RAW)),
      fd,
    );
    if (typeof fd !== "number") return; // none can be opened with these capacities, so none has sent anything
    for (const { index: ifindex } of this.model.interfaces) {
      this.step({ do: "bind", fd, ifindex, protocol: 0, length: packet.SLL_BYTES });
      this.step({ do: "unsent", fd });
    }
    this.step({ do: "close", fd });
  }
}
