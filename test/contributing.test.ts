// CONTRIBUTING.md lists the places that a new option, capacity, case, driver or board must be named in. These tests find what was
// forgotten in those that no other test looks at.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { drivers } from "../host/build/manifests.js";
import { options as capacities } from "../host/build/options.js";
import { linuxOptions } from "./support/linux-options.js";

const read = (file: string): string => readFileSync(file, "utf8");

/** All files below a folder as one text. */
const all = (folder: string, ending: RegExp): string =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => ending.test(name))
    .map((name) => read(join(folder, name)))
    .join("\n");

const has = (text: string, word: string): boolean => new RegExp(`\\b${word}\\b`).test(text);

describe("CONTRIBUTING.md", () => {
  it("names places and tests that exist", () => {
    const rows = [...read("CONTRIBUTING.md").matchAll(/^\| (`.+?) \| .+? \| (.+?) \|$/gm)];
    assert.ok(rows.length > 25, `${rows.length} rows`);
    for (const [, places, test] of rows) {
      for (const [, place] of places!.matchAll(/`([^`]+)`/g)) assert.ok(existsSync(place!), place);
      assert.ok(existsSync(test!) || test!.startsWith("nothing does"), test);
    }
  });
});

describe("each option that is not refused", () => {
  /** `pktsock run` refuses a part of what these ask for. */
  const PARTLY_MISSING = new Set(["SO_TIMESTAMPING", "SO_SELECT_ERR_QUEUE"]);
  const page = read("docs/differences.md");
  const refused = (level: string): string =>
    page.split("\n").find((line) => line.startsWith(`| both | ${level} |`)) ?? assert.fail(level);
  const accepted = (["SOL_SOCKET", "SOL_PACKET"] as const).flatMap((level) =>
    Object.keys(linuxOptions[level]).filter((name) => !has(refused(level), name)),
  );
  const places: readonly (readonly [what: string, text: string])[] = [
    ["assembly/packet.ts", read("assembly/packet.ts")],
    ["assembly/options.ts or boards/pktsock/options.c", read("assembly/options.ts") + read("boards/pktsock/options.c")],
    ["boards/posix", read("boards/posix/sys/socket.h") + read("boards/posix/linux/if_packet.h")],
    ["test/conformance/cases", all("test/conformance/cases", /\.ts$/)],
  ];

  for (const [what, text] of places) {
    it(`is in ${what}`, () => {
      assert.ok(accepted.length > 30, `${accepted.length} options`);
      assert.deepEqual(
        accepted.filter((name) => !new RegExp(`\\b(PKTSOCK_)?${name}\\b`).test(text)),
        [],
      );
    });
  }

  it("is promised in docs/coverage.md", () => {
    const promises = read("docs/coverage.md");
    const forgotten = accepted.filter(
      (name) => !has(promises, name) && !has(promises, name.replace(/^(SO|PACKET)_/, "")),
    );
    assert.deepEqual(forgotten, []);
  });

  it("is none that `pktsock run` reports as missing", () => {
    const missing = read("host/preload/server/missing.c");
    assert.deepEqual(
      accepted.filter((name) => has(missing, name) && !PARTLY_MISSING.has(name)),
      [],
    );
  });
});

describe("each capacity", () => {
  it("is in struct pktsock_config and PKTSOCK_CONFIG, unless it is the firmware's alone", () => {
    // These are of C's own memory, or of what it does, or fixed where the module is compiled (APP_SIZE).
    const OF_C = new Set([
      "NPOLLWAITERS",
      "WRITE_BUFFERS",
      "INTERFACES",
      "CODE_PAGES",
      "JOURNAL_SIZE",
      "MEMBERSHIPS",
      "APP_SIZE",
      "SWAP",
      // What is left out of C and of the module.
      ...["FILTER", "TIMESTAMPS", "ZEROCOPY", "RECOVER"],
    ]);
    const header = read("boards/include/pktsock/pktsock.h");
    for (const name of capacities.map((option) => option.name.replace("NET_PKT_", ""))) {
      if (OF_C.has(name)) continue;
      assert.ok(has(header, name.toLowerCase()), `no field ${name.toLowerCase()}`);
      assert.ok(has(header, `PKTSOCK_${name}`), `PKTSOCK_CONFIG has no PKTSOCK_${name}`);
    }
  });
});

describe("each file of conformance cases", () => {
  it("is in index.ts", () => {
    const index = read("test/conformance/cases/index.ts");
    for (const name of readdirSync("test/conformance/cases").filter((file) => file !== "index.ts"))
      assert.ok(index.includes(`"./${name.replace(/\.ts$/, ".js")}"`), name);
  });
});

describe("each driver", () => {
  // The template is no MAC, the Linux process's is no chip's, and esp_eth is over a driver of ESP-IDF, which no board here has.
  const chips = [...drivers().keys()].filter((name) => !["template", "esp_eth"].includes(name));
  const boards = readdirSync("boards/targets").map(
    (board) => [board, read(`boards/targets/${board}/board.mk`)] as const,
  );
  const families = readdirSync("boards/family", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mk"))
    .map((name) => read(`boards/family/${name}`));

  it("has all of its files in boards/mac/mac.mk", () => {
    // BOARD=linux has the first two; a project of CubeMX compiles the third beside dwmac.
    const listed = new Set([...drivers().values(), ["host_nic.c", "host_nic_open.c", "cubemx.c"]].flat());
    for (const name of readdirSync("boards/mac", { recursive: true, encoding: "utf8" }))
      if (name.endsWith(".c")) assert.ok(listed.has(name), name);
  });

  for (const name of chips) {
    it(`${name} has a header, a board, and a name wherever drivers are named`, () => {
      const header = read(`boards/include/pktsock/${name}.h`);
      for (const part of ["config", "state", "ops", "interrupt"]) assert.ok(has(header, `${name}_${part}`), part);
      const made = [...boards.map(([, text]) => text), ...families].some(
        (text) => /^.*MACS.*$/m.test(text) && has(text, name),
      );
      assert.ok(made, "no board has it in MACS");
      assert.match(read("docs/boards.md"), new RegExp(`^\\| .*\`${name}\``, "m"));
      assert.ok(read("boards/dist/archive/INTEGRATING.md").includes(`\`${name}\``));
      assert.ok(read("test/symbols.test.ts").includes(`"${name.split("_")[0]}_"`));
    });
  }
});

describe("each board", () => {
  it("runs somewhere in the tests", () => {
    const tests = all("test", /\.ts$/);
    for (const board of readdirSync("boards/targets"))
      assert.ok(tests.includes(`"${board}"`) || tests.includes(`${board} `), board);
  });
});
