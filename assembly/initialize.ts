// init() divides linear memory once, according to the control block.

import * as abi from "./abi";
import { appBytes } from "./app/hooks";
import * as range from "./capacities";
import { makeHeap } from "./heap";
import { Socket, checkLayout } from "./layout";
import { limitWork } from "./lists";
import { control, ifaceBytes, listsEnd, socketBytes, state } from "./memory";
import { EINVAL, ENOMEM } from "./packet";

/** The smallest number that is at least `value` and, added to `base`, a multiple of `align` (a power of two). */
function alignUp(value: usize, base: usize, align: usize): usize {
  return ((value + base + align - 1) & ~(align - 1)) - base;
}

// @ts-ignore: decorator
@inline
function inRange(value: u32, least: u32, most: u32): bool {
  return value - least <= most - least;
}

/**
 * Divides linear memory according to the control block. Returns 0, -EINVAL (an option is out of range) or -ENOMEM. With
 * -ENOMEM, CONTROL_NEEDED is the number of bytes that are needed.
 */
export function initialize(): i32 {
  checkLayout();
  const interfaces = control.interfaces;
  const frames = control.frames;
  const align = control.frameAlign;
  if (!inRange(interfaces, range.MIN_INTERFACES, range.MAX_INTERFACES)) return -EINVAL;
  if (!inRange(frames, range.MIN_FRAMES, range.MAX_FRAMES)) return -EINVAL;
  if (!inRange(control.frameSize, range.MIN_FRAME_SIZE, range.MAX_FRAME_SIZE)) return -EINVAL;
  if (!inRange(control.txFrames, range.MIN_TX_FRAMES, range.MAX_TX_FRAMES)) return -EINVAL;
  if (!inRange(control.rxReserve, range.MIN_RX_RESERVE, range.MAX_RX_RESERVE)) return -EINVAL;
  if (!inRange(control.queueFrames, range.MIN_QUEUE_FRAMES, range.MAX_QUEUE_FRAMES)) return -EINVAL;
  if (!inRange(align, range.MIN_FRAME_ALIGN, range.MAX_FRAME_ALIGN) || (align & (align - 1)) != 0) return -EINVAL;
  if (control.preallocConns > abi.MAX_DESCRIPTORS || control.allocConns > abi.MAX_DESCRIPTORS) return -EINVAL;
  if (control.maxConns > abi.MAX_DESCRIPTORS || control.stackReserve > range.MAX_STACK_RESERVE) return -EINVAL;
  if (control.heapSize > range.MAX_HEAP_SIZE) return -EINVAL;
  if (control.txFrames + control.rxReserve >= frames) return -EINVAL;

  let descriptors = control.preallocConns;
  if (control.allocConns) descriptors = max(descriptors, control.maxConns ? control.maxConns : abi.MAX_DESCRIPTORS);
  control.tableLength = descriptors;

  let at = listsEnd + appBytes();
  control.table = at;
  at += descriptors << 2;
  const ifaces = at;
  at += interfaces * ifaceBytes();
  const sockets = at;
  at += control.preallocConns * socketBytes();
  const heap = at;
  at += (control.heapSize + 7) & ~7;
  control.frameTable = at;
  control.frameCount = interfaces * frames;
  at += control.frameCount * abi.FRAME_BYTES;
  control.umem = alignUp(at, control.memoryBase, align);
  control.frameStride = <u32>alignUp(control.frameSize, 0, align);
  // A filter's tests read words and may look up to 3 bytes behind the last frame (boards/engine/match.h).
  const needed = <u32>control.umem + control.frameCount * control.frameStride + 4;
  control.needed = needed;
  if (needed > control.memorySize) return -ENOMEM;

  memory.fill(changetype<usize>(state), 0, needed - <u32>changetype<usize>(state));
  control.firstIface = null;
  state.nextIface = ifaces;
  state.random = abi.MAGIC;
  makeHeap(heap, control.frameTable);
  state.connections = control.preallocConns;
  // Rounds: sockets
  for (let i: u32 = 0; i < control.preallocConns; ++i) {
    const socket = changetype<Socket>(sockets + i * socketBytes());
    socket.next = state.freeSockets;
    state.freeSockets = socket;
  }
  limitWork();
  return 0;
}
