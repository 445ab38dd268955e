// The module's exports are its whole interface to the glue (boards/engine/engine.h) and to the host's loader. All run in
// task context under the glue's one lock; none may be called from within `give` or `take`. Sockets, interfaces and frames
// are passed as offsets in linear memory. The caller takes them from the descriptor table, the interface list and the
// functions that lend frames; the caller also checks descriptors. Errors are negative errno values (packet.ts).

import { ABI_VERSION } from "./abi";
import { initialize } from "./initialize";

/** The version of the ABI. A loader refuses a module without it or with another one. */
export const PKTSOCK_ABI: u32 = ABI_VERSION;

/**
 * A checksum of the layout (host/build/layout.ts), which the build gives to asc: a module with the same one can go on with linear
 * memory as it is. 0: unknown.
 */
// @ts-ignore: asc defines it
export const PKTSOCK_LAYOUT: u32 = isDefined(PKTSOCK_LAYOUT_SUM) ? PKTSOCK_LAYOUT_SUM : 0;

export { initialize as init };
export { addIface, ifaceIndex, requestIfaceFlags, setIfaceFlags } from "./interfaces";
export { openSocket, openStack, closeSocket, bindSocket, socketName } from "./sockets";
export { receive, receiveFrom, bytesReadable, service } from "./receive";
export { send, sendTo, bytesUnsent, reapAll } from "./transmit";
export { peek, reserve, release, submit } from "./zerocopy";
export { setOption, getOption, socketCounters } from "./options";
export { lastStamp, stampSending } from "./stamps";
export { pollSocket } from "./poll";
export { macFilterFlags, macFilterAddress, setMulticast } from "./membership";
