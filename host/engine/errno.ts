import * as packet from "../../assembly/packet.js";

const names = new Map(
  Object.entries(packet)
    .filter(([name]) => /^E[A-Z0-9]+$/.test(name))
    .map(([name, number]) => [number, name]),
);

/** A call failed with one of the errors that packet(7) describes. */
export class ErrnoError extends Error {
  override readonly name = "ErrnoError";
  /** Name of the error, such as "ENODEV". */
  readonly code: string;
  constructor(
    readonly errno: number,
    call: string,
  ) {
    const code = names.get(errno) ?? `errno ${errno}`;
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** Returns the result of a call of the module, or throws ErrnoError when it is a negative errno. */
export function check(result: number, call: string): number {
  if (result < 0) throw new ErrnoError(-result, call);
  return result;
}
