// A network namespace without a name: it lives as long as its processes do, and the kernel removes it with all of its
// interfaces. Nothing of it is left even when this process is killed.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { runProgram } from "./program.js";

export class Namespace {
  private constructor(private readonly holder: ChildProcess) {}

  /** Make one. Throws an Error with a sentence when this process may not. */
  static async open(): Promise<Namespace> {
    // The holder lives until its standard input ends, which the kernel sees to when this process does.
    const holder = spawn("unshare", ["--net", "--", "sh", "-c", "echo made && exec cat"], { stdio: "pipe" });
    holder.on("error", () => undefined); // "close" follows
    holder.stdin.on("error", () => undefined);
    let complaints = "";
    holder.stderr.on("data", (text: Buffer) => void (complaints += text.toString()));
    const made = once(holder.stdout, "data").then(() => true);
    const failed = once(holder, "close").then(() => false);
    if (await Promise.race([made, failed])) return new Namespace(holder);
    throw new Error(`there is no network namespace to be had: ${complaints.trim()}`);
  }

  /** The command that runs `command` inside; it is killed when this process ends, however that happens. */
  inside(command: readonly string[]): string[] {
    const enter = ["nsenter", `--net=/proc/${this.holder.pid}/ns/net`, "--"];
    return [...enter, "setpriv", "--pdeathsig", "KILL", "--", ...command];
  }

  /** Runs what must succeed. Throws an Error with what it said when it fails. */
  async must(...command: string[]): Promise<void> {
    const { status, complaints } = await runProgram(this.inside(command));
    if (status !== 0) throw new Error(`"${command.join(" ")}" fails: ${complaints.trim()}`);
  }

  /** End the holder, and with it the namespace as soon as nothing else runs inside. */
  async close(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const ended = once(this.holder, "exit");
    this.holder.kill("SIGKILL");
    await ended;
  }
}
