// What the module asks of whoever runs it: the glue on a board (boards/engine/engine.h), the loader on the host. All are
// called only from within a call into the module; give() and take() only know the one buffer that came with that call.

/** Copies `len` bytes at `offset` of linear memory to the caller's buffer, behind what it was given before in this call. */
export declare function give(offset: usize, len: u32): void;

/** Copies the next `len` bytes of the caller's buffer to `offset` of linear memory. */
export declare function take(offset: usize, len: u32): void;

/** Runs the chain of tests at `tests` (filtertests.ts) on the Frame at `frame`; returns its verdict. */
export declare function match(tests: usize, frame: usize): u32;
