import * as abi from "../../assembly/abi.js";

/** A chain with more tests than a program can have instructions is a circle. */
const most = 4096;

/**
 * port.match: runs the chain of tests at `at` on the Frame at `frame`, both offsets in `memory`, like boards/engine/match.h.
 * Throws a RangeError when the chain or the frame leaves the memory, or the chain does not end.
 */
export function match(memory: Uint8Array, at: number, frame: number): number {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const word = (offset: number, littleEndian = true): number => view.getUint32(offset >>> 0, littleEndian);
  const mac = word(frame + abi.FRAME_MAC);
  const len = word(frame + abi.FRAME_LEN);
  let x = 0;
  for (let left = most; (at & 1) === 0; left--) {
    if (left === 0) throw new RangeError("a filter's tests do not end");
    const field = word(at);
    const [mask, value] = [word(at + 4), word(at + 8)];
    const place = (field & abi.TEST_PLACE_MASK) + (field & abi.TEST_X ? x : 0);
    if (place + ((field >> abi.TEST_SIZE_SHIFT) & 7) > len) return 0;
    let holds = true;
    if (field & abi.TEST_LOAD_X) x = (view.getUint8(mac + place) & 15) << 2;
    else if (field & abi.TEST_ORDER) holds = (word(mac + place, false) & mask) >>> 0 >= value;
    else holds = (word(mac + place) & mask) >>> 0 === value;
    at = view.getUint16(at + (holds ? 12 : 14), true);
  }
  return word(at - 1);
}
