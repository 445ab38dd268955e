import type { Endpoint } from "./endpoint.js";

export interface PortCounters {
  /** Numbers of frames from the endpoint and to it. */
  from: number;
  to: number;
}

interface Port {
  readonly endpoint: Endpoint;
  readonly counters: PortCounters;
}

/** Connects endpoints: a frame from one goes to all others, like on a hub. */
export class Cable {
  private readonly ports = new Map<string, Port>();
  /** Frames in delivery. Immediate answers queue behind them, so that all endpoints see frames in the same order. */
  private readonly waiting: { frame: Buffer; from: Port }[] = [];

  /** Connects an endpoint, which the cable will close. */
  attach<E extends Endpoint>(name: string, endpoint: E): E {
    if (this.ports.has(name)) throw new Error(`the cable already has an end named ${name}`);
    const port: Port = { endpoint, counters: { from: 0, to: 0 } };
    this.ports.set(name, port);
    endpoint.onFrame = (frame) => {
      port.counters.from++;
      this.waiting.push({ frame, from: port });
      if (this.waiting.length === 1) this.forward();
    };
    return endpoint;
  }

  private forward(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      for (const port of this.ports.values()) {
        if (port === next.from) continue;
        port.counters.to++;
        port.endpoint.send(next.frame);
      }
      this.waiting.shift();
    }
  }

  get counters(): ReadonlyMap<string, PortCounters> {
    return new Map([...this.ports].map(([name, { counters }]) => [name, counters]));
  }

  /** Disconnects and closes all endpoints. */
  async close(): Promise<void> {
    const endpoints = [...this.ports.values()].map(({ endpoint }) => endpoint);
    this.ports.clear();
    for (const endpoint of endpoints) endpoint.onFrame = null;
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }
}
