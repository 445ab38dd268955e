// The ranges of the capacities: host/build/options.ts puts them into Kconfig, the C header and the documentation, and
// init() refuses what is outside them. MAX_DESCRIPTORS of abi.ts limits the sockets. Valid AssemblyScript and valid
// TypeScript, like abi.ts.

export const MIN_INTERFACES: u32 = 1;
export const MAX_INTERFACES: u32 = 4;
/** One frame each for sending, for the driver's reserve and for the sockets. */
export const MIN_FRAMES: u32 = 3;
export const MAX_FRAMES: u32 = 40;
export const MIN_FRAME_SIZE: u32 = 128;
export const MAX_FRAME_SIZE: u32 = 2048;
export const MIN_TX_FRAMES: u32 = 1;
export const MAX_TX_FRAMES: u32 = 16;
export const MIN_RX_RESERVE: u32 = 1;
export const MAX_RX_RESERVE: u32 = 16;
export const MAX_STACK_RESERVE: u32 = 16;
export const MIN_QUEUE_FRAMES: u32 = 1;
export const MAX_QUEUE_FRAMES: u32 = 64;
export const MAX_HEAP_SIZE: u32 = 49152;
/** Alignment of a frame's buffer, a power of two. */
export const MIN_FRAME_ALIGN: u32 = 4;
export const MAX_FRAME_ALIGN: u32 = 64;
