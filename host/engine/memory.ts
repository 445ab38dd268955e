/** Access to linear memory by words; assembly/abi.ts has the offsets. */
export class Memory {
  private readonly view: DataView;
  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32(offset: number): number {
    return this.view.getUint32(offset, true);
  }

  set32(offset: number, value: number): void {
    this.view.setUint32(offset, value, true);
  }

  /** Adds 1 to a counter. */
  count(offset: number): void {
    this.set32(offset, this.u32(offset) + 1);
  }

  /** Returns `length` bytes as a view, not a copy. */
  at(offset: number, length: number): Uint8Array {
    if (offset + length > this.bytes.length)
      throw new RangeError(`${length} bytes at ${offset} are not in linear memory`);
    return this.bytes.subarray(offset, offset + length);
  }
}
