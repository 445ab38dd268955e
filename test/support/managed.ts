// The demo as a board to manage: BOARD=linux or QEMU, with its cable and its console as links.
import { once } from "node:events";
import { ManageClient } from "../../host/manage/client.js";
import { ConsoleBoard } from "../../host/manage/console-board.js";
import { EthernetLink } from "../../host/manage/link.js";
import { type Faults, faulty } from "../../host/net/faults.js";
import { qemuCommand, udpNic } from "../../host/net/qemu.js";
import { freePort, UdpCable } from "../../host/net/udp.js";

/** Tries of a request: more than a bad cable or a busy machine needs. */
const PATIENCE = 40;

export class ManagedBoard extends ConsoleBoard {
  private constructor(
    command: readonly string[],
    env: NodeJS.ProcessEnv,
    readonly cable: UdpCable,
  ) {
    super(command, env);
  }

  /** Starts an image of the demo, and waits until it is ready. */
  static async start(board: string, image: string): Promise<ManagedBoard> {
    const cable = await UdpCable.open(await freePort());
    const command = board === "linux" ? [image] : qemuCommand({ board, image }, udpNic(cable));
    const env = { ...process.env, PKTSOCK_NIC: `udp:${cable.remotePort}:${cable.localPort}` };
    const managed = new ManagedBoard(command, env, cable);
    await managed.prints(/^ready .*\n/m);
    return managed;
  }

  /** The board's address. */
  get hwaddr(): string {
    return /^ready (\S+)/m.exec(this.text)![1]!;
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

  override async stop(): Promise<void> {
    await super.stop();
    await this.cable.close().catch(() => undefined); // a test may have given it away
  }
}
