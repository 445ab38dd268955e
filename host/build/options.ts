// The one table of capacities: Kconfig, the C header with defaults and range checks, the loaders and the documentation
// all come from it. The module checks the same ranges (assembly/capacities.ts). Options of NuttX keep NuttX's names and
// meaning.

import { MAX_DESCRIPTORS } from "../../assembly/abi.js";
import * as range from "../../assembly/capacities.js";

export interface Option {
  /** Name without CONFIG_. */
  readonly name: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** One sentence for Kconfig's help and the documentation. */
  readonly help: string;
  /** assembly/features.ts has it, too: 0 compiles a module of its own without it. */
  readonly inModule?: true;
}

export const options = [
  {
    name: "NET_PKT_PREALLOC_CONNS",
    default: 4,
    min: 0,
    max: MAX_DESCRIPTORS,
    help: "Number of preallocated packet connections (all tasks).",
  },
  {
    name: "NET_PKT_ALLOC_CONNS",
    default: 0,
    min: 0,
    max: MAX_DESCRIPTORS,
    help: "Dynamic allocation of packet connections: 0 never; 1 allocates one when needed and frees it at close; n allocates batches of n and keeps them.",
  },
  {
    name: "NET_PKT_MAX_CONNS",
    default: 0,
    min: 0,
    max: MAX_DESCRIPTORS,
    help: "Maximum number of packet connections when ALLOC_CONNS is not 0; 0: only memory limits them.",
  },
  {
    name: "NET_PKT_WRITE_BUFFERS",
    default: 1,
    min: 0,
    max: 1,
    help: "1: send() queues the frame and returns, non-blocking mode works. 0: send() returns when the driver has sent it.",
  },
  {
    name: "NET_PKT_NPOLLWAITERS",
    default: 2,
    min: 1,
    max: 16,
    help: "Tasks that can poll() the same socket at the same time.",
  },
  { name: "NET_PKT_INTERFACES", default: 1, min: range.MIN_INTERFACES, max: range.MAX_INTERFACES, help: "Network interfaces." },
  { name: "NET_PKT_FRAMES", default: 12, min: range.MIN_FRAMES, max: range.MAX_FRAMES, help: "Frames in the pool of each interface." },
  {
    name: "NET_PKT_FRAME_SIZE",
    default: 1536,
    min: range.MIN_FRAME_SIZE,
    max: range.MAX_FRAME_SIZE,
    help: "Bytes of one frame's buffer: link-layer header, payload, VLAN tag, FCS and 2 bytes of alignment.",
  },
  { name: "NET_PKT_TX_FRAMES", default: 4, min: range.MIN_TX_FRAMES, max: range.MAX_TX_FRAMES, help: "Frames of each pool that are kept for sending." },
  {
    name: "NET_PKT_RX_RESERVE",
    default: 2,
    min: range.MIN_RX_RESERVE,
    max: range.MAX_RX_RESERVE,
    help: "Frames of each pool that always stay with the driver, however slow the sockets are.",
  },
  {
    name: "NET_PKT_STACK_RESERVE",
    default: 1,
    min: 0,
    max: range.MAX_STACK_RESERVE,
    help: "Minimum of the frames in each pool that only the network stack may hold, while one is attached.",
  },
  {
    name: "NET_PKT_QUEUE_FRAMES",
    default: 8,
    min: range.MIN_QUEUE_FRAMES,
    max: range.MAX_QUEUE_FRAMES,
    help: "Maximum of frames in one socket's receive queue; SO_RCVBUF can only lower it.",
  },
  {
    name: "NET_PKT_JOURNAL_SIZE",
    default: 256,
    min: 0,
    max: 65535,
    help: "Bytes in which the sockets and their options are kept, so that they survive a trap of the module.",
  },
  {
    name: "NET_PKT_HEAP_SIZE",
    default: 1024,
    min: 0,
    max: range.MAX_HEAP_SIZE,
    help: "Bytes of the heap for dynamic connections, filters and memberships.",
  },
  {
    name: "NET_PKT_APP_SIZE",
    default: 0,
    min: 0,
    max: 8192,
    help: "Bytes of linear memory for an application that is compiled together with the module (docs/apps.md); 0: there is none.",
  },
  {
    name: "NET_PKT_MEMBERSHIPS",
    default: 16,
    min: 1,
    max: 64,
    help: "Maximum of membership addresses that a MAC filters one by one; with more it accepts all multicast frames.",
  },
  {
    name: "NET_PKT_SWAP",
    default: 0,
    min: 0,
    max: 1,
    help: "1: another module can take the place of the one that runs (pktsock_swap()).",
  },
  // The Makefile takes from the line of an option whether it is in the module.
  { name: "NET_PKT_FILTER", inModule: true, default: 1, min: 0, max: 1, help: "0: without filters; SO_ATTACH_FILTER and related options fail with ENOPROTOOPT." },
  { name: "NET_PKT_TIMESTAMPS", inModule: true, default: 1, min: 0, max: 1, help: "0: without time stamps and error queues; SO_TIMESTAMP and related options fail with ENOPROTOOPT." },
  { name: "NET_PKT_ZEROCOPY", inModule: true, default: 1, min: 0, max: 1, help: "0: without lent frames; pktsock_peek(), _reserve(), _submit() and _release() fail with EOPNOTSUPP." },
  {
    name: "NET_PKT_RECOVER",
    default: 1,
    min: 0,
    max: 1,
    help: "0: after a trap of the module all sockets are lost; calls fail with EIO until pktsock_start().",
  },
  {
    name: "NET_PKT_CODE_PAGES",
    default: 64,
    min: 8,
    max: 256,
    help: "Pages of 1 KiB that the engine may keep for compiled code between calls; above this it discards all of them and compiles again when needed. One call may add 13 pages.",
  },
] as const satisfies readonly Option[];

/** Contradictory options: a condition in C, with the options as CONFIG_..., and the message for it. */
export const contradictions = [
  {
    when: "CONFIG_NET_PKT_PREALLOC_CONNS == 0 && CONFIG_NET_PKT_ALLOC_CONNS == 0",
    sentence: "CONFIG_NET_PKT_PREALLOC_CONNS and CONFIG_NET_PKT_ALLOC_CONNS are both 0: there would be no sockets",
  },
  {
    when: "CONFIG_NET_PKT_MAX_CONNS > 0 && CONFIG_NET_PKT_ALLOC_CONNS == 0",
    sentence: "CONFIG_NET_PKT_MAX_CONNS limits what CONFIG_NET_PKT_ALLOC_CONNS allocates, which is nothing",
  },
  {
    when: "CONFIG_NET_PKT_MAX_CONNS > 0 && CONFIG_NET_PKT_MAX_CONNS < CONFIG_NET_PKT_PREALLOC_CONNS",
    sentence: "CONFIG_NET_PKT_MAX_CONNS is less than CONFIG_NET_PKT_PREALLOC_CONNS",
  },
  {
    when: "CONFIG_NET_PKT_TX_FRAMES + CONFIG_NET_PKT_RX_RESERVE + CONFIG_NET_PKT_STACK_RESERVE >= CONFIG_NET_PKT_FRAMES",
    sentence:
      "CONFIG_NET_PKT_TX_FRAMES, _RX_RESERVE and _STACK_RESERVE together leave sockets none of CONFIG_NET_PKT_FRAMES",
  },
  {
    when: "CONFIG_NET_PKT_INTERFACES * CONFIG_NET_PKT_FRAMES * CONFIG_NET_PKT_FRAME_SIZE >= 65536",
    sentence: "CONFIG_NET_PKT_FRAMES of CONFIG_NET_PKT_FRAME_SIZE for each interface need more than 64 KiB",
  },
  {
    when: "CONFIG_NET_PKT_SWAP > 0 && CONFIG_NET_PKT_RECOVER == 0",
    sentence: "CONFIG_NET_PKT_SWAP needs CONFIG_NET_PKT_RECOVER: another module opens the sockets again, too",
  },
] as const;

export type OptionName = (typeof options)[number]["name"];
