import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { options } from "../build/options.js";
import { parseIp, parseMac } from "../net/wire.js";
import { type Command, parsing, UsageError } from "./command.js";
import { checkProgram } from "./elf.js";

const usage = `(--tap NAME | --udp LOCAL:REMOTE) [options] -- PROGRAM [ARGUMENTS]
Runs a Linux program whose packet sockets are pktsock's: those of the component for boards, in a process beside it. To be
run in the repository; docs/run.md lists the programs that work.
  --tap NAME           the board's cable ends at the TAP interface NAME of the Linux kernel; needs root
  --udp LOCAL:REMOTE   the cable is QEMU's: one datagram on 127.0.0.1 is one frame
One of these may be given up to four times; each adds an interface to the board. The next four options are about the cable
named before them, or the first one:
  --peer ADDRESS/LEN   give the TAP interface an address, and bring it up
  --name NAME          the board's interface as the program sees it (default eth0, eth1, ...)
  --hwaddr MAC         its hardware address (default 02:00:00:00:00:01, ...:02, ...)
  --address ADDRESS/LEN
                       the IPv4 address that SIOCGIFADDR reports
Further options:
  --config NAME=N      another capacity than that of docs/run.md, as NET_PKT_QUEUE_FRAMES=8; may be given several times
  --private            run the program in a network of its own, in which the kernel knows the board's interfaces too; for
                       programs that ask by netlink, /sys or routes; needs root`;

const flags = {
  tap: { type: "string", multiple: true },
  peer: { type: "string", multiple: true },
  udp: { type: "string", multiple: true },
  name: { type: "string", multiple: true },
  hwaddr: { type: "string", multiple: true },
  address: { type: "string", multiple: true },
  config: { type: "string", multiple: true, default: [] as string[] },
  private: { type: "boolean", default: false },
} as const;

/** The index of the first interface if the kernel has none of that name; higher than the kernel's own indices. */
const INDEX = 1001;
const MAX_PORTS = 4;
/** How long frames that the component has no room for wait in the cable, in microseconds: the server may not be scheduled. */
const PKTSOCK_PATIENCE = "100000";
/** The frames of the pools together if there are several interfaces. */
const FRAMES = 28;
const LIBRARY = "build/linux/libpktsock-preload.so";

/** Where the server listens, and what it wants to hear; host/preload/protocol.h. */
interface Door {
  readonly key: string;
  readonly secret: string;
}

/** An interface of the board and its cable. */
interface Port {
  tap: string | undefined;
  udp: string | undefined;
  peer: string | undefined;
  name: string;
  hwaddr: string;
  address: string | undefined;
}

interface Settings {
  ports: Port[];
  isPrivate: boolean;
  config: string[];
  program: string[];
}

function checkAddress(option: string, text: string | undefined): void {
  if (text === undefined) return;
  const [ip = "", length, ...rest] = text.split("/");
  try {
    parseIp(ip);
    if (length === undefined || !/^\d+$/.test(length) || Number(length) > 32 || rest.length > 0) throw new Error();
  } catch {
    throw new UsageError(`--${option} must be an address like 192.0.2.1/24, not "${text}".`);
  }
}

/** Throws a UsageError unless each is an option of the component with a number in its range. */
function checkConfig(config: string[]): string[] {
  for (const setting of config) {
    const [, name = "", number = ""] = /^(\w+)=(\d+)$/.exec(setting) ?? [];
    const option = options.find((known) => known.name === name);
    if (option === undefined)
      throw new UsageError(`--config must be an option and a number, not "${setting}"; see docs/run.md.`);
    const { min, max } = option;
    if (Number(number) < min || Number(number) > max)
      throw new UsageError(`--config: ${name} must be a number from ${min} to ${max}, not ${number}.`);
  }
  return config;
}

/** The capacities of a board with so many interfaces, which share what one has. */
function shared(ports: number): string[] {
  if (ports === 1) return [];
  const frames = Math.floor(FRAMES / ports);
  return Object.entries({ INTERFACES: ports, FRAMES: frames, TX_FRAMES: 2, RX_RESERVE: 2 }).map(
    ([name, number]) => `NET_PKT_${name}=${number}`,
  );
}

/** Settings of which later ones replace earlier ones. */
function merged(config: readonly string[]): string[] {
  return [...new Map(config.map((setting) => [setting.split("=")[0], setting])).values()].sort();
}

function checkName(option: string, name: string): void {
  if (!/^[^\s/:,]{1,15}$/.test(name))
    throw new UsageError(`--${option}: "${name}" cannot be the name of an interface.`);
}

function checkPort({ tap, udp, peer, name, hwaddr, address }: Port): void {
  const ends = udp?.split(":") ?? ["1", "1"];
  if (ends.length !== 2 || !ends.every((end) => /^\d+$/.test(end) && Number(end) > 0 && Number(end) < 65536)) {
    throw new UsageError(`--udp must be two UDP ports like 9000:9001, not "${udp}".`);
  }
  if (tap !== undefined) checkName("tap", tap);
  if (peer !== undefined && tap === undefined) throw new UsageError("--peer is for the interface that --tap names.");
  checkName("name", name);
  checkAddress("peer", peer);
  checkAddress("address", address);
  try {
    parseMac(hwaddr);
  } catch (error) {
    throw new UsageError(`--hwaddr: ${(error as Error).message}.`);
  }
  if (parseMac(hwaddr)[0]! & 1)
    throw new UsageError(`--hwaddr: ${hwaddr} is a multicast address; an interface has none.`);
}

/** Throws a UsageError if two of the ports have the same. */
function checkDifferent(ports: readonly Port[], option: "tap" | "name" | "hwaddr"): void {
  const all = ports.flatMap((port) => port[option]?.toLowerCase() ?? []);
  const twice = all.find((value, i) => all.indexOf(value) !== i);
  if (twice !== undefined) throw new UsageError(`--${option}: two interfaces cannot both have ${twice}.`);
}

/** The ports in the order of their cables, each with the options that follow it. */
function portsOf(tokens: readonly { kind: string; name?: string; value?: string | undefined }[]): Port[] {
  const ports: Partial<Port>[] = [];
  let before: Partial<Port> = {};
  for (const { name, value } of tokens) {
    if (name === "tap" || name === "udp") {
      ports.push({ ...before, [name]: value });
      before = {};
    } else if (name === "peer" || name === "name" || name === "hwaddr" || name === "address") {
      (ports.at(-1) ?? before)[name] = value!;
    }
  }
  if (ports.length === 0) throw new UsageError("choose a cable: --tap NAME or --udp LOCAL:REMOTE.");
  if (ports.length > MAX_PORTS) throw new UsageError(`a board has at most ${MAX_PORTS} interfaces.`);
  return ports.map(({ tap, udp, peer, name, hwaddr, address }, i) => ({
    tap,
    udp,
    peer,
    address,
    name: name ?? `eth${i}`,
    hwaddr: hwaddr ?? `02:00:00:00:00:0${i + 1}`,
  }));
}

function settingsOf(args: string[]): Settings {
  const at = args.indexOf("--");
  const program = at < 0 ? [] : args.slice(at + 1);
  if (program.length === 0) throw new UsageError("name the program to run after --; see pktsock run --help.");
  const { values, tokens } = parsing(() => parseArgs({ args: args.slice(0, at), options: flags, tokens: true }));
  const ports = portsOf(tokens);
  for (const port of ports) checkPort(port);
  for (const option of ["tap", "name", "hwaddr"] as const) checkDifferent(ports, option);
  const config = merged([...shared(ports.length), ...checkConfig(values.config)]);
  return { ports, isPrivate: values.private, config, program };
}

/** Throws an Error with a user-readable message when the cables or the private network are not possible. */
function checkMachine({ ports, isPrivate }: Settings): void {
  const taps = ports.flatMap(({ tap }) => tap ?? []);
  if (taps.length > 0 || isPrivate) {
    if (process.getuid?.() !== 0) throw new Error(`${taps.length === 0 ? "--private" : "--tap"} needs root.`);
    if (!existsSync("/dev/net/tun"))
      throw new Error("/dev/net/tun is missing, without which there are no TAP interfaces.");
  }
  for (const tap of taps.filter((name) => existsSync(`/sys/class/net/${name}`))) {
    if (!isPrivate && ports.some(({ name }) => name === tap))
      throw new Error(`the TAP interface and the board's cannot both be named ${tap}: choose another --name.`);
    if (!existsSync(`/sys/class/net/${tap}/tun_flags`)) throw new Error(`${tap} exists, but is not a TAP interface.`);
  }
}

/** Returns the interfaces' indices for the program: each is that of the kernel's interface of the same name, if there is one. */
function indicesOf({ ports, isPrivate }: Settings): number[] {
  return ports.map(({ name }, i) => {
    const path = `/sys/class/net/${name}/ifindex`;
    return !isPrivate && existsSync(path) ? Number(readFileSync(path, "utf8")) : INDEX + i;
  });
}

/** The frames that the queues of the TAP interfaces had no room for so far. */
function tapDrops({ ports }: Settings): number {
  return ports.reduce((sum, { tap }) => {
    const path = `/sys/class/net/${tap}/statistics/tx_dropped`;
    return sum + (existsSync(path) ? Number(readFileSync(path, "utf8")) : 0);
  }, 0);
}

/** Runs ip(8), in the given network namespace if there is one. */
function ip(pid: number | undefined, ...args: string[]): void {
  const command = pid === undefined ? ["ip", ...args] : ["nsenter", "-t", String(pid), "-n", "ip", ...args];
  const { status, stderr, error } = spawnSync(command[0]!, command.slice(1), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")}: ${error?.message ?? stderr.trim()}`);
}

/**
 * Builds the library and its server if they are missing; `make preload` rebuilds them after a change. Each set of capacities has
 * a server of its own, which is always made anew if it must be. Returns its path.
 */
function build(config: readonly string[]): string {
  const suffix = `-run${config.map((setting) => `-${setting.replace("NET_PKT_", "").replace("=", "-")}`).join("")}`;
  const server = `build/linux-aot${suffix}/server.elf`;
  if (existsSync(server) && existsSync(LIBRARY) && config.length === 0) return server;
  const settings = [`RUN_SUFFIX=${suffix}`, `RUN_CONFIG=${config.join(" ")}`];
  const { status } = spawnSync("make", ["-s", "--no-print-directory", "preload", ...settings], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("the library and its server could not be built; is this the repository?");
  return server;
}

/** Starts the component's process; resolves when it is ready. */
async function startServer(
  image: string,
  settings: Settings,
  { key, secret }: Door,
  indices: readonly number[],
): Promise<ChildProcess> {
  const { ports, isPrivate } = settings;
  const list = (of: (port: Port, i: number) => string): string[] => ports.map(of);
  // In a private network the stand-in has the address, and the kernel reports it.
  const seen = list(({ name, address }, i) =>
    [name, indices[i], ...(address !== undefined && !isPrivate ? [address] : [])].join(","),
  );
  const args = [key, isPrivate ? "private" : "shared", ...seen];
  const cables = list(({ tap, udp }) => (tap === undefined ? `udp:${udp}` : `tap:${tap}`)).join(",");
  const hwaddrs = list(({ hwaddr }) => hwaddr).join(",");
  // Ctrl-C is for the program.
  const server = spawn(image, args, {
    detached: true,
    env: { ...process.env, PKTSOCK_NIC: cables, PKTSOCK_HWADDR: hwaddrs, PKTSOCK_PATIENCE, PKTSOCK_SECRET: secret },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  let ready = false;
  server.stdin!.on("error", () => undefined); // it has ended; "close" follows
  const lines = createInterface(server.stdout!);
  await new Promise<void>((resolve) => {
    lines.on("close", resolve);
    lines.on("line", (line) => {
      if (ready) return console.error(`pktsock run: ${line}`);
      if (line !== "ready") return void (said += ` ${line}`);
      ready = true;
      return resolve();
    });
  });
  if (ready) return server;
  throw new Error(`the component does not start on ${cables}; is that in use?${said}`);
}

/** Configures the TAP interfaces and the stand-ins. */
function configure({ ports, isPrivate }: Settings, pid: number): void {
  if (isPrivate) ip(pid, "link", "set", "lo", "up");
  for (const { tap, peer, name, hwaddr, address } of ports) {
    if (peer !== undefined) {
      ip(undefined, "address", "replace", peer, "dev", tap!);
      ip(undefined, "link", "set", tap!, "up");
    }
    if (!isPrivate) continue;
    ip(pid, "link", "set", name, "address", hwaddr, "up");
    if (address !== undefined) ip(pid, "address", "add", address, "dev", name);
  }
}

/**
 * Returns the program's command line. The program gets SIGTERM when this process dies. In the private network it has a /sys
 * of that network.
 */
function commandLine({ program, isPrivate }: Settings, pid: number): string[] {
  const mortal = ["setpriv", "--pdeathsig", "TERM"];
  if (!isPrivate) return [...mortal, ...program];
  const script = 'mount -t sysfs sysfs /sys && exec "$@"';
  return [...mortal, "nsenter", "-t", String(pid), "-n", "unshare", "-m", "sh", "-c", script, "sh", ...program];
}

async function runProgram(
  settings: Settings,
  { key, secret }: Door,
  indices: readonly number[],
  pid: number,
): Promise<number> {
  const [command, ...args] = commandLine(settings, pid);
  const program = spawn(command!, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      LD_PRELOAD: [`${process.cwd()}/${LIBRARY}`, process.env["LD_PRELOAD"] ?? ""].join(" ").trim(),
      PKTSOCK_SERVER: key,
      PKTSOCK_SECRET: secret,
      PKTSOCK_INTERFACES: settings.ports.map(({ name }, i) => `${name}=${indices[i]}`).join(","),
    },
  });
  const pass = (signal: NodeJS.Signals): void => void program.kill(signal);
  const ignore = (): void => undefined; // the terminal sends it to the program too
  process.on("SIGINT", ignore).on("SIGTERM", pass).on("SIGHUP", pass);
  try {
    const [status, signal] = (await once(program, "close")) as [number | null, NodeJS.Signals | null];
    return status ?? 128 + constants.signals[signal!];
  } catch (error) {
    throw new Error(`${command} does not start: ${(error as Error).message}`, { cause: error });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", pass).off("SIGHUP", pass);
  }
}

/** Waits until no process that the program left behind has packet sockets, or until a signal. */
async function endServer(server: ChildProcess, settings: Settings): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "close");
  const stop = (): void => void server.stdin!.end();
  process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
  server.stdin!.write("end\n");
  const patience = setTimeout(() => {
    console.error(
      `pktsock run: ${settings.program[0]} has ended, but left a process with packet sockets; Ctrl-C ends those.`,
    );
  }, 500);
  await ended;
  clearTimeout(patience);
  process.off("SIGINT", stop).off("SIGTERM", stop).off("SIGHUP", stop);
}

async function run(args: string[]): Promise<number> {
  const settings = settingsOf(args);
  process.env["PATH"] += ":/usr/sbin:/sbin"; // ip(8) is there
  checkProgram(settings.program[0]!);
  checkMachine(settings);
  const image = build(settings.config);
  const key = `pktsock-${process.pid}-${randomBytes(4).toString("hex")}`;
  const door = { key, secret: randomBytes(16).toString("hex") };
  const indices = indicesOf(settings);
  const server = await startServer(image, settings, door, indices);
  const before = tapDrops(settings);
  try {
    configure(settings, server.pid!);
    return await runProgram(settings, door, indices, server.pid!);
  } catch (error) {
    server.stdin!.end();
    throw error;
  } finally {
    const dropped = tapDrops(settings) - before;
    await endServer(server, settings);
    if (dropped > 0) console.error(`pktsock run: ${dropped} frames dropped: the TAP interface's queue was full`);
  }
}

export const runCommand: Command = {
  summary: "run a Linux program on pktsock's packet sockets",
  inRepository: true,
  usage,
  run,
};
