// `make bench-host`: round trips of a 64-byte frame between a peer and a program with a packet socket, at the two ends of a TAP
// interface of the Linux kernel: its own packet sockets, BOARD=linux, `pktsock run`. Prints the ratios of one run. The rounds
// of the ways alternate, so that other load of the machine meets all of them. What a wake-up costs depends on whether it goes to
// another processor, so the program shares the peer's processor, or both have their own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { cpus } from "node:os";
import { kernelObstacle } from "../../host/demo/kernel-peer.js";
import { Namespace } from "../../host/demo/namespace.js";
import { buildImage } from "../support/engines.js";

const ROUNDS = Number(process.env["ROUNDS"] ?? 5);
const ROUND_MS = 1000;
const CYCLES = 2000;
const FOLDER = "build/bench-host";
const SOCKET = `${FOLDER}/socket`;
const PEER = `${FOLDER}/peer`;
const TAP = "tap0";

/** A way to have packet sockets. */
interface Way {
  readonly name: string;
  /** The command that runs the program under test, and what it adds to its environment. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The peer's end of the TAP interface; the program has the other one. */
  readonly peer: "tap" | "packet";
}

function ways(): Way[] {
  const nic = { PKTSOCK_NIC: `tap:${TAP}` };
  const source = "test/bench/host/socket.c";
  return [
    { name: "kernel", command: [SOCKET], environment: { BENCH_IFNAME: TAP }, peer: "tap" },
    ...(["wasm3", "aot"] as const).map((engine): Way => {
      const image = buildImage("linux", source, engine);
      return { name: `BOARD=linux ${engine}`, command: [image], environment: nic, peer: "packet" };
    }),
    {
      name: "pktsock run",
      command: [process.execPath, "build/pktsock.mjs", "run", "--tap", TAP, "--", SOCKET],
      environment: {},
      peer: "packet",
    },
  ];
}

class Run {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when the program has said that it is ready. */
  static async start(namespace: Namespace, command: readonly string[], environment = {}): Promise<Run> {
    // Only into the network: in a namespace of processes it would have a parent here, which kill() would reach instead.
    const [program, ...args] = namespace.inside(command).filter((word) => !word.startsWith("--pid="));
    const child = spawn(program!, args, { env: { ...process.env, ...environment }, stdio: "pipe" });
    child.stderr.setEncoding("utf8");
    let said = "";
    for await (const text of child.stderr.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
      said += text;
      if (/^ready$/m.test(said)) return new Run(child);
    }
    throw new Error(`"${command.join(" ")}" does not start: ${said}`);
  }

  /** Returns the numbers that the program prints. */
  async numbers(): Promise<number[]> {
    let said = "";
    let complaints = "";
    this.child.stdout!.on("data", (bytes: Buffer) => void (said += bytes.toString()));
    this.child.stderr!.on("data", (text: string) => void (complaints += text));
    const [status] = (await once(this.child, "close")) as [number | null];
    if (status !== 0) throw new Error(`the measurement failed: ${complaints}`);
    return said.trim().split(" ").map(Number);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "close");
    this.child.stdout!.resume();
    this.child.stderr!.resume();
    this.child.stdin!.end();
    this.child.kill();
    await ended;
  }
}

function on(processor: number, command: readonly string[]): string[] {
  return ["taskset", "-c", `${processor}`, ...command];
}

/** The processor time in nanoseconds that all processes in the namespace have spent. */
function spent(namespace: Namespace): number {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  let sum = 0;
  for (const pid of processes) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== namespace.network) continue;
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
      }
    } catch {
      continue; // it has ended
    }
  }
  return sum;
}

interface Trips {
  /** Round trips a second. */
  readonly rate: number;
  /** Processor time of one in microseconds, both sides together. */
  readonly work: number;
}

async function trips(namespace: Namespace, { command, environment, peer }: Way, processor: number): Promise<Trips> {
  const program = await Run.start(namespace, on(processor, [...command, "echo"]), environment);
  try {
    const before = spent(namespace);
    const run = await Run.start(namespace, on(0, [PEER, peer, TAP, "trips", `${ROUND_MS}`]));
    const [rate = 0, peers = 0] = await run.numbers();
    const ours = (spent(namespace) - before) / ((rate * ROUND_MS) / 1000);
    return { rate, work: (peers + ours) / 1000 };
  } finally {
    await program.stop();
  }
}

/** The median of a master's cycle, in microseconds. */
async function cycle(namespace: Namespace, { command, environment, peer }: Way, processor: number): Promise<number> {
  const echo = await Run.start(namespace, on(0, [PEER, peer, TAP, "echo"]));
  try {
    const run = await Run.start(namespace, on(processor, [...command, "cycle", `${CYCLES}`]), environment);
    const [us = 0] = await run.numbers();
    return us;
  } finally {
    await echo.stop();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function measure(namespace: Namespace, processor: number): Promise<void> {
  const all = ways().filter(({ name }) => new RegExp(process.env["WAYS"] ?? "").test(name));
  const results = new Map<Way, { rate: number[]; work: number[]; us: number[] }>();
  for (const way of all) results.set(way, { rate: [], work: [], us: [] });
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of all) {
      const result = results.get(way)!;
      const { rate, work } = await trips(namespace, way, processor);
      result.rate.push(rate);
      result.work.push(work);
      result.us.push(await cycle(namespace, way, processor));
    }
  }
  console.log(processor === 0 ? "On the peer's processor:" : "On a processor of its own:");
  const kernel = results.get(all[0]!)!;
  for (const way of all) {
    const { rate, work, us } = results.get(way)!;
    const cells = [
      `${median(rate)} /s`.padStart(10),
      (median(rate) / median(kernel.rate)).toFixed(2),
      `${median(work).toFixed(2)} us`.padStart(9),
      (median(kernel.work) / median(work)).toFixed(2),
      `${median(us).toFixed(1)} us`.padStart(9),
    ];
    console.log(`  ${way.name.padEnd(17)} ${cells.join("  ")}`);
  }
}

const obstacle = kernelObstacle();
if (obstacle !== undefined) {
  console.log(`bench-host: skipped: ${obstacle}`);
} else {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of ["socket", "peer"]) {
    const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"];
    execFileSync("cc", [...flags, `test/bench/host/${name}.c`, "-o", `${FOLDER}/${name}`], { stdio: "inherit" });
  }
  const namespace = await Namespace.open();
  try {
    await namespace.must("ip", "tuntap", "add", "dev", TAP, "mode", "tap");
    await namespace.must("ip", "link", "set", TAP, "addrgenmode", "none");
    await namespace.must("ip", "link", "set", TAP, "up");
    console.log(
      "A 64-byte frame over TAP: round trips a second, the processor time of one (both sides), each with the ratio",
    );
    console.log("to the kernel's, and the median of an EtherCAT master's cycle.");
    for (const processor of cpus().length > 1 ? [0, 1] : [0]) await measure(namespace, processor);
  } finally {
    await namespace.close();
  }
}
