// What can be plugged into a cable: QEMU's UDP link (udp.ts), a TAP interface (tap.ts), hosts written in TypeScript
// (host.ts). Recording and faults (record.ts, faults.ts) wrap an endpoint and are one again, so that all of them get both.

/** One end of a link that carries Ethernet frames without FCS. */
export interface Endpoint {
  /** Called with each frame that comes out of the endpoint; null: nobody listens. */
  onFrame: ((frame: Buffer) => void) | null;
  /** Puts a frame into the endpoint, which may keep the bytes: they must not change any more. */
  send(frame: Uint8Array): void;
  /** Ends it and everything that it started. */
  close(): Promise<void>;
}
