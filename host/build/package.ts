// `make package`: the package for npm, as `npm pack` makes it: `tsx host/build/package.ts FOLDER OUT`. In FOLDER are the bundles that
// the Makefile has made; what is missing there is written, and OUT gets the .tgz.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, out] = process.argv.slice(2) as [string, string];

const { name, version, description, license, engines, devDependencies } = JSON.parse(
  readFileSync("package.json", "utf8"),
) as Record<string, unknown> & { devDependencies: Record<string, string> };
const types = "./types/host/package/index.d.ts";
const manifest = {
  ...{ name, version, description, license, engines, type: "module" },
  bin: { pktsock: "pktsock.mjs" },
  exports: { ".": { types, default: "./index.js" }, "./pktsock.wasm": "./pktsock.wasm" },
  // For `pktsock build` only.
  peerDependencies: { assemblyscript: devDependencies["assemblyscript"] },
  peerDependenciesMeta: { assemblyscript: { optional: true } },
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ["LICENSE", "NOTICE", "CHANGELOG.md", "host/package/README.md", "asconfig.json", "build/pktsock.wasm", "build/pktsock.mjs"])
  copyFileSync(file, join(folder, file.replace(/.*\//, "")));
cpSync("assembly", join(folder, "assembly"), { recursive: true });
cpSync("LICENSES", join(folder, "LICENSES"), { recursive: true });
cpSync("node_modules/assemblyscript/NOTICE", join(folder, "LICENSES/assemblyscript/NOTICE"));
// The compiler writes what is imported, and a file of global types is not.
const index = join(folder, types);
copyFileSync("host/assembly.d.ts", join(folder, "types/host/assembly.d.ts"));
writeFileSync(index, `/// <reference path="../assembly.d.ts" />\n${readFileSync(index, "utf8")}`);

mkdirSync(out, { recursive: true });
execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", out, `./${folder}`], { stdio: ["ignore", "ignore", "inherit"] });
console.log(`  pack   ${join(out, `pktsock-${version as string}.tgz`)}`);
