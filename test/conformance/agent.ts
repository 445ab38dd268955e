// The line protocol of the agent, over any pair of streams.

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What a command was answered: "= RETURNED [ERRNO] [FIELD=VALUE ...]". */
export interface Answer {
  readonly line: string;
  readonly ret: string;
  readonly errno: string | undefined;
  /** A field that comes more than once has its values joined by spaces. */
  readonly fields: Readonly<Record<string, string>>;
}

export function parseAnswer(line: string): Answer {
  if (!line.startsWith("= ")) throw new Error(`the agent answered "${line}"`);
  const words = line.slice(2).split(" ");
  const ret = words.shift() ?? "";
  const errno = words[0]?.includes("=") === false ? words.shift() : undefined;
  const fields: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf("=");
    const name = word.slice(0, at);
    const value = word.slice(at + 1);
    fields[name] = name in fields ? `${fields[name]} ${value}` : value;
  }
  return { line, ret, errno, fields };
}

/** One line is sent, one is answered. */
export class Agent {
  private waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  private ended: Error | undefined;
  private readonly noise: string[] = [];
  /** Resolves when the agent has said that it is there. */
  readonly started: Promise<void>;

  constructor(
    private readonly input: Writable,
    output: Readable,
  ) {
    let announce: () => void;
    let giveUp: (error: Error) => void;
    this.started = new Promise((resolve, reject) => {
      announce = resolve;
      giveUp = reject;
    });
    this.started.catch(() => {});
    input.on("error", () => {});
    const lines = createInterface({ input: output });
    lines.on("line", (raw) => {
      const line = raw.replace(/\r$/, "");
      if (line === "agent ready") {
        announce();
      } else if (/^[=?] /.test(line) && this.waiting) {
        const { resolve } = this.waiting;
        this.waiting = undefined;
        resolve(line);
      } else {
        this.noise.push(line);
      }
    });
    lines.on("close", () => {
      giveUp(this.fail("it ended"));
    });
  }

  /** What the agent said beside its answers, sanitizers' reports for instance. */
  report(line: string): void {
    this.noise.push(line);
  }

  private fail(why: string): Error {
    const said = this.noise.slice(-30).join("\n");
    this.ended = new Error(`no answer from the agent: ${why}${said ? `; it said:\n${said}` : ""}`);
    this.waiting?.reject(this.ended);
    this.waiting = undefined;
    return this.ended;
  }

  async call(command: string, timeout: number): Promise<string> {
    if (this.ended) throw this.ended;
    if (this.waiting) throw new Error("the agent is busy with another call");
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(`${timeout} ms are over`), timeout);
      this.waiting = {
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.input.write(`${command}\n`);
    });
  }
}
