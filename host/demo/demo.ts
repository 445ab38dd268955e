// The course of the demo: start a peer and a board, ping, write the capture, and report the results.
import { BoardProcess } from "../net/board.js";
import { captureTime } from "../net/pcapng.js";
import { qemuCommand } from "../net/qemu.js";
import { readCapture, tappedFrames, writeCapture } from "./capture.js";
import { KernelPeer, kernelObstacle } from "./kernel-peer.js";
import type { Answers, Peer } from "./peer.js";
import { ScriptPeer } from "./script-peer.js";

const CAPTURE = "build/demo.pcapng";
const ARPINGS = 3;
const PINGS = 5;
/** Bytes after the ICMP header: ping's default, and the maximum that fits into a frame. */
const PING_SIZES = [56, 1472];
const BOOT_MS = 120_000;

/** Reasons for which the board drops frames: names in the demo's counters and descriptions. */
const dropReasons: Readonly<Record<string, string>> = {
  tap_drops: "the tap's queue was full",
  rx_no_frame: "the driver had no empty frame",
  rx_pool_empty: "the sockets held all frames",
  rx_too_short: "too short",
  rx_too_long: "too long",
  rx_errors: "receive errors",
  send_errors: "send() failed",
  tx_errors: "transmit errors",
};

async function openPeer(say: (line: string) => void): Promise<Peer> {
  let obstacle = kernelObstacle();
  if (obstacle === undefined) {
    try {
      return await KernelPeer.open();
    } catch (error) {
      obstacle = (error as Error).message;
    }
  }
  say(`No TAP interface: ${obstacle}. A host written in TypeScript asks instead of the Linux kernel.`);
  return ScriptPeer.open();
}

export class Demo {
  private peer: Peer | undefined;
  private process: BoardProcess | undefined;
  private readonly failures: string[] = [];

  constructor(
    private readonly board: string,
    private readonly say: (line: string) => void = console.log,
  ) {}

  /** Runs an image of boards/apps/demo.c. Resolves to false when something failed, which the terminal shows. */
  async run(image: string): Promise<boolean> {
    const peer = (this.peer = await openPeer(this.say));
    const board = (this.process = this.boot(peer, image));
    const [, mac, ip] = await board.waitFor(/^ready (\S+) (\S+)\r?\n/m, BOOT_MS);
    this.say(`board    ${this.board}: ${image} is up with ${mac}, ${ip}`);
    this.say(`peer     ${peer.description}`);

    this.asked("arping", await peer.arping(ip!, ARPINGS));
    for (const size of PING_SIZES) this.asked("ping", await peer.ping(ip!, PINGS, size), `${size} bytes`);

    board.write("quit\n");
    const [, counters] = await board.waitFor(/^counters (.*?)\r?\n/m);
    const end = captureTime();
    const status = await board.exited();
    if (status !== 0) this.failures.push(`the board ended with status ${status}`);
    const tapped = this.counted(new Map(counters!.split(" ").map((pair) => pair.split("=") as [string, string])));
    await this.captured(tapped, end);

    this.say(this.failures.length === 0 ? "All was answered." : `Failed: ${this.failures.join("; ")}.`);
    return this.failures.length === 0;
  }

  async close(): Promise<void> {
    await this.peer?.close(); // this also ends what runs in the namespace
    await this.process?.stop();
  }

  private boot(peer: Peer, image: string): BoardProcess {
    if (this.board !== "linux") {
      return new BoardProcess(peer.start(qemuCommand({ board: this.board, image }, peer.nic.qemu)));
    }
    return new BoardProcess(peer.start([image]), { ...process.env, PKTSOCK_NIC: peer.nic.linux });
  }

  private asked(what: string, { sent, received, right, remark }: Answers, detail = ""): void {
    this.say(
      `${what.padEnd(8)} ${[detail, `${sent} sent`, `${received} answered`, remark].filter(Boolean).join(", ")}`,
    );
    if (received < sent || sent === 0) this.failures.push(`${what} lost ${sent - received} of ${sent}`);
    if (!right) this.failures.push(`${what} got wrong answers`);
  }

  /** Prints the board's counters. Returns the number of tapped frames. */
  private counted(counters: ReadonlyMap<string, string>): number {
    const count = (name: string): number => Number(counters.get(name));
    const drops = Object.entries(dropReasons).filter(([name]) => count(name) !== 0);
    this.say(
      `board    ${count("rx_frames")} frames received, ${count("tx_frames")} sent ` +
        `(${count("arp_replies")} ARP replies, ${count("echo_replies")} echo replies), ${count("tapped")} tapped`,
    );
    this.say(`drops    ${drops.map(([name, reason]) => `${count(name)} (${reason})`).join(", ") || "none"}`);
    if (count("traps") !== 0) this.failures.push(`the module trapped ${count("traps")} times`);
    return count("tapped");
  }

  private async captured(tapped: number, end: bigint): Promise<void> {
    writeCapture(CAPTURE, tappedFrames(this.process!.output), end);
    const { packets, story } = await readCapture(CAPTURE);
    this.say(`capture  ${CAPTURE}: ${story}`);
    if (packets !== tapped) this.failures.push(`${tapped} frames were tapped, ${packets} are in the capture`);
  }
}
