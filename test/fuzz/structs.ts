// The module's private structs for C: `tsx test/fuzz/structs.ts OUT.h` writes STATE_heap and so on, offsets in bytes.
import { writeFileSync } from "node:fs";
import { entryStruct, socketStruct, stateStruct } from "../../host/build/structs.js";

const structs = { STATE: stateStruct, SOCKET: socketStruct, ENTRY: entryStruct };
const lines = Object.entries(structs).flatMap(([name, fields]) =>
  Object.entries(fields).map(([field, offset]) => `#define ${name}_${field} ${offset}u`),
);
const [out] = process.argv.slice(2);
if (out === undefined) throw new Error("usage: structs.ts OUT.h");
writeFileSync(
  out,
  ["/* Generated from assembly/layout.ts by test/fuzz/structs.ts. */", "#pragma once", ...lines, ""].join("\n"),
);
