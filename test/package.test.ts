// The package for npm, as somebody uses it who installs it into a project: without the network, and without this repository.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };

const user = `
import { type Interface, moduleBytes, packet, PktSock } from "pktsock";

const sockets: PktSock = PktSock.load(moduleBytes(), { engine: "v8", frames: 8 });
const eth0: Interface = sockets.addInterface("eth0", new Uint8Array(6));
const fd: number = sockets.socket(packet.SOCK_RAW);
// @ts-expect-error there is no such capacity
PktSock.load(moduleBytes(), { frame: 8 });
// @ts-expect-error a descriptor is a number
sockets.close("eth0");
export const results = [fd, eth0.flags, packet.ETH_P_ALL + 1];
`;

describe("the package of make package", function () {
  this.timeout(240_000);
  let folder: string;
  before(() => {
    execFileSync("make", ["-s", "package"], { stdio: ["ignore", "ignore", "inherit"] });
    folder = mkdtempSync(join(tmpdir(), "pktsock-package-"));
    writeFileSync(join(folder, "package.json"), `{ "name": "user", "private": true, "type": "module" }`);
    const quiet = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["install", ...quiet, resolve(`build/dist/pktsock-${version}.tgz`)], { cwd: folder });
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (program: string, ...args: readonly string[]) =>
    spawnSync(program, args, { cwd: folder, encoding: "utf8" });

  it("runs the program of its README", () => {
    const readme = readFileSync(join(folder, "node_modules/pktsock/README.md"), "utf8");
    writeFileSync(join(folder, "readme.js"), /^```js\n(.*?)^```$/ms.exec(readme)![1]!);
    const { status, stdout, stderr } = run(process.execPath, "readme.js");
    assert.equal(stdout, "echoed\n", stderr);
    assert.equal(status, 0);
  });

  it("has types, without those of Node.js", () => {
    writeFileSync(join(folder, "user.ts"), user);
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true },
      ...{ module: "NodeNext", target: "ES2022", lib: ["ES2022"], types: [] },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.ts"] }));
    const { status, stdout } = run(process.execPath, resolve("node_modules/typescript/bin/tsc"), "-p", folder);
    assert.equal(status, 0, stdout);
  });

  it("has the command, which says what needs the repository", () => {
    const { status, stdout } = run("npx", "--offline", "pktsock", "help");
    assert.equal(status, 0);
    assert.match(stdout, /^ {2}cable +join QEMU/m);
    for (const command of [["demo"], ["run", "true"]]) {
      const refused = run("npx", "--offline", "pktsock", ...command);
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /run it in the folder of the repository\.$/m);
    }
  });

  it("has the licences, and nothing of the machine that made it", () => {
    const inPackage = (name: string): string => readFileSync(join(folder, "node_modules/pktsock", name), "utf8");
    assert.match(inPackage("LICENSE"), /MIT License/);
    assert.match(inPackage("NOTICE"), /AssemblyScript/);
    assert.match(inPackage("LICENSES/Apache-2.0.txt"), /Apache License/);
    assert.match(inPackage("LICENSES/assemblyscript/NOTICE"), /AssemblyScript/);
    for (const name of ["index.js", "pktsock.mjs", "package.json"])
      assert.ok(!inPackage(name).includes(resolve(".")), name);
  });
});
