/** A command of the tool. Each is one file; main.ts lists them. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** It builds with this repository's Makefile, so it needs the repository as the current folder. */
  readonly inRepository?: boolean;
  /** Its arguments, which follow "pktsock NAME". */
  readonly usage: string;
  /** Resolves to the exit status. Throws UsageError, or an Error with a user-readable message. */
  run(args: string[]): Promise<number>;
}

/** The command line is invalid; the message says what to do instead. */
export class UsageError extends Error {}

/** Calls parseArgs of node:util, and turns its errors into usage errors. */
export function parsing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS")) throw new UsageError(`${message.replace(/\.\s.*$/s, "")}.`);
    throw error;
  }
}

/** Returns the value of an option as a number, or `otherwise` when it was not given. */
export function numberOption(
  name: string,
  text: string | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most)) {
    throw new UsageError(`--${name} must be a number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}

/** Listens for signals that ask the program to end, until forget() is called. */
export class Stop {
  /** Resolves when the program should end, or after the given time. */
  readonly requested: Promise<void>;
  /** Must be called in the end, or the process does not exit. */
  readonly forget: () => void;

  constructor(seconds = Infinity) {
    let stop!: () => void;
    this.requested = new Promise((resolve) => (stop = resolve));
    const timer = setTimeout(stop, Math.min(seconds * 1000, 2 ** 31 - 1));
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    this.forget = () => {
      clearTimeout(timer);
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    };
  }
}
