// `make swaps` ends with this: what a swap costs on a Cortex-M3, in instructions counted in the emulator.
import { buildSwapping, type SwapEngine } from "../support/engines.js";
import { countRun, frameOf } from "../bench/counted.js";
import { Qemu } from "../../host/net/qemu.js";
import { writeModules } from "./modules.js";

const board = "qemu-mps2-an385";
/** A frame of this length ends bench.c. */
const LAST = 15;
const marks = {
  interrupt: "eth0_interrupt",
  received: "mark_copy_received",
  send: "mark_copy_send",
  sent: "mark_copy_sent",
};

/** An echo of 64 bytes in the module that was swapped in, or in the firmware's own. */
async function echoCost(engine: SwapEngine, swapped: boolean): Promise<number> {
  const { costs } = await countRun({
    ...{
      board,
      image: buildSwapping(board, "test/swap/bench.c", engine),
      marks,
      lengths: [64],
      frames: 100,
      warmUp: 24,
    },
    begin: async (qemu) => {
      await qemu.waitFor("swap?");
      qemu.write(swapped ? "y" : "n");
      await qemu.waitFor("bench: how?");
      qemu.write("c1");
      await qemu.waitFor("bench: ready");
    },
    end: async (qemu) => qemu.cable.send(frameOf(LAST, 0)),
    echoOf: (frame) => frame,
  });
  return costs[0]!.echo;
}

/** The lines of test/swap/pause.c. */
async function pauses(engine: SwapEngine): Promise<string> {
  const image = buildSwapping(board, "test/swap/pause.c", engine);
  const qemu = await Qemu.boot({ board, image, arguments: ["-icount", "shift=0"] });
  try {
    await qemu.waitFor(/^end\r?$/m, 60_000);
    return qemu.output.replaceAll("\r", "").replace(/^end$/m, "").trim();
  } finally {
    await qemu.stop();
  }
}

writeModules(["rewritten"]);
for (const engine of ["wasm3", "wasm3-tuned", "aot+wasm3", "aot+wasm3-tuned"] as const) {
  const [own, swapped] = [await echoCost(engine, false), await echoCost(engine, true)];
  console.log(`${engine}: an echo of 64 bytes ${own} instructions, swapped in ${swapped}`);
  console.log((await pauses(engine)).replaceAll(/^/gm, "  "));
}
