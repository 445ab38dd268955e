import { ABI_VERSION } from "../../assembly/abi.js";
import { exportArguments } from "../../host/engine/exports.js";
import { compile } from "./asc.js";

const port = `
  export declare function give(offset: usize, len: u32): void;
  export declare function take(offset: usize, len: u32): void;`;

/** A module with all exports that a loader asks for; `bodies` replaces some of them. */
export async function fake(
  bodies: Record<string, string> = {},
  abi: string = `export const PKTSOCK_ABI: u32 = ${ABI_VERSION};`,
) {
  const functions = Object.entries({ ...exportArguments }).map(([name, count]) => {
    const parameters = ["a: u32", "b: u32", "c: u32", "d: u32"].slice(0, count).join(", ");
    return bodies[name] ?? `export function ${name}(${parameters}): i32 { return 0; }`;
  });
  const source = [`import { give, take } from "./port";`, abi, ...functions].join("\n");
  return compile({ "index.ts": source, "port.ts": port }, "--maximumMemory", "1");
}
