// The steps of a run through the C glue (test/glued), whose module traps at random moments, and the model, which knows what a
// trap costs: frames that are queued, lent or under way, and what sockets have counted. Everything else stays.
import assert from "node:assert/strict";
import { MAX_DESCRIPTORS } from "../../assembly/abi.js";
import * as packet from "../../assembly/packet.js";
import { decodeSockaddr, encodeSockaddr } from "../../host/engine/sockaddr.js";
import type { BoardProcess } from "../../host/net/board.js";
import { type Answer, parseAnswer } from "../conformance/agent.js";
import { filters, invalidFilters } from "./filters.js";
import { Model } from "./model.js";
import { outcome } from "./run.js";
import { STACK } from "./socket.js";
import { addressOf, frameOf, optionNumbers, type Step } from "./steps.js";

/** Those of test/glued/board.mk. Its heap and journal are larger than what any run needs. */
const capacities = {
  interfaces: 2,
  preallocConns: 4,
  allocConns: 0,
  maxConns: 0,
  frames: 10,
  frameSize: 256,
  txFrames: 3,
  rxReserve: 2,
  stackReserve: 1,
  queueFrames: 4,
  heapSize: 16000,
  frameAlign: 4,
} as const;
const txOffsets = [0, 2];
const FIRST_DESCRIPTOR = 512;
/** How many lent frames the agent remembers. */
const LENT = 32;
const LONGEST_PROGRAM = 400;
const TIMEOUT = 60_000;
const POLLNVAL = 32;
const [FIONREAD, SIOCOUTQ, SIOCSIFFLAGS, SIOCADDMULTI, SIOCDELMULTI] = [0x541b, 0x5411, 0x8914, 0x8931, 0x8932];

/** In which a trap happens: instead of a call into the module; or also after it, or in it, and with memory spoiled. */
export type How = "instead" | "any";

/** What a call does whose module has trapped: it looks again, or it fails with EIO and has done nothing. */
type Kind = "looks" | "fails" | "either";

const hex = (bytes: Uint8Array): string => (bytes.length === 0 ? "z0" : Buffer.from(bytes).toString("hex"));
const unhex = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text ?? "", "hex"));
const isOurs = (fd: number): boolean => fd >= 0 && fd < MAX_DESCRIPTORS;
const nothing = (): undefined => undefined;

/** The agent of test/glued. */
export class GluedAgent {
  constructor(private readonly process: BoardProcess) {}

  /** What a command was answered, and what it has changed. */
  async ask(command: string): Promise<{ answer: Answer; state: Answer }> {
    this.process.write(`${command}\nstate\n`);
    const lines: string[] = [];
    while (lines.length < 2) lines.push((await this.process.waitFor(/^([=?] [^\r\n]*)\r?\n/m, TIMEOUT))[1]!);
    const [line, state] = lines;
    assert.ok(line!.startsWith("="), `${command}: ${line}`);
    return { answer: parseAnswer(line!), state: parseAnswer(state!) };
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}

export class GluedRun {
  private readonly model = new Model(capacities, { fits: () => true });
  /** Names of lent frames, and how many traps there had been when each was lent. */
  private readonly lent: number[] = [];
  /** What the glue's journal has of the order in which sockets entered the lists: a socket, or an option of one. */
  private journal: { fd: number; what: "open" | "filter" | "ignore" }[] = [];
  private clock = 0;
  traps = 0;
  readonly hits = new Set<string>();

  private constructor(
    private readonly agent: GluedAgent,
    private readonly how: How,
  ) {
    txOffsets.forEach((txOffset, i) => this.model.addInterface(addressOf(i), txOffset));
    for (const { index, flags } of this.model.interfaces) this.model.setFlags(index, flags | packet.IFF_UP);
  }

  static async begin(agent: GluedAgent, seed: number, how: How): Promise<GluedRun> {
    const run = new GluedRun(agent, how);
    assert.equal((await agent.ask(`fresh ${seed} ${how}`)).answer.ret, "0");
    return run;
  }

  /** Makes a call in both, and compares. */
  private async both(
    command: string,
    read: (answer: Answer) => unknown,
    call: () => unknown,
    kind: Kind = "fails",
  ): Promise<void> {
    const { answer, state } = await this.agent.ask(command);
    const actual = answer.ret === "-1" ? answer.errno : read(answer);
    const traps = Number(state.ret);
    this.traps += traps;
    const hits = state.fields.hits!.split(",").filter(Boolean);
    for (const name of hits) this.hits.add(name);
    const compare = () => assert.deepEqual(actual, outcome(call), `${command}: ${answer.line}; ${state.line}`);
    let lost = 0;
    // FIONREAD lets the module sort frames first. close(2) closes the descriptor even if the module could not.
    if (hits.length === 1 && hits[0] === "bytesReadable") this.model.service();
    if (traps > 0 && actual === "EIO") {
      assert.notEqual(kind, "looks", command);
      lost = this.restart();
    } else if (traps > 0 && (kind !== "fails" || hits.includes("closeSocket"))) {
      lost = this.restart();
      compare();
    } else {
      compare();
      if (traps > 0) lost = this.restart();
    }
    if (this.how === "instead")
      assert.equal(Number(state.fields.lost), lost, `${command}: frames that a trap has cost`);
    this.compareInterfaces(state, command, this.how === "any" && traps > 0);
  }

  /** `counted`: by a call that then trapped, or that spoiled the counters, which are kept as they are. */
  private compareInterfaces({ fields }: Answer, command: string, counted: boolean): void {
    const [flags, addresses, counters] = ["flags", "addresses", "counters"].map((name) => fields[name]!.split(" "));
    this.model.interfaces.forEach(({ index }, i) => {
      const now = counters![i]!.split(",").map(Number);
      if (counted) {
        const [noFrame, poolEmpty, tooShort, tooLong, linkDown] = now as [number, number, number, number, number];
        Object.assign(this.model.counters(index), { noFrame, poolEmpty, tooShort, tooLong, linkDown });
      }
      const { noFrame, poolEmpty, tooShort, tooLong, linkDown } = this.model.counters(index);
      const filter = this.model.macFilter(index);
      assert.deepEqual(
        {
          flags: Number(flags![i]),
          addresses: (addresses![i]!.match(/.{12}/g) ?? []).sort(),
          counters: counters![i],
        },
        {
          flags: filter.flags,
          addresses: filter.addresses,
          counters: [noFrame, poolEmpty, tooShort, tooLong, linkDown, ""].join(),
        },
        `${command}: interface ${index}`,
      );
    });
  }

  /** What a trap costs. Returns how many frames. */
  private restart(): number {
    const { model } = this;
    const frames = model.interfaces.reduce((sum, pool) => sum + pool.restart(), 0);
    const sockets = model.openSockets().map((socket) => Object.assign(socket.restart(), { socket }));
    model.tap.clear();
    for (const { fd, what } of this.journal) {
      const { socket, filter, ignoreOutgoing } = sockets.find((each) => each.socket === model.table[fd])!;
      if (what === "open") {
        if (socket.iface !== undefined && socket.type !== STACK) model.attach(socket, socket.iface, socket.protocol);
        else model.tap.enter(socket);
        continue;
      }
      if (what === "ignore") socket.ignoreOutgoing = ignoreOutgoing;
      if (what === "filter") {
        socket.filter = filter;
        socket.watches = true;
      }
      model.tap.enter(socket);
    }
    for (const socket of model.openSockets()) {
      socket.limit = Math.min(Math.max(Math.floor(socket.rcvbuf / model.stride), 1), capacities.queueFrames);
      if (socket.iface !== undefined && !socket.iface.up) socket.error = packet.ENETDOWN;
    }
    return Math.min(frames, capacities.interfaces * capacities.frames);
  }

  private note(fd: number, what: "open" | "filter" | "ignore" | "closed" | "unfiltered"): void {
    const gone = what === "unfiltered" ? "filter" : what;
    this.journal = this.journal.filter((entry) => entry.fd !== fd || (what !== "closed" && entry.what !== gone));
    if (what !== "closed" && what !== "unfiltered") this.journal.push({ fd, what });
  }

  /** Small numbers count the open descriptors, as in run.ts. */
  private descriptor(fd: number): number {
    const open = [...this.model.table.keys()].filter((at) => this.model.table[at] !== undefined);
    return fd >= 0 && fd < 4 ? (open[fd % open.length] ?? fd) : fd;
  }

  async step(step: Step): Promise<void> {
    const ifindex = "ifindex" in step && step.ifindex > 0 && step.ifindex < 4 ? ((step.ifindex - 1) % 2) + 1 : 0;
    const fd = "fd" in step ? this.descriptor(step.fd) : 0;
    await this.perform(step, fd, fd < 0 ? fd : fd + FIRST_DESCRIPTOR, ifindex);
  }

  private async perform(step: Step, fd: number, at: number, index: number): Promise<void> {
    const { model } = this;
    switch (step.do) {
      case "socket":
        return this.opened(`socket ${packet.AF_PACKET} ${step.type} ${step.protocol}`, () =>
          model.socket(step.type, step.protocol),
        );
      case "stack":
        return this.opened(`stack ${index}`, () => model.openStack(index));
      case "close":
        return this.both(`close ${at}`, nothing, () => {
          model.close(fd);
          this.note(fd, "closed");
        });
      case "bind": {
        const address = encodeSockaddr({ family: packet.AF_PACKET, ifindex: index, protocol: step.protocol });
        const bound = { ifindex: index, protocol: step.protocol };
        return this.both(`bind ${at} ${hex(address)} ${step.length}`, nothing, () =>
          model.bind(fd, bound, step.length),
        );
      }
      case "recv":
        return this.received(fd, at, step.length, 0);
      case "recvfrom":
        return this.received(fd, at, step.length, step.flags);
      case "poll":
        if (fd < 0) return; // poll(2) ignores it
        return this.both(
          `poll 0 ${at}:${packet.POLLIN | packet.POLLOUT | packet.POLLPRI}`,
          ({ fields }) => (Number(fields.revents) === POLLNVAL ? "EBADF" : Number(fields.revents)),
          () => model.poll(fd),
          "looks",
        );
      case "name":
        return this.both(
          `getsockname ${at} 32`,
          ({ fields }) => {
            const bytes = Buffer.concat([unhex(fields.addr), Buffer.alloc(packet.SLL_BYTES)]);
            return { address: decodeSockaddr(bytes), length: Number(fields.addrlen) };
          },
          () => model.getsockname(fd),
        );
      case "readable":
        return this.number(
          `ioctl ${at} ${FIONREAD} int:0`,
          () => {
            if (isOurs(fd)) model.service();
            return model.bytesReadable(fd);
          },
          "either",
        );
      case "unsent":
        return this.number(`ioctl ${at} ${SIOCOUTQ} int:0`, () => model.bytesUnsent(fd));
      case "statistics":
        return this.option(fd, at, packet.SOL_PACKET, packet.PACKET_STATISTICS, 8);
      case "getOption": {
        const [level, name] = optionNumbers[step.name];
        return this.option(fd, at, level, name, step.length);
      }
      case "requestFlags":
        return this.interfaceCall(SIOCSIFFLAGS, index, Buffer.from(Uint16Array.of(step.flags).buffer), () =>
          model.requestFlags(index, step.flags & 0xffff),
        );
      case "multicast": {
        const address = addressOf(step.address);
        const value = Buffer.concat([Buffer.alloc(2), address]);
        return this.interfaceCall(step.on ? SIOCADDMULTI : SIOCDELMULTI, index, value, () =>
          model.setMulticast(index, step.on, address),
        );
      }
      case "prefetch":
      case "transmit":
      case "complete":
      case "wire":
        return index === 0 ? undefined : this.drive(step, index);
      default:
        return this.performLonger(step, fd, at, index);
    }
  }

  private async performLonger(step: Step, fd: number, at: number, index: number): Promise<void> {
    const { model } = this;
    const { SOL_SOCKET, SOL_PACKET, MSG_DONTWAIT } = packet;
    switch (step.do) {
      case "send": {
        const bytes = step.frame.length > 270 ? Buffer.alloc(13) : frameOf(step.frame);
        for (let i = 0; i < step.times; i++)
          await this.both(
            `send ${at} ${hex(bytes)} ${MSG_DONTWAIT}`,
            ({ ret }) => Number(ret),
            () => model.send(fd, bytes),
          );
        return;
      }
      case "sendto": {
        const address = { ifindex: index, protocol: step.protocol, addr: addressOf(step.frame.to) };
        const bytes = frameOf(step.frame);
        const encoded = encodeSockaddr({ family: packet.AF_PACKET, ...address });
        return this.both(
          `sendto ${at} ${hex(bytes)} ${MSG_DONTWAIT} ${hex(encoded)} ${step.length}`,
          ({ ret }) => Number(ret),
          () => model.sendto(fd, bytes, address, step.length),
        );
      }
      case "lend":
        return step.what === "empty" ? this.lendEmpty(fd, at) : this.lendReceived(fd, at);
      case "release": {
        const name = this.nameBefore(step.back);
        if (name === undefined) return;
        return this.both(`giveback ${at} ${name % LENT}`, nothing, () => model.release(fd, name));
      }
      case "option": {
        const [level, name] = optionNumbers[step.name];
        if (step.name === "TIMESTAMPING") return; // error queues are another run's
        const value = hex(Buffer.from(Int32Array.of(step.value).buffer));
        return this.both(`setsockopt ${at} ${level} ${name} ${value}`, nothing, () => {
          model.setsockopt(fd, level, name, step.value);
          if (step.name === "IGNORE_OUTGOING") this.note(fd, "ignore");
          if (step.name === "DETACH_FILTER") this.note(fd, "unfiltered");
        });
      }
      case "filter": {
        const program = [...filters.map((filter) => filter.program), ...invalidFilters][step.number]!;
        if (program.length > LONGEST_PROGRAM) return; // the agent's line has no room for it
        const text = program.length === 0 ? "z8:0" : hex(program);
        return this.both(`setsockopt ${at} ${SOL_SOCKET} ${packet.SO_ATTACH_FILTER} fprog:${text}`, nothing, () => {
          model.setsockopt(fd, SOL_SOCKET, packet.SO_ATTACH_FILTER, program);
          this.note(fd, "filter");
        });
      }
      case "device": {
        const name = Buffer.from(step.name, "latin1");
        const value = name.length === 0 ? "-" : hex(name);
        return this.both(`setsockopt ${at} ${SOL_SOCKET} ${packet.SO_BINDTODEVICE} ${value}`, nothing, () =>
          model.setsockopt(fd, SOL_SOCKET, packet.SO_BINDTODEVICE, name),
        );
      }
      case "membership": {
        const name = step.join ? packet.PACKET_ADD_MEMBERSHIP : packet.PACKET_DROP_MEMBERSHIP;
        const value = Buffer.alloc(16);
        value.writeUInt32LE(index, 0);
        value.writeUInt16LE(step.type, 4);
        value.writeUInt16LE(step.length, 6);
        value.set(addressOf(step.address), 8);
        return this.both(`setsockopt ${at} ${SOL_PACKET} ${name} ${hex(value)}`, nothing, () =>
          model.setsockopt(fd, SOL_PACKET, name, value),
        );
      }
      case "submit":
        return this.submit(step, fd, at);
      default: // not a call of the glue
        return;
    }
  }

  private async opened(command: string, call: () => number): Promise<void> {
    await this.both(
      command,
      ({ ret }) => Number(ret) - FIRST_DESCRIPTOR,
      () => {
        const fd = call();
        this.note(fd, "open");
        return fd;
      },
    );
  }

  private async received(fd: number, at: number, length: number, flags: number): Promise<void> {
    return this.both(
      `recvfrom ${at} ${Math.min(length, 1500)} ${flags | packet.MSG_DONTWAIT} ${packet.SLL_BYTES}`,
      ({ ret, fields }) => {
        const { protocol, ifindex, pkttype, addr } = decodeSockaddr(Buffer.from(unhex(fields.addr)));
        return { result: Number(ret), data: unhex(fields.data), protocol, ifindex, pkttype, addr };
      },
      () => {
        const { result, data, address } = this.model.recvfrom(fd, length, flags);
        const { protocol, ifindex, pkttype, addr } = address;
        return { result, data, protocol, ifindex, pkttype, addr };
      },
      "looks",
    );
  }

  private async number(command: string, call: () => number, kind: Kind = "fails"): Promise<void> {
    return this.both(command, ({ fields }) => Number(fields.value), call, kind);
  }

  private async option(fd: number, at: number, level: number, name: number, length: number): Promise<void> {
    return this.both(
      `getsockopt ${at} ${level} ${name} ${length}`,
      ({ fields }) => unhex(fields.value),
      () => this.model.getsockopt(fd, level, name, length),
    );
  }

  /** A request about an interface, which takes any descriptor that is open. */
  private async interfaceCall(request: number, index: number, value: Buffer, call: () => void): Promise<void> {
    const fd = this.model.table.findIndex((socket) => socket !== undefined);
    if (fd < 0 || index === 0) return;
    return this.both(`ioctl ${fd + FIRST_DESCRIPTOR} ${request} ifreq:eth${index - 1}:${hex(value)}`, nothing, call);
  }

  /** A step of the driver, which makes no calls into the module. */
  private async drive(step: Step, index: number): Promise<void> {
    const { model } = this;
    const isDone = ({ ret }: Answer): boolean => ret === "1";
    switch (step.do) {
      case "prefetch":
        return this.both(`prefetch ${index}`, isDone, () => model.prefetch(index));
      case "wire": {
        const whole = frameOf(step.frame);
        const bytes = step.frame.length > 270 ? whole.subarray(0, 13) : whole;
        for (let i = 0; i < step.times; i++)
          await this.both(`receive ${index} ${step.offset} ${hex(bytes)}`, isDone, () =>
            model.receive(index, Buffer.from(bytes), step.offset, [++this.clock, 0]),
          );
        return;
      }
      case "transmit":
        for (let i = 0; i < step.times; i++)
          await this.both(
            `transmit ${index}`,
            (answer) => (isDone(answer) ? unhex(answer.fields.data) : undefined),
            () => {
              const bytes = model.transmit(index);
              return bytes === undefined ? undefined : new Uint8Array(bytes);
            },
          );
        return;
      case "complete":
        for (let i = 0; i < step.times; i++)
          await this.both(`complete ${index} ${step.which}`, isDone, () => model.complete(index, step.which));
    }
  }

  // ---- Lent frames ----

  private async lendReceived(fd: number, at: number): Promise<void> {
    const slot = this.lent.length % LENT;
    return this.both(
      `recvlend ${at} ${packet.MSG_DONTWAIT} ${slot}`,
      ({ fields }) => ({ shared: fields.shared === "1", data: unhex(fields.data) }),
      () => {
        const { data, shared } = this.model.lend(fd, "received");
        this.lent.push(this.traps);
        return { shared, data: new Uint8Array(data) };
      },
      "looks",
    );
  }

  private async lendEmpty(fd: number, at: number): Promise<void> {
    const slot = this.lent.length % LENT;
    return this.both(
      `sendlend ${at} ${packet.MSG_DONTWAIT} ${slot}`,
      ({ fields }) => Number(fields.room),
      () => {
        const { data } = this.model.lend(fd, "empty");
        this.lent.push(this.traps);
        return data.length;
      },
    );
  }

  /** The name of a frame that is lent, or that was lent before a trap; a handle of another may be that of the next one. */
  private nameBefore(back: number): number | undefined {
    const name = this.lent.length - 1 - back;
    if (name < 0 || back >= LENT) return undefined;
    return this.lent[name] !== this.traps || this.model.isLent(name) ? name : undefined;
  }

  private async submit(step: Extract<Step, { do: "submit" }>, fd: number, at: number): Promise<void> {
    const { model } = this;
    const name = this.nameBefore(step.back);
    if (name === undefined) return;
    let bytes = frameOf(step.frame);
    let written = "-";
    if (model.isWritable(name)) {
      const there = model.bytesOf(name)!.length;
      bytes = bytes.subarray(0, there > 0 ? there : capacities.frameSize - Math.max(...txOffsets));
      written = hex(bytes);
    } else {
      bytes = Buffer.from(model.bytesOf(name) ?? bytes);
    }
    return this.both(
      `sendlent ${at} ${name % LENT} ${written} ${bytes.length}`,
      ({ ret }) => Number(ret),
      () => model.submit(fd, name, bytes),
    );
  }
}
