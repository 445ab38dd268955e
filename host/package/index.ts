// What `import ... from "pktsock"` gives: the component for tests of a protocol on a PC, with a driver in the place of a MAC.
import { readFileSync } from "node:fs";

export { Driver } from "../engine/driver.js";
export { LoadError, TrapError } from "../engine/engine.js";
export { ErrnoError } from "../engine/errno.js";
export {
  type Capacities,
  type Described,
  Interface,
  type LentFrame,
  PktSock,
  type PktSockOptions,
  type Received,
} from "../engine/pktsock.js";
export { htons, type SockaddrLl } from "../engine/sockaddr.js";
/** Linux's numbers: packet.SOCK_RAW, packet.ETH_P_ALL, ... */
export * as packet from "../../assembly/packet.js";

/** The module of this package, for PktSock.load(). */
export function moduleBytes(): Uint8Array {
  return readFileSync(new URL("pktsock.wasm", import.meta.url));
}
