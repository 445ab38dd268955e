// Makes a capture file from the lines that boards/apps/demo.c prints about the frames of its third socket.
import { readFileSync } from "node:fs";
import { type Direction, PcapngFile, readPcapng } from "../net/pcapng.js";
import { runProgram } from "./program.js";
import { findProgram } from "./tools.js";

interface TappedFrame {
  /** Nanoseconds of the board's clock. */
  time: bigint;
  direction: Direction;
  bytes: Buffer;
}

/** Returns the frames in the console's text. Throws an Error when a line is damaged. */
export function tappedFrames(text: string): TappedFrame[] {
  return [...text.matchAll(/^frame (.*)$/gm)].map(([line, rest]) => {
    const match = /^(\d+)\.(\d{6}) (in|out) ((?:[0-9a-f]{2})+)\r?$/.exec(rest!);
    if (match === null) throw new Error(`The board's console printed a damaged line: ${line.slice(0, 60)}...`);
    const [, seconds, microseconds, direction, bytes] = match;
    return {
      time: (BigInt(seconds!) * 1_000_000n + BigInt(microseconds!)) * 1000n,
      direction: direction as Direction,
      bytes: Buffer.from(bytes!, "hex"),
    };
  });
}

/**
 * Writes the frames to a pcapng file. The board's clock starts anywhere, so the last frame gets the time `end`, in
 * nanoseconds since 1970, and the others times before it.
 */
export function writeCapture(path: string, frames: readonly TappedFrame[], end: bigint): void {
  const file = new PcapngFile(path);
  try {
    const eth0 = file.addInterface("eth0");
    const last = frames.at(-1)?.time ?? 0n;
    for (const { time, direction, bytes } of frames) file.frame(eth0, bytes, direction, end - last + time);
  } finally {
    file.close();
  }
}

/** Returns the number of packets that tshark finds in the file, and a line about them. Without tshark our reader counts. */
export async function readCapture(path: string): Promise<{ packets: number; story: string }> {
  if (findProgram("tshark") === undefined) {
    const packets = readPcapng(readFileSync(path)).frames.length;
    return { packets, story: `${packets} packets, counted by pktsock itself because tshark is not installed` };
  }
  const fields = ["-T", "fields", "-e", "frame.protocols", "-e", "icmp.resptime"];
  const { status, output, complaints } = await runProgram(["tshark", "-n", "-r", path, ...fields]);
  if (status !== 0) throw new Error(`tshark cannot read ${path}: ${complaints.trim()}`);
  const lines = output.split("\n").filter((line) => line !== "");
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
  const kinds = `${count(/:arp\b/)} ARP, ${count(/:icmp\b/)} ICMP`;
  return {
    packets: lines.length,
    story: `tshark read ${lines.length} packets: ${kinds}, ${count(/\t./)} of them answers to a ping`,
  };
}
