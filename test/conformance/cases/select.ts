// select(): the other way to wait.

import { bound, empty, fails, frame, OK, open, readable, receives } from "../calls.js";
import { le } from "../bytes.js";
import { call, type CallStep, type Case, inject, quiet, ready, testCase } from "../steps.js";

const SOME_MS = 60;
/** More than there are descriptors. */
const ALL = 1024;

function selects(timeout: string, members: string, wanted: string, options = {}): CallStep {
  const fields = { ready: wanted };
  return call(`select ${ALL} ${timeout} ${members}`, { ret: wanted ? wanted.split(",").length : 0, fields }, options);
}

function flags(value: number): CallStep {
  return call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(value, 2)}}`, OK);
}

export const selectCases: readonly Case[] = [
  testCase("select: nothing to be received", "select(2)", [...bound("s"), selects("0:0", "r$s", "")]),
  testCase("select: a frame makes it readable, until it was read", "select(2)", [
    ...bound("s"),
    inject(frame()),
    selects("5:0", "r$s", "r$s"),
    receives("s", frame(), 60),
    selects("0:0", "r$s", ""),
  ]),
  testCase("select: waits for a frame", "select(2)", [
    ...bound("s"),
    selects("-", "r$s", "r$s", { meanwhile: [inject(frame())] }),
  ]),
  testCase("select: ends after its time", "select(2)", [
    ...bound("s"),
    call(`select ${ALL} 0:${SOME_MS * 1000} r$s`, { ret: 0, fields: { ready: "", left: 0 } }, { lasts: SOME_MS }),
  ]),
  testCase("select: tells how much of the time is left, as Linux does", "select(2)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    call(`select ${ALL} 60:0 r$s`, { ret: 1, fields: { ready: "r$s", left: 1 } }),
  ]),
  testCase("select: more than a second of microseconds is more than a second", "kernel poll_select_set_timeout()", [
    ...bound("s"),
    selects("0:1100000", "r$s", "", { lasts: 1100 }),
  ]),
  testCase("select: a socket is writable, and each set is told apart", "select(2)", [
    ...bound("a"),
    ...bound("b", "RAW", 0x8892),
    inject(frame({ type: 0x8892 })),
    readable("b"),
    selects("-", "r$a r$b w$a w$b e$a e$b", "r$b,w$a,w$b"),
    selects("0:0", "e$a e$b", ""),
  ]),
  testCase("select: the socket that has a frame is told", "select(2)", [
    ...bound("a"),
    ...bound("b", "RAW", 0x8892),
    selects("5:0", "r$a r$b", "r$b", { meanwhile: [inject(frame({ type: 0x8892 }))] }),
    inject(frame()),
    quiet,
    selects("5:0", "r$a r$b", "r$a,r$b"),
  ]),
  testCase("select: descriptors from COUNT on are not looked at", "select(2)", [
    ...bound("s"),
    call("select $s 0:0 w$s", { ret: 0 }),
    call("select 0 0:0 w$s", { ret: 0 }),
  ]),
  testCase("select: nothing to be selected is a pause", "select(2)", [
    selects(`0:${SOME_MS * 1000}`, "", "", { lasts: SOME_MS }),
  ]),
  testCase("select: a closed descriptor is EBADF", "select(2)", [
    ...bound("s"),
    open("t", "RAW", 0),
    call("close $t", OK),
    call(`select ${ALL} - r$t`, fails("EBADF")),
    call(`select ${ALL} - w$s r$t`, fails("EBADF")),
  ]),
  testCase("select: a negative count or time is EINVAL", "select(2)", [
    ...bound("s"),
    call("select -1 0:0 r$s", fails("EINVAL")),
    call(`select ${ALL} -1:0 r$s`, fails("EINVAL")),
    call(`select ${ALL} 0:-1 r$s`, fails("EINVAL")),
  ]),
  testCase("select: a pending error makes it readable and writable", "select(2); kernel packet_notifier()", [
    ...bound("s"),
    flags(0x1042),
    selects("-", "r$s w$s e$s", "r$s,w$s"),
    call("recv $s 100 0", fails("ENETDOWN")),
    selects("0:0", "r$s", ""),
    flags(0x1043),
    ready,
    empty("s"),
  ]),
];
