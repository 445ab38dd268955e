// What a module must be before it is signed. An interpreter on a board does not validate: wasm3 of 2022 overruns on some modules
// that are not valid, so nothing else may ever be signed.
import { ABI_VERSION } from "../../assembly/abi.js";
import { checkWasm } from "../build/check-wasm.js";
import { readWasm } from "../build/wasm.js";
import { exportArguments, importTypes } from "../engine/exports.js";

/** Returns a user-readable message for each reason why a board must not get the module. */
export function moduleFaults(wasm: Uint8Array): string[] {
  if (!WebAssembly.validate(wasm as BufferSource)) return ["It is not a valid WebAssembly module."];
  const faults = checkWasm(wasm);
  if (faults.length > 0) return faults;

  const { imports, signatures, exports, exportedGlobals, constants } = readWasm(wasm);
  for (const { module, name } of imports) {
    const type = signatures[`${module}.${name}`];
    if (type === undefined || type !== importTypes[`${module}.${name}`]) {
      faults.push(`It imports ${module}.${name} (${type ?? "no function"}), which no firmware has.`);
    }
  }
  for (const [name, count] of Object.entries(exportArguments)) {
    const words = [...Array<string>(count).fill("i32"), "->"].join(" ");
    const type = signatures[name];
    if (type !== words && type !== `${words} i32`) {
      faults.push(`It exports ${name}() as ${type ?? "nothing"}, not as ${words} with at most one i32.`);
    }
  }
  if (!exports.includes("memory")) faults.push("It does not export its memory.");
  const abi = constants[exportedGlobals.get("PKTSOCK_ABI") ?? -1];
  if (abi !== ABI_VERSION) {
    faults.push(`Its ABI version is ${abi ?? "unknown"}; this tool knows version ${ABI_VERSION}.`);
  }
  return faults;
}
