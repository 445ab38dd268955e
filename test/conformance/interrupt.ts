// Cleans up when a run is interrupted, so that nothing is left behind.

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Calls `clean` (synchronous) when a signal ends the process; returns how to forget it. */
export function onInterrupt(clean: () => void): () => void {
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, handle);
  };
  const handle = (signal: NodeJS.Signals): void => {
    clean();
    forget();
    process.kill(process.pid, signal); // now it does what it would have done
  };
  for (const signal of SIGNALS) process.once(signal, handle);
  return forget;
}
