// What a user of an image must be able to trust: the packages that made it, and that anybody can make the same bytes again.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

interface Package {
  readonly integrity?: string;
  readonly resolved?: string;
}

interface Sbom {
  readonly packages: readonly {
    readonly name: string;
    readonly versionInfo: string;
    readonly licenseConcluded: string;
    readonly checksums?: readonly { readonly checksumValue: string }[];
  }[];
}

const board = "qemu-mps2-an385";

function make(directory: string, ...words: readonly string[]): void {
  execFileSync("make", ["-s", "-C", directory, ...words, `BOARD=${board}`, "APP=demo"], { stdio: "pipe" });
}

describe("supply chain", () => {
  it("the lock file has the hash of every npm package, and no registry's address", () => {
    const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      readonly packages: Record<string, Package>;
    };
    const others = Object.entries(lock.packages).filter(([path]) => path !== "");
    assert.ok(others.length > 100);
    assert.deepEqual(
      others.filter(([, { integrity }]) => !integrity?.startsWith("sha512-")).map(([path]) => path),
      [],
    );
    assert.deepEqual(
      others.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path),
      [],
    );
  });

  it("module and image are the same bytes when they are built in another folder", function () {
    this.timeout(240_000);
    make(".", "firmware");
    const elsewhere = mkdtempSync(join(tmpdir(), "pktsock-elsewhere-"));
    try {
      const parts = ["Makefile", "package.json", "package-lock.json", ".npmrc", "asconfig.json", "tsconfig.json"];
      execFileSync("cp", ["-a", ...parts, "assembly", "boards", "host", "test", elsewhere]);
      symlinkSync(resolve("node_modules"), join(elsewhere, "node_modules"));
      make(elsewhere, "firmware");
      for (const file of ["build/pktsock.wasm", `build/${board}/demo.elf`])
        assert.ok(readFileSync(file).equals(readFileSync(join(elsewhere, file))), `${file} differs`);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it("the bill of materials names what is in the image, with versions and licences", function () {
    this.timeout(240_000);
    make(".", "sbom");
    const image = readFileSync(`build/${board}/demo.elf`);
    const { packages } = JSON.parse(readFileSync(`build/${board}/demo.spdx.json`, "utf8")) as Sbom;
    const names = packages.map(({ name }) => name);
    const expected = ["demo.elf", "pktsock", "assemblyscript", "wasm3", "gcc-arm-none-eabi", "picolibc-arm-none-eabi"];
    assert.deepEqual(names, expected);
    assert.equal(packages[0]!.checksums![0]!.checksumValue, createHash("sha256").update(image).digest("hex"));
    for (const { name, versionInfo, licenseConcluded } of packages.slice(1)) {
      assert.match(versionInfo, /^[0-9]/, name);
      assert.notEqual(licenseConcluded, "NOASSERTION", name);
    }
  });
});
