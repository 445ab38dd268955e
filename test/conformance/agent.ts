// The agent's line protocol (test/agent/agent.h), over a process's standard streams or a board's console.

import type { BoardProcess } from "../../host/net/board.js";

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

const START_MS = 60_000;

/** One line is sent, one is answered. */
export class Agent {
  private constructor(private readonly process: BoardProcess) {}

  /** Resolves when the agent has said that it is there. */
  static async start(process: BoardProcess): Promise<Agent> {
    await process.waitFor(/^agent ready\r?\n/m, START_MS);
    return new Agent(process);
  }

  async call(command: string, timeout: number): Promise<string> {
    this.process.write(`${command}\n`);
    const found = await this.process.waitFor(/^([=?] [^\r\n]*)\r?\n/m, timeout);
    return found[1]!;
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}
