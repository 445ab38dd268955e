// README.md: its first screen, its figures, and its program.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readBaseline } from "./bench/baseline.js";
import { echoOf, pageOf, pages } from "./bench/show.js";

const text = readFileSync("README.md", "utf8");
const ECHO = "examples/echo/echo.c";

describe("README", function () {
  this.timeout(240_000);

  it("shows examples/echo, which examples.test.ts runs", () => {
    const [, program] = /^```c\n(.*?)^```$/ms.exec(text)!;
    assert.equal(readFileSync(ECHO, "utf8").replace(/^\/\*.*\*\/\n/, ""), program);
  });

  for (const board of ["qemu-lm3s6965evb", "qemu-emcraft-sf2"]) {
    it(`has a program that fits into ${board}`, () => {
      const command = ["-s", "firmware", `BOARD=${board}`, `APP=${ECHO}`];
      execFileSync("make", command, { stdio: ["ignore", "inherit", "inherit"] });
    });
  }

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
