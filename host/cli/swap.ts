import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type ManageClient, SWAP_OLDER, SWAP_RESTART } from "../manage/client.js";
import { boardLinkUsage, withBoard } from "./board-link.js";
import { type Command, parsing, UsageError } from "./command.js";

const usage = `--to LINK MODULE.signed [options]
pktsock swap --to LINK --fallback | --confirm
Brings a module that pktsock sign has signed to a running board, which goes on with it: sockets stay open. An attempt that was broken
off goes on where it stopped. LINK is one of
${boardLinkUsage}
Options:
  --restart                   also if the module has another layout of memory: it starts afresh, and frames are lost
  --older                     also if its version does not rise; a firmware that is delivered does not allow that
  --confirm                   the module that is on trial is proven, now; alone, or after the swap
  --fallback                  return to the module before`;

const options = {
  to: { type: "string" },
  restart: { type: "boolean", default: false },
  older: { type: "boolean", default: false },
  confirm: { type: "boolean", default: false },
  fallback: { type: "boolean", default: false },
} as const;

/** On a terminal, one line that changes. */
function progressOf(total: number): (have: number) => void {
  if (!process.stdout.isTTY) return () => undefined;
  return (have) => void process.stdout.write(`\r${have} of ${total} bytes${have === total ? "\n" : ""}`);
}

async function bring(board: ManageClient, file: Uint8Array, flags: number): Promise<void> {
  const { board: name, most, version } = await board.hello();
  const began = performance.now();
  await board.upload(file, most, progressOf(file.length));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name}: ${file.length} bytes brought in ${seconds} s`);
  console.log(`${name}: version ${await board.swap(file, flags)} runs in place of version ${version}`);
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parsing(() => parseArgs({ args, options, allowPositionals: true }));
  const [path, ...more] = positionals;
  const { to, restart, older, confirm, fallback } = values;
  if (more.length > 0) throw new UsageError("name one module.");
  if (path === undefined && !fallback && !confirm) throw new UsageError("name the signed module.");
  if (fallback && (path !== undefined || confirm)) throw new UsageError("--fallback is asked for alone.");
  const file = path === undefined ? undefined : readFileSync(path);
  await withBoard(to, async (board) => {
    if (file !== undefined) await bring(board, file, (restart ? SWAP_RESTART : 0) | (older ? SWAP_OLDER : 0));
    else await board.hello();
    if (fallback) await board.fallback();
    if (confirm) await board.confirm();
    if (fallback || confirm) console.log(fallback ? "the module before runs again" : "the module is proven");
  });
  return 0;
}

export const swap: Command = { summary: "bring a signed module to a running board", usage, run };
