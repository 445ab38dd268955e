// arping and ping from a host in TypeScript: one request after the other, each with its time limit.
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "./host.js";

export interface ProbeOptions {
  /** Number of requests. */
  count?: number;
  /** Milliseconds to wait for each answer. */
  limitMs?: number;
  /** Milliseconds between an answer and the next request. */
  intervalMs?: number;
}

export interface Statistics {
  sent: number;
  /** Number of correct answers in time. */
  received: number;
  /** Number of answers in time whose content is wrong. */
  wrong: number;
  /** Number of repeated answers and of late answers. */
  surplus: number;
  /** Milliseconds from request to answer, for each answer received. */
  times: number[];
}

/** Requests to one target, and their answers. */
class Series {
  readonly statistics: Statistics = { sent: 0, received: 0, wrong: 0, surplus: 0, times: [] };
  private settle: ((isRight: boolean) => void) | null = null;

  /** Number of the present request, from 1. */
  get current(): number {
    return this.statistics.sent;
  }

  /** Handles an answer to request `number`. */
  take(number: number, isRight: boolean): void {
    if (this.settle === null || number !== this.current) this.statistics.surplus++;
    else this.settle(isRight);
  }

  /** Sends a request. Resolves to true when the correct answer came in time. */
  async ask(send: () => void, limitMs: number): Promise<boolean> {
    const { statistics } = this;
    statistics.sent++;
    const start = performance.now();
    const isRight = await new Promise<boolean | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), limitMs);
      this.settle = (isRight) => {
        clearTimeout(timer);
        this.settle = null;
        resolve(isRight);
      };
      send();
    });
    this.settle = null;
    if (isRight === false) statistics.wrong++;
    if (isRight !== true) return false;
    statistics.received++;
    statistics.times.push(performance.now() - start);
    return true;
  }
}

/** Sends ARP requests for `target`, each as a broadcast. */
export async function arping(host: Host, target: string, options: ProbeOptions = {}): Promise<Statistics> {
  const { count = 1, limitMs = 1000, intervalMs = 0 } = options;
  const series = new Series();
  host.onArpReply = (arp) => {
    if (arp.senderIp === target) series.take(series.current, arp.targetMac === host.mac);
  };
  for (let i = 0; i < count; i++) {
    if (i > 0) await sleep(intervalMs);
    await series.ask(() => host.sendArpRequest(target), limitMs);
  }
  host.onArpReply = null;
  return series.statistics;
}

/** Resolves to the MAC address of `target`, or to null when it does not answer. `count`: number of requests. */
export async function resolve(host: Host, target: string, options: ProbeOptions = {}): Promise<string | null> {
  const { count = 3, limitMs = 1000 } = options;
  const series = new Series();
  const answers: string[] = [];
  host.onArpReply = (arp) => {
    if (arp.senderIp !== target) return;
    answers.push(arp.senderMac);
    series.take(series.current, true);
  };
  for (let i = 0; i < count && answers.length === 0; i++) await series.ask(() => host.sendArpRequest(target), limitMs);
  host.onArpReply = null;
  return answers[0] ?? null;
}

let nextId = process.pid;

/**
 * Sends ICMP echo requests with `size` bytes after the ICMP header and compares the answers byte by byte. Throws when the
 * target does not answer ARP.
 */
export async function ping(
  host: Host,
  target: string,
  options: ProbeOptions & { size?: number } = {},
): Promise<Statistics> {
  const { count = 1, limitMs = 1000, intervalMs = 0, size = 56 } = options;
  const mac = await resolve(host, target, { limitMs });
  if (mac === null) throw new Error(`${target} does not answer ARP requests`);
  const id = nextId++ & 0xffff;
  const payloadOf = (sequence: number) => Buffer.from(Array.from({ length: size }, (_, i) => (i + sequence) & 255));
  const series = new Series();
  host.onEchoReply = (echo) => {
    if (echo.from !== target || echo.id !== id) return;
    series.take(echo.sequence, echo.payload.equals(payloadOf(echo.sequence)));
  };
  for (let sequence = 1; sequence <= count; sequence++) {
    if (sequence > 1) await sleep(intervalMs);
    const request = { to: target, id, sequence, payload: payloadOf(sequence) };
    await series.ask(() => host.sendEchoRequest(mac, request), limitMs);
  }
  host.onEchoReply = null;
  return series.statistics;
}

/** "5 sent, 5 received, 0.1/0.2/0.3 ms" */
export function summary({ sent, received, wrong, surplus, times }: Statistics): string {
  const parts = [`${sent} sent`, `${received} received`];
  if (wrong > 0) parts.push(`${wrong} wrong`);
  if (surplus > 0) parts.push(`${surplus} surplus`);
  if (times.length > 0) {
    const mean = times.reduce((sum, time) => sum + time) / times.length;
    const figures = [Math.min(...times), mean, Math.max(...times)].map((time) => time.toFixed(2));
    parts.push(`round trip ${figures.join("/")} ms (shortest/mean/longest)`);
  }
  return parts.join(", ");
}
