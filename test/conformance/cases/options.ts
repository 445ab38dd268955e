// setsockopt() and getsockopt(): which options can be set, what they report, and which are refused. Options with an effect on frames have
// files of their own.

import {
  bound,
  empty,
  fails,
  frame,
  OK,
  open,
  outgoing,
  readable,
  receives,
  sends,
  setInt,
  getInt,
  TEST_TYPE,
  text,
} from "../calls.js";
import { arrives, call, type Case, type Expect, inject, quiet, testCase, times } from "../steps.js";
import { le } from "../bytes.js";

const socket = open("s", "RAW", TEST_TYPE);

/** An option that Linux takes and that would do nothing here. */
function nothing(expect: Expect = OK): { expect: Expect; differs: { expect: Expect; reason: string } } {
  return { expect, differs: { expect: fails("ENOPROTOOPT"), reason: "an option that would do nothing is refused" } };
}

function refusedHere(level: string, option: string, value = "01000000"): ReturnType<typeof call> {
  const { expect, differs } = nothing();
  return call(`setsockopt $s ${level} ${option} {${value}}`, expect, { differs });
}

export const optionCases: readonly Case[] = [
  testCase("options: SO_TYPE", "socket(7)", [
    socket,
    open("d", "DGRAM", 0),
    getInt("s", "SOL_SOCKET", "SO_TYPE", 3),
    getInt("d", "SOL_SOCKET", "SO_TYPE", 2),
  ]),
  testCase("options: SO_DOMAIN", "socket(7)", [socket, getInt("s", "SOL_SOCKET", "SO_DOMAIN", 17)]),
  testCase("options: SO_PROTOCOL is 0", "kernel: packet sockets keep theirs elsewhere", [
    socket,
    getInt("s", "SOL_SOCKET", "SO_PROTOCOL", 0),
  ]),
  testCase("options: SO_ACCEPTCONN is 0", "socket(7)", [socket, getInt("s", "SOL_SOCKET", "SO_ACCEPTCONN", 0)]),
  testCase("options: SO_BPF_EXTENSIONS is SKF_AD_MAX", "kernel bpf_tell_extensions()", [
    socket,
    getInt("s", "SOL_SOCKET", "SO_BPF_EXTENSIONS", 64),
  ]),
  testCase("options: SO_ERROR is 0 when nothing has happened", "socket(7)", [
    socket,
    getInt("s", "SOL_SOCKET", "SO_ERROR", 0),
  ]),
  testCase("options: what can only be read is ENOPROTOOPT to set", "socket(7)", [
    socket,
    setInt("s", "SOL_SOCKET", "SO_TYPE", 3, fails("ENOPROTOOPT")),
    setInt("s", "SOL_SOCKET", "SO_DOMAIN", 17, fails("ENOPROTOOPT")),
    setInt("s", "SOL_SOCKET", "SO_PROTOCOL", 0, fails("ENOPROTOOPT")),
    setInt("s", "SOL_SOCKET", "SO_ERROR", 0, fails("ENOPROTOOPT")),
    setInt("s", "SOL_SOCKET", "SO_ACCEPTCONN", 1, fails("ENOPROTOOPT")),
  ]),
  testCase("options: an unknown one is ENOPROTOOPT", "getsockopt(2)", [
    socket,
    setInt("s", "SOL_SOCKET", "9999", 1, fails("ENOPROTOOPT")),
    call("getsockopt $s SOL_SOCKET 9999 4", fails("ENOPROTOOPT")),
    setInt("s", "SOL_PACKET", "9999", 1, fails("ENOPROTOOPT")),
    call("getsockopt $s SOL_PACKET 9999 4", fails("ENOPROTOOPT")),
  ]),
  testCase("options: an unknown level is ENOPROTOOPT", "getsockopt(2)", [
    socket,
    setInt("s", "6", "1", 1, fails("ENOPROTOOPT")),
    call("getsockopt $s 6 1 4", fails("ENOPROTOOPT")),
  ]),
  testCase("options: a value that is too short is EINVAL", "setsockopt(2)", [
    socket,
    call("setsockopt $s SOL_SOCKET SO_RCVBUF {000010}", fails("EINVAL")),
    call("setsockopt $s SOL_SOCKET SO_RCVBUF {00100000} 0", fails("EINVAL")),
    call("setsockopt $s SOL_SOCKET SO_RCVTIMEO {00000000}", fails("EINVAL")),
    call("setsockopt $s SOL_SOCKET SO_LINGER {00000000}", fails("EINVAL")),
    call("setsockopt $s SOL_PACKET PACKET_AUXDATA {0100}", fails("EINVAL")),
  ]),
  testCase("options: a negative length is EINVAL", "setsockopt(2)", [
    socket,
    call("setsockopt $s SOL_SOCKET SO_RCVBUF {00100000} -1", fails("EINVAL")),
    call("getsockopt $s SOL_SOCKET SO_TYPE -1", fails("EINVAL")),
    call("getsockopt $s SOL_PACKET PACKET_AUXDATA -1", fails("EINVAL")),
  ]),
  testCase("options: null pointers are EFAULT", "setsockopt(2)", [
    socket,
    call("setsockopt $s SOL_SOCKET SO_RCVBUF - 4", fails("EFAULT")),
    call("setsockopt $s SOL_PACKET PACKET_AUXDATA - 4", fails("EFAULT")),
    call("getsockopt $s SOL_SOCKET SO_TYPE noval:4", fails("EFAULT")),
    call("getsockopt $s SOL_SOCKET SO_TYPE nolen", fails("EFAULT")),
    call("getsockopt $s SOL_PACKET PACKET_AUXDATA noval:4", fails("EFAULT")),
    call("getsockopt $s SOL_PACKET PACKET_AUXDATA nolen", fails("EFAULT")),
  ]),
  testCase("options: little room is filled", "getsockopt(2)", [
    socket,
    call("getsockopt $s SOL_SOCKET SO_DOMAIN 2", { ret: 0, fields: { len: 2, value: "1100" } }),
    call("getsockopt $s SOL_SOCKET SO_DOMAIN 0", { ret: 0, fields: { len: 0 } }),
    call("getsockopt $s SOL_PACKET PACKET_AUXDATA 1", { ret: 0, fields: { len: 1, value: "00" } }),
  ]),
  testCase("options: more room than needed", "getsockopt(2)", [
    socket,
    call("getsockopt $s SOL_SOCKET SO_DOMAIN 16", { ret: 0, fields: { len: 4, value: "11000000" } }),
    call("getsockopt $s SOL_PACKET PACKET_AUXDATA 16", { ret: 0, fields: { len: 4, value: "00000000" } }),
  ]),
  testCase("options: a value that is too long is read as far as it is known", "setsockopt(2)", [
    socket,
    call("setsockopt $s SOL_SOCKET SO_PRIORITY {03000000 ffffffff}", OK),
    getInt("s", "SOL_SOCKET", "SO_PRIORITY", 3),
  ]),
  testCase("options: SO_RCVBUF and SO_SNDBUF tell the double of what was set", "socket(7)", [
    socket,
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 4000),
    getInt("s", "SOL_SOCKET", "SO_RCVBUF", 8000),
    setInt("s", "SOL_SOCKET", "SO_SNDBUF", 4000),
    getInt("s", "SOL_SOCKET", "SO_SNDBUF", 8000),
  ]),
  testCase("options: SO_RCVBUF and SO_SNDBUF have a minimum, and a value below it is no error", "socket(7)", [
    socket,
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 0),
    call("getsockopt $s SOL_SOCKET SO_RCVBUF 4", { ret: 0, fields: { len: 4, value: /^[0-9a-f]*[1-9a-f][0-9a-f]*$/ } }),
    setInt("s", "SOL_SOCKET", "SO_SNDBUF", 0),
    call("getsockopt $s SOL_SOCKET SO_SNDBUF 4", { ret: 0, fields: { len: 4, value: /^[0-9a-f]*[1-9a-f][0-9a-f]*$/ } }),
  ]),
  testCase("options: the smallest SO_RCVBUF still receives, the longest frame, too", "socket(7)", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 1),
    inject(frame({ payload: "@1500:1" })),
    receives("s", frame({ payload: "@1500:1" }), 1514),
    inject(frame({ payload: "@1500:2" })),
    receives("s", frame({ payload: "@1500:2" }), 1514),
  ]),
  testCase("options: a small SO_SNDBUF only makes send() wait", "socket(7)", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_SNDBUF", 2048),
    ...times(20, (i) => [sends("s", outgoing({ payload: `@900:${i}` }), 914)]),
    ...times(20, (i) => [arrives(outgoing({ payload: `@900:${i}` }))]),
  ]),
  testCase("options: SO_RCVTIMEO and SO_SNDTIMEO are 0 at first and tell what was set", "socket(7)", [
    socket,
    ...["SO_RCVTIMEO", "SO_SNDTIMEO"].flatMap((option) => [
      call(`getsockopt $s SOL_SOCKET ${option} timeval`, { ret: 0, fields: { value: "0.000000" } }),
      call(`setsockopt $s SOL_SOCKET ${option} timeval:1:500000`, OK),
      call(`getsockopt $s SOL_SOCKET ${option} timeval`, { ret: 0, fields: { value: "1.500000" } }),
      call(`setsockopt $s SOL_SOCKET ${option} timeval:0:0`, OK),
      call(`getsockopt $s SOL_SOCKET ${option} timeval`, { ret: 0, fields: { value: "0.000000" } }),
    ]),
  ]),
  testCase("options: microseconds beyond a second, or negative, are EDOM", "kernel sock_set_timeout()", [
    socket,
    call("setsockopt $s SOL_SOCKET SO_RCVTIMEO timeval:0:1000000", fails("EDOM")),
    call("setsockopt $s SOL_SOCKET SO_SNDTIMEO timeval:0:-1", fails("EDOM")),
    call("getsockopt $s SOL_SOCKET SO_RCVTIMEO timeval", { ret: 0, fields: { value: "0.000000" } }),
  ]),
  testCase("options: SO_PRIORITY", "socket(7); SOEM, p-net", [
    socket,
    getInt("s", "SOL_SOCKET", "SO_PRIORITY", 0),
    setInt("s", "SOL_SOCKET", "SO_PRIORITY", 6),
    getInt("s", "SOL_SOCKET", "SO_PRIORITY", 6),
  ]),
  testCase("options: SO_PRIORITY tells of negative numbers too", "kernel: any number, with CAP_NET_RAW", [
    socket,
    setInt("s", "SOL_SOCKET", "SO_PRIORITY", -2),
    getInt("s", "SOL_SOCKET", "SO_PRIORITY", -2),
  ]),
  testCase("options: SO_DONTROUTE", "socket(7); SOEM", [
    ...bound("s"),
    getInt("s", "SOL_SOCKET", "SO_DONTROUTE", 0),
    setInt("s", "SOL_SOCKET", "SO_DONTROUTE", 1),
    getInt("s", "SOL_SOCKET", "SO_DONTROUTE", 1),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("options: SO_LINGER", "socket(7)", [
    socket,
    call("getsockopt $s SOL_SOCKET SO_LINGER 8", { ret: 0, fields: { len: 8, value: "{00000000 00000000}" } }),
    call(`setsockopt $s SOL_SOCKET SO_LINGER {01000000 05000000}`, OK),
    call("getsockopt $s SOL_SOCKET SO_LINGER 8", { ret: 0, fields: { len: 8, value: "{01000000 05000000}" } }),
    call("close $s", OK),
  ]),
  testCase("options: SO_BINDTODEVICE names an interface", "socket(7): packet sockets are bound with bind()", [
    socket,
    call("getsockopt $s SOL_SOCKET SO_BINDTODEVICE 16", { ret: 0, fields: { len: 0 } }),
    call(`setsockopt $s SOL_SOCKET SO_BINDTODEVICE {${text("eth0")}}`, OK),
    call("getsockopt $s SOL_SOCKET SO_BINDTODEVICE 16", { ret: 0, fields: { len: 5, value: `{${text("eth0")}}` } }),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("options: SO_BINDTODEVICE of an unknown interface is ENODEV", "socket(7)", [
    socket,
    call(`setsockopt $s SOL_SOCKET SO_BINDTODEVICE {${text("nosuch0")}}`, fails("ENODEV")),
    call("setsockopt $s SOL_SOCKET SO_BINDTODEVICE z1", OK),
  ]),
  testCase("options: SO_BINDTODEVICE is told to those with room for a name only", "kernel sock_getbindtodevice()", [
    socket,
    call(`setsockopt $s SOL_SOCKET SO_BINDTODEVICE {${text("eth0")}}`, OK),
    call("getsockopt $s SOL_SOCKET SO_BINDTODEVICE 15", fails("EINVAL")),
    call("getsockopt $s SOL_SOCKET SO_BINDTODEVICE 0", fails("EINVAL")),
  ]),
  testCase("options: SO_BROADCAST, SO_REUSEADDR, PACKET_QDISC_BYPASS are switches without effect", "socket(7); nmap", [
    ...bound("s"),
    ...[
      ["SOL_SOCKET", "SO_BROADCAST"],
      ["SOL_SOCKET", "SO_REUSEADDR"],
      ["SOL_PACKET", "PACKET_QDISC_BYPASS"],
    ].flatMap(([level, option]) => [
      getInt("s", level!, option!, 0),
      setInt("s", level!, option!, 7),
      getInt("s", level!, option!, 1),
      setInt("s", level!, option!, 0),
      getInt("s", level!, option!, 0),
      setInt("s", level!, option!, -1),
      getInt("s", level!, option!, 1),
      call(`setsockopt $s ${level} ${option} {0100}`, fails("EINVAL")),
    ]),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    inject(frame()),
    receives("s", frame(), 60),
    ...["SO_BROADCAST", "SO_REUSEADDR"].flatMap((option) => [
      setInt("s", "SOL_SOCKET", option, 0),
      getInt("s", "SOL_SOCKET", option, 0),
    ]),
    getInt("s", "SOL_PACKET", "PACKET_QDISC_BYPASS", 1),
  ]),
  testCase("options: SO_RCVLOWAT is told back, and one frame still wakes", "socket(7); kernel datagram_poll()", [
    ...bound("s"),
    getInt("s", "SOL_SOCKET", "SO_RCVLOWAT", 1),
    setInt("s", "SOL_SOCKET", "SO_RCVLOWAT", 0),
    getInt("s", "SOL_SOCKET", "SO_RCVLOWAT", 1),
    ...[-1, -5].flatMap((value) => [
      setInt("s", "SOL_SOCKET", "SO_RCVLOWAT", value),
      getInt("s", "SOL_SOCKET", "SO_RCVLOWAT", 0x7fffffff),
    ]),
    setInt("s", "SOL_SOCKET", "SO_RCVLOWAT", 5000),
    getInt("s", "SOL_SOCKET", "SO_RCVLOWAT", 5000),
    call("setsockopt $s SOL_SOCKET SO_RCVLOWAT {0100}", fails("EINVAL")),
    inject(frame()),
    readable("s"),
    receives("s", frame(), 60),
  ]),
  testCase("options: SO_RCVBUFFORCE and SO_SNDBUFFORCE set SO_RCVBUF and SO_SNDBUF", "socket(7); libpcap", [
    ...bound("s"),
    ...[
      ["SO_RCVBUFFORCE", "SO_RCVBUF"],
      ["SO_SNDBUFFORCE", "SO_SNDBUF"],
    ].flatMap(([force, option]) => [
      setInt("s", "SOL_SOCKET", force!, 4000),
      getInt("s", "SOL_SOCKET", option!, 8000),
      setInt("s", "SOL_SOCKET", force!, 0),
      call(`getsockopt $s SOL_SOCKET ${option} 4`, { ret: 0 }, { save: { least: "value" } }),
      setInt("s", "SOL_SOCKET", force!, -1),
      getInt("s", "SOL_SOCKET", option!, "$least"),
      call(`getsockopt $s SOL_SOCKET ${force} 4`, fails("ENOPROTOOPT")),
      call(`setsockopt $s SOL_SOCKET ${force} {0100}`, fails("EINVAL")),
    ]),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("options: SO_RXQ_OVFL is a switch", "socket(7)", [
    socket,
    getInt("s", "SOL_SOCKET", "SO_RXQ_OVFL", 0),
    ...[1, 7, -1].flatMap((value) => [
      setInt("s", "SOL_SOCKET", "SO_RXQ_OVFL", value),
      getInt("s", "SOL_SOCKET", "SO_RXQ_OVFL", 1),
    ]),
    setInt("s", "SOL_SOCKET", "SO_RXQ_OVFL", 0),
    getInt("s", "SOL_SOCKET", "SO_RXQ_OVFL", 0),
    call("setsockopt $s SOL_SOCKET SO_RXQ_OVFL {0100}", fails("EINVAL")),
  ]),
  testCase("options: SO_KEEPALIVE, SO_DEBUG", "socket(7); coverage: options", [
    socket,
    refusedHere("SOL_SOCKET", "SO_KEEPALIVE"),
    refusedHere("SOL_SOCKET", "SO_DEBUG"),
  ]),
  testCase("options: PACKET_AUXDATA, PACKET_ORIGDEV and PACKET_IGNORE_OUTGOING are switches", "packet(7)", [
    socket,
    ...["PACKET_AUXDATA", "PACKET_ORIGDEV", "PACKET_IGNORE_OUTGOING"].flatMap((option) => [
      getInt("s", "SOL_PACKET", option, 0),
      setInt("s", "SOL_PACKET", option, 1),
      getInt("s", "SOL_PACKET", option, 1),
      setInt("s", "SOL_PACKET", option, 0),
      getInt("s", "SOL_PACKET", option, 0),
    ]),
  ]),
  testCase("options: PACKET_AUXDATA takes any number but 0 for 1", "kernel packet_setsockopt()", [
    socket,
    setInt("s", "SOL_PACKET", "PACKET_AUXDATA", 77),
    getInt("s", "SOL_PACKET", "PACKET_AUXDATA", 1),
  ]),
  testCase("options: PACKET_ORIGDEV receives as before", "packet(7)", [
    ...bound("s"),
    setInt("s", "SOL_PACKET", "PACKET_ORIGDEV", 1),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("options: PACKET_TIMESTAMP", "packet(7)", [
    socket,
    call("getsockopt $s SOL_PACKET PACKET_TIMESTAMP 4", { ret: 0, fields: { value: "{00000000}" } }, nothing()),
    refusedHere("SOL_PACKET", "PACKET_TIMESTAMP", "40000000"),
    call("getsockopt $s SOL_PACKET PACKET_TIMESTAMP 4", { ret: 0, fields: { value: "{40000000}" } }, nothing()),
    refusedHere("SOL_PACKET", "PACKET_TIMESTAMP", "00000000"),
  ]),
  testCase(
    "options: rings: PACKET_VERSION, PACKET_HDRLEN, PACKET_RESERVE, PACKET_LOSS",
    "packet(7); coverage: options",
    [
      socket,
      call("setsockopt $s SOL_PACKET PACKET_VERSION {01000000}", OK, {
        differs: { expect: fails("ENOPROTOOPT"), reason: "there is no PACKET_RX_RING and PACKET_TX_RING" },
      }),
      call(
        "getsockopt $s SOL_PACKET PACKET_VERSION 4",
        { ret: 0, fields: { value: "01000000" } },
        {
          differs: { expect: fails("ENOPROTOOPT"), reason: "there is no PACKET_RX_RING and PACKET_TX_RING" },
        },
      ),
      call("setsockopt $s SOL_PACKET PACKET_RESERVE {04000000}", OK, {
        differs: { expect: fails("ENOPROTOOPT"), reason: "there is no PACKET_RX_RING and PACKET_TX_RING" },
      }),
      call("setsockopt $s SOL_PACKET PACKET_LOSS {01000000}", OK, {
        differs: { expect: fails("ENOPROTOOPT"), reason: "there is no PACKET_RX_RING and PACKET_TX_RING" },
      }),
      call("getsockopt $s SOL_PACKET PACKET_HDRLEN 4", fails("EINVAL"), {
        differs: { expect: fails("ENOPROTOOPT"), reason: "there is no PACKET_RX_RING and PACKET_TX_RING" },
      }),
    ],
    ["no packet ring"],
  ),
  testCase(
    "options: rings: PACKET_RX_RING, PACKET_TX_RING",
    "packet(7); coverage: options",
    [
      socket,
      // 4096 bytes a block, 1 block, 2048 bytes a frame, 2 frames
      ...["PACKET_RX_RING", "PACKET_TX_RING"].map((option) =>
        call(`setsockopt $s SOL_PACKET ${option} {${le(4096, 4)} ${le(1, 4)} ${le(2048, 4)} ${le(2, 4)}}`, OK, {
          differs: { expect: fails("ENOPROTOOPT"), reason: "there is no PACKET_RX_RING and PACKET_TX_RING" },
        }),
      ),
    ],
    ["no packet ring"],
  ),
  testCase("options: PACKET_FANOUT", "packet(7); coverage: options", [
    ...bound("s"),
    refusedHere("SOL_PACKET", "PACKET_FANOUT", "01000000"),
  ]),
  testCase("options: what else packet(7) and socket(7) have", "packet(7); socket(7)", [
    ...bound("s"),
    refusedHere("SOL_PACKET", "7", "00020000"), // PACKET_COPY_THRESH
    refusedHere("SOL_PACKET", "15"), // PACKET_VNET_HDR
    refusedHere("SOL_SOCKET", "36"), // SO_MARK
  ]),
  testCase("options: PACKET_TX_HAS_OFF is of rings", "packet_mmap", [...bound("s"), refusedHere("SOL_PACKET", "19")]),
  testCase("options: setting one does not disturb the socket", "setsockopt(2)", [
    ...bound("s"),
    inject(frame()),
    quiet,
    setInt("s", "SOL_SOCKET", "SO_RCVBUF", 65536),
    setInt("s", "SOL_SOCKET", "SO_PRIORITY", 1),
    setInt("s", "SOL_PACKET", "PACKET_AUXDATA", 1),
    setInt("s", "SOL_PACKET", "PACKET_IGNORE_OUTGOING", 1),
    receives("s", frame(), 60),
    empty("s"),
  ]),
];
