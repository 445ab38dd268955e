/** A command of the tool: one file each, listed in main.ts. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** How to call it, behind "pktsock NAME". */
  readonly usage: string;
  /** Resolves to the exit status. Throws UsageError, or an Error whose message is a sentence. */
  run(args: string[]): Promise<number>;
}

/** The command line makes no sense; the message says what to do instead. */
export class UsageError extends Error {}

/** parseArgs of node:util, with its complaints as usage errors. */
export function parsing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS")) throw new UsageError(`${message.replace(/\.\s.*$/s, "")}.`);
    throw error;
  }
}

/** The number that an option was given, or `otherwise`. */
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

/** Listens for the user or the system asking the program to end, from its making until forget(). */
export class Stop {
  /** Resolves when the program shall end, or after the given time. */
  readonly requested: Promise<void>;
  /** Must be called in the end, or the program goes on. */
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
