// What tests print while files run side by side (make test): each line begins with the file, as lines of two files come in turn and
// mocha reports a file only when it has ended. To be loaded with mocha's --require.
import { basename } from "node:path";

let file = "";
const print = console.log;

export const mochaHooks = {
  beforeAll(this: Mocha.Context): void {
    if (process.env["MOCHA_WORKER_ID"] === undefined) return;
    file = basename(this.test?.parent?.suites[0]?.file ?? "");
    console.log = (...words: readonly unknown[]): void => print(`${file}: ${words.join(" ").trim()}`);
  },
};
