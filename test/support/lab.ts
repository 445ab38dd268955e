// A network namespace with a TAP interface in it: the Linux kernel as the peer of programs under `pktsock run`.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { tapObstacle } from "../../host/net/tap.js";

export interface Ended {
  /** null: a signal has ended it. */
  readonly status: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

/** A program of the lab. */
export class LabProcess {
  output = "";
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;

  constructor([program, ...args]: readonly string[]) {
    this.child = spawn(program!, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => void (this.output += text));
    }
    this.ended = once(this.child, "close").then(([status]) => ({
      status: status as number | null,
      output: this.output,
    }));
  }

  /** Resolves when the program has written `pattern`; rejects when it ends or two minutes pass without. */
  async writes(pattern: RegExp): Promise<void> {
    const limit = performance.now() + 120_000;
    while (!pattern.test(this.output)) {
      if (performance.now() > limit || this.child.exitCode !== null)
        throw new Error(`no ${pattern} in: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

export class Lab {
  readonly namespace = `pktsock-run-${process.pid}`;
  private readonly processes: LabProcess[] = [];

  /** Why there can be none here, or undefined. */
  static obstacle(): string | undefined {
    return tapObstacle();
  }

  /** Makes the namespace, and in it "tap0" with the address 192.0.2.1/24. */
  constructor() {
    const { namespace } = this;
    execFileSync("ip", ["netns", "add", namespace]);
    for (const args of [
      ["link", "set", "lo", "up"],
      ["tuntap", "add", "dev", "tap0", "mode", "tap"],
      ["address", "add", "192.0.2.1/24", "dev", "tap0"],
      ["link", "set", "tap0", "up"],
    ]) {
      execFileSync("ip", ["-n", namespace, ...args]);
    }
  }

  /** Starts a program in the namespace. */
  start(...command: string[]): LabProcess {
    const process = new LabProcess(["ip", "netns", "exec", this.namespace, ...command]);
    this.processes.push(process);
    return process;
  }

  /** Starts a program under `pktsock run`. */
  startPreloaded(options: readonly string[], ...program: string[]): LabProcess {
    return this.start(process.execPath, "build/pktsock.mjs", "run", "--tap", "tap0", ...options, "--", ...program);
  }

  /** Runs a program under `pktsock run` to its end. */
  async run(options: readonly string[], ...program: string[]): Promise<Ended> {
    return this.startPreloaded(options, ...program).ended;
  }

  /** Runs a program in the namespace to its end, whatever its status. */
  execute(...command: string[]) {
    return spawnSync("ip", ["netns", "exec", this.namespace, ...command], { encoding: "utf8" });
  }

  /** Sends echo requests to 192.0.2.2 at the board's address, which nobody answers. */
  pingBoard(count: number): void {
    const neighbour = ["neigh", "replace", "192.0.2.2", "lladdr", "02:00:00:00:00:01", "dev", "tap0"];
    execFileSync("ip", ["-n", this.namespace, ...neighbour]);
    this.execute("ping", "-c", String(count), "-i", "0.2", "-W", "1", "192.0.2.2");
  }

  /** Runs a program in the namespace to its end, beside the kernel's own "eth0", one end of a quiet cable. */
  runOnVeth(...command: string[]) {
    const link = (...args: string[]) => execFileSync("ip", ["-n", this.namespace, "link", ...args]);
    link("add", "eth0", "up", "type", "veth", "peer", "other");
    link("set", "other", "up");
    try {
      this.execute("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
      return this.execute(...command);
    } finally {
      link("del", "eth0");
    }
  }

  /** Resolves when nothing holds the TAP interface any more. */
  async cableIsFree(): Promise<void> {
    const limit = performance.now() + 120_000;
    while (this.flags("tap0").includes("LOWER_UP")) {
      if (performance.now() > limit) throw new Error("something still holds the TAP interface");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  private flags(name: string): string {
    return execFileSync("ip", ["-n", this.namespace, "-o", "link", "show", name], { encoding: "utf8" });
  }

  async close(): Promise<void> {
    for (const process of this.processes) await process.stop("SIGKILL");
    execFileSync("ip", ["netns", "delete", this.namespace]);
  }
}
