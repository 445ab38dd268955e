// The management protocol (docs/manage.md) between the host tool and the demo on boards that run here.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelObstacle } from "../host/demo/kernel-peer.js";
import { Namespace } from "../host/demo/namespace.js";
import { runProgram } from "../host/demo/program.js";
import { describeBoard } from "../host/cli/stat.js";
import { ManageClient, RefusedError, SWAP_OLDER } from "../host/manage/client.js";
import { ETHERTYPE_MANAGE } from "../host/manage/link.js";
import { encodeRequest, operations, statuses, u32 } from "../host/manage/message.js";
import { BoardProcess } from "../host/net/board.js";
import { qemuCommand } from "../host/net/qemu.js";
import { Random } from "../host/net/random.js";
import { tapObstacle } from "../host/net/tap.js";
import { encodeEthernet } from "../host/net/wire.js";
import { optional } from "../host/serial/port.js";
import { signModule } from "../host/sign/cose.js";
import { readPrivateKey, writeNewKey } from "../host/sign/keys.js";
import { ManagedBoard } from "./support/managed.js";
import { moduleBytes } from "./support/module.js";

const seed = Number(process.env.MANAGE_SEED ?? Date.now() % 0x7fffffff);
const BAD_CABLE = { loss: 0.2, duplication: 0.2, reordering: 0.2 };

const KEY = "build/development.pem";

/** Builds the demo with an engine for modules that are swapped in, and a key; returns its path. */
function build(board: string, suffix: string, ...settings: string[]): string {
  const swaps = ["SWAP=wasm3", `SWAP_KEY=${KEY}`, `BOARD=${board}`, "APP=demo"];
  execFileSync("make", ["-s", "firmware", ...swaps, ...settings], { stdio: "inherit" });
  return `build/${board}-swap${suffix}/demo.elf`;
}

const signed = (version: number): Uint8Array => signModule(moduleBytes(), version, readPrivateKey(KEY));

function refused(status: number, sentence: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof RefusedError, String(error));
    assert.equal(error.status, status, error.message);
    assert.match(error.message, sentence);
    return true;
  };
}

/** Runs a command of the tool. */
async function pktsock(...args: string[]): Promise<{ status: number; said: string }> {
  const child = spawn(process.execPath, ["build/pktsock.mjs", ...args]);
  let said = "";
  child.stdout.on("data", (text: Buffer) => void (said += text.toString()));
  child.stderr.on("data", (text: Buffer) => void (said += text.toString()));
  const [status] = (await once(child, "close")) as [number];
  return { status, said };
}

describe(`management (MANAGE_SEED=${seed})`, function () {
  this.timeout(300_000);
  let board: ManagedBoard;
  const images = new Map<string, string>();

  before(() => {
    images.set("linux", build("linux", "-sanitized", "SANITIZE=1"));
    for (const name of ["qemu-mps2-an385", "qemu-lm3s6965evb"]) images.set(name, build(name, ""));
    execFileSync("make", ["-s", "build/pktsock.mjs"]);
  });

  for (const name of ["linux", "qemu-mps2-an385"]) {
    describe(name, () => {
      beforeEach(async () => (board = await ManagedBoard.start(name, images.get(name)!)));
      afterEach(async () => board.stop());

      it("takes a signed module over Ethernet, and one with a higher version over the console", async () => {
        const client = board.client();
        const { most, state } = await client.hello();
        assert.equal(state, "built-in");
        await client.upload(signed(7), most);
        assert.equal(await client.swap(signed(7)), 7);
        assert.deepEqual(await client.hello().then(({ state, version, fallback }) => [state, version, fallback]), [
          "trial",
          7,
          0,
        ]);
        await assert.rejects(client.upload(signed(8), most), refused(statuses.busy, /still on trial/));
        await client.confirm();

        const line = board.lineClient();
        const { most: mostOfLine } = await line.hello();
        await line.upload(signed(8), mostOfLine);
        assert.equal(await line.swap(signed(8)), 8);
        assert.equal((await line.hello()).version, 8);
        assert.equal((await line.sockets()).length, 4, "the sockets are open");

        await client.fallback();
        assert.deepEqual(
          await client.hello().then(({ state, version, swaps, fallbacks }) => [state, version, swaps, fallbacks]),
          ["proven", 7, 2, 1],
        );
        await client.fallback();
        assert.equal((await client.hello()).state, "built-in");
        await assert.rejects(client.fallback(), refused(statuses.notThere, /has none/));
        assert.equal(await board.quit(), 0, board.complaints);
      });

      it("refuses what is not signed rightly, and goes on with the module that it has", async () => {
        const client = board.client();
        const { most } = await client.hello();
        const other = join(mkdtempSync(join(tmpdir(), "pktsock-manage-")), "other.pem");
        writeNewKey(other);
        for (const [file, sentence] of [
          [moduleBytes(), /the file is not a signed module/],
          [signModule(moduleBytes(), 9, readPrivateKey(other)), /signed with another key/],
          [signed(9).map((byte, i) => (i === 5000 ? byte ^ 1 : byte)), /the signature is wrong/],
          [signed(0), /the version of the module does not rise/],
        ] as const) {
          await client.upload(file, most);
          await assert.rejects(client.swap(file), refused(statuses.refused, sentence));
        }
        assert.equal((await client.hello()).state, "built-in");
      });

      it("lists module, interfaces and sockets over Ethernet and over the console", async () => {
        for (const client of [board.client(), board.lineClient()]) {
          const hello = await client.hello();
          assert.equal(hello.board, "pktsock demo");
          const interfaces = await client.interfaces(hello);
          assert.deepEqual(
            interfaces.map(({ name, mtu }) => [name, mtu]),
            [["eth0", 1500]],
          );
          assert.ok(interfaces[0]!.rxFrames >= 2, "it was asked over Ethernet");
          const sockets = await client.sockets();
          assert.deepEqual(
            sockets.map(({ type, protocol, ifindex, filter }) => [type, protocol, ifindex, filter]),
            [
              [2, 0x0806, 1, 0],
              [3, 0x0800, 1, 0],
              [3, 3, 1, 0],
              [2, ETHERTYPE_MANAGE, 1, 0],
            ],
          );
          assert.match(describeBoard(hello, interfaces, sockets), /^\d+ +dgram +0x88b5 +eth0 +\d+ +\d+ +\d+ +none/m);
        }
        assert.equal(await board.quit(), 0, "the console still understands text");
      });
    });
  }

  it("is answered on a serial port", async function () {
    if ((await optional("serialport")) === undefined) {
      console.log("    skipped: the npm package serialport is missing");
      this.skip();
    }
    const command = qemuCommand({ board: "qemu-mps2-an385", image: images.get("qemu-mps2-an385")! }, "none");
    const words = command.map((word) => (word === "stdio" ? "pty" : word.startsWith("none,model") ? "none" : word));
    const qemu = new BoardProcess(words);
    try {
      const [, path] = await qemu.waitFor(/redirected to (\/dev\/pts\/\d+)/);
      const { status, said } = await pktsock("stat", "--to", `serial:${path}`);
      assert.equal(status, 0, said);
      assert.match(said, /^board +pktsock demo$/m);
    } finally {
      await qemu.stop();
    }
  });

  it("a board without memory for a module says so", async () => {
    const small = await ManagedBoard.start("qemu-lm3s6965evb", images.get("qemu-lm3s6965evb")!);
    try {
      const client = small.client();
      const { most } = await client.hello();
      await assert.rejects(
        client.upload(signed(3), most),
        refused(statuses.noRoom, /no memory for a module of this size/),
      );
      assert.equal((await client.sockets()).length, 4);
    } finally {
      await small.stop();
    }
  });

  describe("on a board in a Linux process, under sanitizers", () => {
    beforeEach(async () => (board = await ManagedBoard.start("linux", images.get("linux")!)));
    afterEach(async () => board.stop());

    it("gets its answers over a cable that loses, repeats and reorders a fifth of the frames", async () => {
      const client = board.clientWith(BAD_CABLE, seed);
      for (let i = 0; i < 8; i++) {
        const hello = await client.hello();
        assert.equal((await client.interfaces(hello)).length, 1);
      }
      assert.equal((await client.sockets()).length, 4);
    });

    it("says so when the board does not answer", async () => {
      const client = new ManageClient(
        { onMessage: null, send: () => undefined, settle: () => undefined, close: async () => undefined },
        2,
      );
      await assert.rejects(client.hello(), /^Error: The board does not answer \(hello, 2 times\)\.$/);
    });

    it("survives messages of any kind, on both links, and answers afterwards", async () => {
      const random = new Random(seed);
      const kinds = [...Object.values(operations), 0, 9, 0x81, 255];
      const message = (): Buffer => {
        const body = Buffer.from(
          Array.from({ length: random.below(random.chance(0.5) ? 60 : 1100) }, () => random.below(256)),
        );
        const bytes = encodeRequest("hello", random.next(), body);
        bytes[4] = kinds[random.below(kinds.length)]!;
        // BEGIN with a size that can be; DATA that fits.
        if (random.chance(0.5)) bytes.set(u32(random.below(2000)), 12 <= bytes.length - 4 ? 12 : 0);
        if (random.chance(0.3)) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
        return random.chance(0.2) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
      };
      for (let i = 0; i < 3000; i++) {
        const payload = message();
        board.cable.send(
          encodeEthernet({ to: board.hwaddr, from: "02:00:00:00:00:aa", type: ETHERTYPE_MANAGE, payload }),
        );
        if (i % 10 === 0) {
          board.serial.send(payload.subarray(0, 400));
          await board.cable.flush();
        }
      }
      const client = board.client();
      assert.equal((await client.hello()).board, "pktsock demo");
      assert.equal((await board.lineClient().sockets()).length, 4);
      assert.equal(await board.quit(), 0, board.complaints);
    });

    it("brings a module over a cable that loses, repeats and reorders, and swaps once", async () => {
      const client = board.clientWith(BAD_CABLE, seed);
      const { most } = await client.hello();
      await client.upload(signed(3), most);
      await client.swap(signed(3));
      assert.equal((await client.hello()).swaps, 1);
    });

    it("goes on where another attempt has stopped", async () => {
      const file = signed(3);
      const stop = new Error("the cable was pulled");
      const first = board.client();
      const { most } = await first.hello();
      await assert.rejects(
        first.upload(file, most, (have) => {
          if (have > file.length / 2) throw stop;
        }),
        stop,
      );
      const second = board.client();
      const seen: number[] = [];
      await second.hello();
      await second.upload(file, most, (have) => void seen.push(have));
      assert.ok(seen[0]! > file.length / 2, `it began at ${seen[0]}`);
      assert.equal(await second.swap(file), 3);
    });

    it("says that a file was damaged, and takes it again", async () => {
      const client = board.client();
      const { most } = await client.hello();
      const file = signed(3);
      await client.upload(file, most);
      await assert.rejects(client.swap(signed(4)), refused(statuses.damaged, /damaged on the way/));
      await client.upload(file, most);
      assert.equal(await client.swap(file), 3);
    });

    it("refuses what the firmware does not allow, and a swap without a file", async () => {
      const client = board.client();
      await client.hello();
      await assert.rejects(client.swap(signed(3), SWAP_OLDER), refused(statuses.notAllowed, /does not allow/));
      await assert.rejects(client.swap(signed(3)), refused(statuses.notThere, /has none/));
    });

    it("is shown by `pktsock stat`", async () => {
      const { localPort, remotePort } = board.cable;
      await board.cable.close();
      const to = ["--to", `udp:${localPort}:${remotePort}`];
      const { status, said } = await pktsock("stat", ...to);
      assert.equal(status, 0, said);
      assert.match(said, /^board +pktsock demo$/m);
      assert.match(said, /^module +ABI 4, version 0 on wasm3, the firmware's own$/m);
      assert.match(said, /^eth0 +02:00:00:00:00:01, mtu 1500, UP,RUNNING, rx \d+, tx \d+/m);
      assert.match(said, /^fd +type +protocol +iface +queued +rcvbuf +received +filter +dropped$/m);
      assert.match(said, /^\d+ +raw +ip +eth0 +0 +\d+ +0 +none +none$/m);

      const path = join(mkdtempSync(join(tmpdir(), "pktsock-manage-")), "module.signed");
      writeFileSync(path, signed(12));
      const swapped = await pktsock("swap", ...to, path, "--confirm");
      assert.equal(swapped.status, 0, swapped.said);
      assert.match(swapped.said, /version 12 runs in place of version 0\nthe module is proven\n$/);
      const again = await pktsock("swap", ...to, path);
      assert.equal(again.status, 1);
      assert.match(again.said, /The board says: the version of the module does not rise\.$/m);
      const back = await pktsock("swap", ...to, "--fallback");
      assert.equal(back.status, 0, back.said);
    });

    it("is managed through an interface of this machine", async function () {
      const why = kernelObstacle() ?? tapObstacle();
      if (why !== undefined) {
        console.log(`    skipped: ${why}`);
        this.skip();
      }
      const namespace = await Namespace.open();
      try {
        await namespace.must("ip", "tuntap", "add", "dev", "tap0", "mode", "tap");
        for (const name of ["lo", "tap0"]) await namespace.must("ip", "link", "set", name, "up");
        const env = { ...process.env, PKTSOCK_NIC: "tap:tap0" };
        const behind = new BoardProcess(namespace.inside([images.get("linux")!]), env);
        await behind.waitFor(/^ready/m, 60_000);
        const command = namespace.inside([process.execPath, "build/pktsock.mjs", "stat", "--to", "eth:tap0"]);
        const { status, output, complaints } = await runProgram(command);
        assert.equal(status, 0, complaints);
        assert.match(output, /^eth0 +02:00:00:00:00:01, mtu 1500, UP,RUNNING/m);
        behind.write("quit\n");
        await behind.exited(60_000);
        const nowhere = namespace.inside([process.execPath, "build/pktsock.mjs", "stat", "--to", "eth:tap1"]);
        assert.match((await runProgram(nowhere)).complaints, /the interface tap1 does not open: .*tap1/);
      } finally {
        await namespace.close();
      }
    });

    for (const [args, message] of [
      [["stat"], /say with --to which board/],
      [["stat", "--to", "usb:1"], /start it with eth:, udp: or serial:/],
      [["stat", "--to", "udp:1"], /must name two ports/],
      [["stat", "--to", "udp:1:2,mac=x"], /"x" is not a MAC address/],
      [["stat", "--to", "serial:,baud=1"], /names no serial port/],
      [["swap", "--to", "udp:1:2"], /name the signed module/],
      [["swap", "--to", "udp:1:2", "x", "--fallback"], /--fallback is asked for alone/],
    ] as const) {
      it(`says what to do instead of: pktsock ${args.join(" ")}`, async () => {
        const { status, said } = await pktsock(...args);
        assert.equal(status, 2, said);
        assert.match(said, message);
      });
    }
  });
});
