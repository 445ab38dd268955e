import * as packet from "../../assembly/packet.js";
import { ErrnoError } from "../../host/engine/errno.js";

const numbers = new Map<string, number>(Object.entries(packet));

/** Ends a call of the model as packet(7) says. */
export function fail(code: keyof typeof packet): never {
  throw new ErrnoError(numbers.get(code)!, "model");
}
