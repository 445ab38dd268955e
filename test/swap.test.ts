// Modules that are swapped in while sockets are open (test/swap, docs/swap.md).
import assert from "node:assert/strict";
import { boardObstacle } from "../host/demo/tools.js";
import { BoardProcess } from "../host/net/board.js";
import { Qemu } from "../host/net/qemu.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { buildSwapping, type SwapEngine } from "./support/engines.js";
import { writeModules } from "./swap/modules.js";

/** A program of test/swap that runs, and the other end of its cable. */
interface Running {
  readonly console: BoardProcess;
  readonly cable: UdpCable;
  stop(): Promise<void>;
}

async function start(app: string, board: string, engine: SwapEngine): Promise<Running> {
  const image = buildSwapping(board, `test/swap/${app}.c`, engine);
  if (board !== "linux") {
    const qemu = await Qemu.boot({ board, image, arguments: ["-icount", "shift=0"] });
    return { console: qemu, cable: qemu.cable, stop: async () => qemu.stop() };
  }
  const cable = await UdpCable.open(await freePort());
  const env = { ...process.env, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
  const console = new BoardProcess([image], env);
  return {
    console,
    cable,
    stop: async () => {
      await console.stop();
      await cable.close();
    },
  };
}

const places = [
  ["linux", "wasm3"],
  ["linux", "wasm3-tuned"],
  ["linux", "aot+wasm3"],
  ["linux", "aot-guarded+wasm3-tuned"],
  ["qemu-mps2-an385", "wasm3"],
  ["qemu-mps2-an385", "aot+wasm3-tuned"],
] as const;

/** Why a module is refused, or what ended its trial. */
const sentences = {
  "no verify": "config.verify is NULL: no module may be swapped in",
  older: "the version of the module does not rise",
  truncated: "malformed Wasm binary",
  garbage: "malformed Wasm binary",
  other_abi: "the module speaks another version of the pktsock ABI than this firmware",
  other_layout: "the module has another layout of linear memory, and a restart was not asked for",
  no_layout: "the module has another layout of linear memory, and a restart was not asked for",
  no_export: "the module lacks a function that this firmware calls",
  has_variables: "the module has global variables: its state must lie in linear memory",
  has_data: "the module has bytes that memory starts with: they would overwrite what is there",
  other_import: "the module imports what the port does not have",
  no_start: "the module does not start with these capacities",
  traps_at_once: "[trap] unreachable executed",
  traps_later: "[trap] unreachable executed",
  loops: "[trap] the call has used up its budget: it may be endless",
  lies: "the module gave an answer that cannot be true",
};

describe("a module that is swapped in", function () {
  this.timeout(240_000);

  before("write the modules", () => writeModules());

  for (const [board, engine] of places) {
    it(`is refused, falls back or takes over, and sockets stay: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const { console, stop } = await start("swap", board, engine);
      try {
        await console.waitFor(/^end\r?$/m, 120_000);
        const output = console.output.replaceAll("\r", "");
        assert.match(output, /^failures: 0$/m, output);
        for (const [name, sentence] of Object.entries(sentences)) {
          assert.ok(output.split("\n").includes(`${name}: ${sentence}`), `${name}: ${sentence}\n${output}`);
        }
        assert.match(output, new RegExp(`^runs on: ${engine.replace(/.*\+/, "")}$`, "m"), output);
      } finally {
        await stop();
      }
    });
  }
});
