// Sends to a stranger and then to the program, before, during and after its membership.
import { bytes, letIn, PEER, type Peer, STRANGER } from "./peer.js";

const EXPERIMENT = "88b5";

export const strangers: Peer = async (run) => {
  const payload = "5a".repeat(46);
  for (const [when, others] of [
    ["without", 2 * letIn(run)],
    ["with", 2],
    ["dropped", 2 * letIn(run)],
  ] as const) {
    await run.console.waitFor(new RegExp(`^${when}`, "m"));
    for (const to of [STRANGER, STRANGER, run.address]) await run.send(bytes(to, PEER, EXPERIMENT, payload));
    await run.console.waitFor(`others ${others}`);
  }
  await run.passed();
};
