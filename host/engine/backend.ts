import type { CallName } from "./exports.js";

/** The interface of an engine to engine.ts. `call` throws TrapError; the module is not called again after that. */
export interface Backend {
  readonly memory: Uint8Array;
  /** Names of all exports of the module. */
  readonly exports: ReadonlySet<string>;
  call(name: CallName, args: readonly number[], buffer: Uint8Array): number;
  /** Lets another module go on with the memory as it is, if the engine can. Throws LoadError if it has another ABI or layout. */
  swap?(wasm: Uint8Array): void;
}
