import { parseArgs } from "node:util";
import { publicBytes, writeNewKey } from "../sign/keys.js";
import { type Command, parsing, UsageError } from "./command.js";

const usage = `FILE
Makes an Ed25519 key and writes it to FILE, which must not exist yet: the private key in PEM form (PKCS #8). Who has it can swap the
module of every firmware that was built with SWAP_KEY=FILE. It is what "openssl genpkey -algorithm ed25519 -out FILE" writes, too.`;

async function run(args: string[]): Promise<number> {
  const { positionals } = parsing(() => parseArgs({ args, allowPositionals: true }));
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError("name the file for the key, and nothing else.");
  let key;
  try {
    key = writeNewKey(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? `${path} exists already; a key is never overwritten.` : message;
    throw new Error(why, { cause: error });
  }
  console.log(`${path}: a private key, readable by you only. Its public part is ${publicBytes(key).toString("hex")}.`);
  return 0;
}

export const keygen: Command = { summary: "make a key for signing modules", usage, run };
