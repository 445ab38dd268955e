// Something that runs the cases: an agent and the other end of its cable.

import type { Names } from "./bytes.js";
import type { Description } from "./targets.js";

export interface Target {
  readonly description: Description;
  /** The interface as the agent sees it. */
  readonly ifindex: number;
  readonly ifname: string;
  /** OWN and PEER as bytes. */
  readonly names: Names;

  /** Makes a call and resolves to the agent's line. Rejects after `timeout` milliseconds or
   *  when the agent has died; then restart() is due. */
  call(command: string, timeout: number): Promise<string>;
  /** Sends a frame to the agent's interface; as compact() of bytes.ts has it. */
  inject(frame: string): Promise<void>;
  /** The next frame that arrived at the peer, VLAN tag included, or null after `timeout` milliseconds. */
  next(timeout: number): Promise<Buffer | null>;
  /** Pulls or plugs the cable. */
  plug?(plugged: boolean): Promise<void>;
  /** Makes the line slow or fast again (SLOW_BITS_PER_SECOND). Frames in flight may be lost, and the agent may restart. */
  slow?(slow: boolean): Promise<void>;
  /** Resolves when the interface carries frames in both directions after having been down. */
  ready(): Promise<void>;
  /** Bytes of the task stack that were used since the last restart, and that there are. */
  taskStack?(): { readonly used: number; readonly size: number };
  /** Starts agent and peer afresh. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}
