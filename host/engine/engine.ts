// The interface between the host's tools and the engines that run the module: V8, which is always available, and the boards'
// interpreters, wasm3 and wasm3-tuned, through the boards' own C code (host/engine/addon.c).
import { LoadError, TrapError } from "./errors.js";
import { exportArguments, type CallName } from "./exports.js";
import * as v8 from "./v8.js";
import * as wasm3 from "./wasm3.js";

export { LoadError, TrapError };

export const engineNames = ["v8", "wasm3", "wasm3-tuned"] as const;
export type EngineName = (typeof engineNames)[number];

/** A loaded module. */
export interface Engine {
  readonly name: EngineName;
  /** The live linear memory, with the number of bytes that the loader was asked for. */
  readonly memory: Uint8Array;
  /**
   * Calls an export. The module's imports port.give and port.take write and read `buffer`, each from its start on. Returns
   * the result as a signed number, or 0 for a function without one. Throws TrapError when the module traps, and at every
   * later call, because its state can no longer be trusted.
   */
  call(name: CallName, args?: readonly number[], buffer?: Uint8Array): number;
  /**
   * Lets another module go on with the memory as it is, as pktsock_swap() does on a board; only with V8. Throws LoadError if it
   * has another layout of it or another ABI version; then the one before goes on.
   */
  swap(wasm: Uint8Array): void;
}

export interface LoadOptions {
  engine?: EngineName;
  /** Bytes of linear memory to use, at most 65536, which is the default. */
  memorySize?: number;
}

const noBuffer = new Uint8Array(0);

/** Loads a pktsock module. Throws LoadError for other files and for another ABI version. */
export function load(wasm: Uint8Array, { engine = "v8", memorySize = 65536 }: LoadOptions = {}): Engine {
  const backend = engine === "v8" ? v8.load(wasm, memorySize) : wasm3.load(engine, wasm, memorySize);
  for (const name of Object.keys(exportArguments)) {
    if (!backend.exports.has(name)) throw new LoadError(`not a pktsock module: it exports no function ${name}`);
  }
  let trap: TrapError | undefined;
  return {
    name: engine,
    memory: backend.memory,
    call(name, args = [], buffer = noBuffer) {
      if (trap !== undefined) throw trap;
      try {
        return backend.call(name, args, buffer);
      } catch (error) {
        if (error instanceof TrapError) trap = error;
        throw error;
      }
    },
    swap(wasm) {
      if (backend.swap === undefined) throw new LoadError(`${engine} on the host cannot swap modules; V8 can`);
      backend.swap(wasm);
    },
  };
}
