// The cases on the module, with interfaces like the kernel's: lo, and the two ends of a cable.
import * as packet from "../../assembly/packet.js";
import type { EngineName } from "../../host/engine/engine.js";
import { ErrnoError } from "../../host/engine/errno.js";
import { type Interface, PktSock } from "../../host/engine/pktsock.js";
import { htons } from "../../host/engine/sockaddr.js";
import { moduleBytes } from "../support/module.js";
import { type Case, isOutgoing, type Received, type Result } from "./cases.js";
import { encode } from "./programs.js";

const ALL = htons(packet.ETH_P_ALL);
/** Room for the longest program that Linux takes. */
const capacities = { interfaces: 3, frames: 4, txFrames: 2, rxReserve: 1, queueFrames: 2, heapSize: 42_000 };

export class ModuleSide {
  private readonly sockets: PktSock;
  private readonly out: Interface;
  private readonly into: Interface;
  private readonly sender: number;

  constructor(engine: EngineName) {
    this.sockets = PktSock.load(moduleBytes(), { ...capacities, engine });
    this.sockets.addInterface("lo", Buffer.alloc(6));
    this.out = this.sockets.addInterface("a", Buffer.from("020000000001", "hex")).up();
    this.into = this.sockets.addInterface("b", Buffer.from("020000000002", "hex")).up();
    this.sender = this.sockets.socket(packet.SOCK_RAW);
    this.sockets.bind(this.sender, { ifindex: this.out.index });
  }

  run({ kind, program, frames }: Case): Result {
    const fd = this.sockets.socket(kind % 2 === 0 ? packet.SOCK_RAW : packet.SOCK_DGRAM);
    try {
      this.sockets.setsockopt(fd, packet.SOL_SOCKET, packet.SO_ATTACH_FILTER, encode(program));
      const ifindex = (isOutgoing(kind) ? this.out : this.into).index;
      this.sockets.bind(fd, { ifindex, protocol: kind === 2 || kind === 3 ? htons(0x0800) : ALL });
      return { errno: 0, received: frames.map((frame) => this.receive(fd, frame, kind)) };
    } catch (error) {
      if (error instanceof ErrnoError) return { errno: error.errno, received: [] };
      throw error;
    } finally {
      this.sockets.close(fd);
    }
  }

  private receive(fd: number, frame: Buffer, kind: number): Received {
    if (isOutgoing(kind)) {
      this.sockets.send(this.sender, frame);
      this.out.driver.transmit();
    } else if (!this.into.driver.receive(frame)) {
      throw new Error("the module's driver has no frame left");
    }
    if ((this.sockets.poll(fd) & packet.POLLIN) === 0) return null;
    const { data, address } = this.sockets.recvfrom(fd, 2048);
    return { bytes: Buffer.from(data), protocol: address.protocol, pkttype: address.pkttype };
  }
}
