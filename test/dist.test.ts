// The archive of `make dist`, as somebody uses it who has it and a compiler, and neither this repository nor Node.js.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Qemu } from "../host/net/qemu.js";
import { pathWithout } from "./support/path.js";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
const NAME = `pktsock-${version}`;
const archive = (suffix: string): string => resolve(`build/dist/${NAME}.${suffix}`);
const EXAMPLE = "examples/mps2-an385";
const JOBS = "-j2";

/** All files below a folder, and the hash of each. */
function contentsOf(folder: string): Map<string, string> {
  const files = (
    readdirSync(folder, { recursive: true, withFileTypes: true }) as { name: string; path: string; isFile(): boolean }[]
  )
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.path, entry.name));
  return new Map(
    files
      .sort()
      .map((file) => [file.slice(folder.length + 1), createHash("sha256").update(readFileSync(file)).digest("hex")]),
  );
}

describe("the archive of make dist", function () {
  this.timeout(300_000);
  let folder: string;
  let top: string;
  let env: NodeJS.ProcessEnv;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pktsock-dist-"));
    top = join(folder, NAME);
    const { MAKEFLAGS: _flags, MAKELEVEL: _level, ...others } = process.env;
    env = { ...others, PATH: pathWithout(/^(node|nodejs|npm|npx|corepack)$/) };
    execFileSync("make", ["-s", "dist"], { stdio: ["ignore", "ignore", "inherit"] });
    execFileSync("tar", ["-xf", archive("tar.gz"), "-C", folder]);
  });
  after(() => {
    rmSync(folder, { recursive: true });
    rmSync(env["PATH"]!, { recursive: true });
  });

  /** Runs a program without Node.js on its path. Returns its output, or the whole complaint if it fails. */
  function run(program: string, args: readonly string[], cwd = folder): { failed: boolean; output: string } {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
    return { failed: status !== 0, output: stdout + stderr };
  }

  function succeed(program: string, args: readonly string[], cwd = folder): string {
    const { failed, output } = run(program, args, cwd);
    assert.ok(!failed, `${program} ${args.join(" ")}\n${output}`);
    return output;
  }

  it("meets no Node.js in these tests", () => {
    assert.ok(run("sh", ["-c", "command -v node || command -v npx"]).failed);
  });

  it("is the same bytes when somebody else builds it", () => {
    const command = `umask 077; TZ=Asia/Kolkata LC_ALL=C npx tsx host/build/dist.ts "$0" node_modules/react-native-webassembly/cpp`;
    execFileSync("sh", ["-c", command, join(folder, "again")], { stdio: ["ignore", "ignore", "inherit"] });
    for (const suffix of ["tar.gz", "zip"]) {
      const again = readFileSync(join(folder, `again/${NAME}.${suffix}`));
      assert.ok(readFileSync(archive(suffix)).equals(again), suffix);
    }
  });

  it("has the same files as .tar.gz and as .zip", () => {
    execFileSync("unzip", ["-q", archive("zip"), "-d", join(folder, "unzipped")]);
    const files = contentsOf(top);
    assert.ok(files.size > 150, `${files.size}`);
    assert.deepEqual(contentsOf(join(folder, "unzipped", NAME)), files);
  });

  it("has every page of docs/, and links in pages to what it has", () => {
    const pages = readdirSync(join(top, "docs")).filter((name) => name.endsWith(".md"));
    assert.deepEqual(
      pages,
      readdirSync("docs").filter((name) => name.endsWith(".md")),
    );
    const places = [...pages.map((name) => `docs/${name}`), "CHANGELOG.md", "examples/freertos-lwip/README.md"];
    const links = places.flatMap((page) =>
      [...readFileSync(join(top, page), "utf8").matchAll(/\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)].map(
        ([, to]) => [page, to!] as const,
      ),
    );
    assert.ok(links.length > 100, `${links.length} links`);
    for (const [page, to] of links) assert.ok(existsSync(join(top, dirname(page), to)), `${page}: ${to}`);
  });

  it("names what it contains, with versions and licences", () => {
    const { packages } = JSON.parse(readFileSync(join(top, "sbom.spdx.json"), "utf8")) as {
      packages: { name: string; versionInfo: string; licenseDeclared: string }[];
    };
    assert.deepEqual(
      packages.map(({ name }) => name),
      [NAME, "pktsock", "assemblyscript", "wasm3"],
    );
    for (const { name, versionInfo, licenseDeclared } of packages) {
      assert.match(versionInfo, /^[0-9]/, name);
      assert.notEqual(licenseDeclared, "NOASSERTION", name);
    }
    for (const file of ["LICENSE", "NOTICE", "LICENSES/Apache-2.0.txt", "LICENSES/assemblyscript/NOTICE"])
      assert.ok(readFileSync(join(top, file)).length > 1000, file);
  });

  it("has wasm3's sources as they are, and those that the build adapts", () => {
    for (const [engine, source] of [
      ["wasm3", "node_modules/react-native-webassembly/cpp"],
      ["wasm3-tuned", "build/gen/wasm3-tuned"],
    ] as const) {
      const names = readdirSync(join(top, "engine", engine));
      assert.ok(names.length > 20);
      for (const name of names)
        assert.ok(readFileSync(join(top, "engine", engine, name)).equals(readFileSync(join(source, name))), name);
    }
  });

  /** Boots the image, and receives an echo from it. */
  async function echoes(image: string): Promise<void> {
    const qemu = await Qemu.boot({ board: "qemu-mps2-an385", image });
    try {
      await qemu.waitFor("listening");
      const board = "02504b545301";
      const payload = "88b5".padEnd(160, "5a");
      qemu.cable.send(Buffer.from(`${board}02000000000a${payload}`, "hex"));
      assert.equal((await qemu.cable.receive()).toString("hex"), `02000000000a${board}${payload}`);
    } finally {
      await qemu.stop();
    }
  }

  // Each level with each libc, by either build system, and each engine.
  const images = [
    ["make", "wasm3", "picolibc", "-O2"],
    ["make", "aot", "newlib", "-Og"],
    ["make", "wasm3-tuned", "picolibc", "-Os"],
    ["cmake", "wasm3", "newlib", "-Os"],
    ["cmake", "aot", "picolibc", "-Og"],
    ["cmake", "aot-guarded", "newlib", "-O2"],
    ["make", "aot+wasm3", "newlib", "-O2"],
    ["cmake", "aot+wasm3-tuned", "picolibc", "-Os"],
  ] as const;
  for (const [system, engine, libc, optimize] of images) {
    it(`becomes an image that echoes in QEMU: ${system}, ${engine}, ${libc}, ${optimize}`, async () => {
      const place = join(folder, `${system}-${engine}`);
      if (system === "make") {
        cpSync(top, place, { recursive: true });
        const build = join(place, EXAMPLE);
        succeed("make", ["-s", JOBS, `PKTSOCK_ENGINE=${engine}`, `LIBC=${libc}`, `OPTIMIZE=${optimize}`], build);
        await echoes(join(build, "echo.elf"));
      } else {
        const example = join(top, EXAMPLE);
        const options = {
          CMAKE_TOOLCHAIN_FILE: join(example, "toolchain.cmake"),
          CMAKE_BUILD_TYPE: "test",
          CMAKE_C_FLAGS_TEST: optimize,
          LIBC: libc,
          PKTSOCK_ENGINE: engine,
          PKTSOCK_ARCHIVE: archive("tar.gz"),
        };
        const settings = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
        succeed("cmake", ["-S", example, "-B", place, ...settings]);
        succeed("cmake", ["--build", place, JOBS]);
        await echoes(join(place, "echo.elf"));
      }
    });
  }

  it("leaves a Makefile its own goal, takes flags with quotes, and compiles anew only what must be", () => {
    const place = join(folder, "goal");
    mkdirSync(place);
    const settings = ["CC := cc", `CFLAGS := -O1 -DQUOTED='"it"'`, "PKTSOCK_OS := posix", "PKTSOCK_ENGINE := aot"];
    const makefile = [...settings, `include ${join(top, "pktsock.mk")}`, "mine: $(PKTSOCK_LIB)", "\t@echo done", ""];
    writeFileSync(join(place, "Makefile"), makefile.join("\n"));
    const compiled = (...words: readonly string[]): number => {
      const said = succeed("make", [JOBS, ...words], place);
      assert.match(said, /^done$/m);
      return said.match(/^cc /gm)?.length ?? 0;
    };
    assert.ok(compiled() > 20);
    assert.equal(compiled(), 0);
    assert.ok(compiled("PKTSOCK_CONFIG=NET_PKT_FRAMES=20") > 20);
  });

  it("becomes an image whose tasks share it, on a small kernel that stands for FreeRTOS", () => {
    const place = join(folder, "freertos");
    const settings = [`PKTSOCK=${top}`, `PKTSOCK_BUILD=${place}`];
    succeed("make", ["-s", JOBS, "-f", "test/dist/freertos.mk", ...settings], ".");
    const quiet = ["-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none"];
    const kernel = ["-semihosting", "-icount", "shift=5", "-kernel", join(place, "port.elf")];
    const said = succeed("qemu-system-arm", ["-M", "mps2-an385", ...quiet, ...kernel]);
    assert.match(said, /^ok tasks open, send, receive and close$/m);
    assert.match(said, /^0 failures$/m);
  });

  it("serves a C++ program that fetches it, with the options that the program's project sets", () => {
    const place = join(folder, "user");
    succeed("cmake", ["-S", resolve("test/dist/user"), "-B", place, `-DPKTSOCK_ARCHIVE=${archive("zip")}`]);
    succeed("cmake", ["--build", place, JOBS]);
    assert.equal(succeed(join(place, "user"), []), "descriptor 512, 16 frames, the same bytes\n");
  });

  describe("INTEGRATING.md", () => {
    const text = readFileSync("boards/dist/archive/INTEGRATING.md", "utf8");

    it("names files that are in the archive", () => {
      const links = [...text.matchAll(/\]\(([^):]+)\)/g)].map(([, path]) => path!);
      const quoted = [...text.matchAll(/`((?:os|gen|engine|include|mac|examples|posix|stack)\/[\w./-]*)`/g)].map(
        ([, path]) => path!,
      );
      assert.ok(links.length > 10 && quoted.length > 10);
      for (const path of [...links, ...quoted]) assert.ok(existsSync(join(top, path)), path);
    });

    const compile = "cc -std=gnu11 -Iinclude -c -o /dev/null";
    const aot = `${compile} -Igen/aot-guarded engine/aot.c`;
    const traps = [
      [`${compile} engine/wasm3.c`, "m3_core.h: No such file or directory"],
      [`${compile} engine/aot.c`, "pktsock_aot.h: No such file or directory"],
      [aot, "compile all files with -DPKTSOCK_MEMORY_SLACK=256 for guarded bounds"],
      [`${compile} -DCONFIG_NET_PKT_FRAMES=99 src/start.c`, "CONFIG_NET_PKT_FRAMES must be 3 to 40"],
      [
        `cc -DPKTSOCK_MEMORY_SLACK=256 -Iinclude -Igen/aot-guarded engine/aot.c gen/pktsock_wasm.c`,
        "multiple definition of",
        "pktsock_wasm",
      ],
      [`cc -Iinclude src/wait.c`, "undefined reference to", "pkt_os_"],
    ] as const;
    for (const [command, message, symbol] of traps) {
      it(`shows what the compiler says: ${message}`, () => {
        assert.ok(text.includes(`\`${message}\`${symbol === undefined ? "" : ` \`${symbol}`}`), "the table has it");
        const { failed, output } = run("sh", ["-c", `LC_ALL=C ${command}`], top);
        assert.ok(failed);
        assert.ok(output.includes(symbol === undefined ? message : `${message} \`${symbol}`), output);
      });
    }

    it("quotes what the component says", () => {
      const sources = ["src", "engine"].flatMap((name) =>
        readdirSync(join(top, name))
          .filter((file) => file.endsWith(".c"))
          .map((file) => readFileSync(join(top, name, file), "utf8")),
      );
      const quotes = [...text.matchAll(/E[A-Z]+, ("[^"]+")/g)].map(([, quote]) => quote!);
      assert.ok(quotes.length >= 3);
      for (const quote of quotes)
        assert.ok(
          sources.some((source) => source.includes(quote)),
          quote,
        );
    });
  });

  it("has an adapter that compiles with lwIP's headers", () => {
    const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-isystem", "/usr/include/lwip"];
    succeed("cc", [...flags, "-fsyntax-only", "stack/lwip/pktsock_lwip.c"], top);
  });

  describe("for other build systems, of which stand-ins are here", () => {
    /** Kconfig's answers as .config and sdkconfig.h, in a folder. */
    function answered(name: string, ...answers: readonly string[]): string {
      const place = join(folder, name);
      mkdirSync(place);
      const script = resolve("test/support/kconfig.py");
      const symbol = name === "idf" ? "config IDF_CMAKE\n\tbool\n\tdefault y\n" : ""; // ESP-IDF's own
      writeFileSync(join(place, "Kconfig"), `${symbol}source "${join(top, "Kconfig")}"\n`);
      succeed("/usr/bin/python3", [script, join(place, "Kconfig"), place, "PKTSOCK=y", ...answers]);
      return place;
    }

    it("ESP-IDF may read the component as a script first", () => {
      const said = succeed("cmake", [`-DPKTSOCK=${top}`, "-P", resolve("test/dist/kconfig/early.cmake")]);
      assert.equal(said, "registered\n");
    });

    for (const system of ["idf", "zephyr"] as const) {
      it(`Kconfig's answers make a library: ${system}`, () => {
        const answers = ["ENGINE_AOT_GUARDED=y", "MAC_TEMPLATE=y", "FRAMES=16", "FIRST_DESCRIPTOR=64", "ONE_CORE=y"];
        if (system === "idf") answers.push("MAC_ESP_ETH=y");
        const place = answered(system, ...answers.map((answer) => `PKTSOCK_${answer}`));
        const settings = [`-DSYSTEM=${system}`, `-DKCONFIG=${place}`, `-DPKTSOCK=${top}`];
        succeed("cmake", ["-S", resolve("test/dist/kconfig"), "-B", join(place, "build"), ...settings]);
        succeed("cmake", ["--build", join(place, "build"), JOBS]);
        const said = succeed(join(place, "build/user"), []);
        assert.equal(said, "16 frames, descriptors from 64, slack 256, one core\n");
        const members = succeed("ar", ["t", join(place, "build/pktsock/libpktsock.a")]).split("\n");
        for (const member of [
          "aot.c.o",
          "call.c.o",
          "template.c.o",
          ...(system === "idf" ? ["freertos.c.o", "esp_eth.c.o"] : ["zephyr.c.o"]),
        ])
          assert.ok(members.includes(member), member);
        assert.ok(!members.includes("wasm3.c.o"));
      });
    }

    it("Kconfig's answers make a library: nuttx", () => {
      const place = answered("nuttx", "PKTSOCK_ENGINE_WASM3_TUNED=y", "PKTSOCK_MAC_LAN9118=y", "PKTSOCK_FRAMES=16");
      mkdirSync(join(place, "nuttx"));
      mkdirSync(join(place, "external"));
      const system = resolve("test/os/nuttx/nuttx/config.h");
      writeFileSync(join(place, "nuttx/config.h"), `#include "../sdkconfig.h"\n#include "${system}"\n`);
      symlinkSync(join(top, "nuttx"), join(place, "external/pktsock"));
      const settings = [`APPDIR=${resolve("test/dist/nuttx")}`, `OUT=${place}`, `SYSTEMS=${resolve("test/os")}`];
      succeed("make", ["-s", JOBS, "-C", join(place, "external/pktsock"), ...settings]);
      const members = succeed("ar", ["t", join(place, "libapps.a")]).split("\n");
      for (const member of ["wasm3.c.o", "pktsock_wasm.c.o", "call.c.o", "nuttx.c.o", "lan9118.c.o", "fifo.c.o"])
        assert.ok(members.includes(member), member);
      assert.ok(!members.includes("aot.c.o"));
      const list = `CONFIG_PKTSOCK=y\nAPPDIR=apps\ninclude ${join(top, "nuttx/Make.defs")}\nall:\n\t@echo $(CONFIGURED_APPS)\n`;
      writeFileSync(join(place, "list.mk"), list);
      assert.equal(succeed("make", ["-s", "-f", join(place, "list.mk")]), "apps/external/pktsock\n");
    });

    it("PlatformIO's library.json names files that compile with its flags", () => {
      const {
        version: its,
        headers,
        build,
      } = JSON.parse(readFileSync(join(top, "library.json"), "utf8")) as {
        version: string;
        headers: string[];
        build: { includeDir: string; srcFilter: string[]; flags: string[] };
      };
      assert.equal(its, version);
      for (const header of headers) assert.ok(existsSync(join(top, build.includeDir, header)), header);
      const flags = ["-mcpu=cortex-m4", "-mthumb", "--specs=picolibc.specs", "-Wall", "-Werror"];
      const sources = build.srcFilter.flatMap((rule) => [...(/^\+<(.+)>$/.exec(rule)?.slice(1) ?? [])]).join(" ");
      assert.match(sources, /\.c/);
      const command = `arm-none-eabi-gcc ${flags.join(" ")} ${build.flags.join(" ")} -I${build.includeDir} -fsyntax-only ${sources}`;
      succeed("sh", ["-c", command], top);
    });

    // Arduino's builder compiles all of src/ with that folder and the core's in the include path; here headers stand in for cores.
    const arm = ["--specs=picolibc.specs", "-mcpu=cortex-m7", "-mthumb"];
    const systems = ["test/esp_eth", "test/os/linux", "test/os/esp_idf", "test/os/freertos"].map((name) =>
      resolve(name),
    );
    for (const [board, compiler, flags, symbol] of [
      ["ESP_PLATFORM", "cc", systems.map((name) => `-I${name}`), "esp_eth_ops"],
      ["STM32F7xx", "arm-none-eabi-gcc", arm, "dwmac_ops"],
      ["STM32H7xx", "arm-none-eabi-gcc", arm, "dwmac_h7_ops"],
    ] as const) {
      it(`the library for Arduino compiles, with the driver of the board: ${board}`, () => {
        const place = join(folder, `arduino-${board}`);
        succeed("unzip", ["-q", resolve(`build/dist/pktsock-arduino-${version}.zip`), "-d", place]);
        const src = join(place, "pktsock/src");
        const sources = (readdirSync(src, { recursive: true }) as string[]).filter((name) => name.endsWith(".c"));
        assert.ok(sources.length > 25, `${sources.length}`);
        const all = [...flags, "-std=gnu11", "-w", `-D${board}`, "-I.", ...sources];
        succeed(compiler, ["-c", ...all], src);
        const prefix = compiler.replace(/gcc$|^cc$/, "");
        const defined = succeed("sh", ["-c", `${prefix}nm -g --defined-only *.o`], src);
        for (const name of [symbol, "pktsock_socket", "pkt_engine_load"])
          assert.match(defined, new RegExp(` ${name}$`, "m"));
        assert.equal(/ pkt_os_wake$/m.test(defined), board === "ESP_PLATFORM", "the port of the board's system");
        const properties = readFileSync(join(place, "pktsock/library.properties"), "utf8");
        assert.match(properties, new RegExp(`^version=${version.replaceAll(".", "\\.")}$`, "m"));
        const [, header] = /^includes=(.+)$/m.exec(properties)!;
        assert.ok(existsSync(join(src, header!)));
      });
    }

    it("the CMSIS-Pack has its description at the top, and every file that it names", () => {
      const names = succeed("unzip", ["-Z1", resolve(`build/dist/pktsock.pktsock.${version}.pack`)]).split("\n");
      assert.ok(names.includes("pktsock.pktsock.pdsc"));
      succeed("xmllint", ["--noout", join(top, "pktsock.pktsock.pdsc")]);
      const text = readFileSync(join(top, "pktsock.pktsock.pdsc"), "utf8");
      assert.ok(text.includes(`<release version="${version}">`));
      const files = [...text.matchAll(/<file category="(\w+)" name="([^"]+)"/g)];
      assert.ok(files.length > 50);
      for (const [, category, name] of files)
        assert.ok(category === "include" ? names.some((path) => path.startsWith(name!)) : names.includes(name!), name);
    });

    it("the manifests have the version, and no word was left to replace", () => {
      assert.match(readFileSync(join(top, "idf_component.yml"), "utf8"), new RegExp(`^version: "${version}"$`, "m"));
      for (const path of contentsOf(top).keys())
        if (!path.startsWith("engine/wasm3"))
          assert.doesNotMatch(readFileSync(join(top, path), "utf8"), /@[A-Z_]+@/, path);
    });
  });

  const mistakes = [
    [
      "PKTSOCK_ENGINE",
      "wasm4",
      /PKTSOCK_ENGINE="wasm4" is none of wasm3, wasm3-tuned, aot, aot-guarded, aot\+wasm3, aot\+wasm3-tuned/,
    ],
    [
      "PKTSOCK_OS",
      "plan9",
      /PKTSOCK_OS="plan9" is none of baremetal-cortex-m, auto, baremetal, cmsis_rtos2, freertos, nuttx, posix, threadx, zephyr/,
    ],
    ["PKTSOCK_MACS", "lan9119", /[Tt]here is no MAC driver "lan9119"/],
    ["PKTSOCK_CONFIG", "NET_PKT_FRAME=8", /there is no capacity NET_PKT_FRAME\. include\/pktsock\/config\.h has all/],
  ] as const;
  for (const [option, value, sentence] of mistakes) {
    it(`says what is wrong with ${option}=${value}`, () => {
      for (const [program, args] of [
        ["make", ["-f", join(top, "pktsock.mk"), `${option}=${value}`]],
        ["cmake", ["-S", top, "-B", join(folder, `mistake-${option}`), `-D${option}=${value}`]],
      ] as const) {
        const { failed, output } = run(program, args);
        assert.ok(failed, program);
        assert.match(output.replaceAll(/\s+/g, " "), sentence);
      }
    });
  }
});
