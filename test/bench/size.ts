// `make size`: what the measuring applications (packet sockets over a MAC, console) take of flash and RAM: boards/apps/bench.c
// with everything, and small.c without what small packet sockets do not have. The sections come from the image, heap and stack
// from the running board, at their high-water marks after traffic.
// Writes build/size.json.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Qemu } from "../../host/net/qemu.js";
import { buildImage, buildSmall, chosenEngines, type EngineName } from "../support/engines.js";
import { frameOf } from "./counted.js";

const boards = ["qemu-lm3s6965evb", "qemu-mps2-an385"];
/** The length of a frame that tells bench.c to end. */
const last = 15;

export interface Size {
  readonly board: string;
  readonly engine: EngineName;
  /** The application: with everything, or as small as can be (buildSmall()). */
  readonly image: "bench" | "small";
  /** Flash: code and constants; `data` lies there too. */
  readonly text: number;
  readonly data: number;
  readonly bss: number;
  /** Linear memory of the module, in which all frames lie; it is part of the heap or of .bss, but not of `heap` or `bss` here. */
  readonly linear: number;
  readonly heap: number;
  /** The task's stack and the interrupts', as far as they were used. */
  readonly stack: number;
  /** data, bss, linear, heap and stack together. */
  readonly ram: number;
}

function sectionsOf(image: string): ReadonlyMap<string, number> {
  const table = execFileSync("arm-none-eabi-size", ["-A", image], { encoding: "utf8" });
  return new Map([...table.matchAll(/^(\.\S+) +(\d+)/gm)].map(([, name, bytes]) => [name!, Number(bytes)]));
}

async function measure(board: string, engine: EngineName, image: Size["image"]): Promise<Size> {
  const file = image === "bench" ? buildImage(board, "bench", engine) : buildSmall(board, engine);
  const sections = sectionsOf(file);
  const size = (name: string): number => sections.get(name) ?? 0;
  const qemu = await Qemu.boot({ board, image: file });
  try {
    if (image === "bench") {
      await qemu.waitFor("bench: how?");
      qemu.write("c1");
    }
    await qemu.waitFor(`${image}: ready`);
    for (let length = 60; length <= 1514; length += 2) {
      qemu.cable.send(frameOf(length, length));
      await qemu.cable.receive();
    }
    qemu.cable.send(frameOf(last, 0));
    const marks = await qemu.waitFor(/linear (\d+) heap (\d+) stack (\d+)\s/);
    const [linear, heap, stack] = marks.slice(1).map(Number) as [number, number, number];
    const [data, bss] = [size(".data") + size(".tdata"), size(".bss")];
    const ram = data + bss + heap + stack;
    const own = heap < linear ? { bss: bss - linear, heap } : { bss, heap: heap - linear };
    return { board, engine, image, text: size(".text"), data, linear, ...own, stack, ram };
  } finally {
    await qemu.stop();
  }
}

const results: Size[] = [];
for (const board of boards) {
  for (const engine of chosenEngines()) {
    results.push(await measure(board, engine, "bench"));
    if (board === boards[0]) results.push(await measure(board, engine, "small"));
  }
}
writeFileSync("build/size.json", `${JSON.stringify({ results }, null, 2)}\n`);
console.log("Bytes. ram: data, bss, linear memory, heap and stack, at their high-water marks.");
console.table(results);
