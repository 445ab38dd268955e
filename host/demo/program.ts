// Programs that the demo runs and waits for.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Ended {
  /** The exit status; -1 when the program was killed or could not start. */
  readonly status: number;
  /** The output: standard output, then standard error. */
  readonly output: string;
  readonly complaints: string;
}

const running = new Set<ChildProcess>();

/**
 * Runs a program, in English. `show`: its output goes to the terminal instead of the result. `limitMs`: it is killed
 * after that time; 0: never.
 */
export async function runProgram(command: readonly string[], show = false, limitMs = 0): Promise<Ended> {
  const [program, ...args] = command;
  const written = show ? "inherit" : "pipe";
  const child = spawn(program!, args, {
    env: { ...process.env, LC_ALL: "C" },
    stdio: ["ignore", written, written],
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  let output = "";
  let complaints = "";
  child.stdout?.on("data", (text: Buffer) => void (output += text.toString()));
  child.stderr?.on("data", (text: Buffer) => void (complaints += text.toString()));
  child.on("error", (error) => void (complaints += error.message));
  running.add(child);
  const [status] = (await once(child, "close")) as [number | null];
  running.delete(child);
  return { status: status !== null && status >= 0 ? status : -1, output, complaints };
}

/** Ends all running programs. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const ended = once(child, "close");
      child.kill();
      await ended;
    }),
  );
}
