// recv(), read(), recvfrom(): data, address, flags.

import {
  bind,
  bound,
  BROADCAST,
  empty,
  ETH_P_ALL,
  fails,
  frame,
  from,
  GROUP,
  ll,
  losesNothing,
  OK,
  open,
  PACKET,
  readable,
  receives,
  receivesFrom,
  TEST_TYPE,
} from "../calls.js";
import { call, type Case, inject, quiet, testCase, OTHER_HOSTS } from "../steps.js";
import { le } from "../bytes.js";

const PAYLOAD = "@46:1";
const LONG = frame({ payload: "@1500:5" });
/** Somebody else's address. */
const STRANGER = "0200000000aa";

/** Lets frames in that are neither for us nor for everybody. */
const promiscuous = (name: string) =>
  call(`setsockopt $${name} SOL_PACKET PACKET_ADD_MEMBERSHIP {IF ${le(1, 2)} 0000 z8}`, OK);

export const receiveCases: readonly Case[] = [
  testCase("recv: SOCK_RAW gives the whole frame", "packet(7)", [
    ...bound("s"),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("recv: SOCK_DGRAM gives the payload", "packet(7)", [
    ...bound("s", "DGRAM"),
    inject(frame()),
    receives("s", PAYLOAD, 46),
  ]),
  testCase("recv: read() is recv() without flags", "read(2)", [
    ...bound("s"),
    ...bound("d", "DGRAM"),
    inject(frame()),
    call("read $s 1540", { ret: 60, fields: { data: `{${frame()}}` } }),
    call("read $d 1540", { ret: 46, fields: { data: `{${PAYLOAD}}` } }),
  ]),
  testCase("recv: the longest frame", "packet(7)", [
    ...bound("s"),
    ...bound("d", "DGRAM"),
    inject(LONG),
    receives("s", LONG, 1514),
    receives("d", "@1500:5", 1500),
  ]),
  testCase("recv: frames come in the order in which they arrived", "packet(7)", [
    ...bound("s"),
    inject(frame({ payload: "@46:1" })),
    inject(frame({ payload: "@500:2" })),
    receives("s", frame({ payload: "@46:1" }), 60),
    inject(frame({ payload: "@1500:3" })),
    receives("s", frame({ payload: "@500:2" }), 514),
    receives("s", frame({ payload: "@1500:3" }), 1514),
  ]),
  testCase("recv: every length from 60 to 75", "MACs with word-wise FIFOs", [
    ...bound("s"),
    ...Array.from({ length: 16 }, (_, i) => [
      inject(frame({ payload: `@${46 + i}:${i}` })),
      receives("s", frame({ payload: `@${46 + i}:${i}` }), 60 + i),
    ]).flat(),
  ]),
  testCase("recv: waits for a frame", "recv(2)", [
    ...bound("s"),
    call("recv $s 1540 0", { ret: 60, fields: { data: `{${frame()}}` } }, { meanwhile: [inject(frame())] }),
  ]),
  testCase("recv: frames of other protocols do not wake a waiting reader", "recv(2)", [
    ...bound("s"),
    call(
      "recv $s 1540 0",
      { ret: 60, fields: { data: `{${frame()}}` } },
      { meanwhile: [inject(frame({ type: 0x8892 })), inject(frame({ type: 0x8892 })), inject(frame())] },
    ),
  ]),
  testCase("recvfrom: waits for a frame", "recv(2)", [
    ...bound("s"),
    call(
      "recvfrom $s 1540 0 20",
      { ret: 60, fields: { data: `{${frame()}}`, addr: `{${from(PACKET.HOST)}}` } },
      { meanwhile: [inject(frame())] },
    ),
  ]),
  testCase("recv: MSG_DONTWAIT on an empty queue is EAGAIN", "recv(2)", [
    ...bound("s"),
    call("recv $s 1540 MSG_DONTWAIT", fails("EAGAIN")),
    call("recvfrom $s 1540 MSG_DONTWAIT 20", fails("EAGAIN")),
    inject(frame()),
    readable("s"),
    receives("s", frame(), 60, "MSG_DONTWAIT"),
    empty("s"),
  ]),
  testCase("recv: MSG_PEEK leaves the frame", "recv(2); NuttX eats it", [
    ...bound("s"),
    inject(frame()),
    inject(frame({ payload: "@46:2" })),
    receives("s", frame(), 60, "MSG_PEEK"),
    receives("s", frame(), 60, "MSG_PEEK"),
    receivesFrom("s", frame(), 60, from(PACKET.HOST), "MSG_PEEK"),
    receives("s", frame(), 60),
    receives("s", frame({ payload: "@46:2" }), 60, "MSG_PEEK|MSG_DONTWAIT"),
    receives("s", frame({ payload: "@46:2" }), 60),
    empty("s"),
  ]),
  testCase("recv: MSG_PEEK waits", "recv(2)", [
    ...bound("s"),
    call("recv $s 1540 MSG_PEEK", { ret: 60, fields: { data: `{${frame()}}` } }, { meanwhile: [inject(frame())] }),
    receives("s", frame(), 60),
  ]),
  testCase("recv: MSG_PEEK on an empty queue with MSG_DONTWAIT is EAGAIN", "recv(2)", [
    ...bound("s"),
    call("recv $s 1540 MSG_PEEK|MSG_DONTWAIT", fails("EAGAIN")),
  ]),
  testCase("recv: too little room cuts the frame, the rest is gone", "packet(7)", [
    ...bound("s"),
    inject(LONG),
    inject(frame()),
    call("recv $s 100 0", { ret: 100, fields: { data: "{OWN PEER 88b5 @86:5}" } }),
    receives("s", frame(), 60),
  ]),
  testCase("recv: MSG_TRUNC gives the real length", "packet(7), recv(2); Zephyr ignores it", [
    ...bound("s"),
    ...bound("d", "DGRAM"),
    inject(LONG),
    inject(LONG),
    call("recv $s 100 MSG_TRUNC", { ret: 1514, fields: { data: "{OWN PEER 88b5 @86:5}" } }),
    call("recv $d 100 MSG_TRUNC", { ret: 1500, fields: { data: "{@100:5}" } }),
    call("recv $s 1540 MSG_TRUNC", { ret: 1514, fields: { data: `{${LONG}}` } }),
    call("recv $d 1540 MSG_TRUNC", { ret: 1500, fields: { data: "{@1500:5}" } }),
  ]),
  testCase("recv: MSG_PEEK with MSG_TRUNC tells the length beforehand", "recv(2)", [
    ...bound("s"),
    inject(LONG),
    call("recv $s 0 MSG_PEEK|MSG_TRUNC", { ret: 1514 }),
    call("recv $s 20 MSG_PEEK|MSG_TRUNC", { ret: 1514, fields: { data: "{OWN PEER 88b5 @6:5}" } }),
    receives("s", LONG, 1514),
  ]),
  testCase("recv: no room takes the frame all the same", "recv(2)", [
    ...bound("s"),
    inject(frame()),
    inject(frame({ payload: "@46:2" })),
    call("recv $s 0 0", { ret: 0 }),
    receives("s", frame({ payload: "@46:2" }), 60),
  ]),
  testCase("recv: one byte of room", "recv(2)", [
    ...bound("s"),
    ...bound("d", "DGRAM"),
    inject(frame({ payload: "77 @45:1" })),
    call("recv $s 1 0", { ret: 1, fields: { data: "02" } }),
    call("recv $d 1 0", { ret: 1, fields: { data: "77" } }),
  ]),
  testCase("recv: unknown flags are EINVAL and leave the frame", "kernel packet_recvmsg()", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    call("recv $s 1540 MSG_OOB", fails("EINVAL")),
    call("recv $s 1540 MSG_WAITALL", fails("EINVAL")),
    call("recv $s 1540 MSG_NOSIGNAL", fails("EINVAL")),
    call("recv $s 1540 MSG_DONTROUTE", fails("EINVAL")),
    call("recv $s 1540 0x8000000", fails("EINVAL")),
    receives("s", frame(), 60),
  ]),
  testCase("recv: every flag that it does not know is EINVAL", "kernel packet_recvmsg()", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    // All bits but MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_ERRQUEUE, and the highest, with which the kernel marks its own calls.
    ...Array.from({ length: 31 }, (_, bit) => 1 << bit).flatMap((flag) =>
      [0x2, 0x20, 0x40, 0x2000].includes(flag)
        ? []
        : [
            call(`recv $s 1540 ${flag}`, fails("EINVAL")),
            call(`recvfrom $s 1540 ${flag} 20`, fails("EINVAL")),
            call(`recvmsg $s ${flag} 20 - 1540`, fails("EINVAL")),
          ],
    ),
    receives("s", frame(), 60),
  ]),
  testCase("recv: MSG_ERRQUEUE finds nothing", "recv(2)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    call("recv $s 1540 MSG_ERRQUEUE", fails("EAGAIN")),
    receives("s", frame(), 60),
  ]),
  testCase("recv: a null pointer is EFAULT, and the frame is gone", "recv(2); kernel packet_recvmsg()", [
    ...bound("s"),
    inject(frame()),
    inject(frame({ payload: "@46:2" })),
    readable("s"),
    call("recv $s -1540 0", fails("EFAULT")),
    call(
      "recv $s 1540 0",
      { ret: 60, fields: { data: `{${frame({ payload: "@46:2" })}}` } },
      { differs: losesNothing({ ret: 60, fields: { data: `{${frame()}}` } }) },
    ),
  ]),
  testCase("recvfrom: the address of a frame to us", "packet(7); NuttX never fills it", [
    ...bound("s"),
    inject(frame()),
    receivesFrom("s", frame(), 60, from(PACKET.HOST)),
  ]),
  testCase("recvfrom: the address with SOCK_DGRAM", "packet(7)", [
    ...bound("s", "DGRAM"),
    inject(frame()),
    receivesFrom("s", PAYLOAD, 46, from(PACKET.HOST)),
  ]),
  testCase("recvfrom: a frame to everybody is PACKET_BROADCAST", "packet(7); Zephyr inverts pkttype", [
    ...bound("s"),
    inject(frame({ dst: BROADCAST })),
    receivesFrom("s", frame({ dst: BROADCAST }), 60, from(PACKET.BROADCAST)),
  ]),
  testCase("recvfrom: a frame to a group is PACKET_MULTICAST", "packet(7)", [
    ...bound("s"),
    promiscuous("s"),
    inject(frame({ dst: GROUP })),
    receivesFrom("s", frame({ dst: GROUP }), 60, from(PACKET.MULTICAST)),
  ]),
  testCase(
    "recvfrom: a frame to somebody else is PACKET_OTHERHOST",
    "packet(7)",
    [
      ...bound("s"),
      promiscuous("s"),
      inject(frame({ dst: STRANGER })),
      receivesFrom("s", frame({ dst: STRANGER }), 60, from(PACKET.OTHERHOST)),
    ],
    OTHER_HOSTS,
  ),
  testCase(
    "recvfrom: an address that differs from ours in its last byte only",
    "packet(7)",
    [
      ...bound("s"),
      promiscuous("s"),
      inject(frame({ dst: "OWNISH" })),
      receivesFrom("s", frame({ dst: "OWNISH" }), 60, from(PACKET.OTHERHOST)),
    ],
    OTHER_HOSTS,
  ),
  testCase("recvfrom: ff:ff:ff:ff:ff:fe is a group, not everybody", "packet(7)", [
    ...bound("s"),
    promiscuous("s"),
    inject(frame({ dst: "fffffffffffe" })),
    receivesFrom("s", frame({ dst: "fffffffffffe" }), 60, from(PACKET.MULTICAST)),
  ]),
  testCase("recvfrom: on a socket of every interface", "packet(7)", [
    open("s", "RAW", TEST_TYPE),
    inject(frame()),
    receivesFrom("s", frame(), 60, from(PACKET.HOST)),
  ]),
  testCase("recvfrom: with ETH_P_ALL the frame's own protocol is told", "packet(7)", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(frame({ type: 0x8892 })),
    inject(frame({ type: 0x0806 })),
    receivesFrom("s", frame({ type: 0x8892 }), 60, from(PACKET.HOST, 0x8892)),
    receivesFrom("s", frame({ type: 0x0806 }), 60, from(PACKET.HOST, 0x0806)),
  ]),
  testCase("recvfrom: another sender's address", "packet(7)", [
    ...bound("s"),
    inject(frame({ src: "02aabbccddee" })),
    receivesFrom("s", frame({ src: "02aabbccddee" }), 60, from(PACKET.HOST, TEST_TYPE, "02aabbccddee")),
  ]),
  testCase("recvfrom: little room for the address is filled, the length is the real one", "recv(2)", [
    ...bound("s"),
    inject(frame()),
    inject(frame()),
    call("recvfrom $s 1540 0 8", { ret: 60, fields: { addr: "{1100 88b5 IF}", addrlen: 20 } }),
    call("recvfrom $s 1540 0 0", { ret: 60, fields: { addr: "", addrlen: 20 } }),
  ]),
  testCase("recvfrom: more room for the address than it needs", "recv(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvfrom $s 1540 0 32", { ret: 60, fields: { addr: `{${from(PACKET.HOST)}}`, addrlen: 20 } }),
  ]),
  testCase("recvfrom: without an address is recv()", "recv(2)", [
    ...bound("s"),
    inject(frame()),
    inject(frame()),
    call("recvfrom $s 1540 0 -", { ret: 60, fields: { data: `{${frame()}}` } }),
    call("recvfrom $s 1540 0 noaddr:20", { ret: 60, fields: { data: `{${frame()}}`, addrlen: 20 } }),
  ]),
  testCase("recvfrom: an address without a length is EFAULT", "recv(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvfrom $s 1540 0 nolen", fails("EFAULT")),
  ]),
  testCase("recvfrom: a negative length of the address is EINVAL", "recv(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvfrom $s 1540 0 -1", fails("EINVAL")),
  ]),
  testCase("recvfrom: an error leaves address and data alone", "recv(2)", [
    ...bound("s"),
    call("recvfrom $s 1540 MSG_DONTWAIT 20", { errno: "EAGAIN", fields: { addr: "", addrlen: 20, data: null } }),
  ]),
  testCase(
    "receive: frames that are shorter than a header are dropped, later ones come",
    "IEEE 802.3: runts",
    [...bound("s", "RAW", ETH_P_ALL), inject("OWN PEER 88"), inject("00"), inject(frame()), receives("s", frame(), 60)],
    ["frames that no kernel sends"],
  ),
  testCase(
    "receive: frames that are longer than a buffer are dropped, later ones come",
    "IEEE 802.3: giants",
    [
      ...bound("s", "RAW", ETH_P_ALL),
      inject(frame({ payload: "@1986:1" })),
      inject(frame()),
      receives("s", frame(), 60),
    ],
    ["frames that no kernel sends"],
  ),
  testCase("receive: a socket bound while frames wait gets only later ones", "packet(7)", [
    open("s", "RAW", 0),
    inject(frame()),
    quiet,
    bind("s", TEST_TYPE),
    inject(frame({ payload: "@46:2" })),
    receives("s", frame({ payload: "@46:2" }), 60),
    call(`bind $s {${ll()}}`, OK),
    empty("s"),
  ]),
];
