// The engines as `make` knows them: a name of bench.json is the settings that choose it, and the end of its folder in build/.
import { execFileSync } from "node:child_process";
import { basename } from "node:path";

export const engines = {
  wasm3: ["ENGINE=wasm3"],
  "wasm3-tuned": ["ENGINE=wasm3-tuned"],
  aot: ["ENGINE=aot", "AOT_BOUNDS=exact"],
  "aot-guarded": ["ENGINE=aot", "AOT_BOUNDS=guarded"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type EngineName = keyof typeof engines;

export function isEngine(name: string): name is EngineName {
  return name in engines;
}

/** The folder of a board's images with that engine. `suffix`: make's OUT_SUFFIX. */
export function folderOf(board: string, engine: EngineName, suffix = ""): string {
  return `build/${board}${engine === "wasm3" ? "" : `-${engine}`}${suffix}`;
}

/** Those that ENGINES of the environment names, or all. */
export function chosenEngines(): readonly EngineName[] {
  const names = process.env.ENGINES?.split(/\s+/).filter((name) => name !== "") ?? [];
  for (const name of names) {
    if (!isEngine(name)) throw new Error(`There is no engine "${name}"; there are ${Object.keys(engines).join(", ")}.`);
  }
  return names.length > 0 ? names.filter(isEngine) : (Object.keys(engines) as EngineName[]);
}

/** What a firmware leaves out that needs no more than NuttX's packet sockets have, and 6 frames: make's CONFIG. */
export const smallConfig = [
  "NET_PKT_FRAMES=6",
  ...["FILTER", "TIMESTAMPS", "ZEROCOPY", "RECOVER"].map((feature) => `NET_PKT_${feature}=0`),
].join(" ");

/** Builds boards/apps/small.c with smallConfig; the path of the image. */
export function buildSmall(board: string, engine: EngineName): string {
  const settings = [`BOARD=${board}`, "APP=small", ...engines[engine], `CONFIG=${smallConfig}`, "OUT_SUFFIX=-small"];
  execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
  return `${folderOf(board, engine, "-small")}/small.elf`;
}

/**
 * Builds the image of an application, which `app` names as APP does, for a QEMU board; its path. With `functions` it is linked
 * without LTO, so that what is a function in the sources is one in the image: the lock. `others`: further settings of make.
 */
export function buildImage(
  board: string,
  app: string,
  engine: EngineName,
  functions = false,
  others: readonly string[] = [],
): string {
  const suffix = functions ? "-functions" : "";
  const settings = [
    `BOARD=${board}`,
    `APP=${app}`,
    ...engines[engine],
    ...(functions ? ["LTO=", `OUT_SUFFIX=${suffix}`] : []),
    ...others,
  ];
  execFileSync("make", ["-s", "firmware", ...settings], { stdio: "inherit" });
  return `${folderOf(board, engine, suffix)}/${basename(app, ".c")}.elf`;
}

/** Engines that a module can be swapped in on: the same one, or of a pair the one behind the plus sign. */
export type SwapEngine = "wasm3" | "wasm3-tuned" | `${"aot" | "aot-guarded"}+${"wasm3" | "wasm3-tuned"}`;

/** As buildImage(), with SWAP. */
export function buildSwapping(board: string, app: string, engine: SwapEngine, ...settings: string[]): string {
  const [own, interpreter = own] = engine.split("+") as [EngineName, string?];
  const suffix = own === interpreter ? "-swap" : `-swap-${interpreter}`;
  const all = [`BOARD=${board}`, `APP=${app}`, ...engines[own], `SWAP=${interpreter}`, ...settings];
  const sanitized = settings.includes("SANITIZE=1") ? "-sanitized" : "";
  execFileSync("make", ["-s", "firmware", ...all], { stdio: "inherit" });
  return `${folderOf(board, own)}${suffix}${sanitized}/${basename(app, ".c")}.elf`;
}
