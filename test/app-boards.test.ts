// Applications in TypeScript on boards: C gives them time, and a trap in one costs frames.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Host } from "../host/net/host.js";
import { type AppBoard, bootApp } from "./support/app-board.js";
import { frame, other } from "./support/module.js";

/** Answers a frame, and with a first byte of 1 traps, of 2 never ends. */
const trapping = `import { App, Frame, PacketSocket } from "pktsock/app";

export default class Trapping extends App {
  answered: u32;

  start(): void {
    PacketSocket.open(0x88b5);
  }

  onFrame(socket: PacketSocket, frame: Frame): void {
    const what = frame.get8(14);
    if (what == 1) unreachable();
    // Rounds: for ever
    while (what == 2) ++this.answered;
    const reply = socket.writable(frame);
    if (!reply) return;
    reply.turn();
    reply.set32(14, ++this.answered);
    socket.send(reply);
  }
}
`;

describe("applications on boards", function () {
  this.timeout(240_000);
  let booted: AppBoard | undefined;
  afterEach(async () => {
    await booted?.stop();
    booted = undefined;
  });

  for (const board of ["linux", "qemu-mps2-an385", "qemu-lm3s6965evb"]) {
    it(`ARP and ping are answered on ${board}`, async () => {
      booted = await bootApp(board, "examples/ts/ping.ts");
      const [cable] = booted.cables;
      const peer = new Host({ mac: "02:00:00:00:00:02", ip: "192.0.2.1" });
      peer.onFrame = (bytes) => cable!.send(bytes);
      const answer = async (): Promise<void> => peer.send(await cable!.receive());
      let mac = "";
      const lengths: number[] = [];
      peer.onArpReply = ({ senderMac }) => void (mac = senderMac);
      peer.onEchoReply = ({ payload }) => void lengths.push(payload.length);
      peer.sendArpRequest("192.0.2.2");
      await answer();
      for (const [sequence, length] of [0, 56, 1472].entries()) {
        peer.sendEchoRequest(mac, { to: "192.0.2.2", id: 1, sequence, payload: Buffer.alloc(length, 0x5a) });
        await answer();
      }
      assert.deepEqual(lengths, [0, 56, 1472]);
      booted.board.write("quit\n");
      assert.equal(await booted.board.exited(), 0);
      assert.match(booted.board.output, /rx_frames=4 tx_frames=4 rx_no_frame=0 rx_pool_empty=0 ring_faults=0 traps=0/);
    });
  }

  it("a switch forwards between the two interfaces of a Linux process", async () => {
    booted = await bootApp("linux", "examples/ts/switch.ts", 2);
    const [eth0, eth1] = booted.cables;
    const [a, b] = ["0a0000000001", "0a0000000002"].map((hex) => Buffer.from(hex, "hex"));
    for (let i = 0; i < 200; i++) {
      const request = frame(0x88b5, { from: a!, to: b!, seed: i });
      eth0!.send(request);
      assert.deepEqual(await eth1!.receive(), request);
      const reply = frame(0x88b5, { from: b!, to: a!, seed: i, length: 1000 });
      eth1!.send(reply);
      assert.deepEqual(await eth0!.receive(), reply);
    }
    booted.board.write("quit\n");
    await booted.board.exited();
    assert.match(
      booted.board.output,
      /eth0 rx_frames=200 tx_frames=200 rx_no_frame=0 .*\neth1 rx_frames=200 tx_frames=200 /,
    );
  });

  it("a trap and an endless loop in a callback cost what the fields were, and not the socket", async () => {
    writeFileSync("build/trapping.ts", trapping);
    booted = await bootApp("qemu-mps2-an385", "build/trapping.ts");
    const [cable] = booted.cables;
    const ask = async (what: number): Promise<number> => {
      const request = frame(0x88b5, { to: Buffer.from("02504b545301", "hex"), from: other });
      request[14] = what;
      cable!.send(request);
      return what === 0 ? (await cable!.receive(20_000)).readUInt32BE(14) : 0;
    };
    assert.equal(await ask(0), 1);
    assert.equal(await ask(0), 2);
    for (const [what, reason] of [
      [1, /pktsock: \[trap\] unreachable/],
      [2, /pktsock: \[trap\] the call has used up its budget/],
    ] as const) {
      await ask(what);
      await booted.board.waitFor(reason, 20_000);
      await booted.board.waitFor("the module was started again", 20_000);
      assert.equal(await ask(0), 1);
    }
  });
});
