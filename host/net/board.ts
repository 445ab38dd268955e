// A board that runs as a process on this machine, in an emulator or natively, with its console and its exit status.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** How much of the console an error's message shows. */
const STORY_LINES = 12;
const STORY_WIDTH = 160;

export class BoardProcess {
  /** The console's output so far. */
  output = "";
  /** The emulator's own messages, from its standard error. */
  complaints = "";
  #seen = 0;
  #status: number | null = null;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #changed = new Set<() => void>();
  readonly #killAtExit = (): void => void this.#child.kill("SIGKILL");

  /** Start `command`, a program and its arguments, whose standard input and output are the console. */
  constructor(command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    const [program, ...args] = command;
    this.#child = spawn(program!, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    process.once("exit", this.#killAtExit);
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.#change();
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => void (this.complaints += text));
    this.#child.stdin.on("error", () => undefined); // it has ended; see exited()
    this.#child.on("error", (error) => void (this.complaints += `${error.message}\n`));
    this.#child.on("close", (status) => {
      process.off("exit", this.#killAtExit);
      this.#status = status ?? -1;
      this.#change();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Type into the console. */
  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Wait until the console prints `pattern` after what earlier calls have matched. */
  async waitFor(pattern: string | RegExp, limitMs = 120_000): Promise<RegExpExecArray> {
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
  async exited(limitMs = 120_000): Promise<number> {
    return this.#until(() => this.#status ?? undefined, limitMs, `did not end within ${limitMs} ms`);
  }

  /** Kill it if it still runs. */
  async stop(): Promise<void> {
    if (this.#status === null) {
      this.#child.kill("SIGKILL");
      await this.exited();
    }
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
    const lines = (this.output.slice(this.#seen) + this.complaints).trimEnd().split("\n").slice(-STORY_LINES);
    const cut = lines.map((line) => (line.length > STORY_WIDTH ? `${line.slice(0, STORY_WIDTH)}...` : line));
    return `The board ${what}. Its console ends with:\n${cut.join("\n")}`;
  }
}
