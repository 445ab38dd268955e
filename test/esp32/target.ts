// The conformance agent on the model of an ESP32 board. The chip's time never runs ahead of the real one, because cases
// look at how long a call lasts.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import { parseAnswer } from "../conformance/agent.js";
import { buildAgent, imageOf } from "../conformance/board.js";
import { expand } from "../conformance/bytes.js";
import type { Target } from "../conformance/target.js";
import type { Description, Start } from "../conformance/targets.js";
import { type BoardModel, Machine } from "./machine.js";

const sliceMs = 2;
const startMs = 20_000;
const running = 0x40;

type ModelStart = Extract<Start, { kind: "model" }>;

export class ModelTarget implements Target {
  readonly ifname = "eth0";
  ifindex = 0;
  names = { OWN: "", PEER: "0200000000fe" };
  #machine: Machine | undefined;
  #seen = 0;

  readonly #image: string;
  readonly #board: BoardModel;

  private constructor(
    readonly description: Description,
    start: ModelStart,
  ) {
    this.#image = imageOf(start);
    this.#board = start.model;
  }

  /** Builds the image and starts it. */
  static async start(description: Description, start: ModelStart): Promise<ModelTarget> {
    buildAgent(start);
    const target = new ModelTarget(description, start);
    await target.restart();
    return target;
  }

  get #started(): Machine {
    if (this.#machine === undefined) throw new Error("the model has not been started");
    return this.#machine;
  }

  /** Let time pass until `look`, which changes nothing, finds something, or for `limitMs` milliseconds. */
  async #until<T>(look: (machine: Machine) => T | undefined, limitMs: number): Promise<T | undefined> {
    const machine = this.#started;
    const [begin, beginMs] = [performance.now(), machine.ms];
    for (;;) {
      const found = look(machine);
      if (found !== undefined) return found;
      const passed = performance.now() - begin;
      if (passed > limitMs) return undefined;
      const behind = passed - (machine.ms - beginMs);
      if (behind > 0) machine.run(Math.min(behind, sliceMs), () => look(machine) !== undefined);
      await (behind > sliceMs ? setImmediate() : setTimeout(1));
    }
  }

  async #line(pattern: RegExp, limitMs: number): Promise<string> {
    const match = await this.#until(({ peripherals }) => {
      return pattern.exec(peripherals.output.slice(this.#seen)) ?? undefined;
    }, limitMs);
    if (match === undefined) throw new Error(`the board did not print ${pattern}`);
    this.#seen += match.index + match[0].length;
    return match[1] ?? match[0];
  }

  async call(command: string, timeout: number): Promise<string> {
    this.#started.peripherals.type(`${command}\n`);
    return this.#line(/^([=?] [^\n]*)\n/m, timeout);
  }

  async #fields(command: string): Promise<{ ret: string; value: string }> {
    const { ret, fields } = parseAnswer(await this.call(command, startMs));
    return { ret, value: fields.value ?? "" };
  }

  async inject(frame: string): Promise<void> {
    this.#started.emac.receive(expand(frame, {}));
  }

  async next(timeout: number): Promise<Buffer | null> {
    await this.#until(({ emac }) => (emac.sent.length > 0 ? true : undefined), timeout);
    return this.#started.emac.sent.shift() ?? null;
  }

  async plug(plugged: boolean): Promise<void> {
    this.#started.run(sliceMs); // what was sent before is on its way
    this.#started.emac.linkUp = plugged;
  }

  async ready(): Promise<void> {}

  async restart(): Promise<void> {
    this.#machine = new Machine(readFileSync(`${this.#image}.bin`), this.#board);
    this.#seen = 0;
    await this.#line(/^agent ready\n/m, startMs);
    this.ifindex = Number((await this.#fields(`if_nametoindex ${this.ifname}`)).ret);
    const { ret: fd } = await this.#fields("socket AF_PACKET SOCK_RAW 0");
    const { value } = await this.#fields(`ioctl ${fd} SIOCGIFHWADDR ifreq:${this.ifname}:z0`);
    this.names = { ...this.names, OWN: value.slice(4, 16) };
    const isUp = async () => {
      const { value } = await this.#fields(`ioctl ${fd} SIOCGIFFLAGS ifreq:${this.ifname}:z0`);
      return (parseInt(value.slice(0, 2), 16) & running) !== 0;
    };
    while (!(await isUp())) await this.#fields("poll 50");
    await this.#fields(`close ${fd}`);
  }

  taskStack(): { used: number; size: number } {
    const symbols = execFileSync("xtensa-lx106-elf-nm", [`${this.#image}.elf`], { encoding: "utf8" });
    const at = (name: string) => parseInt(new RegExp(`^(\\w+) \\w ${name}$`, "m").exec(symbols)![1]!, 16);
    const start = at("__task_stack_start");
    const size = at("__task_stack_end") - start;
    const paint = 0x5a;
    const first = this.#started.dma(start, size).findIndex((byte) => byte !== paint);
    return { used: first < 0 ? 0 : size - first, size };
  }

  async stop(): Promise<void> {
    this.#machine = undefined;
  }
}
