// setsockopt(2), getsockopt(2), memberships and time stamps of the model.
import * as packet from "../../assembly/packet.js";
import { messagesStruct, messageStruct } from "../../host/build/structs.js";
import { ErrorQueue, MAX_MESSAGES } from "./errqueue.js";
import { fail } from "./fail.js";
import { filters } from "./filters.js";
import type { Pool } from "./pool.js";
import { type Membership, type Socket, STACK } from "./socket.js";
import type { Sockets } from "./sockets.js";

const { SOL_SOCKET, SOL_PACKET, IFF_PROMISC, IFF_ALLMULTI } = packet;

/** The flags of SO_TIMESTAMPING: those about sent frames, and all that are accepted. */
const SENT = packet.SOF_TIMESTAMPING_TX_HARDWARE | packet.SOF_TIMESTAMPING_TX_SOFTWARE | packet.SOF_TIMESTAMPING_TX_ACK;
const KNOWN =
  SENT |
  packet.SOF_TIMESTAMPING_RX_HARDWARE |
  packet.SOF_TIMESTAMPING_RX_SOFTWARE |
  packet.SOF_TIMESTAMPING_SOFTWARE |
  packet.SOF_TIMESTAMPING_SYS_HARDWARE |
  packet.SOF_TIMESTAMPING_RAW_HARDWARE |
  packet.SOF_TIMESTAMPING_OPT_ID |
  packet.SOF_TIMESTAMPING_OPT_CMSG |
  packet.SOF_TIMESTAMPING_OPT_TSONLY |
  packet.SOF_TIMESTAMPING_OPT_STATS |
  packet.SOF_TIMESTAMPING_OPT_TX_SWHW;

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export class Options {
  /** What SIOCADDMULTI added. */
  private multicast: Membership[] = [];

  constructor(private readonly sockets: Sockets) {}

  set(socket: Socket, level: number, name: number, value: Buffer): void {
    if (level !== SOL_SOCKET && level !== SOL_PACKET) return fail("ENOPROTOOPT");
    if (level === SOL_PACKET) return this.setPacketOption(socket, name, value);
    if (name === packet.SO_ATTACH_FILTER) return this.attachFilter(socket, value);
    if (name === packet.SO_BINDTODEVICE) return this.bindToDevice(socket, value);
    if (value.length < 4) return fail("EINVAL");
    const number = value.readUInt32LE(0);
    switch (name) {
      case packet.SO_DETACH_FILTER:
        return this.detachFilter(socket);
      case packet.SO_LOCK_FILTER:
        if (socket.filterLocked && number === 0) return fail("EPERM");
        socket.filterLocked = number !== 0;
        return;
      case packet.SO_RCVBUF:
        socket.rcvbuf = this.bufferBytes(number);
        // Not less than there is in the queue now.
        socket.limit = Math.max(this.framesIn(socket.rcvbuf), socket.queue.length);
        return;
      case packet.SO_SNDBUF:
        socket.sndbufBytes = this.bufferBytes(number);
        socket.sndbuf = Math.max(Math.floor(socket.sndbufBytes / this.sockets.stride), 1);
        return;
      case packet.SO_TIMESTAMP:
        return this.setStamping(socket, number !== 0 ? "us" : "");
      case packet.SO_TIMESTAMPNS:
        return this.setStamping(socket, number !== 0 ? "ns" : "");
      case packet.SO_TIMESTAMPING:
        return this.setTimestamping(socket, number);
      case packet.SO_SELECT_ERR_QUEUE:
        socket.selectsErrors = number !== 0;
        return;
      default:
        return fail("ENOPROTOOPT");
    }
  }

  private setPacketOption(socket: Socket, name: number, value: Buffer): void {
    if (name === packet.PACKET_ADD_MEMBERSHIP || name === packet.PACKET_DROP_MEMBERSHIP) {
      if (value.length < 16) return fail("EINVAL");
      return this.setMembership(socket, name === packet.PACKET_ADD_MEMBERSHIP, value);
    }
    if (name !== packet.PACKET_IGNORE_OUTGOING) return fail("ENOPROTOOPT");
    if (value.length < 4 || value.readUInt32LE(0) > 1) return fail("EINVAL");
    socket.ignoreOutgoing = value.readUInt32LE(0) === 1;
    this.sockets.tap.enter(socket);
  }

  get(socket: Socket, level: number, name: number): Buffer {
    if (level === SOL_PACKET && name === packet.PACKET_STATISTICS) {
      const value = Buffer.concat([word(socket.packets + socket.drops), word(socket.drops)]);
      socket.packets = socket.drops = 0;
      return value;
    }
    if (level === SOL_PACKET && name === packet.PACKET_IGNORE_OUTGOING) return word(Number(socket.ignoreOutgoing));
    if (level !== SOL_SOCKET) return fail("ENOPROTOOPT");
    switch (name) {
      case packet.SO_TYPE:
        return word(socket.type);
      case packet.SO_ERROR: {
        const { error } = socket;
        socket.error = 0;
        return word(error);
      }
      case packet.SO_RCVBUF:
        return word(socket.rcvbuf);
      case packet.SO_SNDBUF:
        return word(socket.sndbuf > 0 ? socket.sndbufBytes : this.sockets.capacities.txFrames * this.sockets.stride);
      case packet.SO_LOCK_FILTER:
        return word(Number(socket.filterLocked));
      case packet.SO_TIMESTAMP:
        return word(Number(socket.stamping === "us"));
      case packet.SO_TIMESTAMPNS:
        return word(Number(socket.stamping === "ns"));
      case packet.SO_TIMESTAMPING:
        return Buffer.concat([word(socket.timestamping), word(0)]);
      case packet.SO_SELECT_ERR_QUEUE:
        return word(Number(socket.selectsErrors));
      default:
        return fail("ENOPROTOOPT");
    }
  }

  /** Linux doubles what it is asked for, and has a least and a greatest size. */
  private bufferBytes(asked: number): number {
    const most = this.sockets.capacities.frames * this.sockets.stride;
    return Math.min(Math.max(Math.min(asked, most) * 2, 2304), most);
  }

  private framesIn(bytes: number): number {
    const frames = Math.max(Math.floor(bytes / this.sockets.stride), 1);
    return Math.min(frames, this.sockets.capacities.queueFrames);
  }

  private bindToDevice(socket: Socket, value: Buffer): void {
    if (socket.type === STACK) return fail("EINVAL");
    const name = value.subarray(0, 15).toString("latin1").replace(/\0.*$/s, "");
    const iface = this.sockets.ifaceOf(Number(/^eth(\d)$/.exec(name)?.[1] ?? -1) + 1);
    if (name !== "" && iface === undefined) return fail("ENODEV");
    this.sockets.move(socket, iface, socket.protocol);
  }

  // ---- Filters ----

  private attachFilter(socket: Socket, program: Buffer): void {
    const count = program.length / 8;
    if (socket.filterLocked) return fail("EPERM");
    if (count === 0) return fail("EINVAL");
    // The program, and what verifying needs.
    if (!this.sockets.heap.fits(program.length, count * 2)) return fail("ENOMEM");
    const filter = filters.find((known) => known.program.equals(program));
    if (filter === undefined) return fail("EINVAL");
    socket.filter = filter;
    socket.watches = true;
    this.sockets.tap.enter(socket);
  }

  private detachFilter(socket: Socket): void {
    if (socket.filterLocked) return fail("EPERM");
    if (socket.filter === undefined) return fail("ENOENT");
    socket.filter = undefined;
    this.sockets.tap.enter(socket);
  }

  // ---- Memberships ----

  private setMembership(socket: Socket, join: boolean, mreq: Buffer): void {
    const iface = this.sockets.ifaceOf(mreq.readUInt32LE(0));
    const type = mreq.readUInt16LE(4);
    const length = mreq.readUInt16LE(6);
    if (length > mreq.length - 8) return fail("EINVAL");
    if (iface === undefined) {
      if (join) fail("ENODEV");
      return;
    }
    const ofAddress = type === packet.PACKET_MR_MULTICAST || type === packet.PACKET_MR_UNICAST;
    const valid = length <= 6 && type <= packet.PACKET_MR_UNICAST && (!ofAddress || length === 6);
    if (join && !valid) return fail("EINVAL");
    const address = mreq.subarray(8, 8 + length).toString("hex");
    if (join) this.join(socket.memberships, { iface, type, address, count: 1 });
    else this.leave(socket.memberships, { iface, type, address, count: 1 });
  }

  private find(list: Membership[], { iface, type, address }: Membership): number {
    return list.findIndex((known) => known.iface === iface && known.type === type && known.address === address);
  }

  private join(list: Membership[], membership: Membership): void {
    const known = list[this.find(list, membership)];
    if (known !== undefined) {
      known.count++;
      return;
    }
    // Its list, interface, type, length, address and count.
    if (!this.sockets.heap.fits(7 * 4)) return fail("ENOBUFS");
    list.push(membership);
    membership.iface.filterChanged = true;
  }

  private leave(list: Membership[], membership: Membership): boolean {
    const at = this.find(list, membership);
    if (at === -1) return false;
    if (--list[at]!.count === 0) {
      list.splice(at, 1);
      membership.iface.filterChanged = true;
    }
    return true;
  }

  setMulticast(iface: Pool, on: boolean, address: Buffer): void {
    const membership = { iface, type: packet.PACKET_MR_MULTICAST, address: address.toString("hex"), count: 1 };
    if ((address[0]! & 1) === 0) return fail("EINVAL");
    // An interface has an address or not: adding it twice has the effect of once, but the MAC's filter is set again.
    if (on && this.find(this.multicast, membership) !== -1) iface.filterChanged = true;
    else if (on) this.join(this.multicast, membership);
    else if (!this.leave(this.multicast, membership)) return fail("ENOENT");
  }

  macFilter(iface: Pool): { changed: boolean; flags: number; addresses: string[] } {
    const lists = [...this.sockets.openSockets().map((socket) => socket.memberships), this.multicast];
    const all = lists.flat().filter((membership) => membership.iface === iface);
    const has = (type: number) => all.some((membership) => membership.type === type);
    const { filterChanged: changed } = iface;
    iface.filterChanged = false;
    let flags = iface.flags & (IFF_PROMISC | IFF_ALLMULTI);
    if (has(packet.PACKET_MR_PROMISC)) flags |= IFF_PROMISC;
    if (has(packet.PACKET_MR_ALLMULTI)) flags |= IFF_ALLMULTI;
    const ofAddress = new Set<number>([packet.PACKET_MR_MULTICAST, packet.PACKET_MR_UNICAST]);
    const addresses = all.filter(({ type }) => ofAddress.has(type)).map(({ address }) => address);
    return { changed, flags, addresses: addresses.sort() };
  }

  // ---- Time stamps ----

  private wantStamps(change: number): void {
    for (const iface of this.sockets.interfaces) iface.stamping += change;
  }

  private setStamping(socket: Socket, kind: "" | "us" | "ns"): void {
    if ((kind === "") !== (socket.stamping === "")) this.wantStamps(kind === "" ? -1 : 1);
    socket.stamping = kind;
  }

  private setTimestamping(socket: Socket, flags: number): void {
    if ((flags & ~(KNOWN | packet.SOF_TIMESTAMPING_BIND_PHC)) !== 0) return fail("EINVAL");
    if ((flags & packet.SOF_TIMESTAMPING_OPT_STATS) !== 0 && (flags & packet.SOF_TIMESTAMPING_OPT_TSONLY) === 0)
      return fail("EINVAL");
    if ((flags & packet.SOF_TIMESTAMPING_BIND_PHC) !== 0) return fail("EOPNOTSUPP");
    if ((flags & SENT) !== 0 && socket.errors === undefined) {
      if (!this.sockets.heap.fits(messagesStruct.bytes + MAX_MESSAGES * messageStruct.bytes)) return fail("ENOBUFS");
      socket.errors = new ErrorQueue();
    }
    const changed = flags ^ socket.timestamping;
    socket.errors?.set(flags & SENT, flags & changed);
    if ((changed & packet.SOF_TIMESTAMPING_RX_SOFTWARE) !== 0)
      this.wantStamps((flags & packet.SOF_TIMESTAMPING_RX_SOFTWARE) !== 0 ? 1 : -1);
    socket.timestamping = flags;
  }

  lastStamp(socket: Socket): readonly [number, number] {
    if (!socket.keepsStamp) this.wantStamps(1);
    socket.keepsStamp = true;
    if (socket.taken === 0) return fail("ENOENT");
    return socket.stamp;
  }

  /** close(2). */
  close(socket: Socket): void {
    for (const { iface } of socket.memberships) iface.filterChanged = true;
    socket.memberships = [];
    this.setStamping(socket, "");
    if ((socket.timestamping & packet.SOF_TIMESTAMPING_RX_SOFTWARE) !== 0) this.wantStamps(-1);
    socket.errors?.letGo();
    if (socket.keepsStamp) this.wantStamps(-1);
  }
}
