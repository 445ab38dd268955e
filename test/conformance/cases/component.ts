// The component's calls that Linux does not have: the network stack's descriptor, and counters of drops by cause.

import * as bpf from "../bpf.js";
import { REFUSE, stmt } from "../bpf.js";
import { le } from "../bytes.js";
import {
  bound,
  empty,
  fails,
  frame,
  from,
  ll,
  OK,
  outgoing,
  PACKET,
  readable,
  receives,
  receivesFrom,
  sends,
  setInt,
  TEST_TYPE,
} from "../calls.js";
import {
  arrives,
  call,
  type CallStep,
  type Case,
  check,
  inject,
  quiet,
  ready,
  type Step,
  testCase,
  times,
} from "../steps.js";

const OURS = ["calls of pktsock.h"] as const;
const SOURCE = "pktsock.h";
const FLOOD = 40;

function ours(name: string, steps: readonly Step[]): Case {
  return testCase(name, SOURCE, steps, OURS);
}

const attach: CallStep = call("stack $IF", { ret: /^\d+$/ }, { save: { stack: "ret" } });

/** A counter of the interface before and after, as $before and $after. */
const counter = (name: string, save: string): CallStep => call("counters $IF", { ret: 0 }, { save: { [save]: name } });
function counts(name: string, more: number, steps: readonly Step[]): Step[] {
  return [
    counter(name, "before"),
    ...steps,
    counter(name, "after"),
    check(`${more} more: ${name}`, ({ before, after }) => Number(after) - Number(before) === more),
  ];
}

const large = (i: number): string => frame({ payload: `@1000:${i}` });
const flood = (name: string): Step[] => times(FLOOD, (i) => [inject(large(i)), receives(name, large(i), 1014)]);

/** Saves a socket's counters. */
const told = (name: string): CallStep =>
  call(
    `socketcounters $${name}`,
    { ret: 0 },
    { save: { packets: "packets", full: "queuefull", pool: "poolempty", filtered: "filtered" } },
  );

export const componentCases: readonly Case[] = [
  ours("stack: is offered every frame, after the sockets", [
    attach,
    ...bound("s"),
    inject(frame()),
    inject(frame({ type: 0x8892 })),
    receives("stack", frame(), 60),
    receives("stack", frame({ type: 0x8892 }), 60),
    receives("s", frame(), 60),
    empty("s"),
  ]),
  ours("stack: what it sends is PACKET_OUTGOING to those of ETH_P_ALL, not to itself", [
    attach,
    ...bound("t", "RAW", 3),
    sends("stack", outgoing(), 60),
    arrives(outgoing()),
    receivesFrom("t", outgoing(), 60, from(PACKET.OUTGOING, TEST_TYPE, "OWN")),
    empty("stack"),
  ]),
  ours("stack: what sockets send is none of its business", [
    attach,
    ...bound("s"),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    empty("stack"),
  ]),
  ours("stack: sockets that do not read leave it its reserve", [
    ...bound("slow"),
    ...bound("slower", "RAW", 3),
    attach,
    ...flood("stack"),
    receives("slow", large(0), 1014),
  ]),
  ours("stack: one that does not read costs the sockets nothing", [
    attach,
    ...bound("s"),
    ...flood("s"),
    receives("stack", large(0), 1014),
  ]),
  ours("stack: an interface has one, which cannot be bound elsewhere", [
    attach,
    call("stack $IF", fails("EBUSY")),
    call("stack 99", fails("ENODEV")),
    call(`bind $stack {${ll({ protocol: TEST_TYPE })}}`, fails("EINVAL")),
    call("close $stack", OK),
    attach,
  ]),
  testCase(
    "counters: a frame shorter than a header",
    SOURCE,
    [...bound("s"), ...counts("tooshort", 2, [inject("OWN PEER 88"), inject("00"), quiet])],
    [...OURS, "frames shorter than 14 bytes"],
  ),
  testCase(
    "counters: a frame longer than a buffer",
    SOURCE,
    [...bound("s"), ...counts("toolong", 1, [inject(frame({ payload: "@1986:1" })), quiet])],
    [...OURS, "frames longer than a buffer"],
  ),
  ours("counters: a frame that came while the interface was down", [
    ...bound("s"),
    ...counts("linkdown", 1, [
      call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1042, 2)}}`, OK),
      call("recv $s 100 0", fails("ENETDOWN")),
      inject(frame()),
      call("poll 100", { ret: 0 }),
      empty("s"),
      call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1043, 2)}}`, OK),
      ready,
      quiet,
      empty("s"),
    ]),
  ]),
  ours("counters: frames for which the pool had none left", [
    ...bound("slow"),
    ...bound("quick", "RAW", 0x8892),
    counter("poolempty", "before"),
    ...times(FLOOD, (i) => [
      inject(large(i)),
      inject(frame({ type: 0x8892 })),
      receives("quick", frame({ type: 0x8892 }), 60),
    ]),
    counter("poolempty", "after"),
    told("slow"),
    check("the slow socket alone lost some, and it is said", ({ before, after, packets, full, pool }) => {
      const all = Number(packets) + Number(full) + Number(pool);
      return Number(after) > Number(before) && Number(pool) > 0 && all === FLOOD;
    }),
    told("quick"),
    check("the quick one lost none", ({ packets, full, pool }) => {
      return packets === String(FLOOD) && full === "0" && pool === "0";
    }),
  ]),
  ours("counters: a socket's say whether its queue was full", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    ...bound("quick"),
    ...flood("quick"),
    told("slow"),
    check("one queued, the others dropped for that", ({ packets, full, pool, filtered }) => {
      return packets === "1" && full === String(FLOOD - 1) && pool === "0" && filtered === "0";
    }),
  ]),
  ours("counters: a socket's say what its filter refused", [
    ...bound("s"),
    call(`setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{${[stmt(bpf.LD | bpf.IMM, 1), REFUSE].join(" ")}}`, OK),
    inject(frame()),
    inject(frame()),
    quiet,
    told("s"),
    check("two", ({ packets, full, pool, filtered }) => {
      return packets === "0" && full === "0" && pool === "0" && filtered === "2";
    }),
  ]),
  ours("counters: PACKET_STATISTICS does not clear a socket's", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 1),
    inject(frame()),
    inject(frame()),
    quiet,
    readable("s"),
    call("getsockopt $s SOL_PACKET PACKET_STATISTICS 8", { ret: 0, fields: { value: `{${le(2, 4)} ${le(1, 4)}}` } }),
    call("getsockopt $s SOL_PACKET PACKET_STATISTICS 8", { ret: 0, fields: { value: "{z8}" } }),
    told("s"),
    check("one queued, one dropped", ({ packets, full }) => packets === "1" && full === "1"),
    call("close $s", OK),
    call("socketcounters $s", fails("EBADF")),
  ]),
];
