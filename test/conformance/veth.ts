// Two network namespaces and a veth pair between them: on one side eth0 of the tested implementation, a program that calls the
// Linux kernel; on the other an agent that plays its peer.

import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../host/demo/tools.js";
import { BoardProcess } from "../../host/net/board.js";
import { compileHere } from "../support/compile.js";
import { Agent, parseAnswer } from "./agent.js";
import { onInterrupt } from "./interrupt.js";
import { SLOW_BITS_PER_SECOND } from "./steps.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const AGENT = `${ROOT}build/conformance/agent-linux`;
export const OWN = "020000000001";
export const PEER = "020000000002";
export const NAME = "eth0";
export const CALL_MS = 60_000;
/** What waits for a slow line: fewer frames than a socket's send buffer holds that was not made small. */
const SLOW_QUEUE_BYTES = 15_000;

/** The reason why this machine cannot have a veth pair, or undefined if it can. */
export function vethObstacle(): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  if (findProgram("ip") === undefined) return "the command ip (package iproute2) is missing";
  if (findProgram("cc") === undefined) return "a C compiler is missing";
  return undefined;
}

let isBuilt = false;

/** Compiles the agent against the system's headers, once. */
function buildAgent(): void {
  if (isBuilt) return;
  const sources = readdirSync(`${ROOT}test/agent`).filter((name) => /^agent.*\.c$/.test(name));
  // Lines in which any frame can be spelled out.
  const flags = [
    "-std=gnu11",
    "-O1",
    "-g",
    "-Wall",
    "-Wextra",
    "-fsanitize=address,undefined",
    "-DAGENT_LINE_BYTES=4096",
  ];
  const paths = sources.map((name) => `${ROOT}test/agent/${name}`);
  compileHere(flags, paths, AGENT);
  isBuilt = true;
}

function ip(...args: string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function colons(address: string): string {
  return address.replace(/(..)(?!$)/g, "$1:");
}

/** A namespace in which nothing but the agents sends frames. */
function addNamespace(name: string): void {
  ip("netns", "add", name);
  const silent = ["all", "default"].map((part) => `net.ipv6.conf.${part}.disable_ipv6=1`);
  execFileSync("ip", ["netns", "exec", name, "sysctl", "-qw", ...silent], { stdio: "pipe" });
}

export class Veth {
  private own: BoardProcess | undefined;
  private peer: Agent | undefined;
  private peerSocket = "";
  private readonly forgetInterrupt = onInterrupt(() => {
    void this.own?.stop();
    void this.peer?.stop();
    this.removeNamespaces();
  });

  private constructor(
    private readonly ownSpace: string,
    private readonly peerSpace: string,
  ) {}

  /** Makes the namespaces, which stop() removes; connect() makes what is in them. */
  static async start(): Promise<Veth> {
    buildAgent();
    const veth = new Veth(`pktsock-a-${process.pid}`, `pktsock-b-${process.pid}`);
    try {
      addNamespace(veth.ownSpace);
      addNamespace(veth.peerSpace);
    } catch (error) {
      await veth.stop();
      throw error;
    }
    return veth;
  }

  /** Makes a new cable with a new peer and no program on our side. Returns the index of our interface. */
  async connect(): Promise<number> {
    await this.own?.stop();
    await this.peer?.stop();
    if (ip("-n", this.ownSpace, "-o", "link").includes(NAME)) ip("-n", this.ownSpace, "link", "del", NAME);
    const own = [NAME, "netns", this.ownSpace, "address", colons(OWN)];
    const peer = ["name", NAME, "netns", this.peerSpace, "address", colons(PEER)];
    ip("link", "add", ...own, "type", "veth", "peer", ...peer);
    for (const space of [this.ownSpace, this.peerSpace]) ip("-n", space, "link", "set", NAME, "up");
    await this.ready();
    this.peer = await Agent.start(this.process(this.peerSpace, [AGENT]));
    await this.openPeer(Number(/^(\d+):/.exec(ip("-n", this.peerSpace, "-o", "link", "show", NAME))?.[1]));
    return Number(/^(\d+):/.exec(ip("-n", this.ownSpace, "-o", "link", "show", NAME))?.[1]);
  }

  /** Runs a command on our side, one at a time. */
  run(command: readonly string[]): BoardProcess {
    this.own = this.process(this.ownSpace, command);
    return this.own;
  }

  /** On one processor, so that frames keep their order. */
  private process(namespace: string, command: readonly string[]): BoardProcess {
    return new BoardProcess(["ip", "netns", "exec", namespace, "taskset", "-c", "0", ...command]);
  }

  /** The peer sees all frames that arrive, none that it sends, and VLAN tags. */
  private async openPeer(ifindex: number): Promise<void> {
    const index = Buffer.alloc(4);
    index.writeUInt32LE(ifindex);
    this.peerSocket = (await this.ask("socket AF_PACKET SOCK_RAW 0")).ret;
    await this.ask(`setsockopt ${this.peerSocket} SOL_PACKET PACKET_IGNORE_OUTGOING 01000000`);
    await this.ask(`setsockopt ${this.peerSocket} SOL_PACKET PACKET_AUXDATA 01000000`);
    await this.ask(`setsockopt ${this.peerSocket} SOL_SOCKET SO_RCVBUF 00001000`);
    await this.ask(`bind ${this.peerSocket} 11000003${index.toString("hex")}000000000000000000000000`);
  }

  private async ask(command: string, timeout = CALL_MS) {
    if (!this.peer) throw new Error("the peer does not run");
    const answer = parseAnswer(await this.peer.call(command, timeout));
    if (answer.ret === "-1") throw new Error(`the peer's ${command}: ${answer.line}`);
    return answer;
  }

  /** The peer sends a frame; as compact() of bytes.ts has it. */
  async inject(frame: string): Promise<void> {
    await this.ask(`send ${this.peerSocket} ${frame} 0`);
  }

  /** The next frame that arrived at the peer, VLAN tag included, or null after `timeout` milliseconds. */
  async next(timeout: number): Promise<Buffer | null> {
    const polled = await this.ask(`poll ${timeout} ${this.peerSocket}:POLLIN`, timeout + CALL_MS);
    if (polled.ret === "0") return null;
    const { fields } = await this.ask(`recvmsg ${this.peerSocket} 0 - 64 1540`);
    const frame = Buffer.from(fields.data ?? "", "hex");
    const auxdata = Buffer.from(fields.cmsg?.replace(/^263:8:/, "") ?? "", "hex");
    const tagged = auxdata.length === 20 && auxdata.readUInt32LE(0) & 0x10;
    if (!tagged) return frame;
    const tag = Buffer.from([auxdata[19]!, auxdata[18]!, auxdata[17]!, auxdata[16]!]);
    return Buffer.concat([frame.subarray(0, 12), tag, frame.subarray(12)]);
  }

  async plug(plugged: boolean): Promise<void> {
    ip("-n", this.peerSpace, "link", "set", NAME, plugged ? "up" : "down");
    const state = plugged ? "LOWER_UP" : "NO-CARRIER";
    await this.until(() => ip("-n", this.ownSpace, "-o", "link", "show", NAME).includes(state));
    if (!plugged) return;
    await this.ready();
    // The peer's own interface was down, so its socket has a pending error.
    await this.ask(`getsockopt ${this.peerSocket} SOL_SOCKET SO_ERROR 4`);
  }

  /** Our side's line carries SLOW_BITS_PER_SECOND, or all it can. Throws where tc cannot do that. */
  slow(slow: boolean): void {
    const shape = ["tbf", "rate", `${SLOW_BITS_PER_SECOND}bit`, "burst", "1600", "limit", String(SLOW_QUEUE_BYTES)];
    const qdisc = ["qdisc", slow ? "add" : "del", "dev", NAME, "root", ...(slow ? shape : [])];
    execFileSync("tc", ["-n", this.ownSpace, ...qdisc], { stdio: "pipe" });
  }

  /** Resolves when both ends carry frames. */
  async ready(): Promise<void> {
    for (const space of [this.ownSpace, this.peerSpace]) {
      await this.until(() => ip("-n", space, "-o", "link", "show", NAME).includes("state UP"));
    }
  }

  private async until(condition: () => boolean): Promise<void> {
    const limit = performance.now() + CALL_MS;
    while (!condition()) {
      if (performance.now() > limit) throw new Error("the veth pair does not become what it should");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Synchronous, so that it can also run when the process ends early. */
  private removeNamespaces(): void {
    const existing = ip("netns", "list").split(/\s+/);
    for (const space of [this.ownSpace, this.peerSpace]) if (existing.includes(space)) ip("netns", "del", space);
  }

  async stop(): Promise<void> {
    this.forgetInterrupt();
    await this.own?.stop();
    await this.peer?.stop();
    this.removeNamespaces();
  }
}
