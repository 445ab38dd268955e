// Whatever may change an image is in what it depends on: each is changed, and the image is linked again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";

const folder = "build/relink";
const target = `${folder}/target`;
const settings = ["APP=bare", `TARGET=${target}`, "BOARD=relink", `OUT=${folder}/out`];

/** What make compiled, linked and wrote. */
function make(args: readonly string[], goal = "firmware"): string {
  // Behind the same lock as `firmware` if the goal is not that.
  const command = [...(goal === "firmware" ? [] : ["flock", "build/lock"]), "make", "V=1", ...args, goal];
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
    encoding: "utf8",
    env: { ...process.env, MAKEFLAGS: "" },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** The same as if the file had changed. The image is the goal: make does not hand -W on to a make of its own. */
const makeWithNew = (file: string, args: readonly string[], image: string): string =>
  make([...args, "-W", file], image);

const linked = (said: string): boolean => /^ {2}link /m.test(said);
const compiled = (said: string): number => [...said.matchAll(/ -c \S+ -o /g)].length;

for (const [board, source, driver] of [
  ["a Cortex-M board", "qemu-mps2-an385", "lan9118"],
  ["a chip with several regions", "nucleo-h743zi", "dwmac_h7"],
  ["an ESP32", "wt32-eth01", "dwmac"],
] as const) {
  describe(`the image of ${board}`, function () {
    this.timeout(240_000);
    const inTarget = (name: string): string => `${target}/${name}`;

    before(() => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(target, { recursive: true });
      const files = ["board.mk", "board.c", ...(source === "wt32-eth01" ? [] : ["memory.ld"])];
      for (const file of files) copyFileSync(`boards/targets/${source}/${file}`, inTarget(file));
    });
    beforeEach(() => make(settings));
    after(() => rmSync(folder, { recursive: true, force: true }));

    /** With the settings, the image is made again: once. */
    function isMadeAgain(args: readonly string[], compiles: boolean): void {
      const said = make([...settings, ...args]);
      assert.ok(linked(said), "not linked again");
      assert.equal(compiled(said) > 0, compiles, said);
      assert.ok(!linked(make([...settings, ...args])), "linked again for nothing");
    }

    it("is not linked again when nothing changed", () => {
      const said = make(settings);
      assert.ok(!linked(said) && compiled(said) === 0, said);
    });

    for (const setting of ["TASK_STACK=12288", "IRQ_STACK=4096", "FAMILY_LIBS=-lc"])
      it(`is linked again, and no more, with ${setting}`, () => isMadeAgain([setting], false));

    for (const setting of ["OPTIMIZE=-O1", "CONFIG=NET_PKT_FRAMES=9", "MEMORY=static", "CPU_MHZ=20"])
      it(`is compiled and linked again with ${setting}`, () => isMadeAgain([setting], true));

    it("is linked again with one more driver", () => isMadeAgain([`MACS=${driver} template`], true));

    it("is compiled and linked again with another compiler, and with another version of it", () => {
      const [, prefix] = /^(\S+-)gcc /.exec(readFileSync(`${folder}/out/bare.link`, "utf8"))!;
      const compiler = `${folder}/bin/other-gcc`;
      const write = (version: string): void =>
        writeFileSync(
          compiler,
          `#!/bin/sh\nif [ "$1" = --version ]; then echo other ${version}; else exec ${prefix}gcc "$@"; fi\n`,
          { mode: 0o755 },
        );
      const cross = [`CROSS=${folder}/bin/other-`];
      mkdirSync(`${folder}/bin`);
      for (const tool of ["objcopy", "objdump"]) {
        const text = `#!/bin/sh\nexec ${prefix}${tool} "$@"\n`;
        writeFileSync(`${folder}/bin/other-${tool}`, text, { mode: 0o755 });
      }
      write("1.0");
      isMadeAgain(cross, true);
      write("1.1");
      isMadeAgain(cross, true);
    });

    it("is made again with another application of the same name", () => {
      mkdirSync(`${folder}/other`);
      copyFileSync("boards/apps/bare.c", `${folder}/other/bare.c`);
      copyFileSync("boards/apps/bare.mk", `${folder}/other/bare.mk`);
      isMadeAgain([`APP=${folder}/other/bare.c`], true);
      const said = make(settings);
      assert.ok(linked(said) && compiled(said) === 0, said);
    });

    it("is made again when board.mk has another stack, and when it has other capacities", () => {
      const text = readFileSync(inTarget("board.mk"), "utf8");
      writeFileSync(inTarget("board.mk"), text.replace(/^TASK_STACK := .*/m, "TASK_STACK := 12288"));
      isMadeAgain([], false);
      writeFileSync(inTarget("board.mk"), `${text}BOARD_CONFIG := NET_PKT_FRAMES=10\n`);
      isMadeAgain([], true);
    });

    it("is made again when any file is newer that its compiler or its linker reads", () => {
      const image = `${folder}/out/bare.elf`;
      const lists = spawnSync(
        "sh",
        ["-c", `cat ${folder}/out/bare.d ${folder}/out/obj/*/*.d ${folder}/out/obj/*/*/*.d`],
        {
          encoding: "utf8",
        },
      ).stdout;
      const files = new Set([...lists.matchAll(/^(\S+):$/gm)].map(([, name]) => name!));
      const scripts = [...files].filter((name) => name.endsWith(".ld"));
      const expected = source === "nucleo-h743zi" ? 3 : 2;
      assert.equal(scripts.length, expected, scripts.join(" "));
      const libc = [...files].find((name) => name.endsWith("/libc.a"))!;
      const header = [...files].find((name) => name.endsWith("/stdint.h"))!;
      for (const file of [...scripts, libc]) {
        const said = makeWithNew(file, settings, image);
        assert.ok(linked(said) && compiled(said) === 0, file);
      }
      for (const file of [header, "boards/include/pktsock/mac.h", "boards/apps/bare.c", inTarget("board.c")])
        assert.ok(linked(makeWithNew(file, settings, image)), file);
    });

    if (source !== "qemu-mps2-an385") {
      it("for its flash is written again with the image", () => {
        const said = make([...settings, "TASK_STACK=12288"]);
        assert.match(said, source === "wt32-eth01" ? /^ {2}image /m : /objcopy -O binary [^]*objcopy -O ihex /);
      });
    }
    if (source === "wt32-eth01") {
      it("for its flash is written again for another size of it", () => {
        const said = make([...settings, "FLASH_MB=8"]);
        assert.ok(/^ {2}image /m.test(said) && !linked(said), said);
      });
    }
  });
}

describe("the image with the component", function () {
  this.timeout(240_000);
  const out = `${folder}/component`;
  const component = ["BOARD=qemu-mps2-an385", `OUT=${out}`];

  before(() => make(component));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is made again when a source of the engine is newer, and of what generates the module's bytes", () => {
    assert.ok(!linked(make(component)));
    const generated = "build/gen/pktsock_wasm.c";
    const { atime, mtime } = statSync(generated);
    for (const file of [
      "node_modules/react-native-webassembly/cpp/m3_exec.h",
      "node_modules/react-native-webassembly/cpp/m3_compile.c",
      "build/pktsock.wasm",
      "boards/engine/match.h",
    ])
      assert.ok(linked(makeWithNew(file, component, `${out}/demo.elf`)), file);
    utimesSync(generated, atime, mtime); // it is the same, so no other image is to be made again
  });

  it("is made again when its application gets the system's headers in place of the standard names", () => {
    writeFileSync(`${folder}/app.c`, `int main(void) { return 0; }\n`);
    const app = [...component, `APP=${folder}/app.c`];
    make(app);
    writeFileSync(`${folder}/app.mk`, `SYSTEM_SOURCES := ${folder}/app.c\n`);
    const said = make(app);
    assert.ok(linked(said) && compiled(said) === 1, said);
  });
});
