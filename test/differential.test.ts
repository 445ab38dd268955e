// Random classic BPF programs and random frames, on the Linux kernel's packet sockets and on ours: the same errno at
// SO_ATTACH_FILTER, the same frames received, cut at the same place. DIFFERENTIAL_SEED=... does a run again,
// DIFFERENTIAL_PROGRAMS=... sets how many programs.
import assert from "node:assert/strict";
import { EINVAL } from "../assembly/packet.js";
import { engineNames } from "../host/engine/engine.js";
import { Random } from "../host/net/random.js";
import { type Case, isOutgoing, kinds, type Result } from "./differential/cases.js";
import { randomFrame } from "./differential/frames.js";
import { hidesTags, obstacle, onKernel } from "./differential/kernel.js";
import { ModuleSide } from "./differential/module.js";
import {
  type Instruction,
  isUnsupported,
  print,
  randomProgram,
  unsupportedAncillary,
} from "./differential/programs.js";

const seed = Number(process.env.DIFFERENTIAL_SEED ?? Date.now() % 0x7fffffff);
const programs = Number(process.env.DIFFERENTIAL_PROGRAMS ?? 10_000);
const FRAMES = 6;
/** The interpreters run only some of the cases that V8 runs. */
const share = { v8: 1, wasm3: 0.25, "wasm3-tuned": 0.25 };

/** Since version 6.10 Linux hides the tags of sent frames from SOCK_DGRAM, and looks behind them for the network header. */
function mostTags(kind: number): number {
  if (hidesTags()) return 3;
  return isOutgoing(kind) ? 0 : kind % 2 === 0 ? 2 : 1;
}

function randomCase(random: Random, number: number): Case {
  const kind = number % kinds.length;
  const frames = Array.from({ length: FRAMES }, () => randomFrame(random, mostTags(kind)));
  return { kind, program: randomProgram(random, frames[0]!), frames };
}

const ld = (k: number): Instruction => ({ code: 0x20, jt: 0, jf: 0, k });
const ret: Instruction = { code: 0x16, jt: 0, jf: 0, k: 0 };
const repeat = (length: number): Instruction[] => [...Array.from({ length }, () => ld(0)), ret];

/** What is on the edge of something, or is not drawn because its value differs from time to time. */
function chosenCases(random: Random): Case[] {
  const frames = Array.from({ length: FRAMES }, () => randomFrame(random, 2));
  const and0: Instruction = { code: 0x54, jt: 0, jf: 0, k: 0 };
  const or7: Instruction = { code: 0x44, jt: 0, jf: 0, k: 7 };
  const chosen = [
    [],
    [ret],
    repeat(4095),
    repeat(4096),
    [ld(0xfffff038), and0, or7, ret],
    ...unsupportedAncillary.map((what) => [ld(0xfffff000 + what), ret]),
  ];
  return chosen.map((program) => ({ kind: 0, program, frames }));
}

/** Linux's answer, but for the loads that we do not have: those are invalid. */
function expected({ program }: Case, kernel: Result): Result {
  return program.some(isUnsupported) ? { errno: EINVAL, received: [] } : kernel;
}

function readable({ errno, received }: Result) {
  return { errno, received: received.map((frame) => frame && { ...frame, bytes: frame.bytes.toString("hex") }) };
}

function describeCase({ kind, program, frames }: Case): string {
  return `${kinds[kind]}\n${print(program)}\n${frames.map((frame) => `  ${frame.toString("hex")}`).join("\n")}`;
}

describe(`classic BPF on Linux and on the module (DIFFERENTIAL_SEED=${seed})`, () => {
  const random = new Random(seed);
  const cases = [...chosenCases(random), ...Array.from({ length: programs }, (_, i) => randomCase(random, i))];
  let kernel: Result[] = [];

  before("run the programs on the kernel", function () {
    this.timeout(0);
    const why = obstacle();
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    kernel = onKernel(cases);
  });

  for (const engine of engineNames) {
    const count = Math.ceil(cases.length * share[engine]);
    it(`${count} programs, ${count * FRAMES} frames on ${engine}`, function () {
      this.timeout(0);
      const module = new ModuleSide(engine);
      for (const [i, one] of cases.slice(0, count).entries()) {
        assert.deepEqual(
          readable(module.run(one)),
          readable(expected(one, kernel[i]!)),
          `case ${i} differs: ${describeCase(one)}`,
        );
      }
    });
  }

  it("has programs of every kind: valid, invalid, refusing, accepting, cutting", () => {
    const attached = kernel.filter((result) => result.errno === 0);
    const received = attached.flatMap((result) => result.received);
    const cut = (result: Result, i: number) =>
      result.received.some((frame, n) => frame !== null && frame.bytes.length < cases[i]!.frames[n]!.length - 18);
    for (const [what, number] of [
      ["refused at attach", kernel.length - attached.length],
      ["frames refused", received.filter((frame) => frame === null).length],
      ["frames accepted", received.filter((frame) => frame !== null).length],
      ["programs that cut", kernel.filter(cut).length],
    ] as const) {
      assert.ok(number > programs / 20, `${number} ${what}`);
    }
  });
});
