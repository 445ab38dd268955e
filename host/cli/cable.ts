import { parseArgs } from "node:util";
import { Cable } from "../net/cable.js";
import { faulty, type FaultyEndpoint } from "../net/faults.js";
import { PcapngFile } from "../net/pcapng.js";
import { recorded } from "../net/record.js";
import type { Endpoint } from "../net/endpoint.js";
import { type Command, numberOption, parsing, Stop, UsageError } from "./command.js";
import { endsUsage, parseEnd } from "./ends.js";

const usage = `END END ... [options]
Joins ends of Ethernet cables until Ctrl-C; a frame from one goes to all others. An END is one of
${endsUsage}
Options:
  --record FILE               write what the first END sends and gets to a pcapng file
  --loss P, --duplication P, --reordering P, --corruption P
                              treat that share (0 to 1) of the first END's frames badly, in each direction
  --seed N                    repeat the faults of an earlier run (default: another each time; it is printed)
  --seconds N                 end after that time`;

const options = {
  record: { type: "string" },
  loss: { type: "string" },
  duplication: { type: "string" },
  reordering: { type: "string" },
  corruption: { type: "string" },
  seed: { type: "string" },
  seconds: { type: "string" },
} as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parsing(() => parseArgs({ args, options, allowPositionals: true }));
  if (positionals.length < 2) throw new UsageError("name at least two ends to join; pktsock cable --help lists them.");
  if (new Set(positionals).size < positionals.length) throw new UsageError("the same end is named twice.");
  const share = (name: "loss" | "duplication" | "reordering" | "corruption") =>
    numberOption(name, values[name], 0, 0, 1);
  const faults = {
    loss: share("loss"),
    duplication: share("duplication"),
    reordering: share("reordering"),
    corruption: share("corruption"),
  };
  const seed = numberOption("seed", values.seed, Date.now() % 0x100000000, 0, 0xffffffff);
  const seconds = numberOption("seconds", values.seconds, Infinity, 0, 1e6);
  const isFaulty = Object.values(faults).some((probability) => probability > 0);
  const ends = positionals.map((end) => ({ name: end, open: parseEnd(end) }));

  const file = values.record === undefined ? undefined : new PcapngFile(values.record);
  // From here on a signal ends the program and everything that it has started in an orderly way.
  const stop = new Stop(seconds);
  const cable = new Cable();
  let bad: FaultyEndpoint | undefined;
  const opened = new Map<string, Endpoint>();
  try {
    for (const [i, { name, open }] of ends.entries()) {
      let endpoint = await open();
      opened.set(name, endpoint);
      // The capture shows the frames at the first end: the faults are between it and the cable.
      if (i === 0 && file !== undefined) endpoint = recorded(endpoint, file, name);
      if (i === 0 && isFaulty) endpoint = bad = faulty(endpoint, faults, seed);
      cable.attach(name, endpoint);
    }
    console.log(`joined: ${positionals.join(", ")}${isFaulty ? `; faults with --seed ${seed}` : ""}`);
    await stop.requested;
    for (const [name, { from, to }] of cable.counters) console.log(`${name}: ${from} frames from it, ${to} to it`);
    for (const [name, { dropped }] of opened) {
      if (dropped === undefined || dropped.foreign + dropped.short === 0) continue;
      console.log(
        `${name}: dropped ${dropped.foreign} datagrams of another sender, ${dropped.short} shorter than 14 bytes`,
      );
    }
    for (const [direction, line] of [
      ["to", bad?.to],
      ["from", bad?.from],
    ] as const) {
      if (line === undefined) continue;
      const { lost, duplicated, reordered, corrupted } = line.counters;
      console.log(
        `${direction} ${positionals[0]}: ${lost} lost, ${duplicated} duplicated, ${reordered} reordered, ${corrupted} corrupted`,
      );
    }
  } finally {
    await cable.close();
    file?.close();
    stop.forget();
  }
  return 0;
}

export const cable: Command = { summary: "join QEMU, TAP interfaces and hosts; record; add faults", usage, run };
