/** More tests than a program has instructions are a circle. */
const most = 4096;

/**
 * port.match: runs the chain of tests at `at` on the frame at `data`, both offsets in `memory`, as boards/port/match.h does.
 * Throws a RangeError when the chain leaves the memory or does not end.
 */
export function match(memory: Uint8Array, at: number, data: number): number {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const word = (offset: number): number => view.getUint32(offset >>> 0, true);
  for (let left = most; (at & 1) === 0; left--) {
    if (left === 0) throw new RangeError("a filter's tests do not end");
    const equal = (word(data + word(at)) & word(at + 4)) >>> 0 === word(at + 8);
    at = word(at + (equal ? 12 : 16));
  }
  return word(at - 1);
}
