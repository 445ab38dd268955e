// Which filters have a short form (assembly/filtertests.ts): no other test would notice if those of real programs lost theirs,
// for the interpreter gives the same answers, only ten times slower.
import assert from "node:assert/strict";
import { CONTROL, CONTROL_EXCHANGE, CONTROL_TABLE, TRANSLATED_FILTER } from "../assembly/abi.js";
import { ETH_P_ALL, POLLIN, SO_ATTACH_FILTER, SOCK_RAW, SOL_PACKET, SOL_SOCKET } from "../assembly/packet.js";
import { PktSock } from "../host/engine/pktsock.js";
import { htons } from "../host/engine/sockaddr.js";
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
import { frame, hwaddr, moduleBytes } from "./support/module.js";

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

/** As tcpdump -ddd writes them: code, jt, jf, k. */
function compiled(program: string): string[] {
  return program.split(";").map((line) => {
    const [code, jt, jf, k] = line.split(" ").map(Number) as [number, number, number, number];
    return jump(code, k, jt, jf);
  });
}

/** Filters of common programs, the largest of them. */
const common: Record<string, string[]> = {
  "a DHCP client's": short["a DHCP client's, SOCK_RAW"]!,
  "lldpd's": compiled(
    "48 0 0 0;84 0 0 1;21 0 14 1;40 0 0 12;21 0 4 35020;32 0 0 2;21 0 2 3254779918;40 0 0 0;21 11 12 384;" +
      "32 0 0 2;21 0 2 721420288;40 0 0 0;21 7 8 224;21 1 0 214748364;21 0 2 2164261120;40 0 0 0;21 3 4 256;" +
      "32 0 0 2;21 0 2 1389153484;40 0 0 0;21 0 1 480;6 0 0 262144;6 0 0 0",
  ),
  "tcpdump 'arp or icmp or tcp port 80 or udp port 53'": compiled(
    "40 0 0 12;21 31 0 2054;21 0 18 2048;48 0 0 23;21 28 0 1;21 0 7 6;40 0 0 20;69 26 0 8191;177 0 0 14;" +
      "72 0 0 14;21 22 0 80;72 0 0 16;21 20 21 80;21 0 20 17;40 0 0 20;69 18 0 8191;177 0 0 14;72 0 0 14;" +
      "21 14 0 53;72 0 0 16;21 12 13 53;21 0 12 34525;48 0 0 20;21 0 4 6;40 0 0 54;21 7 0 80;40 0 0 56;" +
      "21 5 6 80;21 0 5 17;40 0 0 54;21 2 0 53;40 0 0 56;21 0 1 53;6 0 0 262144;6 0 0 0",
  ),
  "16 comparisons": [
    ...Array.from({ length: 16 }, (_, i) => [
      stmt(LD | H | ABS, 12),
      jump(JMP | JEQ | K, 0x88b5, 0, 2 * (16 - i) - 1),
    ]).flat(),
    ACCEPT,
    REFUSE,
  ],
};

const long: Record<string, string[]> = {
  "the frame's length": [stmt(LD | W | LEN), jump(JMP | JGE | K, 100, 0, 1), ACCEPT, REFUSE],
  arithmetic: [stmt(LD | B | ABS, 14), stmt(ALU | RSH | K, 4), jump(JMP | JEQ | K, 4, 0, 1), ACCEPT, REFUSE],
  "a field that nothing looks at": [stmt(LD | B | ABS, 100), ACCEPT],
};

describe("short form of filters", () => {
  const open = (heapSize?: number) => {
    const sockets = PktSock.load(moduleBytes(), { engine: "v8", ...(heapSize === undefined ? {} : { heapSize }) });
    const driver = sockets.addInterface("eth0", hwaddr).up().driver;
    return { sockets, driver, fd: sockets.socket(SOCK_RAW, htons(ETH_P_ALL)) };
  };

  function attach({ sockets, fd }: ReturnType<typeof open>, program: string[]): void {
    sockets.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, Buffer.from(program.join(""), "hex"));
  }

  function hasTests(component: ReturnType<typeof open>, program: string[]): boolean {
    const { sockets, fd } = component;
    attach(component, program);
    const table = sockets.control(CONTROL_TABLE);
    return sockets.memory.u32(sockets.memory.u32(table + fd * 4) + socketStruct["filterTests"]!) !== 0;
  }

  /** What pktsock_socket_counters() has as `interpreted`. */
  function interpreted({ sockets, fd }: ReturnType<typeof open>): number {
    sockets.call("socketCounters", sockets.memory.u32(sockets.control(CONTROL_TABLE) + fd * 4));
    return sockets.memory.u32(CONTROL + CONTROL_EXCHANGE + 16);
  }

  const roomy = open(4096);
  for (const [name, program] of Object.entries(short))
    it(`is there: ${name}`, () => assert.ok(hasTests(roomy, program)));
  for (const [name, program] of Object.entries(long))
    it(`is not there: ${name}`, () => assert.ok(!hasTests(roomy, program)));

  for (const [name, program] of Object.entries(common)) {
    it(`fits into the heap of the default size: ${name}`, () => assert.ok(hasTests(open(), program)));
  }

  it("that did not fit is counted for each frame; with TRANSLATED_FILTER the filter is refused, and the old one stays", () => {
    const component = open(600);
    const { sockets, driver, fd } = component;
    attach(component, common["16 comparisons"]!);
    for (const seed of [1, 2, 3]) driver.receive(frame(0x88b5, { seed }));
    sockets.service();
    assert.equal(interpreted(component), 3);
    attach(component, [REFUSE]);
    sockets.setsockopt(fd, SOL_PACKET, TRANSLATED_FILTER, 1);
    assert.equal(sockets.getsockopt(fd, SOL_PACKET, TRANSLATED_FILTER)[0], 1);
    for (const program of [common["16 comparisons"]!, long["arithmetic"]!]) {
      assert.throws(() => attach(component, program), { code: "ENOBUFS" });
    }
    while (sockets.poll(fd) & POLLIN) sockets.recv(fd);
    driver.receive(frame(0x88b5));
    sockets.service();
    assert.equal(sockets.poll(fd) & POLLIN, 0, "all is refused, as before");
    assert.equal(interpreted(component), 3);
    sockets.setsockopt(fd, SOL_PACKET, TRANSLATED_FILTER, 0);
    attach(component, long["arithmetic"]!);
  });
});
