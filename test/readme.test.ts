import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { options } from "../host/build/options.js";
import { Qemu } from "../host/net/qemu.js";

const text = readFileSync("README.md", "utf8");
const [program, integration] = [...text.matchAll(/^```c\n(.*?)^```$/gms)].map(([, code]) => code!) as [string, string];
const folder = "build/readme";
const boards = ["qemu-mps2-an385", "qemu-lm3s6965evb", "qemu-emcraft-sf2", "linux"];

describe("README", function () {
  this.timeout(120_000);

  before(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/echo.c`, program);
    writeFileSync(`${folder}/integration.c`, integration);
  });

  for (const board of boards) {
    it(`has a program that compiles for ${board}`, () => {
      const command = ["-s", "firmware", `BOARD=${board}`, `APP=${folder}/echo.c`];
      execFileSync("make", command, { stdio: ["ignore", "inherit", "inherit"] });
    });
  }

  it("has a program that compiles against Linux's own headers", () => {
    execFileSync("cc", ["-Wall", "-Wextra", "-Werror", `${folder}/echo.c`, "-o", `${folder}/echo`]);
  });

  it("has a program that does what it says", async () => {
    const qemu = await Qemu.boot({ board: "qemu-mps2-an385", image: "build/qemu-mps2-an385/echo.elf" });
    try {
      await qemu.waitFor("listening");
      const board = "02504b545301";
      const [payload, other] = ["88b5".padEnd(160, "5a"), "0806".padEnd(160, "00")];
      qemu.cable.send(Buffer.from(`${board}02000000000a${other}`, "hex"));
      qemu.cable.send(Buffer.from(`${board}02000000000a${payload}`, "hex"));
      assert.equal((await qemu.cable.receive()).toString("hex"), `02000000000a${board}${payload}`);
    } finally {
      await qemu.stop();
    }
  });

  it("starts the component in a way that compiles for a firmware", () => {
    const flags = ["--specs=picolibc.specs", "-mcpu=cortex-m3", "-mthumb", "-std=gnu11", "-Wall", "-Wextra", "-Werror"];
    const paths = ["-Iboards/include", "-Ibuild/gen"];
    execFileSync("arm-none-eabi-gcc", [
      ...flags,
      ...paths,
      "-c",
      `${folder}/integration.c`,
      "-o",
      `${folder}/integration.o`,
    ]);
  });

  it("has the options as they are", () => {
    const rows = options.map(
      ({ name, default: value, min, max, help }) => `| \`CONFIG_${name}\` | ${value} | ${min} to ${max} | ${help} |`,
    );
    assert.equal(/^\| option .*\n\|---.*\n((?:\|.*\n)+)/m.exec(text)![1], `${rows.join("\n")}\n`);
  });

  it("names files, folders and verbs that exist", () => {
    const help = execFileSync("make", ["help"], { encoding: "utf8" });
    for (const [, path] of text.matchAll(/\]\(([^):]+)\)/g)) assert.ok(existsSync(path!), path);
    for (const [, path] of text.matchAll(/`((?:assembly|boards|host|test)\/[a-z_/.]*)`/g))
      assert.ok(existsSync(path!), path);
    const verbs = [...text.matchAll(/^make ([a-z]+)$/gm), ...text.matchAll(/`make (?:[A-Z]+=\S+ )?([a-z]+)[` ]/g)];
    assert.ok(verbs.length > 3);
    for (const [, verb] of verbs) assert.match(help, new RegExp(`^  make ${verb} `, "m"), verb);
  });
});
