// `pktsock dev`: an application is edited while it runs on a board; its state goes on, or migrates, over a swap.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BoardProcess } from "../host/net/board.js";
import { freePort, UdpCable } from "../host/net/udp.js";
import { writeNewKey } from "../host/sign/keys.js";
import { frame, other } from "./support/module.js";

const TOOL = "build/pktsock.mjs";
const KEY = "build/development.pem";
const LIMIT_MS = 300_000;
/** IEEE 802's other EtherType for local experiments. */
const ASKED = 0x88b6;

interface Edits {
  readonly answer?: number | string;
  readonly version?: number;
  readonly fields?: string;
  readonly more?: string;
}

/** Answers how many frames it has seen, and a number. */
const program = ({ answer = 1, version = 1, fields = "", more = "" }: Edits): string => `
import { App, Frame, PacketSocket } from "pktsock/app";

export default class Counting extends App {
  seen: u32;
  ${fields}
  version(): u32 {
    return ${version};
  }
  start(): void {
    PacketSocket.open(${ASKED});
  }
  onFrame(socket: PacketSocket, frame: Frame): void {
    const reply = socket.writable(frame);
    if (!reply) return;
    reply.turn();
    reply.set32(14, ++this.seen);
    reply.set8(18, ${answer});
    socket.send(reply);
  }
  ${more}
}
`;

/** The application's own tests: it may answer what is less than 100. */
const tests = `
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PktSock } from "../../host/engine/pktsock.js";

it("answers less than 100", () => {
  const sockets = PktSock.load(readFileSync(process.env.PKTSOCK_APP!), { appSize: 512 });
  const eth0 = sockets.addInterface("eth0", Buffer.from("020000000001", "hex")).up();
  sockets.startApp();
  eth0.driver.receive(Buffer.concat([Buffer.from("02000000000102000000000288b6", "hex"), Buffer.alloc(46)]));
  sockets.service();
  assert.ok(eth0.driver.transmit()[0]![18]! < 100, "it answers too much");
});
`;

describe("pktsock dev", function () {
  this.timeout(900_000);
  let tool: BoardProcess | undefined;
  let cable: UdpCable | undefined;
  let folder: string;

  before(() => void execFileSync("make", [TOOL], { stdio: "ignore" }));
  beforeEach(() => void (folder = mkdtempSync("build/dev-")));
  afterEach(async () => {
    await tool?.stop();
    await cable?.close();
    rmSync(folder, { recursive: true });
    tool = cable = undefined;
  });

  /** What the board answers: how many frames it has seen, and the number. */
  async function ask(hwaddr: string): Promise<[seen: number, answer: number]> {
    cable!.send(frame(ASKED, { to: Buffer.from(hwaddr, "hex"), from: other }));
    const reply = await cable!.receive(LIMIT_MS);
    return [reply.readUInt32BE(14), reply[18]!];
  }

  for (const [board, hwaddr] of [
    ["linux", "020000000001"],
    ["qemu-mps2-an385", "02504b545301"],
  ] as const) {
    it(`an edit answers without a restart on ${board}, and what fails is not swapped in`, async () => {
      const file = join(folder, "counting.ts");
      const save = (edits: Edits): void => writeFileSync(file, program(edits));
      save({});
      writeFileSync(join(folder, "counting.test.ts"), tests);
      cable = await UdpCable.open(await freePort());
      const nic = `udp:${cable.localPort}:${cable.remotePort}`;
      tool = new BoardProcess([process.execPath, TOOL, "dev", file, "--board", board, "--nic", nic]);
      const says = (pattern: RegExp): Promise<RegExpExecArray> => tool!.waitFor(pattern, LIMIT_MS);
      const runs = (version: number): Promise<RegExpExecArray> =>
        says(new RegExp(`^module +ABI \\d+, version ${version} on wasm3, [^]*?lost: none\\n`, "m"));

      await says(/^compile +.*counting\.ts: \d+ bytes, \d+ ms\ntest .*counting\.test\.ts: 1 passed, \d+ ms\n/m);
      await says(/^boot +the application runs/m);
      await runs(0);
      assert.deepEqual(await ask(hwaddr), [1, 1]);

      save({ answer: 2 });
      await says(/^swap .*version 1 runs, \d+ ms\n/m);
      await runs(1);
      assert.deepEqual(await ask(hwaddr), [2, 2], "the counter goes on");

      save({ answer: "missing" });
      await says(
        /^compile +failed[^]*Cannot find name 'missing'[^]*counting\.ts\(18,20\)[^]*the module that runs goes on/m,
      );
      assert.deepEqual(await ask(hwaddr), [3, 2]);

      save({ answer: 100 });
      await says(/^test +failed[^]*it answers too much[^]*the module that runs goes on/m);
      assert.deepEqual(await ask(hwaddr), [4, 2]);

      save({ answer: 4, version: 2, fields: "more: u32;" });
      await says(
        /^swap +failed.*\n +The board says: the application's state has another version, and migrate\(\) did not/m,
      );
      assert.deepEqual(await ask(hwaddr), [5, 2]);

      const migrate = "migrate(from: u32): bool { this.more = from; this.seen += 100; return from == 1; }";
      save({ answer: 4, version: 2, fields: "more: u32;", more: migrate });
      await says(/^swap .*version 3 runs/m);
      await runs(3);
      assert.deepEqual(await ask(hwaddr), [106, 4], "the counter was migrated");

      save({ answer: 5, version: 2, fields: "more: u32;", more: migrate });
      await runs(4);
      assert.deepEqual(await ask(hwaddr), [107, 5], "nothing is migrated twice");

      const { pid } = tool;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
      assert.equal(children.length, 1, "the board");
      process.kill(pid!, "SIGINT");
      assert.equal(await tool.exited(LIMIT_MS), 0, tool.complaints);
      assert.ok(!existsSync(`/proc/${children[0]}`), "the board was ended");
    });
  }

  it("edits of an application reach a board that runs already, over its wire", async () => {
    const settings = ["BOARD=linux", "APP=dev", "APP_TS=examples/ts/echo.ts", "SWAP=wasm3", `SWAP_KEY=${KEY}`];
    execFileSync("make", ["-s", "firmware", ...settings], { stdio: ["ignore", "ignore", "inherit"] });
    const [ours, theirs] = [await freePort(), await freePort()];
    const env = { ...process.env, PKTSOCK_NIC: `udp:${theirs}:${ours}` };
    const board = new BoardProcess(["build/linux-swap-app/echo-dev.elf"], env);
    try {
      await board.waitFor("the application runs", LIMIT_MS);
      const file = join(folder, "echo.ts");
      const text = readFileSync("examples/ts/echo.ts");
      writeFileSync(file, text);
      tool = new BoardProcess([process.execPath, TOOL, "dev", file, "--to", `udp:${ours}:${theirs}`]);
      await tool.waitFor(/^swap .*version 1 runs/m, LIMIT_MS);
      await tool.waitFor(/^module .*, version 1 on wasm3/m, LIMIT_MS);
      writeFileSync(file, `// edited\n${text}`);
      await tool.waitFor(/^swap .*version 2 runs/m, LIMIT_MS);
      process.kill(tool.pid!, "SIGINT");
      assert.equal(await tool.exited(LIMIT_MS), 0, tool.complaints);
    } finally {
      await board.stop();
    }
  });

  for (const [args, message] of [
    [[], /name one application/],
    [["examples/ts/echo.ts"], /say where it runs: with --board or with --to/],
    [["nothing.ts", "--board", "linux"], /nothing\.ts is no file/],
    [["examples/ts/echo.ts", "--board", "nothing"], /There is no board "nothing"/],
    [["examples/ts/echo.ts", "--board", "esp32-poe"], /does not run in QEMU/],
    [["examples/ts/echo.ts", "--board", "linux", "--nic", "tap:a,b"], /"tap:a,b" is none of tap:NAME, udp:OURS:THEIRS/],
    [["examples/ts/echo.ts", "--to", "usb:1"], /start it with eth:, udp: or serial:/],
  ] as const) {
    it(`says what to do instead of: pktsock dev ${args.join(" ")}`, () => {
      if (!existsSync(KEY)) writeNewKey(KEY);
      const { status, stderr } = spawnSync(process.execPath, [TOOL, "dev", ...args], { encoding: "utf8" });
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    });
  }
});
