// What one task does to another that waits.

import { bound, ETH_P_ALL, fails, frame, OK, outgoing, TEST_TYPE } from "../calls.js";
import { le } from "../bytes.js";
import { arrives, call, type CallStep, type Case, inject, ready, type Step, testCase } from "../steps.js";

const POLLERR = 8;
const POLLNVAL = 0x20;
const SOME_MS = 60;
const DOWN = 0x1042;
const UP = 0x1043;

const TWO_TASKS = ["a second task"] as const;
const CLOSED = [...TWO_TASKS, "a close() that ends waits"] as const;

/** The interface goes down while `waits` waits; its time is not over by then. */
function falls(waits: CallStep): Step[] {
  return [
    ...bound("s"),
    call("socket AF_PACKET SOCK_DGRAM 0", { ret: /^\d+$/ }, { save: { other: "ret" } }),
    call(`flagslater ${SOME_MS} $other $NAME ${DOWN}`, OK),
    { ...waits, lasts: SOME_MS - 10 },
    call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(UP, 2)}}`, OK),
    ready,
  ];
}

const OURS = [...TWO_TASKS, "calls of pktsock.h"] as const;
const POLLIN = 1;

/** Calls that wait for a frame on $t, and end with the one that another task sends. Only ours lends frames. */
const waits: readonly (readonly [name: string, ours: boolean, steps: readonly CallStep[]])[] = [
  ["recv()", false, [call("recv $t 1540 0", { ret: 60, fields: { data: `{${outgoing()}}` } })]],
  ["recvfrom()", false, [call("recvfrom $t 1540 0 20", { ret: 60, fields: { data: `{${outgoing()}}` } })]],
  ["recvmsg()", false, [call("recvmsg $t 0 20 - 1540", { ret: 60 })]],
  ["poll()", false, [call("poll -1 $t:POLLIN", { ret: 1, fields: { revents: POLLIN } })]],
  ["select()", false, [call("select 1024 - r$t", { ret: 1, fields: { ready: "r$t" } })]],
  [
    "pktsock_peek()",
    true,
    [call("recvlend $t 0 0", { ret: 0, fields: { data: `{${outgoing()}}` } }), call("giveback $t 0", OK)],
  ],
];

/** How another task sends: the command, and the steps before it. */
const sendings: readonly (readonly [name: string, ours: boolean, before: readonly Step[], command: string])[] = [
  ["send()", false, bound("s"), `sendlater ${SOME_MS} $s`],
  ["pktsock_submit()", true, bound("s"), `submitlater ${SOME_MS} $s`],
  [
    "the network stack's send()",
    true,
    [call("stack $IF", { ret: /^\d+$/ }, { save: { s: "ret" } })],
    `sendlater ${SOME_MS} $s`,
  ],
];

/** A tap that waits gets what another task sends, at once. */
const tapped = sendings.flatMap(([by, onlyOurs, before, command]) =>
  waits.map(([name, lends, [first, ...others]]) =>
    testCase(
      `tap: ${by} of another task ends a waiting ${name}`,
      "packet(7): ETH_P_ALL",
      [
        ...before,
        ...bound("t", "RAW", ETH_P_ALL),
        call(`${command} {${outgoing()}}`, OK),
        { ...first!, lasts: SOME_MS - 10 },
        ...others,
        arrives(outgoing()),
      ],
      onlyOurs || lends ? OURS : TWO_TASKS,
    ),
  ),
);

export const taskCases: readonly Case[] = [
  ...tapped,
  testCase(
    "close: by another task ends a waiting pktsock_peek() with EBADF",
    "pktsock.h",
    [...bound("s"), call(`closelater ${SOME_MS} $s`, OK), call("recvlend $s 0 0", fails("EBADF"))],
    OURS,
  ),
  testCase(
    "down: meanwhile ends a waiting pktsock_peek()",
    "pktsock.h",
    falls(call("recvlend $s 0 0", fails("ENETDOWN"))),
    OURS,
  ),
  testCase(
    "close: by another task ends a waiting recv() with EBADF",
    "coverage: receiving",
    [...bound("s"), call(`closelater ${SOME_MS} $s`, OK), call("recv $s 100 0", fails("EBADF"))],
    CLOSED,
  ),
  testCase(
    "close: by another task ends a waiting recvmsg() and recvfrom(), too",
    "coverage: receiving",
    [
      ...bound("s"),
      call(`closelater ${SOME_MS} $s`, OK),
      call("recvmsg $s 0 20 - 100", fails("EBADF")),
      ...bound("s"),
      call(`closelater ${SOME_MS} $s`, OK),
      call("recvfrom $s 100 MSG_PEEK 20", fails("EBADF")),
    ],
    CLOSED,
  ),
  testCase(
    "close: by another task ends a waiting poll() with POLLNVAL",
    "coverage: receiving",
    [
      ...bound("s"),
      call(`closelater ${SOME_MS} $s`, OK),
      call("poll -1 $s:POLLIN", { ret: 1, fields: { revents: POLLNVAL } }),
    ],
    CLOSED,
  ),
  testCase(
    "close: by another task ends a waiting select() with EBADF",
    "pktsock.h",
    [...bound("s"), call(`closelater ${SOME_MS} $s`, OK), call("select 1024 - r$s", fails("EBADF"))],
    CLOSED,
  ),
  ...(
    [
      ["recv()", call("recv $s 100 0", fails("ENETDOWN"))],
      ["recvfrom()", call("recvfrom $s 100 0 20", fails("ENETDOWN"))],
      ["recvmsg()", call("recvmsg $s 0 20 - 100", fails("ENETDOWN"))],
      ["recv() with MSG_PEEK", call("recv $s 100 MSG_PEEK", fails("ENETDOWN"))],
      ["select()", call("select 1024 - r$s", { ret: 1, fields: { ready: "r$s" } })],
    ] as const
  ).map(([name, waits]) =>
    testCase(`down: meanwhile ends a waiting ${name}`, "kernel packet_notifier()", falls(waits), TWO_TASKS),
  ),
  testCase(
    "down: meanwhile ends a waiting poll()",
    "kernel packet_notifier()",
    falls(call("poll -1 $s:POLLIN", { ret: 1, fields: { revents: POLLERR } })),
    TWO_TASKS,
  ),
  testCase(
    "poll: two tasks wait for the same socket",
    "poll(2)",
    [
      ...bound("s"),
      call(`pollmeanwhile ${4 * SOME_MS} $s POLLIN`, OK),
      call(`poll ${SOME_MS}`, { ret: 0 }),
      call(`poll ${SOME_MS} $s:POLLIN`, { ret: 0 }, { lasts: SOME_MS }),
      call(`poll ${3 * SOME_MS}`, { ret: 0 }),
    ],
    TWO_TASKS,
  ),
  testCase(
    "poll: one task more than the socket has room for is ENOMEM",
    "NuttX: CONFIG_NET_PKT_NPOLLWAITERS",
    [
      ...bound("s", "RAW", TEST_TYPE),
      call("pollmeanwhile -1 $s POLLIN", OK, { repeat: "$POLLERS" }),
      call(`poll ${4 * SOME_MS}`, { ret: 0 }),
      call("poll 0 $s:POLLIN", fails("ENOMEM")),
      call("select 1024 0:0 r$s", fails("ENOMEM")),
      inject(frame()), // ends the others' waits
      call(`poll ${4 * SOME_MS}`, { ret: 0 }),
      call("poll 0 $s:POLLIN|POLLOUT", { ret: 1 }),
    ],
    [...TWO_TASKS, "a limit of waiting tasks"],
  ),
];
