// Which filters have a short form (assembly/filtertests.ts): no other test would notice if those of real programs lost theirs,
// for the interpreter gives the same answers, only ten times slower.
import assert from "node:assert/strict";
import { CONTROL_TABLE } from "../assembly/abi.js";
import { SO_ATTACH_FILTER, SOCK_RAW, SOL_SOCKET } from "../assembly/packet.js";
import { PktSock } from "../host/engine/pktsock.js";
import {
  ABS,
  ACCEPT,
  ALU,
  B,
  H,
  IND,
  JEQ,
  JGE,
  JMP,
  JSET,
  jump,
  K,
  LD,
  LDX,
  LEN,
  MSH,
  REFUSE,
  RSH,
  stmt,
  W,
} from "./conformance/bpf.js";
import { socketStruct } from "../host/build/structs.js";
import { moduleBytes } from "./support/module.js";

/** IPv4, UDP, no later fragment, and the destination port at `port`: as DHCP clients have it, `link` bytes in front. */
function udpTo(port: number, link: number): string[] {
  return [
    stmt(LD | B | ABS, link + 9),
    jump(JMP | JEQ | K, 17, 0, 6),
    stmt(LD | H | ABS, link + 6),
    jump(JMP | JSET | K, 0x1fff, 4, 0),
    stmt(LDX | B | MSH, link),
    stmt(LD | H | IND, link + 2),
    jump(JMP | JEQ | K, port, 0, 1),
    ACCEPT,
    REFUSE,
  ];
}

const short: Record<string, string[]> = {
  "an EtherType": [stmt(LD | H | ABS, 12), jump(JMP | JEQ | K, 0x88b8, 0, 1), ACCEPT, REFUSE],
  "lengths instead of EtherTypes": [stmt(LD | H | ABS, 12), jump(JMP | JGE | K, 0x600, 1, 0), ACCEPT, REFUSE],
  "a DHCP client's, SOCK_DGRAM": udpTo(68, 0),
  "a DHCP client's, SOCK_RAW": [stmt(LD | H | ABS, 12), jump(JMP | JEQ | K, 0x800, 0, 8), ...udpTo(68, 14)],
};

const long: Record<string, string[]> = {
  "the frame's length": [stmt(LD | W | LEN), jump(JMP | JGE | K, 100, 0, 1), ACCEPT, REFUSE],
  arithmetic: [stmt(LD | B | ABS, 14), stmt(ALU | RSH | K, 4), jump(JMP | JEQ | K, 4, 0, 1), ACCEPT, REFUSE],
  "a field that nothing looks at": [stmt(LD | B | ABS, 100), ACCEPT],
};

describe("short form of filters", () => {
  const sockets = PktSock.load(moduleBytes(), { engine: "v8", heapSize: 4096 });
  const fd = sockets.socket(SOCK_RAW);

  function hasTests(program: string[]): boolean {
    sockets.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, Buffer.from(program.join(""), "hex"));
    const table = sockets.control(CONTROL_TABLE);
    return sockets.memory.u32(sockets.memory.u32(table + fd * 4) + socketStruct["filterTests"]!) !== 0;
  }

  for (const [name, program] of Object.entries(short)) it(`is there: ${name}`, () => assert.ok(hasTests(program)));
  for (const [name, program] of Object.entries(long)) it(`is not there: ${name}`, () => assert.ok(!hasTests(program)));
});
