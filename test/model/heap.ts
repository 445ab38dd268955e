// The module's heap, read from linear memory: is it sound, and would blocks of some sizes fit into it?
import assert from "node:assert/strict";
import * as abi from "../../assembly/abi.js";
import type { PktSock } from "../../host/engine/pktsock.js";
import type { Heap } from "./sockets.js";
import { stateStruct } from "../../host/build/structs.js";

const HEADER = 4;
const SMALLEST = 8;

interface Block {
  at: number;
  size: number;
}

export class ModuleHeap implements Heap {
  constructor(private readonly sockets: PktSock) {}

  private get start(): number {
    return this.end - ((this.sockets.control(abi.CONTROL_HEAP_SIZE) + 7) & ~7);
  }

  private get end(): number {
    return this.sockets.control(abi.CONTROL_FRAME_TABLE);
  }

  /** The free blocks in the order of their addresses. */
  private blocks(): Block[] {
    const { memory } = this.sockets;
    const blocks: Block[] = [];
    let at = memory.u32(abi.CONTROL + abi.CONTROL_BYTES + stateStruct.heap!);
    for (; at !== 0; at = memory.u32(at + 4)) {
      const before = blocks.at(-1);
      assert.ok(at >= this.start && at + memory.u32(at) <= this.end, "a free block lies in the heap");
      if (before !== undefined) assert.ok(before.at + before.size < at, "free blocks are in order and merged");
      blocks.push({ at, size: memory.u32(at) });
    }
    return blocks;
  }

  /** First fit, one block after the other. */
  fits(...sizes: number[]): boolean {
    const blocks = this.blocks();
    return sizes.every((bytes) => {
      const size = Math.max(SMALLEST, (bytes + HEADER + 3) & ~3);
      const block = blocks.find((free) => free.size >= size);
      if (block === undefined) return false;
      block.size -= block.size >= size + SMALLEST ? size : block.size;
      return true;
    });
  }

  check(): void {
    this.blocks();
  }

  checkWhole(): void {
    const size = this.end - this.start;
    assert.deepEqual(this.blocks(), size >= SMALLEST ? [{ at: this.start, size }] : [], "the heap is whole again");
  }
}
