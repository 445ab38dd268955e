// `make dist`: the archive for other people's firmware, as .tar.gz, .zip, CMSIS-Pack and library for Arduino:
// `tsx host/build/dist.ts OUT WASM3_DIR`. The table boards/dist/contents lists the files that are copied; the others are generated
// here. Two builds of a commit give the same bytes.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { reference } from "../docs/reference.js";
import { compileModule } from "./aot.js";
import { arduinoLibrary } from "./arduino.js";
import { embed } from "./embed.js";
import { abiHeader, configHeader, numbersHeader } from "./headers.js";
import { isMain } from "./main.js";
import { kconfigHeader, pdsc, placeholders } from "./manifests.js";
import { relink } from "./relink.js";
import { archiveSbom, versionOf } from "./sbom.js";

const TABLE = "boards/dist/contents";
/** What only the archive has. */
const OWN = "boards/dist/archive/";
const MODULE = "build/pktsock.wasm";

/** The files that match `pattern`, each with its path below the pattern's folder. */
function expand(pattern: string): (readonly [path: string, below: string])[] {
  const folder = dirname(`${pattern}*`);
  const name = basename(`${pattern}*`).slice(0, -1);
  const wanted = new RegExp(`^${name.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
  const names = (readdirSync(folder, { recursive: name === "" }) as string[]).filter(
    (below) => (name === "" || wanted.test(below)) && statSync(join(folder, below)).isFile(),
  );
  if (names.length === 0) throw new Error(`${TABLE}: nothing matches ${pattern}`);
  return names.map((below) => [join(folder, below), below] as const);
}

/** What the table says: each path of the archive, and the file's bytes. Pages link to what is in the archive. */
function copied(wasm3Directory: string): [string, Buffer][] {
  const lines = readFileSync(TABLE, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const files = lines.flatMap((line) => {
    const [folder, ...patterns] = line.split(/ +/);
    return patterns
      .flatMap((pattern) => expand(pattern.replace(/^WASM3\//, `${wasm3Directory}/`)))
      .map(([path, below]) => [path, join(folder!, below)] as const);
  });
  const places = new Map(files);
  return files.map(([path, place]) => {
    const bytes = readFileSync(path);
    const isPage = path.endsWith(".md") && !path.startsWith(OWN); // whose links are the archive's already
    return [place, isPage ? Buffer.from(relink(bytes.toString(), path, places)) : bytes];
  });
}

function generated(): [string, string][] {
  const wasm = readFileSync(MODULE);
  const name = basename(MODULE);
  return [
    ["gen/pktsock_wasm.c", embed(wasm, name)],
    ["gen/aot-exact/pktsock_aot.h", compileModule(wasm, "exact", name)],
    ["gen/aot-guarded/pktsock_aot.h", compileModule(wasm, "guarded", name)],
    ["include/pktsock/abi.h", abiHeader()],
    ["include/pktsock/numbers.h", numbersHeader()],
    ["include/pktsock/config.h", configHeader()],
    ["gen/kconfig/pktsock/config.h", kconfigHeader()],
    ...[...reference()].map(([path, page]): [string, string] => [`docs/${path}`, page]),
  ];
}

/** Seconds since 1970 for all files: the commit's, unless the builder says another. */
function date(): number {
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (given !== undefined) return Number(given);
  try {
    return Number(execFileSync("git", ["log", "-1", "--format=%ct"], { encoding: "utf8", stdio: "pipe" }));
  } catch {
    return Date.UTC(2026, 0) / 1000; // not a clone; a zip begins in 1980
  }
}

/** Writes a zip of the paths below `folder`, in which only names and bytes are the builder's. */
function zip(file: string, folder: string, paths: readonly string[]): void {
  rmSync(file, { force: true });
  execFileSync("zip", ["-q", "-9", "-X", "-D", "-@", resolve(file)], {
    cwd: folder,
    env: { ...process.env, TZ: "UTC" },
    input: paths.map((path) => `${path}\n`).join(""),
  });
}

/** Packs OUT/NAME, with the paths below it, into OUT/NAME.tar.gz and OUT/NAME.zip, and as a CMSIS-Pack, which has no folder. */
function pack(out: string, name: string, paths: readonly string[]): void {
  const owner = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u=rw,go=r,a+X"];
  const tar = ["--format=ustar", "--sort=name", ...owner, `--mtime=@${date()}`, "--use-compress-program=gzip -n9"];
  execFileSync("tar", [...tar, "-cf", join(out, `${name}.tar.gz`), "-C", out, name]);
  zip(
    join(out, `${name}.zip`),
    out,
    paths.map((path) => `${name}/${path}`),
  );
  zip(join(out, `pktsock.${name.replace("-", ".")}.pack`), join(out, name), paths);
}

/** Replaces the folder by one with these files. */
function writeFolder(folder: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    chmodSync(file, 0o644);
    utimesSync(file, date(), date());
  }
}

/** Writes the library for Arduino, a zip whose folder is called as the library. */
function packArduinoLibrary(out: string, version: string, archive: ReadonlyMap<string, Buffer>): void {
  const files = arduinoLibrary(version, archive);
  const place = join(out, "arduino");
  writeFolder(join(place, "pktsock"), files);
  const paths = [...files.keys()].sort().map((path) => `pktsock/${path}`);
  zip(join(out, `pktsock-arduino-${version}.zip`), place, paths);
}

/** Writes the archive and the folder that is packed. Returns the folder. */
export function writeDist(out: string, wasm3Directory: string): string {
  const version = versionOf("package.json");
  const name = `pktsock-${version}`;
  const files = new Map<string, Buffer>();
  const replaced = Object.entries({ "@VERSION@": version, ...placeholders() });
  const texts = generated().map(([path, text]): [string, Buffer] => [path, Buffer.from(text)]);
  for (const [path, bytes] of [...copied(wasm3Directory), ...texts]) {
    if (files.has(path)) throw new Error(`two files of the archive are called ${path}`);
    let text = bytes.toString();
    for (const [placeholder, value] of replaced) text = text.replaceAll(placeholder, value);
    files.set(path, Buffer.from(text));
  }
  files.set("pktsock.pktsock.pdsc", Buffer.from(pdsc(version, [...files.keys()].sort())));
  const paths = [...files.keys()].sort();
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update("\0").update(files.get(path)!);
  const sbom = archiveSbom(name, hash.digest("hex"), wasm3Directory);
  files.set("sbom.spdx.json", Buffer.from(`${JSON.stringify(sbom, null, 2)}\n`));

  const folder = join(out, name);
  writeFolder(folder, files);
  pack(out, name, [...files.keys()].sort());
  packArduinoLibrary(out, version, files);
  return folder;
}

if (isMain(import.meta.url)) {
  const [out, wasm3Directory] = process.argv.slice(2);
  console.log(`  dist   ${writeDist(out!, wasm3Directory!)}.tar.gz, .zip and .pack, and the library for Arduino`);
}
