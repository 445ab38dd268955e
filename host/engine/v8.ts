import { ABI_VERSION } from "../../assembly/abi.js";
import { importMemory } from "./adopt.js";
import type { Backend } from "./backend.js";
import { LoadError, TrapError } from "./errors.js";
import { match } from "./match.js";

/** The message of wasm3 for each of V8's. */
const reasons: readonly [RegExp, string][] = [
  [/unreachable/, "unreachable executed"],
  [/memory access out of bounds/, "out of bounds memory access"],
  [/divide by zero|remainder by zero/, "integer divide by zero"],
  [/divide result unrepresentable/, "integer overflow"],
  [/table index is out of bounds/, "undefined element"],
  [/call stack size/, "stack overflow"],
];

class OverrunError extends Error {}

/** Modules that were swapped in: compiled once. */
const adopting = new WeakMap<Uint8Array, WebAssembly.Module>();

function checkAbi({ PKTSOCK_ABI: abi }: WebAssembly.Exports): void {
  if (!(abi instanceof WebAssembly.Global)) throw new LoadError("not a pktsock module: it exports no PKTSOCK_ABI");
  if (abi.value !== ABI_VERSION) {
    throw new LoadError(
      `the module speaks version ${abi.value} of the pktsock ABI, but this program version ${ABI_VERSION}: build both anew`,
    );
  }
}

const layoutOf = ({ PKTSOCK_LAYOUT: layout }: WebAssembly.Exports): unknown =>
  layout instanceof WebAssembly.Global ? layout.value : undefined;

/** Loads the module into V8. V8 always gives a module a whole page: memory behind `memorySize` exists but is hidden. */
export function load(wasm: Uint8Array, memorySize: number): Backend {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(wasm as BufferSource);
  } catch (error) {
    throw new LoadError(`not a WebAssembly module: ${(error as Error).message}`);
  }
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== "port" || !["give", "take", "match"].includes(name)) {
      throw new LoadError(`the module imports what the port does not have: ${from}.${name}`);
    }
  }

  let page: Uint8Array = new Uint8Array(0);
  let buffer = new Uint8Array(0);
  let given = 0;
  let taken = 0;
  const port = {
    give(offset: number, length: number) {
      const bytes = part(page, offset, length);
      if (length >>> 0 > buffer.length - given)
        throw new OverrunError("it gave more bytes than the caller's buffer holds");
      buffer.set(bytes, given);
      given += bytes.length;
    },
    take(offset: number, length: number) {
      const bytes = part(page, offset, length);
      if (length >>> 0 > buffer.length - taken)
        throw new OverrunError("it took more bytes than the caller's buffer holds");
      bytes.set(buffer.subarray(taken, taken + bytes.length));
      taken += bytes.length;
    },
    match(tests: number, frame: number) {
      try {
        return match(page, tests, frame);
      } catch {
        throw new WebAssembly.RuntimeError("memory access out of bounds");
      }
    },
  };

  let { exports } = new WebAssembly.Instance(module, { port });
  const { memory } = exports;
  checkAbi(exports);
  if (!(memory instanceof WebAssembly.Memory)) throw new LoadError("not a pktsock module: it exports no memory");
  page = new Uint8Array(memory.buffer).subarray(0, memorySize);

  return {
    memory: page,
    exports: new Set(Object.keys(exports).filter((name) => typeof exports[name] === "function")),
    call(name, args, callersBuffer) {
      buffer = callersBuffer as Uint8Array<ArrayBuffer>;
      given = taken = 0;
      try {
        return ((exports[name] as (...args: number[]) => number | undefined)(...args) ?? 0) | 0;
      } catch (error) {
        throw asTrap(error, name);
      }
    },
    swap(other) {
      const next = adopting.get(other) ?? new WebAssembly.Module(importMemory(other) as BufferSource);
      adopting.set(other, next);
      const instance = new WebAssembly.Instance(next, { port: { ...port, memory } });
      checkAbi(instance.exports);
      if (layoutOf(instance.exports) === undefined || layoutOf(instance.exports) !== layoutOf(exports)) {
        throw new LoadError("the module has another layout of linear memory");
      }
      exports = instance.exports;
    },
  };
}

/** Returns `length` bytes of linear memory at `offset`, or throws. */
function part(memory: Uint8Array, offset: number, length: number): Uint8Array {
  const start = offset >>> 0;
  const end = start + (length >>> 0);
  if (end > memory.length) throw new WebAssembly.RuntimeError("memory access out of bounds");
  return memory.subarray(start, end);
}

function asTrap(error: unknown, name: string): unknown {
  if (error instanceof OverrunError) return new TrapError(error.message, name);
  if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) return error;
  const known = reasons.find(([pattern]) => pattern.test(error.message));
  return new TrapError(known === undefined ? error.message : known[1], name);
}
