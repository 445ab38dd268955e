// The bill of materials of an image, in SPDX 2.3: `tsx host/build/sbom.ts IMAGE.elf ENGINE WASM3_DIR`, as `make sbom` calls it.
// It lists what is in the image: what the linker's map names, the module, and the interpreter. `make dist` has one too.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isMain } from "./main.js";

interface Material {
  readonly name: string;
  readonly version: string;
  /** An SPDX licence expression. */
  readonly license: string;
  readonly from: string;
}

const licenses: Readonly<Record<string, string>> = {
  libgcc: "GPL-3.0-or-later WITH GCC-exception-3.1",
  libc: "BSD-3-Clause",
};

export const versionOf = (packageJson: string): string =>
  (JSON.parse(readFileSync(packageJson, "utf8")) as { readonly version: string }).version;

/** The version of wasm3's sources, as wasm3.h has it, and that of the npm package that carries them. */
function wasm3In(directory: string): Material {
  const version = /M3_VERSION +"([^"]+)"/.exec(readFileSync(join(directory, "wasm3.h"), "utf8"))?.[1];
  if (version === undefined) throw new Error(`${directory}/wasm3.h tells no version.`);
  const npm = join(directory, "../package.json");
  const from = existsSync(npm) ? `pkg:npm/react-native-webassembly@${versionOf(npm)}` : "https://github.com/wasm3/wasm3";
  return { name: "wasm3", version, license: "MIT", from };
}

/** The Debian package that a library came with. The file's name in its database may lack the links of the real path. */
function debianPackageOf(library: string): { readonly name: string; readonly version: string } | undefined {
  try {
    const owner = execFileSync("dpkg-query", ["--search", realpathSync(library)], { encoding: "utf8", stdio: "pipe" });
    const name = owner.split(":")[0]!;
    const show = ["--show", "--showformat", "${Version}", name];
    return { name, version: execFileSync("dpkg-query", show, { encoding: "utf8" }) };
  } catch {
    return undefined;
  }
}

/** The static libraries whose members are in the image. */
export function librariesIn(map: string): string[] {
  const section = map.slice(0, map.indexOf("Memory Configuration"));
  const members = section.matchAll(/^(\/\S+\.a)\(/gm);
  return [...new Set([...members].map(([, library]) => library!))].sort();
}

function libraryMaterial(library: string): Material {
  const name = basename(library, ".a");
  const found = debianPackageOf(library);
  return {
    name: found?.name ?? name,
    version: found?.version ?? "NOASSERTION",
    license: licenses[name] ?? "NOASSERTION",
    from: found === undefined ? "NOASSERTION" : `pkg:deb/debian/${found.name}@${found.version}`,
  };
}

/** What a document describes. */
interface Subject {
  readonly name: string;
  readonly purpose: "FIRMWARE" | "SOURCE";
  /** Of its bytes, or of the bytes of all files that it consists of. */
  readonly sha256: string;
}

/** The SPDX document: the subject, and what it contains. It names no time and no place, so that two builds give the same. */
function documentOf({ name, purpose, sha256 }: Subject, version: string, materials: readonly Material[]): object {
  const subjectId = `SPDXRef-${purpose.toLowerCase()}`;
  const idOf = (name: string): string => `SPDXRef-${name.replaceAll(/[^A-Za-z0-9.-]/g, "-")}`;
  const packages = materials.map(({ name, version: its, license, from }) => ({
    name,
    SPDXID: idOf(name),
    versionInfo: its,
    downloadLocation: from.startsWith("https:") ? from : "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: license,
    licenseDeclared: license,
    copyrightText: "NOASSERTION",
    ...(from.startsWith("pkg:") && {
      externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: from }],
    }),
  }));
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name,
    documentNamespace: `https://spdx.org/spdxdocs/pktsock-${version}-${sha256}`,
    creationInfo: { created: "1970-01-01T00:00:00Z", creators: [`Tool: pktsock-${version}`] },
    packages: [
      {
        name,
        SPDXID: subjectId,
        versionInfo: version,
        downloadLocation: "NOASSERTION",
        filesAnalyzed: false,
        ...(purpose === "FIRMWARE" && { checksums: [{ algorithm: "SHA256", checksumValue: sha256 }] }),
        licenseConcluded: "NOASSERTION",
        licenseDeclared: "MIT",
        copyrightText: "Copyright (c) 2026 pktsock authors",
        primaryPackagePurpose: purpose,
      },
      ...packages,
    ],
    relationships: [
      { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: subjectId },
      ...materials.map(({ name }) => ({
        spdxElementId: subjectId,
        relationshipType: "CONTAINS",
        relatedSpdxElement: idOf(name),
      })),
    ],
  };
}

/** Our own version, and what is in everything that has the module. */
function own(): { readonly version: string; readonly materials: readonly Material[] } {
  const version = versionOf("package.json");
  const compiler = versionOf("node_modules/assemblyscript/package.json");
  const materials = [
    { name: "pktsock", version, license: "MIT", from: "NOASSERTION" },
    {
      ...{ name: "assemblyscript", version: compiler, license: "Apache-2.0" },
      from: `pkg:npm/assemblyscript@${compiler}`,
    },
  ];
  return { version, materials };
}

/** The document of the archive of `make dist`, whose files have this hash together. */
export function archiveSbom(name: string, sha256: string, wasm3Directory: string): object {
  const { version, materials } = own();
  return documentOf({ name, purpose: "SOURCE", sha256 }, version, [...materials, wasm3In(wasm3Directory)]);
}

/** The arithmetic of SWAP_KEY on boards, if it is in the image. */
function ed25519In(map: string): Material[] {
  if (!/^LOAD \S*ed25519_ref10\.o$/m.test(map)) return [];
  const version = versionOf("node_modules/ed25519-supercop/package.json");
  return [{ name: "ed25519", version, license: "Zlib", from: `pkg:npm/ed25519-supercop@${version}` }];
}

/** Writes IMAGE.spdx.json beside the image. Returns its path. */
export function writeSbom(image: string, engine: string, wasm3Directory: string): string {
  const { version, materials: always } = own();
  const map = readFileSync(image.replace(/\.elf$/, ".map"), "utf8");
  const materials: Material[] = [
    ...always,
    ...(engine.startsWith("wasm3") ? [wasm3In(wasm3Directory)] : []),
    ...ed25519In(map),
    ...librariesIn(map).map(libraryMaterial),
  ];
  const sha256 = createHash("sha256").update(readFileSync(image)).digest("hex");
  const file = image.replace(/\.elf$/, ".spdx.json");
  const document = documentOf({ name: basename(image), purpose: "FIRMWARE", sha256 }, version, materials);
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  return file;
}

if (isMain(import.meta.url)) {
  const [image, engine, wasm3Directory] = process.argv.slice(2);
  console.log(`  sbom   ${writeSbom(image!, engine!, wasm3Directory!)}`);
}
