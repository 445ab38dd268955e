// How much a call into the module does, without a clock: the module is changed so that it counts each function that it enters
// or leaves and each turn of a loop. What lies between two of these is bounded.
import binaryen from "assemblyscript/binaryen";
import type { PktSock } from "../../host/engine/pktsock.js";
import { moduleBytes } from "./module.js";

/** Where the count is: the bytes before the control block are unused. */
const address = 8;

/** The module under test, which counts. */
export function countingModule(): Uint8Array {
  const module = binaryen.readBinary(moduleBytes());
  try {
    module.runPasses(["log-execution"]);
    const log = module.getFunction("log_execution");
    if (log === 0) throw new Error("binaryen's pass log-execution has another import than expected");
    module.removeFunction("log_execution");
    const next = module.i32.add(module.i32.load(0, 4, module.i32.const(address)), module.i32.const(1));
    const count = module.i32.store(0, 4, module.i32.const(address), next);
    module.addFunction("log_execution", binaryen.createType([binaryen.i32]), binaryen.none, [], count);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/** What `call` makes the module do, which is a countingModule(). */
export function workOf(sockets: PktSock, call: () => void): number {
  const before = sockets.memory.u32(address);
  call();
  return (sockets.memory.u32(address) - before) >>> 0;
}
