// The ABI between module and firmware changes only with its version: see CONTRIBUTING.md, "The ABI".
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type AbiRecord, complaint, currentAbi, differences } from "../host/build/abi.js";
import { exportArguments } from "../host/engine/exports.js";
import { moduleBytes } from "./support/module.js";

const recorded = JSON.parse(readFileSync("test/abi.json", "utf8")) as AbiRecord;

describe("the ABI of the module", () => {
  it("is the one that is recorded for its version", () => {
    assert.equal(complaint(recorded, currentAbi(moduleBytes())), undefined);
  });

  it("has the functions that the loaders call, with as many arguments", () => {
    const { functions } = currentAbi(moduleBytes());
    for (const [name, count] of Object.entries(exportArguments)) {
      assert.match(functions[name] ?? "none", new RegExp(`^(i32 ){${count}}->( i32)?$`), name);
    }
  });

  it("is not changed without a new version", () => {
    const now = currentAbi(moduleBytes());
    const moved = { ...now, constants: { ...now.constants, SLOT_BYTES: 12 } };
    assert.deepEqual(differences(now, moved), ["constants.SLOT_BYTES: 8, now 12"]);
    assert.match(complaint(now, moved) ?? "", /raise ABI_VERSION in assembly\/abi.ts/);
    const { peek, ...others } = now.functions;
    assert.deepEqual(differences(now, { ...now, functions: others }), [`functions.peek: ${peek}, now none`]);
    assert.match(complaint(now, { ...moved, version: now.version + 1 }) ?? "", /run `make abi`/);
  });
});
