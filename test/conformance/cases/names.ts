// Interfaces by name and number, and netdevice(7)'s ioctls.

import { be16, le } from "../bytes.js";
import {
  bound,
  empty,
  fails,
  frame,
  OK,
  open,
  readable,
  receives,
  sends,
  outgoing,
  TEST_TYPE,
  GROUP,
} from "../calls.js";
import { arrives, call, type Case, check, type Expect, inject, quiet, ready, testCase, OTHER_HOSTS } from "../steps.js";

const UNKNOWN = "nosuch0";
const IFF_UP = 0x1;
const IFF_DEBUG = 0x4;
const IFF_PROMISC = 0x100;
const IFF_ALLMULTI = 0x200;

/** An ioctl that asks for something by the interface's name. */
function asks(request: string, expect: Expect, argument = ""): ReturnType<typeof call> {
  return call(`ioctl $s ${request} ifreq:$NAME:${argument || "z0"}`, expect);
}

const socket = open("s", "DGRAM", 0);

/** Saves the flags, so that a case can set some and put the old ones back. */
const getFlags = call("ioctl $s SIOCGIFFLAGS ifreq:$NAME:z0", { ret: 0 }, { save: { flags: "value" } });

function flagsOf(value: string | undefined): number {
  return Buffer.from(value ?? "", "hex").readUInt16LE(0);
}

export const namesCases: readonly Case[] = [
  testCase("names: if_nametoindex", "if_nametoindex(3)", [call("if_nametoindex $NAME", { ret: "$IF" })]),
  testCase("names: if_nametoindex of an unknown name is 0 and ENODEV", "if_nametoindex(3)", [
    call(`if_nametoindex ${UNKNOWN}`, { ret: 0, fields: { errno: "ENODEV" } }),
    call("if_nametoindex eth", { ret: 0, fields: { errno: "ENODEV" } }),
    call("if_nametoindex eth00", { ret: 0, fields: { errno: "ENODEV" } }),
    call("if_nametoindex $NAME:and:more:than:fits", { ret: 0, fields: { errno: "ENODEV" } }),
  ]),
  testCase("names: if_indextoname", "if_indextoname(3)", [
    call("if_indextoname $IF", { ret: 1, fields: { name: "$NAME" } }),
  ]),
  testCase("names: if_indextoname of an unknown index is ENXIO", "if_indextoname(3)", [
    call("if_indextoname 999", { ret: 0, fields: { errno: "ENXIO" } }),
    call("if_indextoname 0", { ret: 0, fields: { errno: "ENXIO" } }),
  ]),
  testCase("names: if_nameindex lists the interface", "if_nameindex(3)", [
    call("if_nameindex", { ret: /^[1-9]/ }, { save: { list: "list" } }),
    check("INDEX:NAME in the list", ({ list, IF, NAME }) => (list ?? "").split(",").includes(`${IF}:${NAME}`)),
  ]),
  testCase("ioctl: SIOCGIFINDEX", "netdevice(7)", [
    socket,
    call("ioctl $s SIOCGIFINDEX ifreq:$NAME:z0", { ret: 0, fields: { name: "$NAME" } }, { save: { index: "value" } }),
    check("the index", ({ index, IF }) => Buffer.from(index ?? "", "hex").readInt32LE(0) === Number(IF)),
  ]),
  testCase("ioctl: SIOCGIFNAME", "netdevice(7)", [
    socket,
    call("ioctl $s SIOCGIFNAME ifreq::{IF}", { ret: 0, fields: { name: "$NAME" } }),
    call("ioctl $s SIOCGIFNAME ifreq::{e7030000}", fails("ENODEV")),
    call("ioctl $s SIOCGIFNAME ifreq::{00000000}", fails("ENODEV")),
  ]),
  testCase("ioctl: SIOCGIFHWADDR", "netdevice(7)", [
    socket,
    asks("SIOCGIFHWADDR", { ret: 0, fields: { name: "$NAME", value: "{0100 OWN z8}" } }),
  ]),
  testCase("ioctl: SIOCGIFMTU", "netdevice(7)", [
    socket,
    call("ioctl $s SIOCGIFMTU ifreq:$NAME:z0", { ret: 0 }, { save: { mtu: "value" } }),
    check("an MTU of 1500", ({ mtu }) => Buffer.from(mtu ?? "", "hex").readInt32LE(0) === 1500),
  ]),
  testCase("ioctl: SIOCGIFFLAGS: up, running, broadcast, multicast", "netdevice(7)", [
    socket,
    getFlags,
    check("UP|BROADCAST|RUNNING|MULTICAST and nothing else", ({ flags }) => flagsOf(flags) === 0x1043),
  ]),
  testCase("ioctl: an unknown interface is ENODEV", "netdevice(7)", [
    socket,
    ...[
      "SIOCGIFINDEX",
      "SIOCGIFHWADDR",
      "SIOCGIFMTU",
      "SIOCGIFFLAGS",
      "SIOCSIFFLAGS",
      "SIOCADDMULTI",
      "SIOCGIFADDR",
    ].map((request) => call(`ioctl $s ${request} ifreq:${UNKNOWN}:z0`, fails("ENODEV"))),
  ]),
  testCase("ioctl: a name without an end is ENODEV, and nothing is read behind it", "netdevice(7)", [
    socket,
    call("ioctl $s SIOCGIFINDEX ifreq:abcdefghijklmnop:{ffffffff}", fails("ENODEV")),
  ]),
  testCase("ioctl: a null pointer is EFAULT", "ioctl(2)", [
    socket,
    ...[
      "SIOCGIFINDEX",
      "SIOCGIFNAME",
      "SIOCGIFHWADDR",
      "SIOCGIFMTU",
      "SIOCGIFFLAGS",
      "SIOCSIFFLAGS",
      "FIONREAD",
      "FIONBIO",
    ].map((request) => call(`ioctl $s ${request} -`, fails("EFAULT"))),
  ]),
  testCase("ioctl: an unknown request is ENOTTY", "ioctl(2)", [
    socket,
    call("ioctl $s 0x1234 int:0", fails("ENOTTY")),
    call("ioctl $s 0x1234 -", fails("ENOTTY")),
  ]),
  testCase(
    "ioctl: SIOCGIFADDR and SIOCGIFNETMASK without an address are EADDRNOTAVAIL",
    "netdevice(7); coverage: names",
    [
      socket,
      asks("SIOCGIFADDR", fails("EADDRNOTAVAIL")),
      asks("SIOCGIFNETMASK", fails("EADDRNOTAVAIL")),
      asks("SIOCGIFDSTADDR", fails("EADDRNOTAVAIL")),
      asks("SIOCGIFBRDADDR", fails("EADDRNOTAVAIL")),
    ],
    ["no address"],
  ),
  testCase(
    "ioctl: SIOCGIFADDR, SIOCGIFNETMASK and SIOCGIFBRDADDR tell the network stack's",
    "netdevice(7)",
    [
      socket,
      call("inet $NAME c0000202 ffffff00 c00002ff", OK),
      asks("SIOCGIFADDR", { ret: 0, fields: { name: "$NAME", value: "{0200 0000 c0000202 z8}" } }),
      asks("SIOCGIFNETMASK", { ret: 0, fields: { value: "{0200 0000 ffffff00 z8}" } }),
      asks("SIOCGIFBRDADDR", { ret: 0, fields: { value: "{0200 0000 c00002ff z8}" } }),
      // Without a point-to-point link it is the interface's own.
      asks("SIOCGIFDSTADDR", { ret: 0, fields: { value: "{0200 0000 c0000202 z8}" } }),
      call("inet $NAME z4 z4 z4", OK),
      asks("SIOCGIFADDR", fails("EADDRNOTAVAIL")),
    ],
    ["an address set by the stack"],
  ),
  testCase(
    "ioctl: SIOCGIFCONF lists the interfaces that have an address",
    "netdevice(7)",
    [
      socket,
      call("ifconf $s 4", { ret: 0, fields: { count: 0, list: "" } }),
      call("ifconf $s -", { ret: 0, fields: { count: 0 } }),
      call("inet $NAME c0000202 ffffff00 c00002ff", OK),
      call("ifconf $s 4", { ret: 0, fields: { count: 1, list: "$NAME:c0000202" } }),
      call("ifconf $s -", { ret: 0, fields: { count: 1 } }),
      call("ifconf $s 0", { ret: 0, fields: { count: 0 } }),
      call("inet $NAME z4 z4 z4", OK),
    ],
    ["an address set by the stack"],
  ),
  testCase("ioctl: what an interface is, and what it does not have", "netdevice(7)", [
    socket,
    ...[
      ["SIOCSIFMTU", "{dc050000}", "EOPNOTSUPP"],
      ["SIOCSIFHWADDR", "{0100 OWN z8}", "EOPNOTSUPP"],
      ["0x891d", "", "ENOTTY"], // SIOCGIFMETRIC
      ["0x8942", "", "ENOTTY"], // SIOCGIFTXQLEN
      ["0x8970", "", "ENOTTY"], // SIOCGIFMAP
    ].map(([request, argument, error]) =>
      call(`ioctl $s ${request} ifreq:$NAME:${argument || "z0"}`, OK, {
        differs: { expect: fails(error!), reason: "an interface has few properties, and most are fixed" },
      }),
    ),
  ]),
  testCase("ioctl: SIOCETHTOOL is EOPNOTSUPP", "coverage: names", [
    socket,
    call("ioctl $s SIOCETHTOOL data:$NAME:{ffff0000 z60}", fails("EOPNOTSUPP")),
  ]),
  testCase("ioctl: FIONREAD is the length of the next frame", "packet(7): SIOCINQ", [
    ...bound("s"),
    ...bound("d", "DGRAM"),
    call("ioctl $s FIONREAD int:77", { ret: 0, fields: { value: 0 } }),
    inject(frame({ payload: "@100:1" })),
    inject(frame({ payload: "@46:2" })),
    readable("s"),
    quiet,
    call("ioctl $s FIONREAD int:0", { ret: 0, fields: { value: 114 } }),
    call("ioctl $d FIONREAD int:0", { ret: 0, fields: { value: 100 } }),
    receives("s", frame({ payload: "@100:1" }), 114),
    call("ioctl $s FIONREAD int:0", { ret: 0, fields: { value: 60 } }),
  ]),
  testCase("ioctl: SIOCOUTQ is 0 when everything has left", "packet(7)", [
    ...bound("s"),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    quiet,
    call("ioctl $s 0x5411 int:77", { ret: 0, fields: { value: 0 } }),
  ]),
  testCase("ioctl: FIONBIO sets and clears non-blocking mode", "ioctl(2)", [
    ...bound("s"),
    call("ioctl $s FIONBIO int:1", OK),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 1 } }),
    call("recv $s 100 0", fails("EAGAIN")),
    call("ioctl $s FIONBIO int:0", OK),
    call("fcntl $s F_GETFL", { ret: /^\d+$/, fields: { nonblock: 0 } }),
  ]),
  testCase(
    "ioctl: SIOCSIFFLAGS sets and clears PROMISC",
    "netdevice(7); SOEM, KickCAT",
    [
      ...bound("s"),
      getFlags,
      asks("SIOCSIFFLAGS", OK, `{${le(0x1043 | IFF_PROMISC, 2)}}`),
      getFlags,
      check("PROMISC", ({ flags }) => flagsOf(flags) === (0x1043 | IFF_PROMISC)),
      inject(frame({ dst: "0200000000aa" })),
      receives("s", frame({ dst: "0200000000aa" }), 60),
      asks("SIOCSIFFLAGS", OK, `{${le(0x1043, 2)}}`),
      getFlags,
      check("no PROMISC", ({ flags }) => flagsOf(flags) === 0x1043),
    ],
    OTHER_HOSTS,
  ),
  testCase("ioctl: SIOCSIFFLAGS sets and clears ALLMULTI", "netdevice(7); p-net", [
    ...bound("s"),
    asks("SIOCSIFFLAGS", OK, `{${le(0x1043 | IFF_ALLMULTI, 2)}}`),
    getFlags,
    check("ALLMULTI", ({ flags }) => flagsOf(flags) === (0x1043 | IFF_ALLMULTI)),
    inject(frame({ dst: GROUP })),
    receives("s", frame({ dst: GROUP }), 60),
    asks("SIOCSIFFLAGS", OK, `{${le(0x1043, 2)}}`),
    getFlags,
    check("no ALLMULTI", ({ flags }) => flagsOf(flags) === 0x1043),
  ]),
  testCase("ioctl: SIOCSIFFLAGS: what cannot be set is an error", "coverage: names", [
    socket,
    call(
      `ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1043 | IFF_DEBUG, 2)}}`,
      { ret: 0 },
      {
        differs: {
          expect: fails(/^(EINVAL|EOPNOTSUPP)$/),
          reason: "a flag that would do nothing is refused",
        },
      },
    ),
    asks("SIOCSIFFLAGS", OK, `{${le(0x1043, 2)}}`),
    getFlags,
    check("the flags as they were", ({ flags }) => flagsOf(flags) === 0x1043),
  ]),
  testCase("ioctl: SIOCSIFFLAGS with the flags of programs that leave the others out", "kernel dev_change_flags()", [
    ...bound("s"),
    ...(
      [
        [0x0001, 0x0043], // UP
        [0x0041, 0x0043], // UP, RUNNING
        [0x0101, 0x0143], // UP, PROMISC
        [0x1001, 0x1043], // UP, MULTICAST
        [0x1003, 0x1043],
        [0x104b, 0x1043], // LOOPBACK
        [0x1053, 0x1043], // POINTOPOINT
        [0x1443, 0x1043], // MASTER
        [0x1843, 0x1043], // SLAVE
        [0x0003, 0x0043], // MULTICAST is not there any more
        [0x1043, 0x1043],
      ] as const
    ).flatMap(([asked, told]) => [
      asks("SIOCSIFFLAGS", OK, `{${le(asked, 2)}}`),
      getFlags,
      check(`flags 0x${told.toString(16)}`, ({ flags }) => flagsOf(flags) === told),
    ]),
    inject(frame()),
    receives("s", frame(), 60),
    asks("SIOCSIFFLAGS", OK, "{0000}"),
    getFlags,
    check("only BROADCAST", ({ flags }) => flagsOf(flags) === 0x0002),
    call("recv $s 100 0", fails("ENETDOWN")),
    asks("SIOCSIFFLAGS", OK, `{${le(0x1043, 2)}}`),
    ready,
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("ioctl: SIOCSIFFLAGS without UP takes the interface down and up", "netdevice(7)", [
    ...bound("s"),
    asks("SIOCSIFFLAGS", OK, `{${le(0x1043 & ~IFF_UP, 2)}}`),
    getFlags,
    check("not UP, not RUNNING", ({ flags }) => flagsOf(flags) === 0x1002),
    asks("SIOCSIFFLAGS", OK, `{${le(0x1043, 2)}}`),
    ready,
    getFlags,
    check("UP and RUNNING", ({ flags }) => flagsOf(flags) === 0x1043),
  ]),
  testCase("ioctl: SIOCADDMULTI lets a group in, SIOCDELMULTI takes it out", "netdevice(7)", [
    ...bound("s"),
    asks("SIOCADDMULTI", OK, `{0000 ${GROUP}}`),
    inject(frame({ dst: GROUP })),
    receives("s", frame({ dst: GROUP }), 60),
    asks("SIOCDELMULTI", OK, `{0000 ${GROUP}}`),
    asks("SIOCDELMULTI", fails("ENOENT"), `{0000 ${GROUP}}`),
  ]),
  testCase("ioctl: SIOCADDMULTI twice needs SIOCDELMULTI once", "kernel dev_mc_add_global()", [
    socket,
    asks("SIOCADDMULTI", OK, `{0000 ${GROUP}}`),
    asks("SIOCADDMULTI", OK, `{0000 ${GROUP}}`),
    asks("SIOCDELMULTI", OK, `{0000 ${GROUP}}`),
    asks("SIOCDELMULTI", fails("ENOENT"), `{0000 ${GROUP}}`),
  ]),
  testCase("ioctl: SIOCADDMULTI of another family is EINVAL", "kernel dev_ifsioc()", [
    socket,
    asks("SIOCADDMULTI", fails("EINVAL"), `{1100 ${GROUP}}`),
  ]),
  testCase("ioctl: works on any packet socket, bound or not", "netdevice(7)", [
    open("s", "RAW", TEST_TYPE),
    asks("SIOCGIFHWADDR", { ret: 0, fields: { value: "{0100 OWN z8}" } }),
    empty("s"),
    call(`ioctl $s SIOCGIFNAME ifreq::{IF ${be16(0)}}`, { ret: 0, fields: { name: "$NAME" } }),
  ]),
];
