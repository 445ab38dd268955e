// The two programs of NuttX's page on packet sockets compile without a change for a board, and run there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { BoardProcess } from "../host/net/board.js";
import { Qemu } from "../host/net/qemu.js";
import { freePort, UdpCable } from "../host/net/udp.js";

const BUFSIZE = 600;
const peer = "02000000000a";
const payload = Buffer.alloc(BUFSIZE, 0x5a);

interface Running {
  readonly console: BoardProcess | Qemu;
  readonly cable: UdpCable;
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** Builds the program for the board and starts it with a cable to this process. */
async function start(board: string, program: string): Promise<Running> {
  const command = ["-s", "firmware", `BOARD=${board}`, `APP=test/programs/${program}.c`];
  execFileSync("make", command, { stdio: ["ignore", "inherit", "inherit"] });
  const image = `build/${board}/${program}.elf`;
  if (board !== "linux") {
    const qemu = await Qemu.boot({ board, image });
    return { console: qemu, cable: qemu.cable, address: "02504b545301", stop: () => qemu.stop() };
  }
  const cable = await UdpCable.open(await freePort());
  const env = { ...process.env, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
  const child = new BoardProcess([image], env);
  const stop = async (): Promise<void> => {
    await child.stop();
    await cable.close();
  };
  return { console: child, cable, address: "020000000001", stop };
}

/** Runs the program on a frame of type `type` with BUFSIZE bytes behind its first `header`; returns what it sends. */
async function run(board: string, program: string, type: string, header: number): Promise<Buffer[]> {
  const running = await start(board, program);
  try {
    await running.console.waitFor("ready");
    const received = Buffer.concat([Buffer.from(running.address + peer + type, "hex"), payload]);
    // It binds behind "ready": the frame is sent until it has answered.
    const timer = setInterval(() => running.cable.send(received.subarray(0, BUFSIZE + header)), 50);
    const sent = await running.cable.receive(10_000).finally(() => clearInterval(timer));
    await running.console.waitFor("done");
    return [received, sent];
  } finally {
    await running.stop();
  }
}

describe("the programs of NuttX's page on packet sockets", function () {
  this.timeout(60_000);
  for (const board of ["qemu-mps2-an385", "qemu-lm3s6965evb", "linux"]) {
    it(`SOCK_RAW on ${board} sends back the frame that it received`, async () => {
      const [received, sent] = await run(board, "nuttx-raw", "88b5", 0);
      assert.equal(sent!.toString("hex"), received!.subarray(0, BUFSIZE).toString("hex"));
    });

    it(`SOCK_DGRAM on ${board} sends the payload that it received to everybody`, async () => {
      const [, sent] = await run(board, "nuttx-dgram", "0800", 14);
      const ours = board === "linux" ? "020000000001" : "02504b545301";
      assert.equal(sent!.toString("hex"), `ffffffffffff${ours}0800${payload.toString("hex")}`);
    });
  }
});
