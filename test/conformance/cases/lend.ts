// Zero copy: frames that are lent in place (pktsock.h). Linux has no such calls.

import { bind, bound, empty, fails, frame, OK, open, outgoing, readable, receives, sends } from "../calls.js";
import { le } from "../bytes.js";
import { arrives, call, type CallStep, type Case, inject, ready, type Step, testCase, times } from "../steps.js";

const OURS = ["calls of pktsock.h"] as const;
const SOURCE = "pktsock.h";

const lendsFrame = (name: string, number: number, bytes = frame()): CallStep =>
  call(`recvlend $${name} MSG_DONTWAIT ${number}`, { ret: 0, fields: { data: `{${bytes}}` } });
const givesBack = (name: string, number: number, expect = OK): CallStep => call(`giveback $${name} ${number}`, expect);
/** Lends if there is something to lend. */
const takes = (how: "recvlend" | "sendlend", name: string, number: number): CallStep =>
  call(`${how} $${name} MSG_DONTWAIT ${number}`, { ret: /^(0|-1)$/ });

/** PKTSOCK_EXCLUSIVE, without waiting. */
const EXCLUSIVE = "MSG_DONTWAIT|0x20000000";

const large = (number: number): string => frame({ payload: `@1000:${number}` });

/** More frames than any pool has, one after the other. */
function passes(name: string, others: (i: number) => readonly Step[] = () => []): Step[] {
  return times(40, (i) => [inject(large(i)), receives(name, large(i), 1014), ...others(i)]);
}

function ours(name: string, steps: readonly Step[]): Case {
  return testCase(name, SOURCE, steps, OURS);
}

export const lendCases: readonly Case[] = [
  ours("lend: a received frame, in place, until it is given back", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    lendsFrame("s", 0),
    empty("s"),
    givesBack("s", 0),
  ]),
  ours("lend: SOCK_DGRAM is lent the link header, too", [
    ...bound("d", "DGRAM"),
    inject(frame()),
    readable("d"),
    lendsFrame("d", 0),
    givesBack("d", 0),
  ]),
  ours("lend: waits for a frame, and ends as recv() does", [
    ...bound("s"),
    call("recvlend $s 0 0", { ret: 0, fields: { data: `{${frame()}}` } }, { meanwhile: [inject(frame())] }),
    givesBack("s", 0),
    call("recvlend $s MSG_DONTWAIT 0", fails("EAGAIN")),
    call("setsockopt $s SOL_SOCKET SO_RCVTIMEO timeval:0:60000", OK),
    call("recvlend $s 0 0", fails("EAGAIN"), { lasts: 60 }),
    call("recvlend $s MSG_PEEK 0", fails("EINVAL")),
    call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1042, 2)}}`, OK),
    call("recvlend $s 0 0", fails("ENETDOWN")),
    call("recvlend $s MSG_DONTWAIT 0", fails("EAGAIN")),
    call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1043, 2)}}`, OK),
    ready,
  ]),
  ours("lend: a frame that is given back twice harms nobody", [
    ...bound("s"),
    ...bound("other"),
    inject(frame({ payload: "@46:9" })),
    readable("s"),
    lendsFrame("s", 0, frame({ payload: "@46:9" })),
    givesBack("s", 0),
    givesBack("s", 0, fails("EINVAL")),
    givesBack("s", 0, fails("EINVAL")),
    givesBack("other", 0, fails("EINVAL")),
    ...passes("s"),
    receives("other", frame({ payload: "@46:9" }), 60),
  ]),
  ours("lend: frames that are never given back cost the others nothing but room", [
    ...bound("s"),
    ...bound("other"),
    ...passes("other", (i) => [takes("recvlend", "s", i % 32)]),
    ...passes("other"),
    sends("other", outgoing(), 60),
    arrives(outgoing()),
  ]),
  ours("lend: empty frames that are never sent leave the others one to send with", [
    ...bound("s"),
    ...bound("other"),
    ...times(17, (i) => [takes("sendlend", "s", i)]),
    ...times(20, (i) => [
      sends("other", outgoing({ payload: `@900:${i}` }), 914),
      arrives(outgoing({ payload: `@900:${i}` })),
    ]),
    inject(frame()),
    receives("other", frame(), 60),
  ]),
  ours("lend: too many are ENOBUFS", [
    ...bound("s"),
    ...times(17, (i) => [takes("sendlend", "s", i)]),
    call("sendlend $s MSG_DONTWAIT 20", fails("ENOBUFS")),
    givesBack("s", 0),
    call("sendlend $s MSG_DONTWAIT 0", { ret: 0 }),
  ]),
  ours("lend: a socket that is closed with frames lent leaks nothing", [
    ...bound("other"),
    ...times(20, () => [
      ...bound("s"),
      inject(large(1)),
      inject(large(2)),
      receives("other", large(1), 1014),
      receives("other", large(2), 1014),
      takes("recvlend", "s", 0),
      takes("recvlend", "s", 1),
      takes("sendlend", "s", 2),
      call("close $s", OK),
      givesBack("s", 0, fails("EBADF")),
    ]),
    ...passes("other"),
    ...bound("s"),
    inject(frame()),
    readable("s"),
    lendsFrame("s", 0),
    ...times(3, (i) => [sends("s", outgoing({ payload: `@46:${i}` }), 60), arrives(outgoing({ payload: `@46:${i}` }))]),
  ]),
  ours("lend: an empty frame is written in place and sent", [
    ...bound("s"),
    call("sendlend $s 0 0", { ret: 0, fields: { room: /^1[56]\d\d$/ } }),
    call(`sendlent $s 0 {${outgoing({ payload: "@300:1" })}}`, { ret: 314 }),
    arrives(outgoing({ payload: "@300:1" })),
    call(`sendlent $s 0 - 60`, fails("EINVAL")),
    givesBack("s", 0, fails("EINVAL")),
  ]),
  ours("lend: a short frame is filled up with zeros, never with old memory", [
    ...bound("s"),
    ...times(8, (i) => [
      sends("s", outgoing({ payload: `@1500:${i}` }), 1514),
      arrives(outgoing({ payload: `@1500:${i}` })),
    ]),
    call("sendlend $s 0 0", { ret: 0 }),
    call(`sendlent $s 0 {${outgoing({ payload: "@3:1" })}}`, { ret: 17 }),
    arrives(outgoing({ payload: "@3:1" })),
  ]),
  ours("lend: a received frame is sent on from where it lies", [
    ...bound("s"),
    inject(frame({ payload: "@200:1" })),
    readable("s"),
    lendsFrame("s", 0, frame({ payload: "@200:1" })),
    call("sendlent $s 0 {PEER OWN}  214", { ret: 214 }),
    arrives(outgoing({ payload: "@200:1" })),
  ]),
  ours("lend: a received frame that another socket holds is EBUSY to send", [
    ...bound("s"),
    ...bound("other"),
    inject(frame()),
    readable("s"),
    readable("other"),
    lendsFrame("s", 0),
    call("sendlent $s 0 - 60", fails("EBUSY")),
    receives("other", frame(), 60),
    call("sendlent $s 0 - 60", { ret: 60 }),
    arrives(frame()),
  ]),
  ours("lend: PKTSOCK_EXCLUSIVE lends what nobody else holds", [
    ...bound("s"),
    inject(frame({ payload: "@200:1" })),
    readable("s"),
    call(`recvlend $s ${EXCLUSIVE} 0`, { ret: 0, fields: { shared: 0, data: `{${frame({ payload: "@200:1" })}}` } }),
    call(`recvlend $s ${EXCLUSIVE} 1`, fails("EAGAIN")),
    call(`sendlent $s 0 {${outgoing({ payload: "@200:2" })}}`, { ret: 214 }),
    arrives(outgoing({ payload: "@200:2" })),
    call(`sendlend $s ${EXCLUSIVE} 0`, fails("EINVAL")),
  ]),
  ours("lend: PKTSOCK_EXCLUSIVE does not lend a shared frame: recv() copies it", [
    ...bound("s"),
    ...bound("other"),
    inject(frame()),
    readable("s"),
    readable("other"),
    call(`recvlend $s ${EXCLUSIVE} 0`, fails("ENOBUFS")),
    receives("s", frame(), 60),
    call(`recvlend $other ${EXCLUSIVE} 0`, { ret: 0, fields: { shared: 0, data: `{${frame()}}` } }),
    givesBack("other", 0),
  ]),
  ours("lend: a frame is shared until the others have read it", [
    ...bound("s"),
    ...bound("other"),
    inject(frame({ payload: "@46:1" })),
    readable("s"),
    readable("other"),
    call("recvlend $s MSG_DONTWAIT 0", { ret: 0, fields: { shared: 1 } }),
    call(`recvlend $other ${EXCLUSIVE} 1`, fails("ENOBUFS")),
    givesBack("s", 0),
    call(`recvlend $other ${EXCLUSIVE} 1`, { ret: 0, fields: { shared: 0 } }),
    givesBack("other", 1),
  ]),
  ours("lend: what cannot be sent stays lent", [
    ...bound("s"),
    call("sendlend $s 0 0", { ret: 0 }),
    call("sendlent $s 0 - 13", fails("EINVAL")),
    call("sendlent $s 0 - 1515", fails("EMSGSIZE")),
    call("sendlent $s 0 - 70000", fails("EMSGSIZE")),
    givesBack("s", 0),
    givesBack("s", 0, fails("EINVAL")),
  ]),
  ours("lend: unbound is ENXIO, closed EBADF", [
    open("s", "RAW", 0),
    call("sendlend $s 0 0", fails("ENXIO")),
    bind("s", 0),
    call("sendlend $s 0 0", { ret: 0 }),
    call("close $s", OK),
    call("sendlend $s 0 1", fails("EBADF")),
    call("recvlend $s 0 1", fails("EBADF")),
    call("sendlent $s 0 - 60", fails("EBADF")),
  ]),
  ours("lend: an outgoing frame reaches the taps, in place, too", [
    ...bound("s"),
    ...bound("t", "RAW", 3),
    call("sendlend $s 0 0", { ret: 0 }),
    call(`sendlent $s 0 {${outgoing()}}`, { ret: 60 }),
    arrives(outgoing()),
    lendsFrame("t", 1, outgoing()),
    givesBack("t", 1),
  ]),
];
