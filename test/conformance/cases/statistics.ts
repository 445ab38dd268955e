// Limits of a socket's queue, and PACKET_STATISTICS.

import {
  bound,
  empty,
  ETH_P_ALL,
  fails,
  frame,
  open,
  outgoing,
  readable,
  receives,
  sends,
  setInt,
  TEST_TYPE,
} from "../calls.js";
import { le } from "../bytes.js";
import {
  arrives,
  call,
  type CallStep,
  type Case,
  check,
  inject,
  quiet,
  type Step,
  testCase,
  times,
  type Vars,
} from "../steps.js";

function statistics(name: string, packets: number, drops: number): CallStep {
  return call(`getsockopt $${name} SOL_PACKET PACKET_STATISTICS 8`, {
    ret: 0,
    fields: { len: 8, value: `{${le(packets, 4)} ${le(drops, 4)}}` },
  });
}

/** Reads the statistics into $packets and $drops, as `split` finds them. */
function save(name: string): CallStep {
  return call(`getsockopt $${name} SOL_PACKET PACKET_STATISTICS 8`, { ret: 0 }, { save: { statistics: "value" } });
}

function split(vars: Vars): { packets: number; drops: number } {
  const bytes = Buffer.from(vars.statistics ?? "", "hex");
  return { packets: bytes.readUInt32LE(0), drops: bytes.readUInt32LE(4) };
}

/** Frames that all of them reach `quick`, which reads them, and as many as it takes of `slow`. */
function flood(count: number): (CallStep | ReturnType<typeof inject>)[] {
  return times(count, (i) => [
    inject(frame({ payload: `@1000:${i}` })),
    receives("quick", frame({ payload: `@1000:${i}` }), 1014),
  ]) as (CallStep | ReturnType<typeof inject>)[];
}

const FLOOD = 40;

/** recvmsg() that saves the control message, if there is one, as $told. */
const lost = (name: string, told: string | null): CallStep =>
  call(`recvmsg $${name} 0 - 64 1540`, { ret: /^\d+$/, fields: { cmsg: told } });

/** Some of them are lost; `ends`: the socket tells of them with the next frame. */
const overflows: readonly Step[] = [
  ...flood(FLOOD),
  save("slow"),
  call("recvmsg $slow MSG_PEEK - 64 1540", { ret: 1014, fields: { cmsg: null } }),
  lost("slow", null),
];
const tellsTheNext = (name: string): Step[] => [
  inject(frame()),
  call(`recvmsg $${name} MSG_PEEK - 64 1540`, { ret: 60 }, { save: { peeked: "cmsg" } }),
  call(`recvmsg $${name} 0 - 64 1540`, { ret: 60 }, { save: { told: "cmsg" } }),
  check("the number of drops as SO_RXQ_OVFL", (vars) => {
    const wanted = `1:40:${le(split(vars).drops, 4)}`;
    return vars.told === wanted && vars.peeked === wanted;
  }),
];

export const statisticsCases: readonly Case[] = [
  testCase("statistics: nothing has happened", "packet(7)", [...bound("s"), statistics("s", 0, 0)]),
  testCase("statistics: received frames are counted, whether they were read or not", "packet(7)", [
    ...bound("s"),
    inject(frame()),
    inject(frame()),
    receives("s", frame(), 60),
    quiet,
    statistics("s", 2, 0),
  ]),
  testCase("statistics: reading them clears them", "packet(7)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    statistics("s", 1, 0),
    statistics("s", 0, 0),
    inject(frame()),
    quiet,
    statistics("s", 1, 0),
  ]),
  testCase("statistics: frames of other protocols are not counted", "packet(7)", [
    ...bound("s"),
    inject(frame({ type: 0x8892 })),
    quiet,
    statistics("s", 0, 0),
  ]),
  testCase("statistics: each socket has its own", "packet(7)", [
    ...bound("a"),
    ...bound("b", "DGRAM", 0x8892),
    inject(frame()),
    inject(frame({ type: 0x8892 })),
    quiet,
    statistics("a", 1, 0),
    statistics("b", 1, 0),
  ]),
  testCase("statistics: outgoing frames are counted at those who see them", "kernel packet_rcv()", [
    ...bound("s"),
    ...bound("t", "RAW", ETH_P_ALL),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    statistics("t", 1, 0),
    statistics("s", 0, 0),
  ]),
  testCase("statistics: little room is filled, and they are cleared all the same", "kernel packet_getsockopt()", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    call("getsockopt $s SOL_PACKET PACKET_STATISTICS 4", { ret: 0, fields: { len: 4, value: `{${le(1, 4)}}` } }),
    statistics("s", 0, 0),
  ]),
  testCase("statistics: cannot be set", "kernel packet_setsockopt()", [
    ...bound("s"),
    call("setsockopt $s SOL_PACKET PACKET_STATISTICS {z8}", fails("ENOPROTOOPT")),
  ]),
  testCase("statistics: MSG_PEEK counts nothing", "packet(7)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    receives("s", frame(), 60, "MSG_PEEK"),
    receives("s", frame(), 60, "MSG_PEEK"),
    receives("s", frame(), 60),
    statistics("s", 1, 0),
  ]),
  testCase("queue: SO_RXQ_OVFL tells of drops with the next frame that enters", "socket(7)", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    setInt("slow", "SOL_SOCKET", "SO_RXQ_OVFL", 1),
    ...bound("quick"),
    inject(frame()),
    receives("quick", frame(), 60),
    lost("slow", null),
    ...overflows,
    { kind: "drain", name: "slow", save: "held" },
    ...tellsTheNext("slow"),
    // Also when nothing is lost any more, until it is switched off.
    ...tellsTheNext("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RXQ_OVFL", 0),
    inject(frame()),
    lost("slow", null),
  ]),
  testCase("queue: SO_RXQ_OVFL tells of what was lost before it was set", "kernel sock_skb_set_dropcount()", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    ...bound("quick"),
    ...flood(FLOOD),
    save("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RXQ_OVFL", 1),
    lost("slow", null), // it entered before
    { kind: "drain", name: "slow", save: "held" },
    ...tellsTheNext("slow"),
  ]),
  testCase("queue: SO_RXQ_OVFL stands between a time stamp and the auxiliary data", "kernel packet_recvmsg()", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    setInt("slow", "SOL_SOCKET", "SO_RXQ_OVFL", 1),
    setInt("slow", "SOL_SOCKET", "SO_TIMESTAMP", 1),
    setInt("slow", "SOL_PACKET", "PACKET_AUXDATA", 1),
    ...bound("quick"),
    ...flood(FLOOD),
    { kind: "drain", name: "slow", save: "held" },
    inject(frame()),
    call("recvmsg $slow 0 - 128 1540", { ret: 60, fields: { cmsg: /^1:29:\S+ 1:40:[0-9a-f]{8} 263:8:[0-9a-f]{40}$/ } }),
  ]),
  testCase("queue: SO_RXQ_OVFL with a filter", "socket(7); libpcap", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    setInt("slow", "SOL_SOCKET", "SO_RXQ_OVFL", 1),
    call("setsockopt $slow SOL_SOCKET SO_ATTACH_FILTER fprog:{06000000 00000400}", { ret: 0 }),
    ...bound("quick"),
    ...overflows,
    { kind: "drain", name: "slow", save: "held" },
    ...tellsTheNext("slow"),
  ]),
  testCase("queue: frames over SO_RCVBUF are drops, and tp_packets has them, too", "packet(7); coverage: receiving", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    ...bound("quick"),
    ...flood(FLOOD),
    save("slow"),
    check(`${FLOOD} packets, of which some were dropped`, (vars) => {
      const { packets, drops } = split(vars);
      return packets === FLOOD && drops > 0 && drops < FLOOD;
    }),
    statistics("quick", FLOOD, 0),
  ]),
  testCase("queue: the frames that were kept are the oldest", "packet(7)", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    ...bound("quick"),
    ...flood(FLOOD),
    receives("slow", frame({ payload: "@1000:0" }), 1014),
  ]),
  testCase("queue: what was read makes room", "packet(7)", [
    ...bound("slow"),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    ...bound("quick"),
    ...flood(FLOOD),
    { kind: "drain", name: "slow", save: "kept" },
    save("slow"),
    check("kept and dropped are all", (vars) => Number(vars.kept) + split(vars).drops === FLOOD),
    inject(frame({ payload: "@1000:99" })),
    receives("quick", frame({ payload: "@1000:99" }), 1014),
    receives("slow", frame({ payload: "@1000:99" }), 1014),
    statistics("slow", 1, 0),
  ]),
  testCase("queue: without a small SO_RCVBUF drops are accounted for, too", "coverage: receiving", [
    ...bound("slow"),
    ...bound("quick"),
    ...flood(FLOOD),
    save("slow"),
    { kind: "drain", name: "slow", save: "kept" },
    check("kept and dropped are all", (vars) => {
      const { packets, drops } = split(vars);
      return packets === FLOOD && Number(vars.kept) + drops === FLOOD && Number(vars.kept) >= 2;
    }),
  ]),
  testCase("queue: a smaller SO_RCVBUF does not drop what is queued", "socket(7)", [
    ...bound("s"),
    inject(frame({ payload: "@1000:1" })),
    inject(frame({ payload: "@1000:2" })),
    quiet,
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 1),
    receives("s", frame({ payload: "@1000:1" }), 1014),
    receives("s", frame({ payload: "@1000:2" }), 1014),
    empty("s"),
  ]),
  testCase("queue: a larger SO_RCVBUF takes more again", "socket(7)", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 1),
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 100000),
    inject(frame({ payload: "@1000:1" })),
    inject(frame({ payload: "@1000:2" })),
    quiet,
    receives("s", frame({ payload: "@1000:1" }), 1014),
    receives("s", frame({ payload: "@1000:2" }), 1014),
    statistics("s", 2, 0),
  ]),
  testCase("queue: a socket of every interface has its limit, too", "coverage: receiving", [
    open("slow", "RAW", TEST_TYPE),
    setInt("slow", "SOL_SOCKET", "SO_RCVBUF", 1),
    ...bound("quick"),
    ...flood(FLOOD),
    save("slow"),
    check("some were dropped", (vars) => split(vars).drops > 0 && split(vars).packets === FLOOD),
  ]),
  testCase("queue: closing a full one gives its frames back", "coverage: receiving", [
    ...bound("slow"),
    ...bound("quick"),
    ...flood(FLOOD),
    call("close $slow", { ret: 0 }),
    ...bound("slow"),
    ...flood(FLOOD),
    receives("slow", frame({ payload: "@1000:0" }), 1014),
    receives("slow", frame({ payload: "@1000:1" }), 1014),
  ]),
];
