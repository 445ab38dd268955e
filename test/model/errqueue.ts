// The error queue of a socket in the model: messages about sent frames, and the frames that they hold.
import * as packet from "../../assembly/packet.js";
import type { Frame } from "./frame.js";

/** More are lost. */
export const MAX_MESSAGES = 8;

export interface Message {
  /** undefined: only the time is wanted, or the pool needed the frame. */
  frame: Frame | undefined;
  id: number;
}

export class ErrorQueue {
  readonly messages: Message[] = [];
  /** The flags of SO_TIMESTAMPING that ask for stamps of what is sent. */
  wanted = 0;
  private nextId = 0;

  /** SO_TIMESTAMPING. `begins`: flags that were not set before. */
  set(flags: number, begins: number): void {
    if ((begins & packet.SOF_TIMESTAMPING_OPT_ID) !== 0) this.nextId = 0;
    this.wanted = flags;
  }

  /** A frame is about to be sent: what will be told of it. */
  request(frame: Frame, timestamping: number): void {
    if (this.wanted === 0) return;
    frame.id = (timestamping & packet.SOF_TIMESTAMPING_OPT_ID) !== 0 ? this.nextId++ : 0;
    frame.wantsStamp = (this.wanted & packet.SOF_TIMESTAMPING_TX_SOFTWARE) !== 0;
  }

  /** A frame was sent. */
  append(frame: Frame, timestamping: number): void {
    if (this.messages.length === MAX_MESSAGES) return;
    const holds = (timestamping & packet.SOF_TIMESTAMPING_OPT_TSONLY) === 0 && frame.pool.holdSent(frame);
    this.messages.push({ frame: holds ? frame : undefined, id: frame.id });
  }

  /** What is held of a pool, or of all, goes back. */
  letGo(of?: Frame["pool"]): void {
    for (const message of this.messages) {
      const { frame } = message;
      if (frame === undefined || (of !== undefined && frame.pool !== of)) continue;
      message.frame = undefined;
      frame.pool.release(frame);
    }
  }
}
