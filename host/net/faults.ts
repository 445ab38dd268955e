// A bad link that repeats its faults for the same seed: they depend on the frames that pass, not on time.
import type { Endpoint } from "./endpoint.js";
import { Random } from "./random.js";

/** Probabilities, 0 to 1, that apply to each frame. */
export interface Faults {
  /** The frame is lost. */
  loss?: number;
  /** The frame arrives twice. */
  duplication?: number;
  /** The frame arrives after the next frame of its direction. */
  reordering?: number;
  /** One bit of the frame is flipped. */
  corruption?: number;
}

export interface FaultCounters {
  frames: number;
  lost: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
}

/** One direction of a bad link: passes frames on to `deliver`, with faults. */
export class FaultyLine {
  readonly counters: FaultCounters = { frames: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };
  private held: Buffer | null = null;
  private readonly random: Random;

  constructor(
    private readonly faults: Faults,
    seed: number,
    private readonly deliver: (frame: Buffer) => void,
  ) {
    for (const [name, probability] of Object.entries(faults) as [string, number][]) {
      if (!(probability >= 0 && probability <= 1))
        throw new RangeError(`${name} must be between 0 and 1, not ${probability}`);
    }
    this.random = new Random(seed);
  }

  pass(frame: Uint8Array): void {
    const { loss = 0, duplication = 0, reordering = 0, corruption = 0 } = this.faults;
    const { counters, random } = this;
    counters.frames++;
    // Every frame draws all its random numbers, so that one fault does not change the fate of later frames.
    const isLost = random.chance(loss);
    const isDuplicated = random.chance(duplication);
    const isHeld = random.chance(reordering);
    const isCorrupted = random.chance(corruption);
    const bit = random.below(frame.length * 8);
    if (isLost) {
      counters.lost++;
      return;
    }
    const copy = Buffer.from(frame);
    if (isCorrupted && copy.length > 0) {
      counters.corrupted++;
      copy[bit >> 3]! ^= 1 << (bit & 7);
    }
    if (isHeld && this.held === null) {
      counters.reordered++;
      this.held = copy;
      return;
    }
    this.deliver(copy);
    if (isDuplicated) {
      counters.duplicated++;
      this.deliver(Buffer.from(copy));
    }
    this.flush();
  }

  /** Delivers a frame that still waits for a later one to overtake it. */
  flush(): void {
    const { held } = this;
    this.held = null;
    if (held !== null) this.deliver(held);
  }
}

export interface FaultyEndpoint extends Endpoint {
  /** The directions to the endpoint and from it. */
  readonly to: FaultyLine;
  readonly from: FaultyLine;
}

/** Puts an endpoint behind a bad link. Both directions have the same probabilities but their own random sequences. */
export function faulty(endpoint: Endpoint, faults: Faults, seed: number): FaultyEndpoint {
  const wrapper: FaultyEndpoint = {
    onFrame: null,
    to: new FaultyLine(faults, seed, (frame) => endpoint.send(frame)),
    from: new FaultyLine(faults, seed + 1, (frame) => wrapper.onFrame?.(frame)),
    send: (frame) => wrapper.to.pass(frame),
    close: () => endpoint.close(),
  };
  endpoint.onFrame = (frame) => wrapper.from.pass(frame);
  return wrapper;
}
