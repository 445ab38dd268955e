// The conformance agent as a Linux program, compiled against the system's headers, under `pktsock run`.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { options } from "../../host/build/options.js";
import { BoardProcess } from "../../host/net/board.js";
import { freePort, UdpCable } from "../../host/net/udp.js";
import { Agent, parseAnswer } from "../conformance/agent.js";
import { expand } from "../conformance/bytes.js";
import type { Target } from "../conformance/target.js";
import type { Description } from "../conformance/targets.js";
import { compileHere } from "./compile.js";

const AGENT = "build/conformance/agent-preloaded";
const CALL_MS = 60_000;
/** The cases know a board's capacities. */
const CAPACITIES = ["PREALLOC_CONNS", "FRAMES", "RX_RESERVE", "QUEUE_FRAMES", "HEAP_SIZE"].flatMap((name) => {
  const option = options.find((known) => known.name === `NET_PKT_${name}`)!;
  return ["--config", `${option.name}=${option.default}`];
});

/** A program under `pktsock run`. When it is stopped, all processes that belong to it end. */
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
  compileHere(["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"], sources, out);
}

export class PreloadedTarget implements Target {
  readonly ifname = "eth0";
  ifindex = 0;
  names = { OWN: "", PEER: "0200000000fe" };

  private agent: Agent | undefined;
  private cable: UdpCable | undefined;

  private constructor(readonly description: Description) {}

  static async start(description: Description): Promise<PreloadedTarget> {
    execFileSync("make", ["-s", "preload", "build/pktsock.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
    const files = readdirSync("test/agent").filter((name) => /^agent.*\.c$/.test(name));
    compileForLinux(
      files.map((name) => `test/agent/${name}`),
      AGENT,
    );
    // `run` builds a server for these capacities, which takes its time on a busy machine.
    const cable = ["--udp", `${await freePort()}:${await freePort()}`];
    const command = ["build/pktsock.mjs", "run", ...cable, ...CAPACITIES, "--", "true"];
    execFileSync(process.execPath, command, { stdio: ["ignore", "ignore", "inherit"] });
    const target = new PreloadedTarget(description);
    await target.restart();
    return target;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.cable = await UdpCable.open(await freePort());
    const { localPort, remotePort } = this.cable;
    this.agent = await Agent.start(
      new PreloadedProcess(["--udp", `${remotePort}:${localPort}`, ...CAPACITIES], [AGENT]),
    );
    this.ifindex = Number((await this.ask(`if_nametoindex ${this.ifname}`)).ret);
    const fd = (await this.ask("socket AF_PACKET SOCK_RAW 0")).ret;
    const { fields } = await this.ask(`ioctl ${fd} SIOCGIFHWADDR ifreq:${this.ifname}:z0`);
    this.names = { ...this.names, OWN: fields.value?.slice(4, 16) ?? "" };
    await this.ask(`close ${fd}`);
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
