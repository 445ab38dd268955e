// Bytes as the cases write them: words separated by spaces, each either hexadecimal ("88b5"), "@COUNT:SEED" for COUNT
// bytes of a pattern, "zCOUNT" for zeros, or a name in capitals that the target gives a value: OWN, PEER (the two
// hardware addresses), OWNISH (OWN but for a bit), IF (the interface's index, 4 bytes).

export type Names = Readonly<Record<string, string>>;

/** The pattern of the agent's "@COUNT:SEED" (test/agent/agent_text.c). */
export function pattern(count: number, seed: number): Buffer {
  const bytes = Buffer.alloc(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/** `text` as the agent takes it: names replaced, words joined by +. */
export function compact(text: string, names: Names): string {
  let out = "";
  let plain = false;
  for (const word of text.split(/[\s+]+/).filter(Boolean)) {
    const piece = names[word] ?? word;
    if (!/^([0-9a-f]{2})*$/.test(piece) && !/^(@\d+:\d+|z\d+)$/.test(piece)) throw new Error(`"${piece}" is not bytes`);
    const hex = !/^[@z]/.test(piece);
    if (out && !(plain && hex)) out += "+";
    out += piece;
    plain = hex;
  }
  return out;
}

/** The bytes themselves. */
export function expand(text: string, names: Names): Buffer {
  const parts = compact(text, names)
    .split("+")
    .map((piece) => {
      const found = /^@(\d+):(\d+)$/.exec(piece);
      if (found) return pattern(Number(found[1]), Number(found[2]));
      if (piece.startsWith("z")) return Buffer.alloc(Number(piece.slice(1)));
      return Buffer.from(piece, "hex");
    });
  return Buffer.concat(parts);
}

/** Little-endian, as the machines of this list have their integers. */
export function le(value: number, bytes: 1 | 2 | 4): string {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer.toString("hex", 0, bytes);
}

/** A protocol number as htons() makes it, for the third argument of socket(). */
export function htons(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

/** Network order, as hexadecimal. */
export function be16(value: number): string {
  return value.toString(16).padStart(4, "0");
}
