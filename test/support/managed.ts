// The demo as a board to manage: BOARD=linux or QEMU, with its cable and its console as links.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { Duplex, type Readable, type Writable } from "node:stream";
import { ManageClient } from "../../host/manage/client.js";
import { EthernetLink, SerialLink } from "../../host/manage/link.js";
import { type Faults, faulty } from "../../host/net/faults.js";
import { qemuCommand, udpNic } from "../../host/net/qemu.js";
import { freePort, UdpCable } from "../../host/net/udp.js";

/** Tries of a request: more than a bad cable or a busy machine needs. */
const PATIENCE = 40;

export class ManagedBoard {
  /** The console's text so far. */
  text = "";
  complaints = "";
  readonly serial: SerialLink;
  private readonly changed = new Set<() => void>();
  private readonly kill = (): void => void this.child.kill("SIGKILL");

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    readonly cable: UdpCable,
  ) {
    process.once("exit", this.kill);
    const console = Duplex.from({ readable: child.stdout, writable: child.stdin });
    console.on("error", () => undefined); // the board has ended
    this.serial = new SerialLink(console);
    this.serial.onText = (text) => {
      this.text += text.toString("latin1");
      for (const check of this.changed) check();
    };
    child.stdin.on("error", () => undefined);
    child.stderr.on("data", (text: Buffer) => void (this.complaints += text.toString()));
    child.on("close", () => {
      for (const check of this.changed) check();
    });
  }

  /** Starts an image of the demo, and waits until it is ready. */
  static async start(board: string, image: string): Promise<ManagedBoard> {
    const cable = await UdpCable.open(await freePort());
    const [program, ...args] = board === "linux" ? [image] : qemuCommand({ board, image }, udpNic(cable));
    const env = { ...process.env, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
    const managed = new ManagedBoard(spawn(program!, args, { env, stdio: ["pipe", "pipe", "pipe"] }), cable);
    await managed.prints(/^ready .*\n/m);
    return managed;
  }

  /** The board's address. */
  get hwaddr(): string {
    return /^ready (\S+)/m.exec(this.text)![1]!;
  }

  /** Resolves when the console has printed this; rejects when the board ends, or after a minute. */
  async prints(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (pattern.test(this.text)) end(resolve);
        else if (this.child.exitCode !== null) end(() => reject(new Error(`the board ended: ${this.complaints}`)));
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

  /** A client over Ethernet. */
  client(): ManageClient {
    return new ManageClient(new EthernetLink(this.cable), PATIENCE);
  }

  /** A client over Ethernet with a bad cable. */
  clientWith(faults: Faults, seed: number): ManageClient {
    return new ManageClient(new EthernetLink(faulty(this.cable, faults, seed)), PATIENCE);
  }

  /** A client over the console. */
  lineClient(): ManageClient {
    return new ManageClient(this.serial, PATIENCE);
  }

  /** Lets the demo end, as its user does. Resolves to its exit status. */
  async quit(): Promise<number | null> {
    if (this.child.exitCode === null) {
      this.child.stdin.write("\nquit\n");
      await once(this.child, "close");
    }
    return this.child.exitCode;
  }

  async stop(): Promise<void> {
    process.off("exit", this.kill);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "close");
      this.kill();
      await ended;
    }
    await this.cable.close().catch(() => undefined); // a test may have given it away
  }
}
