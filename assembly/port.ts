// What the module imports: from the glue on a board (boards/engine/engine.h), from the loader on the host. It calls these
// functions only during a call into the module; give() and take() use the one buffer of that call.

/** Copies `len` bytes at `offset` of linear memory to the caller's buffer, behind those of earlier give()s in this call. */
export declare function give(offset: usize, len: u32): void;

/** Copies the next `len` bytes of the caller's buffer to `offset` of linear memory. */
export declare function take(offset: usize, len: u32): void;

/** Runs the chain of tests at `tests` (filtertests.ts) on the Frame at `frame`; returns its verdict. */
export declare function match(tests: usize, frame: usize): u32;
