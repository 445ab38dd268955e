import assert from "node:assert/strict";
import { passages } from "./bench/counted.js";

describe("bench: from marks to frames", () => {
  it("counts a frame that came alone from its interrupt until the processor sleeps", () => {
    const lines = ["idle 100", "0 110", "1 300", "2 310", "3 500", "idle 520"];
    assert.deepEqual(passages(lines), [{ interrupt: 110, received: 300, send: 310, sent: 500, idle: 520 }]);
  });

  it("takes the first of two interrupts, and no notice of sleep without a frame", () => {
    const lines = ["idle 1", "idle 9", "0 10", "0 40", "1 60", "2 61", "3 80", "idle 85", "0 90", "idle 95"];
    assert.deepEqual(passages(lines), [{ interrupt: 10, received: 60, send: 61, sent: 80, idle: 85 }]);
  });

  it("leaves out frames that met another", () => {
    const lines = ["idle 1", "0 10", "1 20", "2 21", "0 25", "3 40", "1 50", "2 51", "3 70", "idle 75"];
    assert.deepEqual(passages(lines), [null, null]);
  });

  it("leaves out the frame that ends the run", () => {
    assert.deepEqual(passages(["idle 1", "0 10", "1 20"]), []);
  });
});
