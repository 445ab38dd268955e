import type { CallName } from "./exports.js";

/** The interface of an engine to engine.ts. `call` throws TrapError; the module is not called again after that. */
export interface Backend {
  readonly memory: Uint8Array;
  /** Names of all exports of the module. */
  readonly exports: ReadonlySet<string>;
  call(name: CallName, args: readonly number[], buffer: Uint8Array): number;
}
