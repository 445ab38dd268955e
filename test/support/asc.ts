import { main } from "assemblyscript/asc";

/** Compiles AssemblyScript: `sources` by file name, the entry is "index.ts". Options as for the release build. */
export async function compile(sources: Record<string, string>, ...options: string[]): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const defaults = ["--runtime", "stub", "--use", "abort=", "--initialMemory", "1", "--optimizeLevel", "1"];
  const { error, stderr } = await main(["index.ts", "--outFile", "out.wasm", ...defaults, ...options], {
    readFile: (name) => sources[name] ?? null,
    writeFile: (_, contents) => void (wasm = contents as Uint8Array),
    listFiles: () => [],
  });
  if (error !== null || wasm === undefined) throw new Error(`asc: ${stderr.toString()}`);
  return wasm;
}
