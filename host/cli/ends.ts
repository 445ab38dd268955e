// Parses the ends of a cable on the command line.
import type { Endpoint } from "../net/endpoint.js";
import { Host } from "../net/host.js";
import { Tap, type TapOptions } from "../net/tap.js";
import { UdpCable } from "../net/udp.js";
import { UsageError } from "./command.js";

export const endsUsage = `  udp:OURS:THEIRS             QEMU with -nic socket,udp=127.0.0.1:OURS,localaddr=127.0.0.1:THEIRS
  tap:NAME[,netns=NS][,address=A/LEN]
                              a TAP interface of the Linux kernel; needs root
  host:IP[,mac=MAC]           a host in this program that answers ARP and ping`;

/** Parses the settings after the first word of an end: "x,a=1,b=2". */
export function settings(end: string, rest: string, allowed: readonly string[]): [string, Record<string, string>] {
  const [first = "", ...pairs] = rest.split(",");
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (at < 0 || !allowed.includes(name)) {
      throw new UsageError(`"${end}" has "${pair}", but only these settings are known: ${allowed.join(", ")}.`);
    }
    values[name] = pair.slice(at + 1);
  }
  return [first, values];
}

/** Parses a port number. */
export function port(end: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 65535) {
    throw new UsageError(`"${text}" in "${end}" is not a UDP port: give a number from 1 to 65535.`);
  }
  return number;
}

/** Checks what the user wrote. The returned function opens the end. */
export function parseEnd(end: string): () => Promise<Endpoint> {
  const [, kind, rest = ""] = /^([a-z]+):(.*)$/.exec(end) ?? [];
  switch (kind) {
    case "udp": {
      const ports = rest.split(":");
      if (ports.length !== 2) throw new UsageError(`"${end}" must name two ports: udp:OURS:THEIRS.`);
      const [ours, theirs] = ports.map((text) => port(end, text)) as [number, number];
      return () => UdpCable.open(theirs, ours);
    }
    case "tap": {
      const [name, more] = settings(end, rest, ["netns", "address"]);
      const options: TapOptions = { name, ...more };
      return () => Tap.open(options);
    }
    case "host": {
      const [ip, { mac = "02:00:00:00:00:fe" }] = settings(end, rest, ["mac"]);
      try {
        const host = new Host({ ip, mac });
        return async () => host;
      } catch (error) {
        throw new UsageError(`"${end}" cannot be: ${(error as Error).message}.`);
      }
    }
    default:
      throw new UsageError(`"${end}" is not an end of a cable: start it with udp:, tap: or host:.`);
  }
}
