// socat as the end of a cable, for what Node has no system call for: it carries frames over a pair of UDP ports on loopback, one
// datagram for each frame.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoint } from "./endpoint.js";
import { freePort, UdpCable } from "./udp.js";

/** Time limit for socat to open its address. */
const LIMIT_MS = 5000;

export class Socat implements Endpoint {
  private complaints = "";

  constructor(
    private readonly udp: UdpCable,
    private readonly socat: ChildProcess,
    private readonly killAtExit: () => void,
  ) {
    socat.stderr!.setEncoding("utf8").on("data", (text: string) => void (this.complaints += text));
  }

  /** Starts socat with one of its addresses. */
  protected static async start<S extends Socat>(
    make: new (udp: UdpCable, socat: ChildProcess, killAtExit: () => void) => S,
    address: string,
  ): Promise<S> {
    const udp = await UdpCable.open(await freePort());
    const ends = [address, `UDP-DATAGRAM:127.0.0.1:${udp.localPort},bind=127.0.0.1:${udp.remotePort}`];
    const socat = spawn("socat", ["-d", "-d", ...ends], { stdio: ["ignore", "ignore", "pipe"] });
    socat.on("error", () => undefined); // "exit" does not follow, but started() gives up
    const killAtExit = () => void socat.kill();
    process.once("exit", killAtExit);
    return new make(udp, socat, killAtExit);
  }

  get onFrame(): ((frame: Buffer) => void) | null {
    return this.udp.onFrame;
  }

  set onFrame(listener: ((frame: Buffer) => void) | null) {
    this.udp.onFrame = listener;
  }

  send(frame: Uint8Array): void {
    this.udp.send(frame);
  }

  /** Ends socat, which closes what it has opened. */
  async close(): Promise<void> {
    process.off("exit", this.killAtExit);
    if (this.socat.exitCode === null && this.socat.signalCode === null && this.socat.pid !== undefined) {
      const ended = new Promise((resolve) => this.socat.once("exit", resolve));
      this.socat.kill();
      await ended;
    }
    await this.udp.close();
  }

  /** Waits until frames pass. `failed` is what could not be done, for an error's message. */
  protected async started(failed: string): Promise<void> {
    const limit = performance.now() + LIMIT_MS;
    while (!this.complaints.includes("starting data transfer loop")) {
      if (this.socat.exitCode !== null) throw new Error(`${failed}: ${this.reason()}`);
      if (performance.now() > limit) throw new Error(`${failed} within ${LIMIT_MS} ms`);
      await sleep(10);
    }
  }

  /** The message of socat's last error. */
  private reason(): string {
    const errors = this.complaints.split("\n").flatMap((line) => / [EF] (.*)$/.exec(line)?.slice(1) ?? []);
    return errors.at(-1) ?? this.complaints.trim();
  }
}
