// The conformance agent as a Linux program, compiled against the system's headers, under `pktsock run`.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { BoardProcess } from "../../host/net/board.js";
import { freePort, UdpCable } from "../../host/net/udp.js";
import { Agent, parseAnswer } from "../conformance/agent.js";
import { expand } from "../conformance/bytes.js";
import { execute } from "../conformance/execute.js";
import type { Case } from "../conformance/steps.js";
import type { Target } from "../conformance/target.js";

const AGENT = "build/conformance/agent-preloaded";
const CALL_MS = 30_000;

/** Cases that do not hold for a preloaded program, by how their names begin, and why. */
const DIFFERENT = {
  "socket: other families": "a program's other sockets are the kernel's",
  "options: rings": "there is a PACKET_RX_RING, for libpcap",
  "poll: one task more": "the kernel does the waiting, for any number of tasks",
  "ioctl: SIOCGIFADDR, SIOCGIFNETMASK and SIOCGIFBRDADDR tell": "addresses are those of --address",
  "ioctl: SIOCGIFCONF lists": "addresses are those of --address",
};

/** Why cases are skipped on Linux that a preloaded program can run all the same. */
const POSSIBLE = /^(the kernel has no such limit|Linux sends no such frame|a veth pair)/;

function obstacle({ name, skip }: Case): string | undefined {
  const different = Object.entries(DIFFERENT).find(([start]) => name.startsWith(start))?.[1];
  const asLinux = POSSIBLE.test(skip?.linux ?? "") ? undefined : skip?.linux;
  return different ?? asLinux ?? skip?.host ?? skip?.ours;
}

/** A program under `pktsock run`: told to end, it ends with all that belongs to it. */
export class PreloadedProcess extends BoardProcess {
  constructor(options: readonly string[], program: readonly string[]) {
    super([process.execPath, "build/pktsock.mjs", "run", ...options, "--", ...program]);
  }

  override async stop(): Promise<void> {
    if (this.pid !== undefined) process.kill(this.pid, "SIGTERM");
    await this.exited();
  }
}

/** Compiles a program of test/agent against the system's own headers. */
export function compileForLinux(sources: readonly string[], out: string): void {
  mkdirSync("build/conformance", { recursive: true });
  const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"];
  execFileSync("cc", [...flags, ...sources, "-o", out], { stdio: ["ignore", "inherit", "inherit"] });
}

export class PreloadedTarget implements Target {
  /** Whose expectations hold where ours differ from Linux's: mostly the component's. */
  name: "host" | "linux" = "host";
  readonly ifname = "eth0";
  readonly shortest = 60;
  readonly capacities = { SOCKETS: "4" };
  readonly neverSlow = "the line is as fast as this machine";
  readonly firstDescriptor = 3;
  ifindex = 0;
  names = { OWN: "", PEER: "0200000000fe" };

  private agent: Agent | undefined;
  private cable: UdpCable | undefined;

  static async start(): Promise<PreloadedTarget> {
    const files = readdirSync("test/agent").filter((name) => /^agent.*\.c$/.test(name));
    compileForLinux(
      files.map((name) => `test/agent/${name}`),
      AGENT,
    );
    const target = new PreloadedTarget();
    await target.restart();
    return target;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.cable = await UdpCable.open(await freePort());
    const { localPort, remotePort } = this.cable;
    this.agent = await Agent.start(new PreloadedProcess(["--udp", `${remotePort}:${localPort}`], [AGENT]));
    this.ifindex = Number((await this.ask(`if_nametoindex ${this.ifname}`)).ret);
    const fd = (await this.ask("socket AF_PACKET SOCK_RAW 0")).ret;
    const { fields } = await this.ask(`ioctl ${fd} SIOCGIFHWADDR ifreq:${this.ifname}:z0`);
    this.names = { ...this.names, OWN: fields.value?.slice(4, 16) ?? "" };
    await this.ask(`close ${fd}`);
  }

  /** Runs a case; resolves to why it was skipped, if it was. Where ours differ from Linux's on purpose, the library's part
   *  (pointers, descriptors, rings) makes some cases answer as Linux does. */
  async run(one: Case): Promise<string | undefined> {
    return obstacle(one) ?? /^skip: (.*)/.exec(await this.verdict(one))?.[1];
  }

  private async verdict(one: Case): Promise<string> {
    try {
      this.name = "host";
      return await execute(one, this);
    } catch (error) {
      if (!one.steps.some((step) => step.kind === "call" && step.differs !== undefined)) throw error;
      this.name = "linux";
      return execute(one, this);
    }
  }

  private async ask(command: string) {
    const answer = parseAnswer(await this.call(command, CALL_MS));
    if (answer.ret === "-1") throw new Error(`${command}: ${answer.line}`);
    return answer;
  }

  async call(command: string, timeout: number): Promise<string> {
    if (!this.agent) throw new Error("the agent does not run");
    return this.agent.call(command, timeout);
  }

  async inject(frame: string): Promise<void> {
    this.cable?.send(expand(frame, {}));
  }

  async next(timeout: number): Promise<Buffer | null> {
    return this.cable?.receive(timeout).catch(() => null) ?? null;
  }

  async ready(): Promise<void> {}

  async stop(): Promise<void> {
    await this.agent?.stop();
    await this.cable?.close();
    this.agent = undefined;
    this.cable = undefined;
  }
}
