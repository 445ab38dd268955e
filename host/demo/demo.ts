// The demo's course: a peer, a board, questions, the capture, and what came of it.
import { readFileSync } from "node:fs";
import { BoardProcess } from "../net/board.js";
import { captureTime, readPcapng } from "../net/pcapng.js";
import { qemuCommand } from "../net/qemu.js";
import { tappedFrames, writeCapture } from "./capture.js";
import { KernelPeer, kernelObstacle } from "./kernel-peer.js";
import type { Answers, Peer } from "./peer.js";
import { runProgram } from "./program.js";
import { ScriptPeer } from "./script-peer.js";
import { findProgram } from "./tools.js";

const CAPTURE = "build/demo.pcapng";
const ARPINGS = 3;
const PINGS = 10;
/** Bytes behind the ICMP header: ping's default, and what fills the largest frame. */
const PING_SIZES = [56, 1472];
const BOOT_MS = 20_000;

/** Frames that the board dropped, by reason: names in the demo's counters and words for them. */
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

async function openPeer(): Promise<Peer> {
  let obstacle = kernelObstacle();
  if (obstacle === undefined) {
    try {
      return await KernelPeer.open();
    } catch (error) {
      obstacle = (error as Error).message;
    }
  }
  console.log(`No TAP interface: ${obstacle}. A host written in TypeScript asks instead of the Linux kernel.`);
  return ScriptPeer.open();
}

/** "26 packets (6 ARP, 20 ICMP)", as tshark, or else our own reader, reads the capture; and their number. */
async function readCapture(): Promise<{ story: string; packets: number }> {
  if (findProgram("tshark") === undefined) {
    const packets = readPcapng(readFileSync(CAPTURE)).frames.length;
    return { story: `${packets} packets (counted by pktsock: tshark is not installed)`, packets };
  }
  const { status, output, complaints } = await runProgram([
    "tshark",
    "-n",
    "-r",
    CAPTURE,
    "-T",
    "fields",
    "-e",
    "frame.protocols",
    "-e",
    "icmp.resptime",
    "-e",
    "_ws.malformed",
  ]);
  if (status !== 0) throw new Error(`tshark cannot read ${CAPTURE}: ${complaints.trim()}`);
  const packets = output
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  const arps = packets.filter(([protocols]) => /:arp\b/.test(protocols!)).length;
  const pings = packets.filter(([protocols]) => /:icmp\b/.test(protocols!)).length;
  const pairs = packets.filter(([, responseTime]) => responseTime).length;
  return {
    story: `tshark read ${packets.length} packets: ${arps} ARP, ${pings} ICMP with ${pairs} replies that it matches to their requests`,
    packets: packets.length,
  };
}

export class Demo {
  private peer: Peer | undefined;
  private process: BoardProcess | undefined;
  private readonly failures: string[] = [];

  constructor(private readonly board: string) {}

  /** Runs an image of boards/apps/demo.c. False: something failed, and the terminal says what. */
  async run(image: string): Promise<boolean> {
    const peer = (this.peer = await openPeer());
    const board = (this.process = this.boot(peer, image));
    const [, mac, ip] = await board.waitFor(/^ready (\S+) (\S+)\r?\n/m, BOOT_MS);
    console.log(`board    ${this.board}: ${image} is up with ${mac}, ${ip}`);
    console.log(`peer     ${peer.description}`);

    this.asked("arping", await peer.arping(ip!, ARPINGS));
    for (const size of PING_SIZES) this.asked("ping", await peer.ping(ip!, PINGS, size), `${size} bytes`);

    board.write("quit\n");
    const [, counters] = await board.waitFor(/^counters (.*?)\r?\n/m);
    const end = captureTime();
    const status = await board.exited();
    if (status !== 0) this.failures.push(`the board ended with status ${status}`);
    this.counted(new Map(counters!.split(" ").map((pair) => pair.split("=") as [string, string])));
    await this.capture(end);

    console.log(this.failures.length === 0 ? "All was answered." : `Failed: ${this.failures.join("; ")}.`);
    return this.failures.length === 0;
  }

  async close(): Promise<void> {
    await this.process?.stop();
    await this.peer?.close();
  }

  private boot(peer: Peer, image: string): BoardProcess {
    if (this.board !== "linux") {
      return new BoardProcess(peer.start(qemuCommand({ board: this.board, image }, peer.nic.qemu)));
    }
    return new BoardProcess(peer.start([image]), { ...process.env, PKTSOCK_NIC: peer.nic.linux });
  }

  private asked(what: string, { sent, received, right, remark }: Answers, detail = ""): void {
    console.log(
      `${what.padEnd(8)} ${[detail, `${sent} sent`, `${received} answered`, remark].filter(Boolean).join(", ")}`,
    );
    if (received < sent || sent === 0) this.failures.push(`${what} lost ${sent - received} of ${sent}`);
    if (!right) this.failures.push(`${what} got wrong answers`);
  }

  private counted(counters: ReadonlyMap<string, string>): void {
    const count = (name: string): number => Number(counters.get(name));
    const drops = Object.entries(dropReasons).filter(([name]) => count(name) !== 0);
    console.log(
      `board    ${count("rx_frames")} frames received, ${count("tx_frames")} sent ` +
        `(${count("arp_replies")} ARP replies, ${count("echo_replies")} echo replies), ${count("tapped")} tapped`,
    );
    console.log(`drops    ${drops.map(([name, reason]) => `${count(name)} (${reason})`).join(", ") || "none"}`);
    if (count("traps") !== 0) this.failures.push(`the module trapped ${count("traps")} times`);
    this.tapped = count("tapped");
  }

  private tapped = 0;

  private async capture(end: bigint): Promise<void> {
    const frames = tappedFrames(this.process!.output);
    writeCapture(CAPTURE, frames, end);
    const { story, packets } = await readCapture();
    console.log(`capture  ${CAPTURE}: ${story}`);
    if (packets !== this.tapped) this.failures.push(`${this.tapped} frames were tapped, ${packets} are in the capture`);
  }
}
