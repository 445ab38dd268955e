/** A pseudo-random sequence that its seed determines (xorshift32): what a test did can be done again. */
export class Random {
  private state: number;

  constructor(seed: number) {
    // Multiplied so that neighbouring seeds give unlike sequences; the state must not be 0.
    this.state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) >>> 0 || 1;
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.state = x >>> 0);
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x100000000) * limit);
  }

  /** True with that probability. */
  chance(probability: number): boolean {
    return this.next() < probability * 0x100000000;
  }
}
