// All conformance cases, in the order in which they run.

import type { Case } from "../steps.js";
import { bindCases } from "./bind.js";
import { namesCases } from "./names.js";
import { protocolCases } from "./protocol.js";
import { receiveCases } from "./receive.js";
import { sendCases } from "./send.js";
import { socketCases } from "./socket.js";
import { tapCases } from "./tap.js";

export const cases: readonly Case[] = [
  ...socketCases,
  ...bindCases,
  ...namesCases,
  ...receiveCases,
  ...protocolCases,
  ...sendCases,
  ...tapCases,
];
