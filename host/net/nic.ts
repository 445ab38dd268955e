import type { Interface } from "../engine/pktsock.js";
import type { Endpoint } from "./endpoint.js";

/** Makes an interface of the component in this process (host/engine/pktsock.ts) the end of a cable. */
export class Nic implements Endpoint {
  onFrame: ((frame: Buffer) => void) | null = null;
  /** Called after a frame came in, so that the application can receive. */
  onReceive: (() => void) | null = null;

  constructor(private readonly iface: Interface) {}

  send(frame: Uint8Array): void {
    if (this.iface.driver.receive(frame)) this.onReceive?.();
  }

  /** Sends what the sockets have queued. Call it after each send(). */
  transmit(): void {
    for (const frame of this.iface.driver.transmit()) this.onFrame?.(Buffer.from(frame));
  }

  async close(): Promise<void> {
    this.onFrame = this.onReceive = null;
  }
}
