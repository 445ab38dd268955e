// Boots a firmware image in QEMU: its console in and out, its exit status, and the other end of its Ethernet cable.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { freePort, UdpCable } from "./udp.js";

export interface QemuOptions {
  /** A folder of boards/targets whose board.mk has QEMU and QEMU_NIC. */
  readonly board: string;
  /** Path of the .elf. */
  readonly image: string;
  /** More arguments for QEMU, such as "-icount" or "-plugin". */
  readonly arguments?: readonly string[];
  /** Where the board's folders are; default: the current directory is the repository. */
  readonly root?: string;
}

/** QEMU's command line for a board, without image, console and cable, and its NIC's model. */
export function qemuOf(board: string, root = "."): { command: string[]; nic: string } {
  const path = join(root, "boards/targets", board, "board.mk");
  const text = readFileSync(path, "utf8");
  const value = (name: string): string => {
    const match = new RegExp(`^${name} *:= *(.+)$`, "m").exec(text);
    if (match === null) throw new Error(`${board} does not run in QEMU: ${path} has no ${name}.`);
    return match[1]!.trim();
  };
  return { command: value("QEMU").split(/\s+/), nic: value("QEMU_NIC") };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export class Qemu {
  /** All that the console printed so far. */
  output = "";
  /** What QEMU itself said, on its standard error. */
  complaints = "";
  #seen = 0;
  #status: number | null = null;
  readonly #changed = new Set<() => void>();
  readonly #killAtExit = (): void => void this.child.kill("SIGKILL");

  private constructor(
    private readonly child: Child,
    /** The cable to the board's first MAC. */
    readonly cable: UdpCable,
  ) {
    process.once("exit", this.#killAtExit);
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.#change();
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => void (this.complaints += text));
    this.child.stdin.on("error", () => undefined); // QEMU has ended; exited() tells
    this.child.on("error", (error) => void (this.complaints += `${error.message}\n`));
    this.child.on("close", (status) => {
      process.off("exit", this.#killAtExit);
      this.#status = status ?? -1;
      this.#change();
    });
  }

  /** Start QEMU. The image runs from now on; frames are lost until its driver has started, so wait for its console. */
  static async boot(options: QemuOptions): Promise<Qemu> {
    const { command, nic } = qemuOf(options.board, options.root);
    const cable = await UdpCable.open(await freePort());
    const [program, ...machine] = command;
    const child = spawn(
      program!,
      [
        ...machine,
        ...["-display", "none", "-monitor", "none", "-serial", "stdio", "-semihosting"],
        ...["-nic", `socket,model=${nic},udp=127.0.0.1:${cable.localPort},localaddr=127.0.0.1:${cable.remotePort}`],
        ...(options.arguments ?? []),
        ...["-kernel", options.image],
      ],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    return new Qemu(child, cable);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Type into the console. */
  write(text: string): void {
    this.child.stdin.write(text);
  }

  /** Wait until the console prints `pattern` behind what earlier calls have matched. */
  async waitFor(pattern: string | RegExp, limitMs = 10_000): Promise<RegExpExecArray> {
    const wanted = typeof pattern === "string" ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : pattern.source;
    const regexp = new RegExp(wanted, typeof pattern === "string" ? "g" : [...new Set(`${pattern.flags}g`)].join(""));
    const look = (): RegExpExecArray | undefined => {
      regexp.lastIndex = this.#seen;
      const match = regexp.exec(this.output);
      if (match === null) {
        if (this.#status !== null) throw new Error(this.#story(`ended with status ${this.#status} before ${pattern}`));
        return undefined;
      }
      this.#seen = regexp.lastIndex;
      return match;
    };
    return this.#until(look, limitMs, `did not print ${pattern} within ${limitMs} ms`);
  }

  /** The exit status, once the image has ended. */
  async exited(limitMs = 10_000): Promise<number> {
    return this.#until(() => this.#status ?? undefined, limitMs, `did not end within ${limitMs} ms`);
  }

  /** Kill QEMU if it still runs, and close the cable. */
  async stop(): Promise<void> {
    if (this.#status === null) {
      this.child.kill("SIGKILL");
      await this.exited();
    }
    await this.cable.close();
  }

  async #until<T>(look: () => T | undefined, limitMs: number, failure: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        try {
          const value = look();
          if (value === undefined) return;
          finish();
          resolve(value);
        } catch (error) {
          finish();
          reject(error as Error);
        }
      };
      const finish = (): void => {
        clearTimeout(timer);
        this.#changed.delete(check);
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(this.#story(failure)));
      }, limitMs);
      this.#changed.add(check);
      check();
    });
  }

  #change(): void {
    for (const check of this.#changed) check();
  }

  #story(what: string): string {
    return `The board ${what}. Console:\n${this.output.slice(this.#seen)}${this.complaints}`;
  }
}
