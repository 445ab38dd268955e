import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Backend } from "./backend.js";
import { LoadError, TrapError } from "./errors.js";
import { readWasm } from "../build/wasm.js";

/** The exports of addon.c. */
interface Addon {
  readonly exports: readonly [name: string, args: number][];
  load(wasm: Uint8Array, memorySize: number): { handle: unknown; memory: ArrayBuffer } | string;
  call(
    handle: unknown,
    number: number,
    a: number,
    b: number,
    c: number,
    d: number,
    buffer: Uint8Array,
  ): number | string;
}

/** wasm3 as it is, or as ENGINE=wasm3-tuned has it. */
export type Interpreter = "wasm3" | "wasm3-tuned";

/** Folders relative to this file, and to the bundle in build/. */
const places = ["../../build/host", "./host"];

const loaded = new Map<Interpreter, Addon>();

/** Returns the addon with the boards' engine code, which is loaded at the first call. */
export function addon(name: Interpreter): Addon {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const path = places.map((place) => fileURLToPath(new URL(`${place}/${name}.node`, import.meta.url))).find(existsSync);
  if (path === undefined) throw new LoadError(`the ${name} engine is not built: run \`make build\``);
  const fresh = createRequire(import.meta.url)(path) as Addon;
  loaded.set(name, fresh);
  return fresh;
}

/** Loads the module into an interpreter, with `memorySize` bytes of linear memory. */
export function load(name: Interpreter, wasm: Uint8Array, memorySize: number): Backend {
  const { exports, load, call } = addon(name);
  const engine = load(wasm, memorySize);
  if (typeof engine === "string") throw new LoadError(engine);
  const numbers = new Map(exports.map(([name], number) => [name, number]));
  return {
    memory: new Uint8Array(engine.memory),
    exports: new Set(readWasm(wasm).exports),
    call(name, [a = 0, b = 0, c = 0, d = 0], buffer) {
      const result = call(engine.handle, numbers.get(name)!, a, b, c, d, buffer);
      if (typeof result === "string") throw new TrapError(result.replace(/^\[trap\] /, ""), name);
      return result;
    },
  };
}
