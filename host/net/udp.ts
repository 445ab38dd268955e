// QEMU's cable (`-nic socket,udp=...,localaddr=...`): one datagram on loopback is one raw Ethernet frame, without FCS.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const host = "127.0.0.1";
/** A shorter datagram is no Ethernet frame. QEMU takes an empty one for the end of the cable. */
const SHORTEST = 14;

/** The ports that freePort() gives: below those that Linux gives sockets which ask for none, so none of these gets it meanwhile. */
const FIRST_PORT = 10_000;
const PORTS = 22_768;
let given = Math.floor(Math.random() * PORTS);

/** Returns a UDP port that was free a moment ago, for a program that needs a port number. Each call returns another one. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS; tries++) {
    const port = FIRST_PORT + (given++ % PORTS);
    const socket = createSocket("udp4");
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind(port, host, () => resolve(true));
    });
    socket.close();
    await once(socket, "close");
    if (isFree) return port;
  }
  throw new Error("No UDP port is free.");
}

interface Waiting {
  readonly give: (frame: Buffer) => void;
}

/** One end of the cable. Frames wait in `receive`'s queue unless `onFrame` is set. */
export class UdpCable {
  /** Called with each frame that comes in; null: frames wait for receive(). */
  onFrame: ((frame: Buffer) => void) | null = null;
  /** Datagrams that were dropped: not from the other end's port, or shorter than an Ethernet header. */
  readonly dropped = { foreign: 0, short: 0 };
  readonly #queue: Buffer[] = [];
  readonly #waiting: Waiting[] = [];

  private constructor(
    private readonly socket: Socket,
    /** Our port, and the port of the other end. */
    readonly localPort: number,
    readonly remotePort: number,
  ) {
    this.socket.on("message", (frame, from) => {
      if (from.port !== remotePort || from.address !== host) this.dropped.foreign++;
      else if (frame.length < SHORTEST) this.dropped.short++;
      else this.#take(frame);
    });
    this.socket.on("error", () => undefined); // the other end does not exist (yet, or any more): the frame is lost
  }

  /** Open our end, on `localPort` or any free port. The other end uses `remotePort`. */
  static async open(remotePort: number, localPort = 0): Promise<UdpCable> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    socket.bind(localPort, host);
    await once(socket, "listening");
    return new UdpCable(socket, socket.address().port, remotePort);
  }

  send(frame: Uint8Array): void {
    this.socket.send(frame, this.remotePort, host);
  }

  /** Resolves when the kernel has all frames that were sent. */
  async flush(): Promise<void> {
    while (this.socket.getSendQueueCount() > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Resolves to the next frame; rejects when none comes within `limitMs` milliseconds. */
  async receive(limitMs = 60_000): Promise<Buffer> {
    const frame = this.#queue.shift();
    if (frame !== undefined) return frame;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        give(frame) {
          clearTimeout(timer);
          resolve(frame);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new Error(`No frame came within ${limitMs} ms.`));
      }, limitMs);
      this.#waiting.push(waiting);
    });
  }

  /** Returns the frames that wait for receive(), and removes them. */
  drain(): Buffer[] {
    return this.#queue.splice(0);
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, "close");
  }

  #take(frame: Buffer): void {
    if (this.onFrame !== null) this.onFrame(frame);
    else {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#queue.push(frame);
      else waiting.give(frame);
    }
  }
}
