// What holds after a trap of the module (test/recover).
import assert from "node:assert/strict";
import { boardObstacle } from "../host/demo/tools.js";
import { BoardProcess } from "../host/net/board.js";
import { Qemu } from "../host/net/qemu.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { buildImage, type EngineName } from "./support/engines.js";

/** The programs' Linux processes run under no sanitizer: test/lies does that. */
const places = [
  ["linux", "wasm3"],
  ["linux", "aot"],
  ["qemu-mps2-an385", "wasm3"],
  ["qemu-mps2-an385", "aot"],
] as const;

/** What a program of test/recover prints until it ends. */
async function outputOf(app: string, board: string, engine: EngineName, ...more: readonly string[]): Promise<string> {
  const image = buildImage(board, `test/recover/${app}.c`, engine);
  const cable = await UdpCable.open(await freePort());
  const env = { ...process.env, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
  const console =
    board === "linux" ? new BoardProcess([image], env) : await Qemu.boot({ board, image, arguments: more });
  try {
    await console.waitFor(/^end\r?$/m);
    return console.output.replaceAll("\r", "");
  } finally {
    await console.stop();
    await cable.close();
  }
}

describe("after the last trap", function () {
  this.timeout(120_000);

  for (const [board, engine] of places) {
    it(`every call fails with EIO, and descriptors close: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const output = await outputOf("ended", board, engine);
      const said = [...output.matchAll(/^(.*): (fails|succeeds) (.*)$/gm)].map(([, name, how, why]) => [
        name,
        how,
        why,
      ]);
      const closing = said.splice(said.findIndex(([name]) => name === "close"));
      assert.equal(said.length, 39, output);
      assert.deepEqual(
        said.filter(([, how, why]) => how !== "fails" || why !== "EIO"),
        [],
      );
      assert.deepEqual(closing, [
        ["close", "succeeds", "-"],
        ["close the other", "succeeds", "-"],
        ["close again", "fails", "EBADF"],
        ["recv from the closed one", "fails", "EBADF"],
        ["counters", "succeeds", "-"],
      ]);
      assert.match(output, /^poll: 1 0x8$\nselect: 1$/m);
      assert.match(output, /^error: \[trap\] injected, traps 2$/m);
    });
  }
});

/** What a recovery may take on a Cortex-M3: 20 ms at 50 MHz. With QEMU's -icount shift=0 a microsecond is a thousand instructions. */
const MOST_US = 1000;

describe("after a trap", function () {
  this.timeout(120_000);

  const all = [...places, ["qemu-mps2-an385", "wasm3-tuned"], ["qemu-mps2-an385", "aot-guarded"]] as const;
  for (const [board, engine] of all) {
    it(`sockets survive, and handles of lent frames do not: ${board}, ${engine}`, async function () {
      if (boardObstacle(board) !== undefined) this.skip();
      const counted = board === "linux" ? [] : ["-icount", "shift=0"];
      const output = await outputOf("survive", board, engine, ...counted);
      assert.match(output, /^failures: 0$/m, output);
      assert.match(output, /^recoveries: 10$/m, output);
      if (board === "linux") return;
      const [, us] = /^time: (\d+) us$/m.exec(output)!;
      console.log(`      ${us}000 instructions`);
      assert.ok(Number(us) < MOST_US, output);
    });
  }
});
