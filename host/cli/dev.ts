import { existsSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { endPrograms, runProgram } from "../demo/program.js";
import { boardObstacle, checkBoard } from "../demo/tools.js";
import { ManageClient } from "../manage/client.js";
import { ConsoleBoard } from "../manage/console-board.js";
import { qemuCommand } from "../net/qemu.js";
import { freePort } from "../net/udp.js";
import { readPrivateKey } from "../sign/keys.js";
import { boardLinkUsage, withBoard } from "./board-link.js";
import { type Command, parsing, Stop, UsageError } from "./command.js";
import { DevLoop, say } from "./dev-loop.js";
import { port } from "./ends.js";

const KEY = "build/development.pem";

const usage = `APP.ts --board BOARD [--nic NIC]
pktsock dev APP.ts --to LINK [--key FILE]
The developer's loop: whenever the application's file is saved, it is compiled, tested by the mocha tests in APP.test.ts
beside it, if that is there, signed, and swapped into the running board, which goes on with its state and its sockets
(docs/apps.md). What fails is shown, and the version before goes on. Ctrl-C ends it.
Options:
  --board BOARD               build an image with the application and boot it in QEMU, or as a process (BOARD is linux
                              then). To be run in the repository. The board is managed over its console
  --nic tap:NAME | --nic udp:OURS:THEIRS
                              what the board's eth0 is connected to (default: a UDP cable, an END of pktsock cable)
  --key FILE                  the private key of the running firmware's SWAP_KEY (default ${KEY})
  --to LINK                   a board that runs already, with the image of boards/apps/dev.c. LINK is one of
${boardLinkUsage}`;

const options = {
  board: { type: "string" },
  nic: { type: "string" },
  to: { type: "string" },
  key: { type: "string" },
} as const;

/** Tries of a request: a board in an emulator waits for the machine. */
const PATIENCE = 40;
const BUILD_MS = 600_000;

/** What an interface is connected to, for QEMU's -nic and for PKTSOCK_NIC of BOARD=linux, and as it is printed. */
interface Connection {
  readonly qemu: string;
  readonly linux: string;
  readonly name: string;
}

/** Parses --nic. */
function connectionOf(nic: string): Connection {
  const [, tap, ours, theirs] = /^(?:tap:([\w.-]{1,15})|udp:(\d+):(\d+))$/.exec(nic) ?? [];
  if (tap !== undefined) return { qemu: `tap,ifname=${tap},script=no,downscript=no`, linux: nic, name: nic };
  if (ours === undefined || theirs === undefined)
    throw new UsageError(`"${nic}" is none of tap:NAME, udp:OURS:THEIRS.`);
  for (const text of [ours, theirs]) port(nic, text);
  const qemu = `socket,udp=127.0.0.1:${ours},localaddr=127.0.0.1:${theirs}`;
  return { qemu, linux: `udp:${theirs}:${ours}`, name: nic };
}

/** Throws a UsageError when the board cannot be built and run here. */
function checkPossible(board: string): void {
  if (!existsSync("boards/firmware.mk"))
    throw new UsageError("--board builds with pktsock's Makefile: run it in the folder of the repository.");
  try {
    checkBoard(board);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const obstacle = boardObstacle(board);
  if (obstacle !== undefined) throw new UsageError(`${board} cannot run here: ${obstacle}. Try --board linux.`);
}

/** Builds the image, and returns its path. */
async function buildImage(board: string, file: string): Promise<string> {
  if (!/^[\w./-]+$/.test(file)) throw new Error(`make takes no path with blanks or signs: ${file}.`);
  const settings = [`BOARD=${board}`, "APP=dev", `APP_TS=${file}`, "SWAP=wasm3", `SWAP_KEY=${KEY}`];
  const make = ["make", "-s", "--no-print-directory", "firmware", ...settings];
  const { status, output, complaints } = await runProgram(make, false, BUILD_MS);
  if (status !== 0) throw new Error(`The image for ${board} could not be built.\n${output}${complaints}`);
  return `build/${board}-swap-app/${basename(file, ".ts")}-dev.elf`;
}

/** A board of this command's own. */
class OwnBoard {
  process: ConsoleBoard | undefined;
  private over!: (why: Error) => void;
  /** Rejects when the board has ended. */
  readonly ended = new Promise<never>((_, reject) => (this.over = reject));

  constructor(
    private readonly name: string,
    private readonly nic: Connection,
  ) {}

  async boot(file: string): Promise<ManageClient> {
    const image = await buildImage(this.name, file);
    const command = this.name === "linux" ? [image] : qemuCommand({ board: this.name, image }, this.nic.qemu);
    const board = (this.process = new ConsoleBoard(command, { ...process.env, PKTSOCK_NIC: this.nic.linux }));
    await board.prints(/^the application runs\r?\n/m).catch(async (error: unknown) => {
      await board.stop();
      throw error;
    });
    board.onLine = (line) => say("board", line);
    void board.ended.then(() => this.over(new Error(`The board has ended. ${board.complaints}`)));
    say("board", `${this.name}: ${image}, eth0 is on ${this.nic.name}`);
    return new ManageClient(board.serial, PATIENCE);
  }
}

/** Runs the loop until the user ends it. */
async function untilStopped(loop: DevLoop, ended?: Promise<never>): Promise<void> {
  const stop = new Stop();
  try {
    await Promise.race([stop.requested, loop.run(), ...(ended === undefined ? [] : [ended])]);
    console.log("ended");
  } finally {
    loop.close();
    stop.forget();
  }
}

async function onOwnBoard(file: string, board: string, nic: string): Promise<void> {
  checkPossible(board);
  const own = new OwnBoard(board, connectionOf(nic));
  try {
    await untilStopped(
      new DevLoop(
        file,
        () => readPrivateKey(KEY),
        () => own.boot(file),
      ),
      own.ended,
    );
  } finally {
    await own.process?.stop();
  }
}

async function onOther(file: string, to: string, keyPath: string): Promise<void> {
  const key = readPrivateKey(keyPath);
  await withBoard(to, async (board) => {
    const { board: name } = await board.hello();
    say("board", `${name} answers`);
    const loop = new DevLoop(file, () => key);
    loop.to(board);
    await untilStopped(loop);
  });
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parsing(() => parseArgs({ args, options, allowPositionals: true }));
  const [file, ...more] = positionals;
  const { board, to, nic, key } = values;
  if (file === undefined || more.length > 0)
    throw new UsageError("name one application: pktsock dev app.ts --board linux.");
  if (!file.endsWith(".ts") || !existsSync(file)) throw new UsageError(`${file} is no file that ends with .ts.`);
  if ((board === undefined) === (to === undefined))
    throw new UsageError("say where it runs: with --board or with --to.");
  if (to !== undefined && nic !== undefined) throw new UsageError("--nic belongs to --board.");
  if (board !== undefined && key !== undefined) throw new UsageError("--key belongs to --to.");
  try {
    if (board !== undefined) await onOwnBoard(file, board, nic ?? `udp:${await freePort()}:${await freePort()}`);
    else await onOther(file, to!, key ?? KEY);
  } finally {
    await endPrograms();
  }
  // At once: what was under way when the user ended it is not waited for.
  process.exit(0);
}

export const dev: Command = {
  summary: "write an application: each save is compiled, tested and swapped into a running board",
  usage,
  run,
};
