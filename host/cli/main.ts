import { existsSync } from "node:fs";
import { build } from "./build.js";
import { cable } from "./cable.js";
import { type Command, UsageError } from "./command.js";
import { demo } from "./demo.js";
import { dev } from "./dev.js";
import { keygen } from "./keygen.js";
import { runCommand } from "./run.js";
import { sign } from "./sign.js";
import { stat } from "./stat.js";
import { swap } from "./swap.js";

const commands: Record<string, Command> = { build, cable, demo, dev, keygen, run: runCommand, sign, stat, swap };

function help(): string {
  const list = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return ["usage: pktsock COMMAND ...", "", ...list, "", "For more: pktsock COMMAND --help.", ""].join("\n");
}

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    (name === undefined ? process.stderr : process.stdout).write(help());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`pktsock: there is no command "${name}"; choose from: ${Object.keys(commands).join(", ")}.\n`);
    return 2;
  }
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args; // the rest belongs to another program
  if (own.includes("--help") || own.includes("-h")) {
    process.stdout.write(`usage: pktsock ${name} ${command.usage}\n`);
    return 0;
  }
  try {
    if (command.inRepository === true && !existsSync("boards/firmware.mk"))
      throw new UsageError("this command builds with pktsock's Makefile: run it in the folder of the repository.");
    return await command.run(args);
  } catch (error) {
    process.stderr.write(`pktsock ${name}: ${(error as Error).message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
