// Reads the parts of an ELF file that an image needs: the entry point, and the bytes that a loader puts into memory.

export interface Segment {
  readonly address: number;
  readonly data: Uint8Array;
}

export interface Program {
  readonly entry: number;
  /** Sorted by address; segments without bytes in the file (stacks, bss) are left out. */
  readonly segments: readonly Segment[];
}

const headerBytes = 52;
const programHeaderBytes = 32;
const machineXtensa = 94;
const typeExecutable = 2;
const typeLoad = 1;

/** Reads a 32-bit little-endian executable for Xtensa. Errors refer to it as `name`. */
export function readElf(file: Uint8Array, name: string): Program {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf = file.length >= headerBytes && view.getUint32(0) === 0x7f454c46 && file[4] === 1 && file[5] === 1;
  if (!isElf || view.getUint16(16, true) !== typeExecutable || view.getUint16(18, true) !== machineXtensa) {
    throw new Error(`${name} is not an executable for Xtensa (ELF, 32 bits, little-endian).`);
  }
  const [table, size, count] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)];
  if (count > 0 && size < programHeaderBytes)
    throw new Error(`${name} is damaged: its program headers have ${size} bytes each, not ${programHeaderBytes}.`);
  if (table + size * count > file.length) throw new Error(`${name} is cut short: its program headers are missing.`);
  const segments: Segment[] = [];
  for (let at = table; at < table + size * count; at += size) {
    const [type, offset, address] = [
      view.getUint32(at, true),
      view.getUint32(at + 4, true),
      view.getUint32(at + 8, true),
    ];
    const bytes = view.getUint32(at + 16, true);
    if (type !== typeLoad || bytes === 0) continue;
    if (offset + bytes > file.length) throw new Error(`${name} is cut short: a segment of ${bytes} bytes is missing.`);
    segments.push({ address, data: file.subarray(offset, offset + bytes) });
  }
  segments.sort((a, b) => a.address - b.address);
  return { entry: view.getUint32(24, true), segments };
}
