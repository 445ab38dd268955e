/** A pseudo-random sequence (xorshift32). The seed determines it, so that a test can be repeated. */
export class Random {
  private state: number;

  constructor(seed: number) {
    // The multiplication makes sequences of neighbouring seeds different. The state must not be 0.
    this.state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) >>> 0 || 1;
  }

  /** Returns a number from 0 to 2^32 - 1. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.state = x >>> 0);
  }

  /** Returns a whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x100000000) * limit);
  }

  /** Returns true with that probability. */
  chance(probability: number): boolean {
    return this.next() < probability * 0x100000000;
  }
}
