// The same frames through a veth pair and through the module: tags, 802.3, LLC, SNAP, runts, giants. Twelve sockets capture them,
// and bytes, sockaddr_ll, msg_flags and PACKET_AUXDATA are the same. CAPTURE_SEED=... does a run again, CAPTURE_FRAMES=... sets
// how many frames.
import assert from "node:assert/strict";
import { engineNames } from "../host/engine/engine.js";
import { Random } from "../host/net/random.js";
import { captureFrame, captureOnKernel, captureSockets, ModuleCapture } from "./differential/capture.js";
import { hidesTags, obstacle } from "./differential/kernel.js";

const seed = Number(process.env.CAPTURE_SEED ?? Date.now() % 0x7fffffff);
const count = Number(process.env.CAPTURE_FRAMES ?? 3000);

/** A header alone, which no wire carries, reaches SOCK_DGRAM from there: see docs/differences.md. */
function withoutEmpty(frame: Buffer, line: string): string {
  const isEmpty = (part: string) => {
    const [socket, length] = part.split(":").map(Number) as [number, number];
    return length === 0 && captureSockets[socket]!.side === "receives";
  };
  if (frame.length !== 14) return line;
  const [errno, ...parts] = line.split(" ");
  return [errno, ...parts.filter((part) => !isEmpty(part))].join(" ");
}

describe(`captured frames on Linux and on the module (CAPTURE_SEED=${seed})`, () => {
  const random = new Random(seed);
  const frames = Array.from({ length: count }, () => captureFrame(random));
  let kernel: string[] = [];

  before("run the frames through the kernel", function () {
    this.timeout(0);
    const why = obstacle() ?? (hidesTags() ? undefined : "Linux tells SOCK_DGRAM of several tags since version 6.10");
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    kernel = captureOnKernel(frames);
  });

  for (const engine of engineNames) {
    it(`${count} frames, ${captureSockets.length} sockets on ${engine}`, function () {
      this.timeout(0);
      const module = new ModuleCapture(engine);
      assert.equal(kernel.length, frames.length);
      for (const [i, frame] of frames.entries()) {
        const got = module.run(frame);
        assert.deepEqual(
          withoutEmpty(frame, got).split(" "),
          kernel[i]!.split(" "),
          `frame ${i} differs: ${frame.toString("hex")}`,
        );
      }
    });
  }

  it("has frames of every kind: refused, captured by each socket, with tags, runts", () => {
    const lines = kernel.map((line) => line.split(" "));
    const capturedBy = (socket: number) => lines.filter((line) => line.some((part) => part.startsWith(`${socket}:`)));
    for (const [what, number] of [
      ["refused by send()", lines.filter(([errno]) => errno !== "0").length],
      [
        "without a receiver",
        lines.filter((line) => line[0] === "0" && !line.some((part) => /^[0-9]:/.test(part))).length,
      ],
      ...captureSockets.map((_, socket) => [`captured by socket ${socket}`, capturedBy(socket).length] as const),
      ["shorter than 20 bytes", frames.filter(({ length }) => length < 20).length],
      ["longer than 1500 bytes", frames.filter(({ length }) => length > 1500).length],
    ] as const) {
      assert.ok(number > count / 200, `${number} ${what}`);
    }
  });
});
