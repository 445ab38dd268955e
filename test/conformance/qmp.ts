// QEMU's machine protocol, as much of it as pulling a network cable takes.

import { once } from "node:events";
import { rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const CONNECT_MS = 60_000;

export class Qmp {
  private static count = 0;
  private readonly path = join(tmpdir(), `pktsock-qmp-${process.pid}-${Qmp.count++}`);
  private socket: Socket | undefined;
  private readonly answers: ((line: string) => void)[] = [];

  /** The arguments of QEMU by which connect() can reach it. */
  get arguments(): string[] {
    return ["-qmp", `unix:${this.path},server=on,wait=off`];
  }

  /** Once QEMU runs. */
  async connect(): Promise<void> {
    const limit = performance.now() + CONNECT_MS;
    for (;;) {
      const socket = createConnection(this.path);
      try {
        await once(socket, "connect");
        this.socket = socket;
        rmSync(this.path, { force: true });
        break;
      } catch (error) {
        if (performance.now() > limit) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    createInterface({ input: this.socket }).on("line", (line) => {
      if (/^\{"(return|error)"/.test(line)) this.answers.shift()?.(line);
    });
    await this.execute("qmp_capabilities");
  }

  async execute(command: string, options: object = {}): Promise<void> {
    const answer = new Promise<string>((resolve) => this.answers.push(resolve));
    this.socket?.write(`${JSON.stringify({ execute: command, arguments: options })}\n`);
    const line = await answer;
    if (line.startsWith('{"error"')) throw new Error(`QEMU, ${command}: ${line}`);
  }

  close(): void {
    this.socket?.destroy();
  }
}
