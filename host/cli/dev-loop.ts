// The rounds of `pktsock dev`: each time a file is saved, the application is compiled, tested, signed and swapped in.
import type { KeyObject } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { buildApp } from "../build/app.js";
import { runProgram } from "../demo/program.js";
import { type ManageClient, RefusedError } from "../manage/client.js";
import { signModule } from "../sign/cose.js";
import { moduleFaults } from "../sign/validate.js";
import { moduleLines } from "./stat.js";

/** How often files are looked at. What is saved is read when it has stayed as it is for that time. */
const WATCH_MS = 100;
const TESTS_MS = 60_000;
/** The tests find the path of the module in this environment variable. */
const MODULE_VARIABLE = "PKTSOCK_APP";
const INDENT = 9;

/** Prints a line of the terminal: a word, and what there is to say of it. */
export function say(word: string, text: string): void {
  console.log(`${word.padEnd(INDENT)}${text.trimEnd().replaceAll(/\n(?=.)/g, `\n${" ".repeat(INDENT)}`)}`);
}

/** Looks at files for changes. Polled, since editors replace files, and folders of containers do not report. */
class Watch {
  private readonly stamps = new Map<string, string>();

  /** From now on a change of these files counts, too. */
  add(paths: readonly string[]): void {
    for (const path of paths) if (!this.stamps.has(path)) this.stamps.set(path, stamp(path));
  }

  /** Resolves when a file has changed since the last call. */
  async changed(): Promise<void> {
    while (!this.look()) await setTimeout(WATCH_MS);
    do await setTimeout(WATCH_MS);
    while (this.look());
  }

  private look(): boolean {
    let changed = false;
    for (const [path, before] of this.stamps) {
      const now = stamp(path);
      if (now === before) continue;
      this.stamps.set(path, now);
      changed = true;
    }
    return changed;
  }
}

function stamp(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

/** Runs the mocha tests of a file under V8. Returns what there is to say; throws an Error with mocha's output. */
async function runTests(file: string, module: string): Promise<string> {
  const { resolve: find } = createRequire(resolve(file));
  let mocha, tsx: string;
  try {
    [mocha, tsx] = [join(find("mocha/package.json"), "../bin/mocha.js"), pathToFileURL(find("tsx")).href];
  } catch {
    throw new Error(`${file} needs mocha and tsx: npm install mocha tsx.`);
  }
  process.env[MODULE_VARIABLE] = module;
  const options = ["--no-config", "--no-package", "--reporter", "spec", "--no-color", "--exit"];
  const command = [process.execPath, "--import", tsx, mocha, ...options, file];
  const { status, output, complaints } = await runProgram(command, false, TESTS_MS);
  if (status === -1) throw new Error(`They did not end within ${TESTS_MS / 1000} s.\n${output}${complaints}`);
  if (status !== 0) throw new Error(`${output}${complaints}`.trim());
  return `${/(\d+) passing/.exec(output)?.[1] ?? "none"} passed`;
}

/** A board that is managed, and its module's next versions. */
export class DevLoop {
  /** The files that the application consists of, and its tests. */
  private readonly watch = new Watch();
  private readonly tests: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "pktsock-dev-"));
  private board: ManageClient | undefined;
  private version = 0;

  /** `boot`: starts a board whose firmware has the application, once it compiles; without, to() names the board. */
  constructor(
    private readonly file: string,
    private readonly key: () => KeyObject,
    private readonly boot?: () => Promise<ManageClient>,
  ) {
    this.tests = file.replace(/\.ts$/, ".test.ts");
    this.watch.add([resolve(file), resolve(this.tests)]);
  }

  /** The board that runs already. */
  to(board: ManageClient): void {
    this.board = board;
  }

  /** Goes round until the program ends. */
  async run(): Promise<never> {
    for (;;) {
      try {
        await this.round();
      } catch (error) {
        say("", (error as Error).message);
        say("", this.board === undefined ? "waiting for the next save" : "the module that runs goes on");
      }
      await this.watch.changed();
    }
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async round(): Promise<void> {
    const wasm = await this.step(
      "compile",
      () => this.compile(),
      ({ length }) => `${this.file}: ${length} bytes`,
    );
    if (existsSync(this.tests)) {
      const module = join(this.folder, `${basename(this.file, ".ts")}.wasm`);
      writeFileSync(module, wasm);
      await this.step(
        "test",
        () => runTests(this.tests, module),
        (passed) => `${this.tests}: ${passed}`,
      );
    }
    if (this.board === undefined) {
      this.board = await this.step("boot", this.boot!, () => "the application runs");
    } else {
      const board = this.board;
      const signed = await this.step(
        "sign",
        () => this.sign(wasm, board),
        () => `version ${this.version}`,
      );
      await this.step(
        "swap",
        () => this.bring(signed, board),
        (version) => `${signed.length} bytes; version ${version} runs`,
      );
    }
    for (const line of moduleLines(await this.board.hello()).slice(1)) console.log(line);
  }

  /** Does one thing, and prints how it went and how long it took. */
  private async step<T>(word: string, work: () => Promise<T>, tell: (result: T) => string): Promise<T> {
    const began = performance.now();
    const time = (): string => `${Math.round(performance.now() - began)} ms`;
    try {
      const result = await work();
      say(word, `${tell(result)}, ${time()}`);
      return result;
    } catch (error) {
      say(word, `failed, ${time()}`);
      throw error;
    }
  }

  private async compile(): Promise<Uint8Array> {
    const files: string[] = [];
    try {
      return await buildApp(this.file, { files });
    } finally {
      this.watch.add(files.map((name) => resolve(name)));
    }
  }

  /** A module that is still on trial has run until now, and is proven by that: another could not be swapped in. */
  private async sign(wasm: Uint8Array, board: ManageClient): Promise<Uint8Array> {
    const faults = moduleFaults(wasm);
    if (faults.length > 0) throw new Error(faults.join("\n"));
    const { state, version } = await board.hello();
    if (state === "trial")
      await board.confirm().catch((error: unknown) => {
        // Its trial has just ended, or bring() is refused with a reason.
        if (!(error instanceof RefusedError)) throw error;
      });
    this.version = Math.max(this.version, version) + 1;
    return signModule(wasm, this.version, this.key());
  }

  private async bring(signed: Uint8Array, board: ManageClient): Promise<number> {
    const { most } = await board.hello();
    await board.upload(signed, most);
    return board.swap(signed);
  }
}
