import type { ExportName } from "./exports.js";

/** The interface of an engine to engine.ts. `call` throws TrapError; the module is not called again after that. */
export interface Backend {
  readonly memory: Uint8Array;
  /** Names of all exports of the module. */
  readonly exports: ReadonlySet<string>;
  call(name: ExportName, args: readonly number[], buffer: Uint8Array): number;
}
