// What the core calls of an application that is compiled together with it. This is the module without one: nothing is called,
// and nothing is paid. The build of an application reads runtime.ts in the place of this file (host/build/app.ts).

import { Frame, Iface } from "../layout";

/** Bytes of linear memory for the application, behind the lists of sockets. */
// @ts-ignore: decorator
@inline
export function appBytes(): u32 {
  return 0;
}

/** The sockets may have got a frame. */
// @ts-ignore: decorator
@inline
export function deliver(): void {}

/** A frame that `iface` has sent may be of another interface's pool. Returns true if it was, and has been returned there. */
// @ts-ignore: decorator
@inline
export function returned(iface: Iface, frame: Frame): bool {
  return false;
}
