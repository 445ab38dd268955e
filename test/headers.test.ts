// The public headers: each is complete by itself, in C and in C++, together with lwIP's, and under any prefix of the capacities.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportArguments } from "../host/engine/exports.js";

const PATHS = ["-Ibuild/gen", "-Iboards/include"];
const STRICT = ["-Wall", "-Wextra", "-Werror"];
const ARM = ["--specs=picolibc.specs", "-mcpu=cortex-m3"];
/** A compiler, its options, and what the language is called for -x. */
const COMPILERS: readonly (readonly [string, readonly string[], "c" | "c++"])[] = [
  ["cc", ["-std=c11"], "c"],
  ["c++", ["-std=c++17"], "c++"],
  ["c++", ["-std=c++20"], "c++"],
  ["arm-none-eabi-gcc", [...ARM, "-std=gnu11"], "c"],
  ["arm-none-eabi-g++", [...ARM, "-std=gnu++20"], "c++"],
];
const COMPONENT = readdirSync("boards/pktsock")
  .filter((name) => name.endsWith(".c"))
  .map((name) => `boards/pktsock/${name}`)
  .sort();

const headers = readdirSync("boards/include/pktsock").sort();

/** The program's standard output; an Error with what it complained of when it fails. */
function run(program: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}\n${stderr}`);
  return stdout;
}

describe("public headers", function () {
  this.timeout(240_000);
  let dir: string;

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "pktsock-headers-"));
    execFileSync("make", ["-s", "build/gen/pktsock/abi.h"], { stdio: "inherit" });
  });
  after(() => rmSync(dir, { recursive: true }));

  /** The component's objects, compiled with these folders and macros, and the linker's options for a program of them. */
  function linkable(flags: readonly string[]): string[] {
    const objects = [...COMPONENT, "boards/os/posix.c"].map((source) => {
      const object = join(dir, `${source.replaceAll("/", "_")}.o`);
      run("cc", ["-std=gnu11", "-O1", ...STRICT, ...flags, "-c", source, "-o", object]);
      return object;
    });
    // No test starts the component, so none reaches the engine.
    const engine = readFileSync("boards/engine/engine.h", "utf8").matchAll(/\b(pkt_engine_\w+)\(/g);
    const exported = Object.keys(exportArguments).map((name) => `pkt_export_${name}`);
    const absent = [...new Set([...engine].map(([, name]) => name!)), ...exported];
    return [...objects, "-no-pie", ...absent.map((name) => `-Wl,--defsym=${name}=0`), "-lpthread"];
  }

  for (const [compiler, options, language] of COMPILERS) {
    it(`compile alone: ${compiler} ${options.at(-1)}`, () => {
      for (const header of [...headers, "abi.h", "config.h", "numbers.h"])
        run(
          compiler,
          [...options, "-pedantic", ...STRICT, ...PATHS, "-fsyntax-only", "-x", language, "-"],
          `#include <pktsock/${header}>\nint nothing;\n`,
        );
    });
  }

  it("declare their functions as C's for C++", () => {
    for (const header of headers) {
      const text = readFileSync(`boards/include/pktsock/${header}`, "utf8");
      // memory.h has constants only.
      if (/^(?!static|#| ).*\);$/m.test(text)) assert.match(text, /^extern "C" \{$/m, header);
    }
  });

  it("have no name that a vendor's header has, on any include path", () => {
    const top = (folder: string): string[] =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".h"))
        .map((entry) => entry.name);
    assert.deepEqual([...top("boards/include"), ...top("build/gen")], []);
    const posix = top("boards/posix");
    for (const name of ["dma.h", "phy.h", "fifo.h", "os.h", "board.h", "engine.h", "mac.h", "ring.h", "config.h"])
      assert.ok(!posix.includes(name), name);
  });

  it("need no socket headers, and neither does the component", () => {
    const foreign = /(?:sys\/(?:socket|uio|ioctl)|poll|net\/if|netpacket\/packet|netinet\/in|linux\/\w+)\.h/;
    for (const header of headers.filter((name) => name !== "select.h")) {
      const needed = run("cc", ["-M", ...PATHS, "-x", "c", "-"], `#include <pktsock/${header}>\n`);
      assert.doesNotMatch(needed, /sys\/(?:select|time)\.h/, header);
      assert.doesNotMatch(needed, foreign, header);
    }
    for (const source of COMPONENT)
      assert.doesNotMatch(run("arm-none-eabi-gcc", [...ARM, "-std=gnu11", "-M", ...PATHS, source]), foreign, source);
  });

  describe("beside lwIP's sockets", () => {
    const FIRST = "-DPKTSOCK_FIRST_DESCRIPTOR=13";
    const LWIP = ["-Itest/headers", "-isystem", "/usr/include/lwip", FIRST];
    let component: string[];
    before(() => void (component = linkable([...PATHS, FIRST])));

    for (const [compiler, options, language] of COMPILERS) {
      for (const order of ["LWIP_FIRST", "PKTSOCK_FIRST"]) {
        it(`compile${compiler.startsWith("arm") ? "" : " and link"}: ${compiler} ${options.at(-1)}, ${order}`, () => {
          const object = join(dir, "beside_lwip.o");
          for (const names of [0, 1, 2]) {
            const macros = [`-DLWIP_COMPAT_SOCKETS=${names}`, `-D${order}`];
            const source = ["-x", language, "-c", "test/headers/beside_lwip.c", "-o", object];
            run(compiler, [...options, ...STRICT, ...macros, ...PATHS, ...LWIP, ...source]);
          }
          if (compiler.startsWith("arm")) return;
          const program = join(dir, "beside_lwip");
          run(compiler, [object, ...component, "-o", program]);
          run(program, []);
        });
      }
    }
  });

  for (const [compiler, options] of [
    ["cc", ["-std=gnu11", "-DPKTSOCK_FIRST_DESCRIPTOR=512"]],
    ["arm-none-eabi-gcc", [...ARM, "-std=gnu11", "-Itest/lwip/no_sys"]],
  ] as const) {
    it(`compile in the adapter for lwIP ${compiler === "cc" ? "with" : "without"} an operating system`, () => {
      const source = ["-fsyntax-only", "boards/stack/lwip/pktsock_lwip.c"];
      run(compiler, [...options, ...STRICT, ...PATHS, "-isystem", "/usr/include/lwip", ...source]);
    });
  }

  describe("standard names", () => {
    const POSIX = ["-Iboards/posix", ...PATHS];
    /** What Linux has where the program is compiled, and a libc for boards. */
    const SYSTEMS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ["cc", ["-std=gnu11", "-D_GNU_SOURCE", "-DPKTSOCK_FIRST_DESCRIPTOR=512"], ["netdb.h", "pthread.h", "sys/mman.h"]],
      ["arm-none-eabi-gcc", [...ARM, "-std=gnu11"], []],
      ["xtensa-lx106-elf-gcc", ["--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs", "-std=gnu11"], []],
    ];
    const standard = (readdirSync("boards/posix", { recursive: true }) as string[])
      .filter((name) => name.endsWith(".h") && name !== "pkt_redirect.h")
      .sort();

    for (const [compiler, options, more] of SYSTEMS) {
      it(`compile alone, and before and behind any other header: ${compiler}`, () => {
        const libc = ["fcntl.h", "signal.h", "stdlib.h", "sys/stat.h", "sys/time.h", "time.h", "unistd.h", ...more];
        const lines = (names: readonly string[]): string => names.map((name) => `#include <${name}>\n`).join("");
        const all = [...libc, ...standard];
        const backwards = all.map((_, i) => all[all.length - 1 - i]!);
        for (const header of standard) {
          for (const names of [[header], [header, ...all], [...backwards, header], [...all, header]]) {
            const flags = [...options, "-O1", ...STRICT, ...POSIX, "-fsyntax-only", "-x", "c", "-"];
            run(compiler, flags, `${lines(names)}int nothing;\n`);
          }
        }
      });
    }

    it("have Linux's numbers, sizes and places", () => {
      const texts = standard.map((name) => readFileSync(`boards/posix/${name}`, "utf8")).join("\n");
      // Linux has the standard names twice: in the kernel's headers and in the libc's.
      const kernels = new Set(["linux/if.h", "linux/if_arp.h", "netpacket/packet.h"]);
      const headersUsed = standard.filter((name) => !kernels.has(name));
      const defined =
        /^#define ([A-Z][A-Z0-9_]+) (?!.*\b(?:struct|value|ee)\b)|^ {2}((?:SOF|HWTSTAMP)_\w+)(?: = .*)?,$/gm;
      const constants = new Set(
        [...texts.matchAll(defined)]
          .map(([, macro, enumerator]) => macro ?? enumerator!)
          .filter((name) => !name.startsWith("PKT_") && !/^(?:CMSG|HWTSTAMP_FLAG)_/.test(name)),
      );
      assert.ok(constants.size > 300, `${constants.size}`);
      const isMacro = (name: string): boolean => !/^(?:SOF|HWTSTAMP|SCM_TSTAMP|IPPROTO|ETH_P_TSN)_/.test(name);
      const print = [...constants].map((name) => {
        const line = `printf("${name} %lld\\n", (long long)(${name}));`;
        return isMacro(name) ? `#ifdef ${name}\n${line}\n#else\nputs("${name}");\n#endif` : line;
      });
      const structs: Readonly<Record<string, readonly string[]>> = {
        ifaddrs: ["ifa_next", "ifa_name", "ifa_flags", "ifa_addr", "ifa_netmask", "ifa_broadaddr", "ifa_data"],
        sock_extended_err: ["ee_errno", "ee_origin", "ee_type", "ee_code", "ee_info", "ee_data"],
        scm_timestamping: ["ts"],
        hwtstamp_config: ["flags", "tx_type", "rx_filter"],
        sockaddr_in: ["sin_port", "sin_addr"],
        sockaddr_in6: ["sin6_port", "sin6_flowinfo", "sin6_addr", "sin6_scope_id"],
        sockaddr_un: ["sun_path"],
        ether_addr: ["ether_addr_octet"],
        ether_arp: ["arp_sha", "arp_spa", "arp_tha", "arp_tpa", "arp_op"],
      };
      for (const [name, fields] of Object.entries(structs)) {
        print.push(`printf("${name} %zu\\n", sizeof(struct ${name}));`);
        for (const field of fields)
          print.push(`printf("${name}.${field} %zu\\n", __builtin_offsetof(struct ${name}, ${field}));`);
      }
      const source = join(dir, "numbers.c");
      const includes = headersUsed.map((name) => `#include <${name}>\n`).join("");
      writeFileSync(source, `#include <stdio.h>\n${includes}int main(void) {\n${print.join("\n")}\n}\n`);
      const outputs = [[], POSIX].map((paths) => {
        const program = join(dir, "numbers");
        run("cc", ["-std=gnu11", "-D_GNU_SOURCE", ...paths, source, "-o", program]);
        return run(program, []).split("\n");
      });
      const [linux, ours] = outputs as [string[], string[]];
      const differing = linux.filter((line, i) => / /.test(line) && line !== ours[i]);
      assert.deepEqual(differing, [], ours.filter((line, i) => line !== linux[i]).join("\n"));
    });
  });

  describe("under another prefix of the capacities", () => {
    const headersOf = (prefix: string) =>
      spawnSync(process.execPath, ["--import=tsx", "host/build/headers.ts", dir, prefix], { encoding: "utf8" });
    /** Macros of a system that has options of those names itself, which would not do. */
    const others = [
      "-DCONFIG_NET_PKT_PREALLOC_CONNS=99",
      "-DCONFIG_NET_PKT_FRAMES=5",
      "-DCONFIG_NET_PKT_ALLOC_CONNS=y",
    ];

    it("take theirs and no others", () => {
      assert.equal(headersOf("CONFIG_PKTSOCK_").status, 0);
      const flags = [`-I${dir}`, "-Iboards/include", ...others, "-DCONFIG_PKTSOCK_FRAMES=20"];
      const source = join(dir, "prefix.c");
      writeFileSync(
        source,
        `#include <pktsock/pktsock.h>
         #include <stdio.h>
         int main(void) {
           struct pktsock_config config = PKTSOCK_CONFIG;
           printf("%u %u %u %d\\n", (unsigned)config.prealloc_conns, (unsigned)config.alloc_conns,
                  (unsigned)config.frames, pktsock_poll(NULL, 0, 0));
         }`,
      );
      const program = join(dir, "prefix");
      run("cc", [...STRICT, ...flags, source, ...linkable(flags), "-o", program]);
      assert.equal(run(program, []), "4 0 20 0\n");
      assert.match(readFileSync(join(dir, "Kconfig"), "utf8"), /^config PKTSOCK_FRAMES$/m);
    });

    it("say the range under it", () => {
      assert.equal(headersOf("CONFIG_PKTSOCK_").status, 0);
      const args = [`-I${dir}`, "-DCONFIG_PKTSOCK_FRAMES=41", "-fsyntax-only", "-x", "c", "-"];
      const { stderr } = spawnSync("cc", args, { input: "#include <pktsock/config.h>\n", encoding: "utf8" });
      assert.match(stderr, /CONFIG_PKTSOCK_FRAMES must be 3 to 40/);
    });

    it("refuse one that is none, or their own", () => {
      for (const prefix of ["PKTSOCK_", "config_", "CONFIG", "A B_"]) {
        const { status, stderr } = headersOf(prefix);
        assert.equal(status, 1, prefix);
        assert.match(stderr, /^headers: the prefix ".*" is not like CONFIG_NET_PKT_/);
      }
    });
  });
});
