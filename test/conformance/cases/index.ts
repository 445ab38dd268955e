// All conformance cases, in the order in which they run.

import type { Case } from "../steps.js";
import { bindCases } from "./bind.js";
import { bpfCases } from "./bpf.js";
import { componentCases } from "./component.js";
import { filterCases } from "./filter.js";
import { lendCases } from "./lend.js";
import { lineCases } from "./line.js";
import { membershipCases } from "./membership.js";
import { messageCases } from "./message.js";
import { namesCases } from "./names.js";
import { optionCases } from "./options.js";
import { programCases } from "./programs.js";
import { protocolCases } from "./protocol.js";
import { receiveCases } from "./receive.js";
import { selectCases } from "./select.js";
import { sendCases } from "./send.js";
import { socketCases } from "./socket.js";
import { stampCases } from "./stamps.js";
import { statisticsCases } from "./statistics.js";
import { tapCases } from "./tap.js";
import { taskCases } from "./tasks.js";
import { waitCases } from "./wait.js";

export const cases: readonly Case[] = [
  ...socketCases,
  ...bindCases,
  ...namesCases,
  ...receiveCases,
  ...protocolCases,
  ...sendCases,
  ...tapCases,
  ...optionCases,
  ...statisticsCases,
  ...membershipCases,
  ...messageCases,
  ...waitCases,
  ...stampCases,
  ...selectCases,
  ...taskCases,
  ...lineCases,
  ...filterCases,
  ...bpfCases,
  ...lendCases,
  ...componentCases,
  ...programCases,
];
