// socket(), close(), what a descriptor is, and the calls that packet sockets do not have.

import { htons } from "../bytes.js";
import {
  bind,
  bound,
  empty,
  fails,
  frame,
  ll,
  OK,
  open,
  outgoing,
  receives,
  sends,
  setInt,
  TEST_TYPE,
} from "../calls.js";
import { arrives, call, type Case, inject, quiet, testCase } from "../steps.js";

const RAW = `socket AF_PACKET SOCK_RAW ${htons(TEST_TYPE)}`;
/** A descriptor that is not open. */
const NOBODY = 60;

export const socketCases: readonly Case[] = [
  testCase("socket: SOCK_RAW with protocol 0", "packet(7); NuttX's page, first program", [
    call("socket AF_PACKET SOCK_RAW 0", { ret: /^\d+$/ }, { save: { s: "ret" } }),
    call("close $s", OK),
  ]),
  testCase("socket: SOCK_DGRAM with a protocol", "packet(7)", [open("s", "DGRAM", 0x0800), call("close $s", OK)]),
  testCase("socket: SOCK_STREAM is ESOCKTNOSUPPORT", "packet(7); gVisor", [
    call(`socket AF_PACKET SOCK_STREAM ${htons(3)}`, fails("ESOCKTNOSUPPORT")),
  ]),
  testCase("socket: SOCK_SEQPACKET is ESOCKTNOSUPPORT", "packet(7)", [
    call(`socket AF_PACKET SOCK_SEQPACKET ${htons(3)}`, fails("ESOCKTNOSUPPORT")),
  ]),
  testCase("socket: SOCK_PACKET", "packet(7): obsolete since Linux 2.1", [
    call(
      `socket AF_PACKET SOCK_PACKET ${htons(3)}`,
      { ret: /^\d+$/ },
      { differs: { expect: fails("ESOCKTNOSUPPORT"), reason: "the obsolete SOCK_PACKET is refused" } },
    ),
  ]),
  testCase("socket: type 0 is ESOCKTNOSUPPORT", "kernel net/packet/af_packet.c", [
    call("socket AF_PACKET 0 0", fails("ESOCKTNOSUPPORT")),
  ]),
  testCase("socket: a type above all is EINVAL", "socket(2)", [call("socket AF_PACKET 15 0", fails("EINVAL"))]),
  testCase("socket: an unknown type flag is EINVAL", "socket(2)", [
    call("socket AF_PACKET SOCK_RAW|0x40 0", fails("EINVAL")),
  ]),
  testCase("socket: AF_UNSPEC is EAFNOSUPPORT", "socket(2)", [call("socket 0 SOCK_RAW 0", fails("EAFNOSUPPORT"))]),
  testCase("socket: families that do not exist are EAFNOSUPPORT", "socket(2)", [
    call("socket 200 SOCK_RAW 0", fails("EAFNOSUPPORT")),
    call("socket -1 SOCK_RAW 0", fails("EAFNOSUPPORT")),
  ]),
  testCase(
    "socket: other families are EAFNOSUPPORT",
    "coverage: socket",
    [
      call(
        "socket AF_INET SOCK_DGRAM 0",
        { ret: /^\d+$/ },
        { differs: { expect: fails("EAFNOSUPPORT"), reason: "packet sockets are the only ones" } },
      ),
    ],
    ["packet sockets only"],
  ),
  testCase("socket: SOCK_NONBLOCK", "socket(2); coverage: socket", [
    open("s", "RAW", TEST_TYPE, "|SOCK_NONBLOCK"),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 1 } }),
    call("recv $s 100 0", fails("EAGAIN")),
    call("read $s 100", fails("EAGAIN")),
  ]),
  testCase("socket: SOCK_CLOEXEC is accepted and does not mean non-blocking", "socket(2)", [
    open("s", "DGRAM", TEST_TYPE, "|SOCK_CLOEXEC"),
    call("fcntl $s F_GETFD", { ret: 1 }),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 0 } }),
  ]),
  testCase("socket: fcntl sets and clears O_NONBLOCK", "fcntl(2)", [
    open("s", "RAW", TEST_TYPE),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 0 } }),
    call("fcntl $s F_SETFL O_NONBLOCK", OK),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 1 } }),
    call("recv $s 100 0", fails("EAGAIN")),
    call("fcntl $s F_SETFL 0", OK),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 0 } }),
  ]),
  testCase("socket: an unknown fcntl command is EINVAL", "fcntl(2)", [
    open("s", "RAW", 0),
    call("fcntl $s 9999 0", fails("EINVAL")),
  ]),
  testCase("socket: F_SETFD sets FD_CLOEXEC and nothing else", "fcntl(2)", [
    open("s", "RAW", 0),
    call("fcntl $s F_GETFD", OK),
    call("fcntl $s F_SETFD FD_CLOEXEC", OK),
    call("fcntl $s F_GETFD", { ret: 1 }),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 0 } }),
    call("fcntl $s F_SETFD 0", OK),
    call("fcntl $s F_GETFD", OK),
    call("fcntl $s F_SETFD 7", OK),
    call("fcntl $s F_GETFD", { ret: 1 }),
  ]),
  testCase("socket: fcntl cannot duplicate a descriptor", "fcntl(2)", [
    open("s", "RAW", 0),
    call(
      "fcntl $s 0 3", // F_DUPFD
      { ret: /^\d+$/ },
      { differs: { expect: fails("EINVAL"), reason: "a descriptor is the socket itself" } },
    ),
  ]),
  testCase("socket: the protocol is the low 16 bits", "kernel net/packet/af_packet.c", [
    call(`socket AF_PACKET SOCK_RAW ${0x50000 + htons(TEST_TYPE)}`, { ret: /^\d+$/ }, { save: { s: "ret" } }),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("socket: receives from every interface at once when it has a protocol", "packet(7)", [
    open("s", "RAW", TEST_TYPE),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("socket: protocol 0 receives nothing", "packet(7)", [
    open("s", "RAW", 0),
    open("d", "DGRAM", 0),
    inject(frame()),
    quiet,
    empty("s"),
    empty("d"),
  ]),
  testCase("socket: protocol 0, then bind with ETH_P_ALL, as NuttX's page has it", "NuttX's page on packet sockets", [
    open("s", "RAW", 0),
    bind("s", 3),
    inject(frame()),
    call("read $s 1540", { ret: 60, fields: { data: `{${frame()}}` } }),
    call(`write $s {${outgoing()}}`, { ret: 60 }),
    arrives(outgoing()),
    call("close $s", OK),
  ]),
  testCase("socket: the lowest free descriptor is used", "socket(2)", [
    open("a", "RAW", 0),
    open("b", "RAW", 0),
    call("close $a", OK),
    call("socket AF_PACKET SOCK_DGRAM 0", { ret: "$a" }),
  ]),
  testCase("socket: a successor of the same number starts afresh", "close(2)", [
    ...bound("a"),
    setInt("a", "SOL_SOCKET", "SO_RCVBUF", 8192),
    call("setsockopt $a SOL_SOCKET SO_RCVTIMEO timeval:1:0", OK),
    call("fcntl $a F_SETFL O_NONBLOCK", OK),
    inject(frame()),
    quiet,
    call("close $a", OK),
    call(RAW, { ret: "$a" }),
    call("fcntl $a F_GETFL", { ret: /^\d+$/, fields: { nonblock: 0 } }),
    call("getsockopt $a SOL_SOCKET SO_RCVTIMEO timeval", { ret: 0, fields: { value: "0.000000" } }),
    call("getsockname $a 20", { ret: 0, fields: { addr: `{1100 88b5 z4 z4}`, addrlen: 12 } }),
    empty("a"),
  ]),
  testCase(
    "socket: no socket left is ENOBUFS",
    "coverage: connections",
    [
      call(RAW, { ret: /^\d+$/ }, { repeat: "$SOCKETS", save: { last: "ret" } }),
      call(RAW, fails("ENOBUFS")),
      call("close $last", OK),
      call(RAW, { ret: "$last" }),
      call(RAW, fails("ENOBUFS")),
    ],
    ["a limit of sockets"],
  ),
  testCase("close: twice is EBADF", "close(2)", [
    open("s", "RAW", 0),
    call("close $s", OK),
    call("close $s", fails("EBADF")),
  ]),
  testCase("close: a descriptor that was never opened, or negative, is EBADF", "close(2)", [
    call(`close ${NOBODY}`, fails("EBADF")),
    call("close -1", fails("EBADF")),
    call("close 1000000", fails("EBADF")),
  ]),
  testCase("close: every call on a closed descriptor is EBADF", "socket(2)", [
    open("s", "RAW", 0),
    call("close $s", OK),
    call(`bind $s {${ll()}}`, fails("EBADF")),
    call("getsockname $s 20", fails("EBADF")),
    call("getpeername $s 20", fails("EBADF")),
    call(`connect $s {${ll()}}`, fails("EBADF")),
    call("listen $s 1", fails("EBADF")),
    call("accept $s -", fails("EBADF")),
    call("shutdown $s SHUT_RDWR", fails("EBADF")),
    call("send $s 00 0", fails("EBADF")),
    call("write $s 00", fails("EBADF")),
    call(`sendto $s 00 0 {${ll()}}`, fails("EBADF")),
    call("sendmsg $s 0 - - 00", fails("EBADF")),
    call("recv $s 10 0", fails("EBADF")),
    call("read $s 10", fails("EBADF")),
    call("recvfrom $s 10 0 20", fails("EBADF")),
    call("recvmsg $s 0 20 - 10", fails("EBADF")),
    call("setsockopt $s SOL_SOCKET SO_RCVBUF 00100000", fails("EBADF")),
    call("getsockopt $s SOL_SOCKET SO_TYPE 4", fails("EBADF")),
    call("ioctl $s FIONREAD int:0", fails("EBADF")),
    call("fcntl $s F_GETFL", fails("EBADF")),
  ]),
  testCase("close: calls on descriptor -1 are EBADF", "socket(2)", [
    call(`bind -1 {${ll()}}`, fails("EBADF")),
    call("send -1 00 0", fails("EBADF")),
    call("recv -1 10 0", fails("EBADF")),
    call("setsockopt -1 SOL_SOCKET SO_RCVBUF 00100000", fails("EBADF")),
    call("ioctl -1 FIONREAD int:0", fails("EBADF")),
  ]),
  testCase("close: with received frames queued", "coverage: sending", [
    ...bound("s"),
    inject(frame()),
    inject(frame()),
    quiet,
    call("close $s", OK),
    ...bound("t"),
    empty("t"),
    inject(frame({ payload: "@46:2" })),
    receives("t", frame({ payload: "@46:2" }), 60),
  ]),
  testCase("close: frames that were sent before still leave", "coverage: sending", [
    ...bound("s"),
    sends("s", outgoing({ payload: "@1486:1" }), 1500),
    sends("s", outgoing({ payload: "@1486:2" }), 1500),
    call("close $s", OK),
    arrives(outgoing({ payload: "@1486:1" })),
    arrives(outgoing({ payload: "@1486:2" })),
  ]),
  testCase("connect: EOPNOTSUPP", "kernel net/packet/af_packet.c", [
    ...bound("s"),
    call(`connect $s {${ll()}}`, fails("EOPNOTSUPP")),
  ]),
  testCase("getpeername: EOPNOTSUPP", "kernel net/packet/af_packet.c", [
    ...bound("s"),
    call("getpeername $s 20", fails("EOPNOTSUPP")),
  ]),
  testCase("listen, accept: EOPNOTSUPP", "kernel net/packet/af_packet.c", [
    ...bound("s"),
    call("listen $s 1", fails("EOPNOTSUPP")),
    call("accept $s -", fails("EOPNOTSUPP")),
    call("accept $s 20", fails("EOPNOTSUPP")),
  ]),
  testCase("shutdown: EOPNOTSUPP", "kernel net/packet/af_packet.c", [
    ...bound("s"),
    call("shutdown $s SHUT_RD", fails("EOPNOTSUPP")),
    call("shutdown $s SHUT_WR", fails("EOPNOTSUPP")),
    call("shutdown $s SHUT_RDWR", fails("EOPNOTSUPP")),
  ]),
];
