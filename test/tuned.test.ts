// ENGINE=wasm3-tuned against the other engines: on the host, where its operations are C, and on an emulated Cortex-M3, where they
// are bound to registers. The suites of host/engine run on it too.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tuneAll, UnknownWasm3Error } from "../host/build/tune-wasm3.js";
import { exportArguments, type ExportName } from "../host/engine/exports.js";
import { Qemu } from "../host/net/qemu.js";
import { Random } from "../host/net/random.js";
import { missingFor } from "./conformance/board.js";
import { answersOf, type Call, hashOf } from "./support/answers.js";
import { buildImage } from "./support/engines.js";
import { generateModule, interesting } from "./support/generate.js";

const names = Object.keys(exportArguments) as ExportName[];
/** How many random modules are compared; ENGINE_MODULES of the environment asks for more. */
const count = Number(process.env.ENGINE_MODULES ?? 40);
const callsOfEach = 80;
const packaged = "node_modules/react-native-webassembly/cpp";
const operations = "boards/engine/wasm3_operations.h";

/** V8 has whole pages only. With another size wasm3 itself tells what is right. */
interface Case {
  readonly memorySize: number;
  readonly reference: "v8" | "wasm3";
  readonly wasm: Uint8Array;
  readonly calls: readonly Call[];
}

function caseOf(seed: number): Case {
  const random = new Random(seed);
  const memorySize = seed % 2 === 0 ? 65536 : 20000;
  const wasm = generateModule(random, memorySize);
  const calls = Array.from({ length: callsOfEach }, (): Call => {
    const name = names[random.below(names.length)]!;
    return [name, ...Array.from({ length: exportArguments[name] }, () => interesting(random, memorySize))];
  });
  return { memorySize, reference: memorySize === 65536 ? "v8" : "wasm3", wasm, calls };
}

/** The input of random_modules.c. */
function imageOf(cases: readonly Case[]): Buffer {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0);
    return bytes;
  };
  return Buffer.concat([
    word(cases.length),
    ...cases.flatMap(({ memorySize, wasm, calls }) => [
      word(memorySize),
      word(wasm.length),
      wasm,
      Buffer.alloc(-wasm.length & 3),
      word(calls.length),
      ...calls.flatMap(([name, a = 0, b = 0, c = 0, d = 0]) => [names.indexOf(name), a, b, c, d].map(word)),
    ]),
  ]);
}

describe(`wasm3-tuned: ${count} random modules`, function () {
  this.timeout(60_000 + count * 2000);
  const cases = Array.from({ length: count }, (_, i) => caseOf(i + 1));
  const expected = cases.map((one) => answersOf(one.reference, one.wasm, one.memorySize, one.calls));
  const folder = mkdtempSync(join(tmpdir(), "pktsock-tuned-"));
  after(() => rmSync(folder, { recursive: true }));

  it("many calls return, and many trap", () => {
    const all = expected.flat();
    const traps = all.filter((answer) => answer.startsWith("[")).length;
    assert.ok(traps > all.length / 10 && traps < all.length * 0.9, `${traps} of ${all.length} calls trap`);
  });

  for (const engine of ["wasm3", "wasm3-tuned"] as const) {
    it(`${engine} answers as V8 does, or wasm3 where V8 cannot, on the host`, () => {
      for (const [i, one] of cases.entries())
        assert.deepEqual(answersOf(engine, one.wasm, one.memorySize, one.calls), expected[i], `module ${i + 1}`);
    });
  }

  for (const engine of ["wasm3", "wasm3-tuned"] as const) {
    it(`${engine} answers the same on a Cortex-M3`, async function () {
      const board = "qemu-mps2-an385";
      if (missingFor({ kind: "board", board, engine, suffix: "", settings: [] }) !== undefined) this.skip();
      const image = buildImage(board, "test/aot/random_modules.c", engine);
      const found: string[] = [];
      const atOnce = 100;
      for (let first = 0; first < count; first += atOnce) {
        const file = join(folder, "modules");
        writeFileSync(file, imageOf(cases.slice(first, first + atOnce)));
        const device = `loader,file=${file},addr=0x21000000,force-raw=on`;
        const qemu = await Qemu.boot({ board, image, arguments: ["-device", device] });
        try {
          await qemu.waitFor("modules: end");
          found.push(...[...qemu.output.matchAll(/module ([0-9a-f]{8})/g)].map(([, hash]) => hash!));
        } finally {
          await qemu.stop();
        }
      }
      const hashes = expected.map((answers) => hashOf(Buffer.from(answers.map((answer) => `${answer}\n`).join(""))));
      assert.deepEqual(found, hashes);
    });
  }
});

describe("wasm3-tuned: how it is made", () => {
  const folder = mkdtempSync(join(tmpdir(), "pktsock-tune-"));
  after(() => rmSync(folder, { recursive: true }));

  /** The packaged sources with a change. */
  function sources(file: string, edit: (text: string) => string): string {
    const copy = join(folder, "sources");
    rmSync(copy, { recursive: true, force: true });
    cpSync(packaged, copy, { recursive: true });
    writeFileSync(join(copy, file), edit(readFileSync(join(copy, file), "utf8")));
    return copy;
  }

  for (const [what, file, edit, message] of [
    [
      "lacks what a change replaces",
      "m3_core.h",
      (text: string) => text.replace("m3reg_t;", "register_t;"),
      /in m3_core\.h, what the change "32-bit register" replaces is not there/,
    ],
    [
      "has twice what a change replaces",
      "m3_compile.c",
      (text: string) => text.repeat(2),
      /in m3_compile\.c, what the change "[^"]+" replaces is there 2 times/,
    ],
    ["has other operations", "m3_exec.h", (text: string) => `${text} `, /m3_exec\.h is not that of the npm package/],
  ] as const) {
    it(`refuses a wasm3 that ${what}`, () => {
      assert.throws(
        () => tuneAll(sources(file, edit), join(folder, "out"), operations),
        (error) => error instanceof UnknownWasm3Error && message.test(error.message),
      );
    });
  }

  it("on a Cortex-M, an operation has no frame: it leaves the stack pointer alone, and calls nothing", function () {
    const board = "qemu-mps2-an385";
    if (missingFor({ kind: "board", board, engine: "wasm3-tuned", suffix: "", settings: [] }) !== undefined)
      this.skip();
    const image = buildImage(board, "bench", "wasm3-tuned");
    const code = execFileSync("arm-none-eabi-objdump", ["-d", "--no-show-raw-insn", image], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const operationsOf = [...code.matchAll(/<op_(\w+)>:\n([^]*?)\n\n/g)].map(([, name, body]) => ({ name, body }));
    assert.ok(operationsOf.length > 90, `${operationsOf.length} operations`);
    for (const { name, body } of operationsOf) {
      if (name === "Call" || name === "CallRawFunction") continue;
      const touched = body!.split("\n").filter((line) => /\bsp\b|\bpush|\bpop|\sblx?\s/.test(line));
      for (const line of touched) assert.match(line, /ldr(\.w)?\s+(pc|lr), \[sp\]/, `${name}: ${line}`);
    }
  });
});
