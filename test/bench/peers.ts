// What native C packet sockets of other systems cost, counted and measured once in the same way: RAW, ETH_P_ALL, bound, the
// whole image. Both tuned: -O2, one buffer a frame, a memcpy in assembler; sizes: NuttX tuned, Zephyr 4.3.0 at its own -Os.

/** Instructions of an echo by length of the frame, bytes, as in bench.json. */
export interface PeerCost {
  readonly board: string;
  readonly peer: string;
  readonly echo: Readonly<Record<number, number>>;
}

/** Bytes, as in size.json. */
export interface PeerSize {
  readonly board: string;
  readonly peer: string;
  readonly text: number;
  readonly ram: number;
}

export const peerCosts: readonly PeerCost[] = [
  { board: "qemu-lm3s6965evb", peer: "NuttX", echo: { 64: 6703, 512: 7879, 1514: 10630 } },
  { board: "qemu-lm3s6965evb", peer: "Zephyr", echo: { 64: 9709, 1514: 100589 } },
  { board: "qemu-mps2-an385", peer: "Zephyr", echo: { 64: 8316, 512: 28028, 1512: 72066 } },
];

export const peerSizes: readonly PeerSize[] = [
  { board: "qemu-lm3s6965evb", peer: "NuttX", text: 47746, ram: 1148 + 15324 },
  { board: "qemu-lm3s6965evb", peer: "Zephyr", text: 34236, ram: 428 + 33734 },
];
