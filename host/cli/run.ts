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
  --peer ADDRESS/LEN   give that interface an address, and bring it up
  --udp LOCAL:REMOTE   the cable is QEMU's: one datagram on 127.0.0.1 is one frame
  --name NAME          the board's interface as the program sees it (default eth0)
  --hwaddr MAC         its hardware address (default 02:00:00:00:00:01)
  --address ADDRESS/LEN
                       an IPv4 address that it is said to have
  --config NAME=N      another capacity than that of docs/run.md, as NET_PKT_QUEUE_FRAMES=8; may be given several times
  --private            run the program in a network of its own, in which the kernel knows the board's interface too; for
                       programs that ask by netlink, /sys or routes; needs root`;

const flags = {
  tap: { type: "string" },
  peer: { type: "string" },
  udp: { type: "string" },
  name: { type: "string", default: "eth0" },
  hwaddr: { type: "string", default: "02:00:00:00:00:01" },
  address: { type: "string" },
  config: { type: "string", multiple: true, default: [] as string[] },
  private: { type: "boolean", default: false },
} as const;

/** The index of the interface if the kernel has none of that name; higher than the kernel's own indices. */
const INDEX = 1001;
const LIBRARY = "build/linux/libpktsock-preload.so";

/** Where the server listens, and what it wants to hear; host/preload/protocol.h. */
interface Door {
  readonly key: string;
  readonly secret: string;
}

interface Settings {
  nic: string;
  tap: string | undefined;
  peer: string | undefined;
  name: string;
  hwaddr: string;
  address: string | undefined;
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
  return config.sort();
}

function checkName(option: string, name: string): void {
  if (!/^[^\s/:,]{1,15}$/.test(name))
    throw new UsageError(`--${option}: "${name}" cannot be the name of an interface.`);
}

function settingsOf(args: string[]): Settings {
  const at = args.indexOf("--");
  const program = at < 0 ? [] : args.slice(at + 1);
  if (program.length === 0) throw new UsageError("name the program to run after --; see pktsock run --help.");
  const { values } = parsing(() => parseArgs({ args: args.slice(0, at), options: flags }));
  const { tap, peer, udp, name, hwaddr, address } = values;
  if ((tap === undefined) === (udp === undefined))
    throw new UsageError("choose a cable: --tap NAME or --udp LOCAL:REMOTE.");
  const ports = udp?.split(":") ?? ["1", "1"];
  if (ports.length !== 2 || !ports.every((port) => /^\d+$/.test(port) && Number(port) > 0 && Number(port) < 65536)) {
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
  const nic = tap === undefined ? `udp:${udp}` : `tap:${tap}`;
  return {
    nic,
    tap,
    peer,
    name,
    hwaddr,
    address,
    isPrivate: values.private,
    config: checkConfig(values.config),
    program,
  };
}

/** Throws an Error with a user-readable message when the cable or the private network is not possible. */
function checkMachine({ tap, name, isPrivate }: Settings): void {
  const isRoot = process.getuid?.() === 0;
  if (tap !== undefined || isPrivate) {
    if (!isRoot) throw new Error(`${tap === undefined ? "--private" : "--tap"} needs root.`);
    if (!existsSync("/dev/net/tun"))
      throw new Error("/dev/net/tun is missing, without which there are no TAP interfaces.");
  }
  if (tap === undefined || !existsSync(`/sys/class/net/${tap}`)) return;
  if (tap === name && !isPrivate)
    throw new Error(`the TAP interface and the board's cannot both be named ${name}: choose another --name.`);
  if (!existsSync(`/sys/class/net/${tap}/tun_flags`)) throw new Error(`${tap} exists, but is not a TAP interface.`);
}

/** Returns the interface's index for the program: that of the kernel's interface of the same name, if there is one. */
function indexOf({ name, isPrivate }: Settings): number {
  const path = `/sys/class/net/${name}/ifindex`;
  return !isPrivate && existsSync(path) ? Number(readFileSync(path, "utf8")) : INDEX;
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
  index: number,
): Promise<ChildProcess> {
  const { name, address, isPrivate, nic, hwaddr } = settings;
  const args = [key, name, String(index), isPrivate ? "private" : "shared"];
  // In a private network the stand-in has the address, and the kernel reports it.
  if (address !== undefined && !isPrivate) args.push(address);
  // Ctrl-C is for the program.
  const server = spawn(image, args, {
    detached: true,
    env: { ...process.env, PKTSOCK_NIC: nic, PKTSOCK_HWADDR: hwaddr, PKTSOCK_SECRET: secret },
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
  throw new Error(`the component does not start on ${nic}; is that in use?${said}`);
}

/** Configures the TAP interface and the stand-in. */
function configure({ tap, peer, name, hwaddr, address, isPrivate }: Settings, pid: number): void {
  if (peer !== undefined) {
    ip(undefined, "address", "replace", peer, "dev", tap!);
    ip(undefined, "link", "set", tap!, "up");
  }
  if (!isPrivate) return;
  ip(pid, "link", "set", "lo", "up");
  ip(pid, "link", "set", name, "address", hwaddr, "up");
  if (address !== undefined) ip(pid, "address", "add", address, "dev", name);
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

async function runProgram(settings: Settings, { key, secret }: Door, index: number, pid: number): Promise<number> {
  const [command, ...args] = commandLine(settings, pid);
  const program = spawn(command!, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      LD_PRELOAD: [`${process.cwd()}/${LIBRARY}`, process.env["LD_PRELOAD"] ?? ""].join(" ").trim(),
      PKTSOCK_SERVER: key,
      PKTSOCK_SECRET: secret,
      PKTSOCK_IFNAME: settings.name,
      PKTSOCK_IFINDEX: String(index),
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
  const index = indexOf(settings);
  const server = await startServer(image, settings, door, index);
  try {
    configure(settings, server.pid!);
    return await runProgram(settings, door, index, server.pid!);
  } catch (error) {
    server.stdin!.end();
    throw error;
  } finally {
    await endServer(server, settings);
  }
}

export const runCommand: Command = { summary: "run a Linux program on pktsock's packet sockets", usage, run };
