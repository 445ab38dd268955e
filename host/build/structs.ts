// The module's private structs, read out of the source that lays them out: C needs their sizes, and the tests' invariants look
// at them in linear memory.
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../../assembly/layout.ts", import.meta.url), "utf8");

/** The offset of each field of an @unmanaged class; all fields are words. */
function struct(name: string): Record<string, number> & { bytes: number } {
  const body = new RegExp(`^export class ${name} \\{\\n(.*?)^\\}`, "ms").exec(source)?.[1];
  const fields = [...(body ?? "").matchAll(/^ {2}(\w+): /gm)].map((match) => match[1]!);
  if (fields.length === 0) throw new Error(`assembly/layout.ts has no class ${name}`);
  const offsets = Object.fromEntries(fields.map((field, i) => [field, i * 4]));
  // A misspelt field must be an error here, not a word that is read from the wrong place.
  const strict = new Proxy(offsets, {
    get(target, key) {
      const offset = target[key as string];
      if (offset === undefined) throw new Error(`assembly/layout.ts: class ${name} has no field ${String(key)}`);
      return offset;
    },
  });
  return Object.assign(strict, { bytes: fields.length * 4 });
}

/** The value of a constant of layout.ts. */
function constant(name: string): number {
  const value = new RegExp(`^export const ${name}: u32 = (\\d+);$`, "m").exec(source)?.[1];
  if (value === undefined) throw new Error(`assembly/layout.ts has no constant ${name}`);
  return Number(value);
}

export const socketStruct = struct("Socket");
export const stateStruct = struct("State");
export const listenersStruct = struct("Listeners");
/** The lists of sockets that are behind the State, and the bytes of both. */
export const LISTS = constant("LISTS");
export const STATE_BYTES = stateStruct.bytes + LISTS * listenersStruct.bytes;
export const entryStruct = struct("Entry");
export const messagesStruct = struct("Messages");
export const messageStruct = struct("Message");
