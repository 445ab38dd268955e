import { existsSync, readFileSync } from "node:fs";
import type { EngineName } from "../../host/engine/engine.js";
import { type Interface, PktSock, type PktSockOptions } from "../../host/engine/pktsock.js";

const path = "build/pktsock.wasm";

/** The module under test. */
export function moduleBytes(): Uint8Array {
  if (!existsSync(path)) throw new Error(`${path} is not built: run \`make build\``);
  return readFileSync(path);
}

export const hwaddr = Buffer.from("020000000001", "hex");
export const other = Buffer.from("020000000002", "hex");
export const broadcast = Buffer.from("ffffffffffff", "hex");

/** A component with one interface, eth0, that is up. */
export function start(engine: EngineName, options: PktSockOptions = {}): { sockets: PktSock; eth0: Interface } {
  const sockets = PktSock.load(moduleBytes(), { ...options, engine });
  return { sockets, eth0: sockets.addInterface("eth0", hwaddr).up() };
}

/** An Ethernet frame; the payload is `length` bytes that differ from frame to frame by `seed`. */
export function frame(protocol: number, { to = hwaddr, from = other, length = 46, seed = 0 } = {}): Buffer {
  const bytes = Buffer.alloc(14 + length);
  bytes.set(to, 0);
  bytes.set(from, 6);
  bytes.writeUInt16BE(protocol, 12);
  for (let i = 0; i < length; i++) bytes[14 + i] = (seed * 31 + i) & 255;
  return bytes;
}
