// A line that is slow: what send() does when all room is taken.

import { bound, fails, numbered, OK, outgoing, sends, setInt } from "../calls.js";
import {
  arrives,
  call,
  type CallStep,
  type Case,
  check,
  fill,
  flush,
  slow,
  SLOW_FRAME_MS,
  testCase,
} from "../steps.js";

const POLLOUT = 4;
/** What surely passes until a frame has left, when the queue has just been filled. */
const A_WHILE = SLOW_FRAME_MS / 3;

/** A socket whose send buffer has room for few frames; $n is their number. */
const full = [slow, ...bound("s"), setInt("s", "SOL_SOCKET", "SO_SNDBUF", 1), fill("s", "n")];

const few = check("a few frames were taken", ({ n }) => Number(n) >= 1 && Number(n) < 10);

function sendTimeout(microseconds: number): CallStep {
  return call(`setsockopt $s SOL_SOCKET SO_SNDTIMEO timeval:0:${microseconds}`, OK);
}

const refused = fails("EAGAIN");

export const lineCases: readonly Case[] = [
  testCase(
    "line: a full send buffer is EAGAIN for MSG_DONTWAIT, and what was taken arrives",
    "send(2); socket(7): SO_SNDBUF",
    [
      ...full,
      few,
      call(`send $s {${outgoing()}} MSG_DONTWAIT`, refused),
      call(`sendto $s {${outgoing()}} MSG_DONTWAIT {1100 0000 IF z12}`, refused),
      call(`sendmsg $s MSG_DONTWAIT - - {${outgoing()}}`, refused),
      flush("n"),
      call("poll 5000 $s:POLLOUT", { ret: 1 }), // the last one may have arrived before it is known to have left
      sends("s", outgoing(), 60, "MSG_DONTWAIT"),
      arrives(outgoing()),
    ],
  ),
  testCase("line: a full send buffer is EAGAIN with O_NONBLOCK", "send(2)", [
    slow,
    ...bound("s", "RAW", undefined, "|SOCK_NONBLOCK"),
    setInt("s", "SOL_SOCKET", "SO_SNDBUF", 1),
    fill("s", "n", "0"),
    few,
    call(`write $s {${outgoing()}}`, refused),
    call(`writev $s {${outgoing()}}`, refused),
    flush("n"),
  ]),
  testCase("line: send() waits for room, and all frames arrive in order", "send(2)", [
    ...full,
    call(`send $s {${outgoing({ payload: "@46:7" })}} 0`, { ret: 60 }, { lasts: A_WHILE }),
    flush("n"),
    arrives(outgoing({ payload: "@46:7" })),
  ]),
  testCase("line: SO_SNDTIMEO ends a waiting send() with EAGAIN", "socket(7)", [
    ...full,
    sendTimeout(10_000),
    call(`send $s {${outgoing()}} 0`, refused, { lasts: 10 }),
    sendTimeout(1),
    call(`sendmsg $s 0 - - {${outgoing()}}`, refused),
    flush("n"),
  ]),
  testCase("line: no POLLOUT while the send buffer is full", "poll(2)", [
    ...full,
    call("poll 0 $s:POLLOUT", { ret: 0, fields: { revents: 0 } }),
    call("poll -1 $s:POLLOUT", { ret: 1, fields: { revents: POLLOUT } }, { lasts: A_WHILE }),
    sends("s", outgoing(), 60, "MSG_DONTWAIT"),
    flush("n"),
    arrives(outgoing()),
  ]),
  testCase("line: select() does not call a full send buffer writable", "select(2)", [
    ...full,
    call("select 1024 0:0 w$s", { ret: 0, fields: { ready: "" } }),
    call("select 1024 - w$s", { ret: 1, fields: { ready: "w$s" } }, { lasts: A_WHILE }),
    flush("n"),
  ]),
  testCase("line: SIOCOUTQ tells what is under way", "packet(7)", [
    ...full,
    call("ioctl $s 0x5411 int:0", { ret: 0, fields: { value: /^[1-9]\d+$/ } }),
    flush("n"),
    call("poll 50", { ret: 0 }),
    call("ioctl $s 0x5411 int:77", { ret: 0, fields: { value: 0 } }),
  ]),
  testCase("line: close() leaves on its way what was sent", "close(2)", [
    ...full,
    few,
    call("close $s", OK),
    flush("n"),
  ]),
  testCase("line: more than the interface takes", "kernel packet_snd(), dev_queue_xmit()", [
    slow,
    ...bound("s"),
    fill("s", "n"),
    call(`send $s {${numbered(0)}} MSG_DONTWAIT`, fails("ENOBUFS"), {
      differs: { expect: refused, reason: "an interface that is full makes send() wait" },
    }),
    flush("n"),
  ]),
  testCase(
    "line: close() by another task ends a waiting send() with EBADF",
    "pktsock.h",
    [
      ...full,
      call(`closelater ${A_WHILE | 0} $s`, OK),
      call(`send $s {${outgoing()}} 0`, fails("EBADF"), { lasts: (A_WHILE | 0) - 1 }),
      flush("n"),
    ],
    ["a second task", "a close() that ends waits"],
  ),
];
