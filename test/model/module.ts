// The module under test as a Component.
import assert from "node:assert/strict";
import * as abi from "../../assembly/abi.js";
import { ENODEV, ENOENT } from "../../assembly/packet.js";
import type { EngineName } from "../../host/engine/engine.js";
import { check, ErrnoError } from "../../host/engine/errno.js";
import { type Capacities, type Interface, type LentFrame, PktSock } from "../../host/engine/pktsock.js";
import { moduleBytes } from "../support/module.js";
import type { Component, Counters, Lending, Lent, SentMessage } from "./component.js";

const exchange = abi.CONTROL + abi.CONTROL_EXCHANGE;

/** An interface, and the frames that its driver has. */
export interface Mac {
  readonly iface: Interface;
  readonly prefetched: number[];
  readonly sending: number[];
}

let wasm: Uint8Array | undefined;

export class Module implements Component {
  readonly sockets: PktSock;
  readonly macs: Mac[] = [];
  /** Frames that were lent, by name. They stay here, so that a run can give back what it has not got any more. */
  private readonly lent: LentFrame[] = [];

  constructor(engine: EngineName, capacities: Capacities) {
    this.sockets = PktSock.load((wasm ??= moduleBytes()), { ...capacities, engine });
  }

  /** Lets another instance of the module go on. */
  swap(): void {
    this.sockets.engine.swap(wasm!);
  }

  addInterface(name: string, hwaddr: Buffer, txOffset: number): void {
    this.macs.push({ iface: this.sockets.addInterface(name, hwaddr, { txOffset }), prefetched: [], sending: [] });
  }

  private mac(ifindex: number): Mac {
    const mac = this.macs[ifindex - 1];
    if (mac === undefined) throw new ErrnoError(ENODEV, "interface");
    return mac;
  }

  socket = (type: number, protocol?: number) => this.sockets.socket(type, protocol);
  close = (fd: number) => this.sockets.close(fd);
  bind: PktSock["bind"] = (...args) => this.sockets.bind(...args);
  getsockname = (fd: number) => this.sockets.getsockname(fd);
  send = (fd: number, bytes: Uint8Array) => this.sockets.send(fd, bytes);
  sendto: PktSock["sendto"] = (...args) => this.sockets.sendto(...args);
  recv = (fd: number, length?: number) => this.sockets.recv(fd, length);
  recvfrom = (fd: number, length?: number, flags?: number) => {
    const { result, data, address, flags: told, uncutLength } = this.sockets.recvfrom(fd, length, flags);
    return { result, data, address, flags: told, uncutLength };
  };
  message(fd: number, length: number): SentMessage {
    const { data, flags, id, byMac, seconds } = this.sockets.recvMessage(fd, length);
    assert.ok(!byMac && seconds > 0, "a message has a time of the system's clock");
    return { data, flags, id };
  }
  bytesReadable = (fd: number) => this.sockets.bytesReadable(fd);
  bytesUnsent = (fd: number) => this.sockets.bytesUnsent(fd);
  setsockopt: PktSock["setsockopt"] = (...args) => this.sockets.setsockopt(...args);
  getsockopt: PktSock["getsockopt"] = (...args) => this.sockets.getsockopt(...args);
  poll = (fd: number) => this.sockets.poll(fd);
  service = () => this.sockets.service();

  openStack(ifindex: number): number {
    return check(this.sockets.call("openStack", ifindex), "openStack");
  }

  lastStamp(fd: number): readonly [number, number] {
    const { memory } = this.sockets;
    check(this.sockets.call("lastStamp", this.sockets.socketOf(fd, "ioctl")), "ioctl");
    const sec = memory.u32(exchange);
    return sec === 0 ? [0, 0] : [sec, memory.u32(exchange + 4)];
  }

  setFlags(ifindex: number, flags: number): void {
    this.mac(ifindex).iface.flags = flags;
  }

  requestFlags(ifindex: number, flags: number): void {
    check(this.sockets.call("requestIfaceFlags", this.mac(ifindex).iface.offset, flags), "ioctl");
  }

  setMulticast(ifindex: number, on: boolean, address: Buffer): void {
    const { iface } = this.mac(ifindex);
    this.sockets.memory.at(exchange, address.length).set(address);
    check(this.sockets.call("setMulticast", iface.offset, on ? 1 : 0), "ioctl");
  }

  macFilter(ifindex: number): { changed: boolean; flags: number; addresses: string[] } {
    const { memory } = this.sockets;
    const { offset } = this.mac(ifindex).iface;
    const changed = memory.u32(offset + abi.IFACE_FILTER_CHANGED) !== 0;
    memory.set32(offset + abi.IFACE_FILTER_CHANGED, 0);
    const addresses: string[] = [];
    for (let n = 0; ; n++) {
      const result = this.sockets.call("macFilterAddress", offset, n);
      if (result === -ENOENT) break;
      if (check(result, "macFilterAddress") === 1) addresses.push(Buffer.from(memory.at(exchange, 6)).toString("hex"));
    }
    return { changed, flags: this.sockets.call("macFilterFlags", offset), addresses: addresses.sort() };
  }

  counters(ifindex: number): Counters {
    const { iface } = this.mac(ifindex);
    return {
      frames: iface.counter(abi.IFACE_RX_FRAMES),
      noFrame: iface.counter(abi.IFACE_RX_NO_FRAME),
      tooShort: iface.counter(abi.IFACE_RX_TOO_SHORT),
      tooLong: iface.counter(abi.IFACE_RX_TOO_LONG),
      poolEmpty: iface.counter(abi.IFACE_RX_POOL_EMPTY),
      linkDown: iface.counter(abi.IFACE_RX_IFACE_DOWN),
      sent: iface.counter(abi.IFACE_TX_FRAMES),
    };
  }

  lend(fd: number, what: Lending): Lent {
    const frame = what === "empty" ? this.sockets.sendLend(fd) : this.sockets.recvLend(fd, what === "exclusive");
    return { name: this.lent.push(frame) - 1, data: frame.data, shared: frame.shared };
  }

  private named(name: number): LentFrame {
    return this.lent[name] ?? { handle: 4, data: new Uint8Array(0), shared: false };
  }

  /** The name of the frame that was lent last, or of the one that many before it. */
  lentBefore(back: number): number {
    return this.lent.length - 1 - back;
  }

  /** Was the frame lent again since, under another name? */
  isLentAnew(name: number): boolean {
    return this.lent.findLastIndex(({ handle }) => handle === this.lent[name]?.handle) > name;
  }

  submit(fd: number, name: number, bytes: Buffer): number {
    return this.sockets.submit(fd, this.named(name), bytes.length);
  }

  /** Writes to a lent frame, as much as its buffer holds. */
  write(name: number, bytes: Buffer): void {
    const { memory } = this.sockets;
    const { handle } = this.named(name);
    const at = memory.u32(handle + abi.FRAME_MAC);
    const end = memory.u32(handle + abi.FRAME_BUFFER) + this.sockets.control(abi.CONTROL_FRAME_SIZE);
    memory.at(at, Math.min(bytes.length, end - at)).set(bytes.subarray(0, end - at));
  }

  release(fd: number, name: number): void {
    this.sockets.release(fd, this.named(name));
  }

  prefetch(ifindex: number): boolean {
    const { iface, prefetched } = this.mac(ifindex);
    const frame = iface.driver.fillTake();
    if (frame !== 0) prefetched.push(frame);
    return frame !== 0;
  }

  receive(ifindex: number, bytes: Buffer, offset: number, [sec, nsec]: readonly [number, number]): boolean {
    const { iface, prefetched } = this.mac(ifindex);
    const { memory } = this.sockets;
    const drop = (counter: number) => {
      memory.count(iface.offset + counter);
      return false;
    };
    if (bytes.length < abi.ETH_HLEN) return drop(abi.IFACE_RX_TOO_SHORT);
    if (bytes.length > this.sockets.control(abi.CONTROL_FRAME_SIZE) - offset) return drop(abi.IFACE_RX_TOO_LONG);
    const frame = prefetched.shift() ?? iface.driver.fillTake();
    if (frame === 0) return drop(abi.IFACE_RX_NO_FRAME);
    memory.at(memory.u32(frame + abi.FRAME_BUFFER) + offset, bytes.length).set(bytes);
    const stamped = iface.counter(abi.IFACE_STAMPING) !== 0;
    memory.set32(frame + abi.FRAME_FLAGS, stamped ? abi.FRAME_STAMPED : 0);
    memory.set32(frame + abi.FRAME_SEC, sec);
    memory.set32(frame + abi.FRAME_NSEC, nsec);
    iface.driver.rxGive(frame, offset, bytes.length);
    return true;
  }

  transmit(ifindex: number): Buffer | undefined {
    const { iface, sending } = this.mac(ifindex);
    if (!iface.driver.txPending) return undefined;
    const frame = iface.driver.txTake();
    sending.push(frame);
    this.sockets.memory.count(iface.offset + abi.IFACE_TX_FRAMES);
    return Buffer.from(iface.driver.txBytes(frame));
  }

  complete(ifindex: number, which: number): boolean {
    const { iface, sending } = this.mac(ifindex);
    const [frame] = sending.splice(which % Math.max(sending.length, 1), 1);
    if (frame === undefined) return false;
    iface.driver.completionGive(frame);
    return true;
  }
}
