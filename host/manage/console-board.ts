// A board that runs as a process on this machine, and is managed over its console.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { Duplex, type Readable, type Writable } from "node:stream";
import { SerialLink } from "./link.js";

/** Characters of the console that are kept, at least. */
const KEPT = 1 << 20;

export class ConsoleBoard {
  /** The console's text: all of it, or the last characters when it is long. */
  text = "";
  /** What came on standard error. */
  complaints = "";
  /** Called with each line of the console. */
  onLine: ((line: string) => void) | null = null;
  readonly serial: SerialLink;
  /** Resolves when the board has ended. */
  readonly ended: Promise<void>;
  protected readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private line = "";
  private readonly changed = new Set<() => void>();
  private readonly kill = (): void => void this.child.kill("SIGKILL");

  /** Starts a program and its arguments, whose standard input and output are the console. */
  constructor(command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    const [program, ...args] = command;
    this.child = spawn(program!, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    process.once("exit", this.kill);
    const console = Duplex.from({ readable: this.child.stdout, writable: this.child.stdin });
    console.on("error", () => undefined); // the board has ended
    this.serial = new SerialLink(console);
    this.serial.onText = (text) => this.take(text.toString("latin1"));
    this.child.stdin.on("error", () => undefined);
    this.child.stderr.on("data", (text: Buffer) => void (this.complaints += text.toString()));
    this.child.on("error", (error) => void (this.complaints += error.message));
    this.ended = new Promise((resolve) => this.child.on("close", () => resolve()));
    this.child.on("close", () => this.change());
  }

  /** Resolves when the console has printed this; rejects when the board ends, or after a minute. */
  async prints(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (pattern.test(this.text)) end(resolve);
        else if (this.hasEnded) end(() => reject(new Error(`the board ended: ${this.text}${this.complaints}`)));
      };
      const end = (how: () => void): void => {
        clearTimeout(timer);
        this.changed.delete(check);
        how();
      };
      const timer = setTimeout(() => end(() => reject(new Error(`no ${pattern} in: ${this.text}`))), 60_000);
      this.changed.add(check);
      check();
    });
  }

  /** Kills it if it still runs. */
  async stop(): Promise<void> {
    process.off("exit", this.kill);
    if (this.hasEnded) return;
    const ended = once(this.child, "close");
    this.kill();
    await ended;
  }

  private get hasEnded(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private take(text: string): void {
    this.text = (this.text.length > 2 * KEPT ? this.text.slice(-KEPT) : this.text) + text;
    const lines = (this.line + text).split(/\r?\n/);
    this.line = lines.pop()!;
    for (const line of lines) this.onLine?.(line);
    this.change();
  }

  private change(): void {
    for (const check of this.changed) check();
  }
}
