/** The module trapped: it is faulty, and its state is lost. */
export class TrapError extends Error {
  override readonly name = "TrapError";
  /** `reason` is the message of wasm3, such as "out of bounds memory access". */
  constructor(
    readonly reason: string,
    readonly exportName: string,
  ) {
    super(`The module trapped in ${exportName}(): ${reason}.`);
  }
}

/** The module cannot be used; the message says why. */
export class LoadError extends Error {
  override readonly name = "LoadError";
}
