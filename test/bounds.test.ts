import assert from "node:assert/strict";
import { budgetOf, exportCosts } from "../host/build/bounds.js";
import { options } from "../host/build/options.js";
import { exportArguments } from "../host/engine/exports.js";
import { fake } from "./support/fake.js";
import { moduleBytes } from "./support/module.js";

const defaults = (name: string): number => options.find((option) => option.name === name)!.default;

describe("bounds: how long a call can last", () => {
  it("a call costs its instructions once, and a loop's for each round, with what it calls", async () => {
    const wasm = await fake({
      init: `export function init(): i32 { return 7; }`,
      receive: `export function receive(a: u32, b: u32): i32 { while (b) { b = load<u32>(b); } return 1; }`,
      send: `export function send(a: u32, b: u32): i32 { while (a) { a = load<u32>(a); b += receive(a, b); } return b; }`,
    });
    const costs = exportCosts(wasm);
    const [init, receive, send] = ["init", "receive", "send"].map((name) => costs.get(name)!);
    assert.deepEqual(init, { once: 2, round: 0 });
    assert.ok(receive!.round >= 4 && receive!.round < receive!.once);
    assert.ok(send!.round > receive!.once && send!.once > send!.round);
  });

  it("every export of the module has a bound", () => {
    const costs = exportCosts(moduleBytes());
    for (const name of Object.keys(exportArguments)) assert.ok(costs.get(name)!.once > 0, name);
  });

  it("the budget grows with the capacities", () => {
    assert.equal(budgetOf(defaults), 131072);
    assert.ok(budgetOf((name) => (name === "NET_PKT_QUEUE_FRAMES" ? 64 : defaults(name))) > budgetOf(defaults));
  });
});
