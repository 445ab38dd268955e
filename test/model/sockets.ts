// The model's table of sockets: NuttX's connection options, descriptors, and what a socket is bound to.
import { MAX_DESCRIPTORS } from "../../assembly/abi.js";
import * as packet from "../../assembly/packet.js";
import { ErrnoError } from "../../host/engine/errno.js";
import type { Capacities } from "../../host/engine/pktsock.js";
import { fail } from "./fail.js";
import { Pool } from "./pool.js";
import { Socket } from "./socket.js";
import { socketStruct, entryStruct } from "../../host/build/structs.js";
import { Tap } from "./tap.js";

/** The one thing that the model asks of the module: would blocks of these sizes fit into its heap, one after the other? */
export interface Heap {
  fits(...sizes: number[]): boolean;
}

export class Sockets {
  /** By descriptor. */
  readonly table: (Socket | undefined)[];
  readonly interfaces: Pool[] = [];
  readonly tap = new Tap(() => this.openSockets());
  /** Distance from one frame's buffer to the next. */
  readonly stride: number;
  /** Connections that are free, and how many there are. */
  private free: number;
  private there: number;

  constructor(
    readonly capacities: Required<Omit<Capacities, "appSize">>,
    readonly heap: Heap,
  ) {
    const { preallocConns, allocConns, maxConns, frameSize, frameAlign } = capacities;
    const most = allocConns > 0 ? Math.max(preallocConns, maxConns || MAX_DESCRIPTORS) : preallocConns;
    this.table = Array.from({ length: most }, () => undefined);
    this.free = this.there = preallocConns;
    this.stride = Math.ceil(frameSize / frameAlign) * frameAlign;
  }

  addInterface(hwaddr: Buffer, txOffset: number): void {
    const mtu = Math.min(this.capacities.frameSize - txOffset - 18, 1500);
    const pool = new Pool(this.interfaces.length + 1, hwaddr, mtu, txOffset, this.capacities);
    pool.letGo = () => this.openSockets().forEach(({ errors }) => errors?.letGo(pool));
    this.interfaces.push(pool);
  }

  ifaceOf(index: number): Pool | undefined {
    return this.interfaces[index - 1];
  }

  openSockets(): Socket[] {
    return this.table.filter((socket) => socket !== undefined);
  }

  /** The socket of a descriptor. */
  of(fd: number): Socket {
    const socket = this.table[fd];
    if (socket === undefined) return fail("EBADF");
    return socket;
  }

  /** A new socket in the lowest free place of the table. */
  protected open(type: number): number {
    const fd = this.table.indexOf(undefined);
    const single = fd !== -1 && this.free === 0 ? this.allocate() : false;
    if (fd === -1 || this.free === 0) fail("ENOBUFS");
    this.free--;
    const { queueFrames } = this.capacities;
    this.table[fd] = new Socket(type, queueFrames, queueFrames * this.stride, single);
    return fd;
  }

  /** Makes connections as CONFIG_NET_PKT_ALLOC_CONNS says. Do they go back to the heap one by one? */
  private allocate(): boolean {
    const { allocConns, maxConns, queueFrames } = this.capacities;
    const count = maxConns > 0 ? Math.min(allocConns, maxConns - this.there) : allocConns;
    if (count <= 0) return false;
    // Each has a queue, and a list of lent frames of the same length.
    if (!this.heap.fits(count * (socketStruct.bytes + queueFrames * (entryStruct.bytes + 4)))) return false;
    this.there += count;
    this.free += count;
    return allocConns === 1;
  }

  protected remove(fd: number, socket: Socket): void {
    this.table[fd] = undefined;
    if (socket.single) this.there--;
    else this.free++;
  }

  attach(socket: Socket, iface: Pool | undefined, protocol: number): void {
    socket.iface = iface;
    socket.protocol = protocol;
    this.tap.enter(socket);
  }

  /** Binds a socket. If the interface is down, the socket reports that once. */
  move(socket: Socket, iface: Pool | undefined, protocol: number): void {
    this.attach(socket, iface, protocol);
    if (iface !== undefined && !iface.up) socket.error = packet.ENETDOWN;
  }

  /** Throws the pending error of a socket, which is thereby reported. */
  reportError(socket: Socket): void {
    const { error } = socket;
    socket.error = 0;
    if (error !== 0) throw new ErrnoError(error, "model");
  }
}
