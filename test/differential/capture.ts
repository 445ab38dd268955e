// Frames that sockets capture on both ends of a cable: on the kernel, and on the module.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import * as abi from "../../assembly/abi.js";
import * as packet from "../../assembly/packet.js";
import type { EngineName } from "../../host/engine/engine.js";
import { ErrnoError } from "../../host/engine/errno.js";
import { type Interface, PktSock } from "../../host/engine/pktsock.js";
import { htons } from "../../host/engine/sockaddr.js";
import type { Random } from "../../host/net/random.js";
import { moduleBytes } from "../support/module.js";
import { inNamespace } from "./kernel.js";

const { SOCK_RAW, SOCK_DGRAM, ETH_P_ALL, ETH_P_8021Q, ETH_P_8021AD, ETH_P_802_2, ETH_P_802_3 } = packet;

export interface CaptureSocket {
  side: "sends" | "receives";
  type: number;
  protocol: number;
}

const at = (side: CaptureSocket["side"], type: number, protocol: number): CaptureSocket => ({ side, type, protocol });

export const captureSockets: readonly CaptureSocket[] = [
  ...[ETH_P_ALL, 0x0800, ETH_P_8021Q].flatMap((protocol) => [
    at("receives", SOCK_RAW, protocol),
    at("receives", SOCK_DGRAM, protocol),
  ]),
  at("receives", SOCK_RAW, ETH_P_8021AD),
  at("receives", SOCK_DGRAM, ETH_P_8021AD),
  at("receives", SOCK_RAW, ETH_P_802_2),
  at("receives", SOCK_DGRAM, ETH_P_802_3),
  at("sends", SOCK_RAW, ETH_P_ALL),
  at("sends", SOCK_DGRAM, ETH_P_ALL),
];

// ---- Frames ----

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}

const be16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const addresses = ["020000000002", "ffffffffffff", "01005e0000fb", "020000000099"];

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

/** Mostly one that could be on a wire; also cut anywhere, and longer than the interface takes. */
export function captureFrame(random: Random): Buffer {
  const tags = Array.from({ length: pick(random, [0, 0, 0, 1, 1, 2, 2, 3]) }, () => [
    be16(pick(random, [ETH_P_8021Q, ETH_P_8021Q, ETH_P_8021AD])),
    be16(pick(random, [0, 0xe000, 5, random.below(0x10000)])),
  ]).flat();
  const length = pick(random, [46, 46, random.below(10), random.below(120), 1496 + random.below(10)]);
  const payload = noise(random, length);
  const [type, start] = pick(random, [
    () => [be16(0x0800), "45"],
    () => [be16(0x0800), "45"],
    () => [be16(0x0806), "0001"],
    () => [be16(0x88b5), ""],
    () => [be16(0x0600 + random.below(0xfa00)), ""],
    () => [be16(length), "424203"],
    () => [be16(length), "aaaa030000000800"],
    () => [be16(length), "ffff"],
    () => [be16(random.below(0x600)), ""],
  ] as const)() as [Buffer, string];
  Buffer.from(start, "hex").copy(payload);
  const source = Buffer.from("020000000001", "hex");
  const whole = Buffer.concat([Buffer.from(pick(random, addresses), "hex"), source, ...tags, type, payload]);
  return random.chance(0.25) ? whole.subarray(0, 12 + random.below(30)) : whole;
}

// ---- The two sides ----

/** A line for each frame; see capture.c. */
export function captureOnKernel(frames: readonly Buffer[]): string[] {
  mkdirSync("build/differential", { recursive: true });
  const program = "build/differential/capture";
  const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"];
  execFileSync("cc", [...flags, "test/differential/capture.c", "-o", program], { stdio: "inherit" });
  const sockets = captureSockets.map(
    ({ side, type, protocol }) => `${Number(side === "receives")} ${type} ${protocol}`,
  );
  const input = [captureSockets.length, ...sockets, ...frames.map((frame) => frame.toString("hex"))].join("\n");
  return inNamespace(program, Buffer.from(input)).toString("latin1").trimEnd().split("\n");
}

export class ModuleCapture {
  private readonly sockets: PktSock;
  private readonly out: Interface;
  private readonly into: Interface;
  private readonly sender: number;
  private readonly fds: number[];

  constructor(engine: EngineName) {
    this.sockets = PktSock.load(moduleBytes(), { engine, interfaces: 3, frames: 11, txFrames: 4, preallocConns: 16 });
    // The interfaces have the kernel's indices and addresses.
    this.sockets.addInterface("lo", Buffer.alloc(6));
    this.out = this.sockets.addInterface("a", Buffer.from("020000000001", "hex")).up();
    this.into = this.sockets.addInterface("b", Buffer.from("020000000002", "hex")).up();
    this.sender = this.sockets.socket(SOCK_RAW);
    this.sockets.bind(this.sender, { ifindex: this.out.index });
    this.fds = captureSockets.map(({ side, type, protocol }) => {
      const fd = this.sockets.socket(type);
      const { index } = side === "sends" ? this.out : this.into;
      this.sockets.bind(fd, { ifindex: index, protocol: htons(protocol) });
      return fd;
    });
  }

  /** Sends the frame and lets it arrive; what the kernel's program would print. */
  run(frame: Buffer): string {
    let errno = 0;
    try {
      this.sockets.send(this.sender, frame);
      this.out.driver.transmit();
      // Not what was sent, which is padded: a veth pair does not do that.
      if (!this.into.driver.receive(frame)) throw new Error("the module's driver has no frame left");
    } catch (error) {
      if (!(error instanceof ErrnoError)) throw error;
      errno = error.errno;
    }
    return [errno, ...this.fds.flatMap((fd, i) => this.received(fd, i))].join(" ");
  }

  private received(fd: number, number: number): string[] {
    const lines: string[] = [];
    while ((this.sockets.poll(fd) & packet.POLLIN) !== 0) {
      const got = this.sockets.recvfrom(fd, 1600);
      const { protocol, ifindex, hatype, pkttype, addr } = got.address;
      const address = Buffer.alloc(20);
      address.writeUInt16LE(packet.AF_PACKET, 0);
      address.writeUInt16LE(protocol, 2);
      address.writeUInt32LE(ifindex, 4);
      address.writeUInt16LE(hatype, 8);
      address.set([pkttype, addr.length, ...addr], 10);
      const tagged = (got.frameFlags & abi.FRAME_VLAN) !== 0;
      const aux = Buffer.alloc(20);
      aux.writeUInt32LE(tagged ? 0x51 : 1, 0);
      aux.writeUInt32LE(got.uncutLength, 4);
      aux.writeUInt32LE(got.data.length, 8);
      aux.writeUInt16LE(got.net, 14);
      if (tagged) aux.writeUInt32LE(got.tci, 16);
      const bytes = [address, aux, Buffer.from(got.data)].map((part) => part.toString("hex"));
      lines.push([number, got.result, got.flags, ...bytes].join(":"));
    }
    return lines;
  }
}
