import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Qemu } from "../host/net/qemu.js";
import { readBaseline } from "./bench/baseline.js";
import { echoOf, pageOf, pages } from "./bench/show.js";

const text = readFileSync("README.md", "utf8");
const [, program] = /^```c\n(.*?)^```$/ms.exec(text)!;
const folder = "build/readme";
const boards = ["qemu-mps2-an385", "qemu-lm3s6965evb", "qemu-emcraft-sf2", "linux"];

describe("README", function () {
  this.timeout(120_000);

  before(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/echo.c`, program!);
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

  it("has the committed figures", () => {
    const [, tableFrom] = pages.find(([file]) => file === "README.md")!;
    assert.equal(text, pageOf(text, tableFrom(readBaseline())), "run make bench, make size and make bench-accept");
    const [short, long] = [64, 1514].map((bytes) => echoOf(readBaseline().costs, "wasm3", "bare", bytes, 0)!);
    const loop = `A driver loop without sockets takes ${short} and ${long!.toLocaleString("en-US")}.`;
    assert.ok(text.includes(loop), loop);
  });

  it("names its picture, and says first what was never run on silicon", () => {
    const [screen] = text.split("## Two commands");
    assert.match(screen!, /!\[[^\]]+\]\(docs\/frame\.svg\)/);
    assert.match(screen!, /Nothing here was ever run on silicon/);
    assert.ok(screen!.split("\n").length < 50, "the first screen is no screen any more");
  });
});
