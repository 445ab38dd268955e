// The ends of a cable: QEMU's UDP link (udp.ts), a TAP interface (tap.ts), hosts written in TypeScript (host.ts). Recording
// and faults (record.ts, faults.ts) wrap an endpoint and are endpoints themselves, so that they work with all of these.

/** One end of a link that carries Ethernet frames without FCS. */
export interface Endpoint {
  /** Called with each frame that comes out of the endpoint; null when nobody listens. */
  onFrame: ((frame: Buffer) => void) | null;
  /** Puts a frame into the endpoint. It may keep the bytes, so they must not change afterwards. */
  send(frame: Uint8Array): void;
  /** What came from outside and was dropped, if the endpoint counts that. */
  readonly dropped?: { readonly foreign: number; readonly short: number };
  /** Closes the endpoint and ends everything that it started. */
  close(): Promise<void>;
}
