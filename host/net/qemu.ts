// Boots a firmware image in QEMU, with the other end of its Ethernet cable.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BoardProcess } from "./board.js";
import { freePort, UdpCable } from "./udp.js";

export interface QemuOptions {
  /** The name of a folder of boards/targets whose board.mk has QEMU and QEMU_NIC. */
  readonly board: string;
  /** Path of the .elf. */
  readonly image: string;
  /** More arguments for QEMU, such as "-icount" or "-plugin". */
  readonly arguments?: readonly string[];
  /** The path of the repository; the default is the current directory. */
  readonly root?: string;
}

/** Returns QEMU's command line for a board, without image, console and cable, and the model of its NIC. */
export function qemuOf(board: string, root = "."): { command: string[]; nic: string } {
  const path = join(root, "boards/targets", board, "board.mk");
  const text = readFileSync(path, "utf8");
  const value = (name: string): string => {
    const match = new RegExp(`^${name} *:= *(.+)$`, "m").exec(text);
    if (match === null) throw new Error(`${board} does not run in QEMU: ${path} has no ${name}.`);
    return match[1]!.trim();
  };
  return { command: value("QEMU").split(/\s+/), nic: value("QEMU_NIC") };
}

/** Returns the whole command line. `nic` is the value of -nic without the model: "tap,ifname=tap0", "socket,udp=...". */
export function qemuCommand(options: QemuOptions, nic: string): string[] {
  const { command, nic: model } = qemuOf(options.board, options.root);
  return [
    ...command,
    ...["-display", "none", "-monitor", "none", "-serial", "stdio", "-semihosting"],
    ...["-nic", `${nic},model=${model}`],
    ...(options.arguments ?? []),
    ...["-kernel", options.image],
  ];
}

/** Returns the value of QEMU's -nic for a cable. */
export function udpNic(cable: UdpCable): string {
  return `socket,udp=127.0.0.1:${cable.localPort},localaddr=127.0.0.1:${cable.remotePort}`;
}

export class Qemu extends BoardProcess {
  private constructor(
    command: readonly string[],
    /** The cable to the board's first MAC. */
    readonly cable: UdpCable,
  ) {
    super(command);
  }

  /** Start QEMU, which runs the image at once. Wait for its console: frames are lost until its driver has started. */
  static async boot(options: QemuOptions): Promise<Qemu> {
    const cable = await UdpCable.open(await freePort());
    return new Qemu(qemuCommand(options, udpNic(cable)), cable);
  }

  /** Kill QEMU if it still runs, and close the cable. */
  override async stop(): Promise<void> {
    await super.stop();
    await this.cable.close();
  }
}
