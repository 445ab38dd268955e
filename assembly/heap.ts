// The heap of the control plane holds sockets that are allocated while running, filters and memberships. It is first fit
// over a list of free blocks in the order of their addresses, which are merged when freed. The data path never uses it.

import { State } from "./layout";
import { state } from "./memory";


@unmanaged
class Block {
  /** Bytes of the block with this header; kept while the block is in use. */
  size: u32;
  /** The next free block; meaningless while the block is in use. */
  next: Block | null;
}

const HEADER: u32 = 4;
const SMALLEST: u32 = 8;

export function makeHeap(start: usize, end: usize): void {
  state.heap = 0;
  if (end - start < SMALLEST) return;
  const block = changetype<Block>(start);
  block.size = <u32>(end - start);
  block.next = null;
  state.heap = start;
}

/** Allocates bytes, set to zero and aligned to 4. Returns their address, or 0 when there is no room. */
export function allocate(bytes: u32): usize {
  const size = max(SMALLEST, (bytes + HEADER + 3) & ~3);
  let link = changetype<usize>(state) + offsetof<State>("heap");
  let block = changetype<Block | null>(load<usize>(link));
  // Rounds: blocks
  while (block) {
    if (block.size >= size) {
      if (block.size >= size + SMALLEST) {
        const rest = changetype<Block>(changetype<usize>(block) + size);
        rest.size = block.size - size;
        rest.next = block.next;
        store<usize>(link, changetype<usize>(rest));
        block.size = size;
      } else {
        store<usize>(link, changetype<usize>(block.next));
      }
      const memoryStart = changetype<usize>(block) + HEADER;
      memory.fill(memoryStart, 0, block.size - HEADER);
      return memoryStart;
    }
    link = changetype<usize>(block) + offsetof<Block>("next");
    block = block.next;
  }
  return 0;
}

/** Frees what allocate() returned; 0 is ignored. */
export function free(memoryStart: usize): void {
  if (!memoryStart) return;
  const block = changetype<Block>(memoryStart - HEADER);
  let before = changetype<Block | null>(0);
  let after = changetype<Block | null>(state.heap);
  // Rounds: blocks
  while (after && changetype<usize>(after) < changetype<usize>(block)) {
    before = after;
    after = after.next;
  }
  block.next = after;
  if (after && changetype<usize>(block) + block.size == changetype<usize>(after)) {
    block.size += after.size;
    block.next = after.next;
  }
  if (!before) {
    state.heap = changetype<usize>(block);
  } else if (changetype<usize>(before) + before.size == changetype<usize>(block)) {
    before.size += block.size;
    before.next = block.next;
  } else {
    before.next = block;
  }
}
