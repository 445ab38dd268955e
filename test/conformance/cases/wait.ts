// Waiting: time-outs, poll(), time stamps, and what an interface that is down does to those who wait.

import { be16, le } from "../bytes.js";
import {
  bind,
  bound,
  empty,
  ETH_P_ALL,
  fails,
  frame,
  getInt,
  OK,
  open,
  outgoing,
  readable,
  receives,
  sends,
  setInt,
  TEST_TYPE,
  ll,
} from "../calls.js";
import {
  arrives,
  call,
  type CallStep,
  type Case,
  check,
  inject,
  plug,
  quiet,
  ready,
  testCase,
  unplug,
  OTHER_HOSTS,
} from "../steps.js";

const POLLIN = 1;
const POLLOUT = 4;
const POLLERR = 8;
const POLLNVAL = 0x20;
const POLLRDNORM = 0x40;
const POLLWRNORM = 0x100;
const CARRIER = ["a carrier"] as const;

/** A time-out that even a slow machine can distinguish from an immediate answer. */
const SOME_MS = 60;

function timeout(name: string, option: "RCV" | "SND", microseconds: number): CallStep {
  const [seconds, rest] = [Math.trunc(microseconds / 1e6), microseconds % 1e6];
  return call(`setsockopt $${name} SOL_SOCKET SO_${option}TIMEO timeval:${seconds}:${rest}`, OK);
}

function polls(wait: number, fds: string, ready: number, revents: string, options = {}): CallStep {
  return call(`poll ${wait} ${fds}`, { ret: ready, fields: { revents } }, options);
}

function flags(value: number): CallStep {
  return call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(value, 2)}}`, OK);
}

const down = flags(0x1042);
const up = [flags(0x1043), ready];

export const waitCases: readonly Case[] = [
  testCase("time-out: recv() ends with EAGAIN", "socket(7); NuttX waits for ever", [
    ...bound("s"),
    timeout("s", "RCV", SOME_MS * 1000),
    call("recv $s 100 0", fails("EAGAIN"), { lasts: SOME_MS }),
    call("recv $s 100 0", fails("EAGAIN"), { lasts: SOME_MS }),
  ]),
  testCase("time-out: read(), recvfrom() and recvmsg() end with EAGAIN", "socket(7)", [
    ...bound("s"),
    timeout("s", "RCV", SOME_MS * 1000),
    call("read $s 100", fails("EAGAIN"), { lasts: SOME_MS }),
    call("recvfrom $s 100 0 20", fails("EAGAIN"), { lasts: SOME_MS }),
    call("recvmsg $s 0 20 - 100", fails("EAGAIN"), { lasts: SOME_MS }),
    call("recv $s 100 MSG_PEEK", fails("EAGAIN"), { lasts: SOME_MS }),
  ]),
  testCase("time-out: a frame that comes in time", "socket(7)", [
    ...bound("s"),
    timeout("s", "RCV", 5_000_000),
    call("recv $s 1540 0", { ret: 60, fields: { data: `{${frame()}}` } }, { meanwhile: [inject(frame())] }),
  ]),
  testCase("time-out: one microsecond, as EtherCAT masters set it", "layer-2 programs; SOEM", [
    ...bound("s"),
    timeout("s", "RCV", 1),
    timeout("s", "SND", 1),
    call("recv $s 100 0", fails("EAGAIN")),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    inject(frame()),
    readable("s"),
    receives("s", frame(), 60),
  ]),
  testCase("time-out: what was set is told, microseconds, too", "socket(7): Linux counts in jiffies", [
    ...bound("s"),
    timeout("s", "RCV", 1),
    call("getsockopt $s SOL_SOCKET SO_RCVTIMEO timeval", { ret: 0, fields: { value: /^0\.0\d*[1-9]\d*$/ } }),
    timeout("s", "RCV", 3_250_000),
    call("getsockopt $s SOL_SOCKET SO_RCVTIMEO timeval", { ret: 0, fields: { value: /^3\.25\d{4}$/ } }),
  ]),
  testCase("time-out: MSG_DONTWAIT does not wait for it", "recv(2)", [
    ...bound("s"),
    timeout("s", "RCV", 60_000_000),
    call("recv $s 100 MSG_DONTWAIT", fails("EAGAIN")),
  ]),
  testCase("time-out: nor does O_NONBLOCK", "recv(2)", [
    ...bound("s"),
    timeout("s", "RCV", 60_000_000),
    call("fcntl $s F_SETFL O_NONBLOCK", OK),
    call("recv $s 100 0", fails("EAGAIN")),
  ]),
  testCase("time-out: negative seconds do not wait at all", "kernel sock_set_timeout()", [
    ...bound("s"),
    call("setsockopt $s SOL_SOCKET SO_RCVTIMEO timeval:-1:0", OK),
    call("recv $s 100 0", fails("EAGAIN")),
  ]),
  testCase("time-out: zero waits for ever", "socket(7)", [
    ...bound("s"),
    timeout("s", "RCV", 1000),
    timeout("s", "RCV", 0),
    call("recv $s 1540 0", { ret: 60 }, { meanwhile: [inject(frame())] }),
  ]),
  testCase("time-out: SO_SNDTIMEO does not disturb sending", "socket(7)", [
    ...bound("s"),
    timeout("s", "SND", 1_000_000),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("poll: nothing to be received", "poll(2)", [...bound("s"), polls(0, "$s:POLLIN", 0, "0")]),
  testCase("poll: a frame is POLLIN, until it was read", "poll(2)", [
    ...bound("s"),
    inject(frame()),
    polls(5000, "$s:POLLIN", 1, String(POLLIN)),
    receives("s", frame(), 60),
    polls(0, "$s:POLLIN", 0, "0"),
  ]),
  testCase("poll: waits for a frame", "poll(2)", [
    ...bound("s"),
    polls(5000, "$s:POLLIN", 1, String(POLLIN), { meanwhile: [inject(frame())] }),
    polls(-1, "$s:POLLIN", 1, String(POLLIN)),
  ]),
  testCase("poll: ends after its time", "poll(2)", [
    ...bound("s"),
    polls(SOME_MS, "$s:POLLIN", 0, "0", { lasts: SOME_MS }),
  ]),
  testCase("poll: POLLOUT at once", "poll(2)", [
    ...bound("s"),
    polls(-1, "$s:POLLOUT", 1, String(POLLOUT)),
    polls(-1, "$s:POLLIN|POLLOUT", 1, String(POLLOUT)),
  ]),
  testCase("poll: POLLOUT on an unbound socket, too", "poll(2)", [
    open("s", "RAW", TEST_TYPE),
    polls(-1, "$s:POLLIN|POLLOUT", 1, String(POLLOUT)),
  ]),
  testCase("poll: POLLRDNORM and POLLWRNORM are told when asked for", "poll(2)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    polls(0, "$s:POLLRDNORM|POLLWRNORM", 1, String(POLLRDNORM | POLLWRNORM)),
    polls(0, "$s:POLLIN|POLLRDNORM|POLLOUT|POLLWRNORM", 1, String(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)),
  ]),
  testCase("poll: what was not asked for is not told", "poll(2)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    polls(0, "$s:0", 0, "0"),
    polls(0, "$s:POLLPRI", 0, "0"),
  ]),
  testCase("poll: several sockets, the one that has a frame is told", "poll(2)", [
    ...bound("a"),
    ...bound("b", "RAW", 0x8892),
    polls(5000, "$a:POLLIN $b:POLLIN", 1, `0,${POLLIN}`, { meanwhile: [inject(frame({ type: 0x8892 }))] }),
    inject(frame()),
    quiet,
    polls(0, "$a:POLLIN $b:POLLIN", 2, `${POLLIN},${POLLIN}`),
  ]),
  testCase("poll: the same socket several times", "poll(2)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    polls(0, "$s:POLLIN $s:POLLOUT", 2, `${POLLIN},${POLLOUT}`),
    polls(0, "$s:POLLIN $s:POLLOUT $s:0 $s:POLLIN", 3, `${POLLIN},${POLLOUT},0,${POLLIN}`),
  ]),
  testCase("poll: a closed descriptor is POLLNVAL", "poll(2)", [
    ...bound("s"),
    open("t", "RAW", 0),
    call("close $t", OK),
    polls(-1, "$t:POLLIN", 1, String(POLLNVAL)),
    polls(-1, "$s:POLLIN $t:0", 1, `0,${POLLNVAL}`),
  ]),
  testCase("poll: a negative descriptor is ignored", "poll(2)", [
    ...bound("s"),
    polls(0, "-1:POLLIN $s:POLLOUT", 1, `0,${POLLOUT}`),
    polls(0, "-1:POLLIN", 0, "0"),
  ]),
  testCase("poll: no entries where some should be is EFAULT", "poll(2)", [call("poll 0 null:1", fails("EFAULT"))]),
  testCase("poll: nothing to be polled is a pause", "poll(2)", [polls(SOME_MS, "", 0, "", { lasts: SOME_MS })]),
  testCase("poll: frames of other protocols wake nobody", "poll(2)", [
    ...bound("s"),
    polls(SOME_MS, "$s:POLLIN", 0, "0", { meanwhile: [inject(frame({ type: 0x8892 }))], lasts: SOME_MS }),
  ]),
  testCase("down: a waiting recv() ends with ENETDOWN, once", "coverage: receiving; kernel packet_notifier()", [
    ...bound("s"),
    down,
    call("recv $s 100 0", fails("ENETDOWN")),
    call("recv $s 100 MSG_DONTWAIT", fails("EAGAIN")),
    ...up,
  ]),
  testCase("down: poll() tells POLLERR, SO_ERROR takes it", "coverage: receiving; kernel packet_notifier()", [
    ...bound("s"),
    down,
    polls(-1, "$s:POLLIN", 1, String(POLLERR)),
    getInt("s", "SOL_SOCKET", "SO_ERROR", 100),
    getInt("s", "SOL_SOCKET", "SO_ERROR", 0),
    polls(0, "$s:POLLIN", 0, "0"),
    // A loop that waits for frames does not spin.
    polls(SOME_MS, "$s:POLLIN", 0, "0", { lasts: SOME_MS }),
    call("recv $s 100 MSG_DONTWAIT", fails("EAGAIN")),
    ...up,
    polls(0, "$s:POLLIN", 0, "0"),
  ]),
  testCase("down: frames that wait are received after the error", "kernel __skb_try_recv_datagram()", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    down,
    call("recv $s 1540 0", fails("ENETDOWN")),
    receives("s", frame(), 60),
    ...up,
  ]),
  testCase("down: MSG_DONTWAIT and MSG_PEEK are told, too", "kernel __skb_try_recv_datagram()", [
    ...bound("s"),
    ...bound("t", "DGRAM"),
    down,
    call("recv $s 100 MSG_DONTWAIT", fails("ENETDOWN")),
    call("recv $t 100 MSG_PEEK", fails("ENETDOWN")),
    empty("s"),
    empty("t"),
    ...up,
  ]),
  testCase("down: sockets of every interface are not told", "kernel packet_notifier()", [
    open("t", "RAW", TEST_TYPE),
    open("s", "RAW", 0),
    down,
    empty("t"),
    ...up,
  ]),
  testCase("down: sending is ENETDOWN", "packet(7)", [
    ...bound("s"),
    ...bound("d", "DGRAM"),
    down,
    call("recv $s 100 0", fails("ENETDOWN")),
    call(`send $s {${outgoing()}} 0`, fails("ENETDOWN")),
    call(`send $s {${outgoing()}} 0`, fails("ENETDOWN")),
    call(`sendto $s {${outgoing()}} 0 {${ll()}}`, fails("ENETDOWN")),
    call(`sendto $d {@46:1} 0 {${ll({ protocol: TEST_TYPE, halen: 6, address: "PEER" })}}`, fails("ENETDOWN")),
    ...up,
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("down: a pending error is told by send(), too, and the next one sends", "kernel sock_alloc_send_pskb()", [
    ...bound("s"),
    down,
    ...up,
    call(`send $s {${outgoing()}} 0`, fails("ENETDOWN")),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("down: afterwards frames come again without another bind()", "kernel packet_notifier()", [
    ...bound("s"),
    down,
    call("recv $s 100 0", fails("ENETDOWN")),
    ...up,
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("down: bind() to it succeeds and is told ENETDOWN, once", "coverage: bind; kernel packet_do_bind()", [
    open("s", "RAW", 0),
    down,
    bind("s", TEST_TYPE),
    call("recv $s 100 0", fails("ENETDOWN")),
    call("recv $s 100 MSG_DONTWAIT", fails("EAGAIN")),
    ...up,
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("down: names and addresses are told all the same", "netdevice(7)", [
    ...bound("s"),
    down,
    call("getsockname $s 20", { ret: 0, fields: { addr: `{1100 ${be16(TEST_TYPE)} IF 0100 00 06 OWN}` } }),
    call("ioctl $s SIOCGIFHWADDR ifreq:$NAME:z0", { ret: 0, fields: { value: "{0100 OWN z8}" } }),
    call("if_nametoindex $NAME", { ret: "$IF" }),
    ...up,
  ]),
  testCase(
    "down: memberships and PROMISC outlast it",
    "kernel dev_open()",
    [
      ...bound("s"),
      call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {IF 0100 0000 z8}`, OK),
      down,
      call("recv $s 100 0", fails("ENETDOWN")),
      ...up,
      inject(frame({ dst: "0200000000aa" })),
      receives("s", frame({ dst: "0200000000aa" }), 60),
    ],
    OTHER_HOSTS,
  ),
  testCase(
    "carrier: a pulled cable clears RUNNING and is no error",
    "netdevice(7)",
    [
      ...bound("s"),
      unplug,
      call("poll 300", { ret: 0 }), // some drivers ask their PHY ten times a second
      call("ioctl $s SIOCGIFFLAGS ifreq:$NAME:z0", { ret: 0 }, { save: { flags: "value" } }),
      check("UP, not RUNNING", ({ flags: value }) => (Buffer.from(value ?? "", "hex").readUInt16LE(0) & 0x41) === 1),
      empty("s"),
      call(`send $s {${outgoing()}} 0`, { ret: 60 }),
      plug,
      call("poll 300", { ret: 0 }), // ... and start to receive then
      inject(frame()),
      receives("s", frame(), 60),
    ],
    CARRIER,
  ),
  testCase(
    "carrier: a waiting reader goes on waiting",
    "kernel packet_notifier()",
    [...bound("s"), unplug, plug, call("recv $s 1540 0", { ret: 60 }, { meanwhile: [inject(frame())] })],
    CARRIER,
  ),
  testCase("time stamps: none unless asked for", "socket(7)", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { cmsg: null } }),
  ]),
  testCase("time stamps: SO_TIMESTAMP", "socket(7)", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMP", 1),
    getInt("s", "SOL_SOCKET", "SO_TIMESTAMP", 1),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { cmsg: /^1:29:\d+\.\d{6}$/, flags: 0 } }),
  ]),
  testCase("time stamps: SO_TIMESTAMPNS", "socket(7)", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMPNS", 1),
    getInt("s", "SOL_SOCKET", "SO_TIMESTAMPNS", 1),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { cmsg: /^1:35:\d+\.\d{9}$/, flags: 0 } }),
  ]),
  testCase("time stamps: the last one asked for is told", "kernel sock_set_timestamp()", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMPNS", 1),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMP", 1),
    getInt("s", "SOL_SOCKET", "SO_TIMESTAMPNS", 0),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { cmsg: /^1:29:\d+\.\d{6}$/ } }),
  ]),
  testCase("time stamps: turned off again", "socket(7)", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMP", 1),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMP", 0),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { cmsg: null } }),
  ]),
  testCase("time stamps: later frames have later ones", "socket(7)", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMPNS", 1),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60 }, { save: { first: "cmsg" } }),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60 }, { save: { second: "cmsg" } }),
    check("the second is later", ({ first, second }) => {
      const stamp = (text: string | undefined): bigint => BigInt((text ?? "").slice(5).replace(".", ""));
      return stamp(second) > stamp(first);
    }),
  ]),
  testCase("time stamps: before the auxiliary data", "kernel packet_recvmsg()", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMP", 1),
    setInt("s", "SOL_PACKET", "PACKET_AUXDATA", 1),
    inject(frame()),
    call("recvmsg $s 0 20 128 1540", { ret: 60, fields: { cmsg: /^1:29:\d+\.\d{6} 263:8:.{40}$/, flags: 0 } }),
  ]),
  testCase("time stamps: of outgoing frames", "socket(7)", [
    ...bound("s"),
    ...bound("t", "RAW", ETH_P_ALL),
    setInt("t", "SOL_SOCKET", "SO_TIMESTAMP", 1),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    call("recvmsg $t 0 20 64 1540", { ret: 60, fields: { cmsg: /^1:29:\d+\.\d{6}$/ } }),
  ]),
  testCase("time stamps: SIOCGSTAMP and SIOCGSTAMPNS tell the last frame's", "socket(7)", [
    ...bound("s"),
    call("ioctl $s SIOCGSTAMP timeval", fails("ENOENT")),
    inject(frame()),
    receives("s", frame(), 60),
    call("ioctl $s SIOCGSTAMP timeval", { ret: 0, fields: { value: /^\d+\.\d{6}$/ } }),
    call("ioctl $s SIOCGSTAMPNS timespec", { ret: 0, fields: { value: /^\d+\.\d{9}$/ } }),
  ]),
];
