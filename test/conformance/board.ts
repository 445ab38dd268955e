// Our component: BOARD=linux under sanitizers, or a board in QEMU. The cable is UDP, this process its other end.

import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { BoardProcess } from "../../host/net/board.js";
import { qemuCommand, qemuOf, udpNic } from "../../host/net/qemu.js";
import { freePort, UdpCable } from "../../host/net/udp.js";
import { Agent, parseAnswer } from "./agent.js";
import { expand } from "./bytes.js";
import { engines, folderOf } from "../support/engines.js";
import { onInterrupt } from "./interrupt.js";
import { Qmp } from "./qmp.js";
import { SLOW_BITS_PER_SECOND } from "./steps.js";
import type { Target } from "./target.js";
import { type Build, type Description } from "./targets.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CALL_MS = 60_000;
const LINK_MS = 60_000;

type BoardBuild = Build<"board">;

/** Is the program there? */
function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", 'command -v "$1"', "sh", program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What is missing to run the target, if anything. */
export function missingFor({ board }: BoardBuild): string | undefined {
  const compiler = board === "qemu-xtensa" ? "xtensa-lx106-elf-gcc" : "arm-none-eabi-gcc";
  const programs = board === "linux" ? ["cc"] : [compiler, qemuOf(board, ROOT).command[0]!];
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length ? `${missing.join(" and ")} is missing` : undefined;
}

const AGENT = "test/agent/agent.c";

/** Path of the agent's image in the repository, without its ending. */
export function imageOf({ board, engine, suffix, app = AGENT }: Build<string>): string {
  return `${folderOf(board, engine, suffix)}/${basename(app, ".c")}`;
}

/** Builds the agent's image. */
export function buildAgent({ board, engine, settings, app = AGENT }: Build<string>): void {
  const all = [`BOARD=${board}`, `APP=${app}`, ...engines[engine], ...settings];
  execFileSync("make", ["-s", "-C", ROOT, "firmware", ...all], { stdio: ["ignore", "ignore", "inherit"] });
}

export class BoardTarget implements Target {
  readonly ifname = "eth0";
  ifindex = 0;
  names = { OWN: "", PEER: "0200000000fe" };

  private agent: Agent | undefined;
  private wire: UdpCable | undefined;
  private qmp: Qmp | undefined;
  private isSlow = false;
  private readonly forgetInterrupt = onInterrupt(() => void this.halt());

  private constructor(
    readonly description: Description,
    private readonly build: BoardBuild,
  ) {}

  /** Builds the image and starts it. */
  static async start(description: Description, build: BoardBuild): Promise<BoardTarget> {
    buildAgent(build);
    const target = new BoardTarget(description, build);
    try {
      await target.restart();
    } catch (error) {
      await target.stop();
      throw error;
    }
    return target;
  }

  /** Starts the image; its console. */
  private async run(wire: UdpCable): Promise<Agent> {
    const { board } = this.build;
    const image = `${ROOT}${imageOf(this.build)}.elf`;
    if (board === "linux") {
      const speed = String(this.isSlow ? SLOW_BITS_PER_SECOND : 0);
      const env = { ...process.env, PKTSOCK_NIC: `udp:${wire.remotePort}:${wire.localPort}`, PKTSOCK_SPEED: speed };
      return Agent.start(new BoardProcess([image], env));
    }
    this.qmp = new Qmp();
    const options = { board, image, root: ROOT, arguments: this.qmp.arguments };
    const agent = await Agent.start(new BoardProcess(qemuCommand(options, `${udpNic(wire)},id=cable`)));
    await this.qmp.connect();
    return agent;
  }

  async restart(): Promise<void> {
    this.isSlow = false;
    await this.begin();
  }

  private async begin(): Promise<void> {
    await this.halt();
    this.wire = await UdpCable.open(await freePort());
    this.agent = await this.run(this.wire);
    this.ifindex = Number((await this.ask(`if_nametoindex ${this.ifname}`)).ret);
    const fd = (await this.ask("socket AF_PACKET SOCK_RAW 0")).ret;
    const { fields } = await this.ask(`ioctl ${fd} SIOCGIFHWADDR ifreq:${this.ifname}:z0`);
    this.names = { ...this.names, OWN: fields.value?.slice(4, 16) ?? "" };
    await this.linkUp(fd!);
    await this.ask(`close ${fd}`);
  }

  /** A PHY takes its time to bring the link up. */
  private async linkUp(fd: string): Promise<void> {
    const running = 0x40;
    const limit = performance.now() + LINK_MS;
    while (performance.now() < limit) {
      const { fields } = await this.ask(`ioctl ${fd} SIOCGIFFLAGS ifreq:${this.ifname}:z0`);
      if (parseInt(fields.value?.slice(0, 2) ?? "", 16) & running) return;
      await this.ask("poll 50"); // drivers look at their PHY while somebody waits
    }
    throw new Error(`the link of ${this.build.board} does not come up`);
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
    this.wire?.send(expand(frame, {}));
  }

  async next(timeout: number): Promise<Buffer | null> {
    return this.wire?.receive(timeout).catch(() => null) ?? null;
  }

  async plug(plugged: boolean): Promise<void> {
    if (!this.qmp) throw new Error("the cable of this target cannot be pulled");
    await this.qmp.execute("set_link", { name: "cable", up: plugged });
  }

  async slow(slow: boolean): Promise<void> {
    if (this.build.board !== "linux") throw new Error("this target cannot make its line slow");
    this.isSlow = slow;
    await this.begin();
  }

  async ready(): Promise<void> {}

  async stop(): Promise<void> {
    this.forgetInterrupt();
    await this.halt();
  }

  private async halt(): Promise<void> {
    await this.agent?.stop();
    await this.wire?.close();
    this.qmp?.close();
    this.qmp = undefined;
    this.agent = undefined;
    this.wire = undefined;
  }
}
