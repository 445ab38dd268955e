// `make swaps` ends with this: what a swap costs on a Cortex-M3, in instructions counted in the emulator.
// What a frame costs after it is a path of `make bench`.
import { buildSwapping, type SwapEngine } from "../support/engines.js";
import { Qemu } from "../../host/net/qemu.js";
import { writeModules } from "./modules.js";

const board = "qemu-mps2-an385";

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
  console.log(`${engine}: ${await pauses(engine)}`);
}
