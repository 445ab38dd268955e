// An unnamed network namespace, together with a process namespace. The kernel ends everything inside and removes the
// interfaces when the first process inside ends, which ends with this process. Nothing is left, even after SIGKILL.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { runProgram } from "./program.js";

type Holder = ChildProcessByStdio<Writable, Readable, Readable>;

export class Namespace {
  private constructor(private readonly holder: Holder) {}

  /** Create a namespace. Throws an Error with a user-readable message when this process may not. */
  static async open(): Promise<Namespace> {
    // cat ends when its standard input does, which the kernel closes when this process ends.
    const command = ["--net", "--pid", "--fork", "--", "sh", "-c", "echo made && exec cat"];
    const holder = spawn("unshare", command, { stdio: "pipe" });
    holder.on("error", () => undefined); // "close" follows
    holder.stdin.on("error", () => undefined);
    let complaints = "";
    holder.stderr.on("data", (text: Buffer) => void (complaints += text.toString()));
    const made = once(holder.stdout, "data").then(() => true);
    const failed = once(holder, "close").then(() => false);
    if (await Promise.race([made, failed])) return new Namespace(holder);
    throw new Error(`a network namespace could not be created: ${complaints.trim()}`);
  }

  /** What /proc/PID/ns/net of a process inside links to. */
  get network(): string {
    return readlinkSync(`/proc/${this.holder.pid}/ns/net`);
  }

  /** Returns the command that runs `command` inside. */
  inside(command: readonly string[]): string[] {
    const spaces = `/proc/${this.holder.pid}/ns`;
    return ["nsenter", `--net=${spaces}/net`, `--pid=${spaces}/pid_for_children`, "--", ...command];
  }

  /** Runs a command inside. Throws an Error with its output when it fails. */
  async must(...command: string[]): Promise<void> {
    const { status, complaints } = await runProgram(this.inside(command));
    if (status !== 0) throw new Error(`"${command.join(" ")}" fails: ${complaints.trim()}`);
  }

  /** Ends everything inside. Resolves when it has ended. */
  async close(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const ended = once(this.holder, "exit");
    this.holder.stdin.end();
    await ended;
  }
}
