// PACKET_ADD_MEMBERSHIP and PACKET_DROP_MEMBERSHIP, down to the frames that the MAC accepts.

import { le } from "../bytes.js";
import { bound, empty, fails, frame, GROUP, OK, open, receives } from "../calls.js";
import {
  call,
  type CallStep,
  type Case,
  check,
  type Expect,
  inject,
  quiet,
  type Step,
  testCase,
  OTHER_HOSTS,
} from "../steps.js";

const MULTICAST = 0;
const PROMISC = 1;
const ALLMULTI = 2;
const UNICAST = 3;
const OTHER_GROUP = "01005e7f1122";
const STRANGER = "0200000000aa";
const toGroup = frame({ dst: GROUP });
const toOther = frame({ dst: OTHER_GROUP });
const toStranger = frame({ dst: STRANGER });

function mreq(type: number, address = "", ifindex = "IF"): string {
  const alen = address.replace(/\s/g, "").length / 2;
  return `${ifindex} ${le(type, 2)} ${le(alen, 2)} ${address} z${8 - alen}`;
}

function add(name: string, type: number, address?: string, expect: Expect = OK): CallStep {
  return call(`setsockopt $${name} SOL_PACKET PACKET_ADD_MEMBERSHIP {${mreq(type, address)}}`, expect);
}

/** Dropping a membership that does not exist is no error on Linux. */
function drop(name: string, type: number, address?: string): CallStep {
  return call(`setsockopt $${name} SOL_PACKET PACKET_DROP_MEMBERSHIP {${mreq(type, address)}}`, OK);
}

/** The MAC keeps frames out. */
const FILTERING = ["an address filter"] as const;
/** These addresses may share a hash in a MAC's filter; the groups above do not on LAN9118. */
const closed = (bytes: string) => [inject(bytes), quiet, empty("s")];
const opened = (bytes: string) => [inject(bytes), receives("s", bytes, 60)];

/** One ioctl lets a frame in, another one keeps it out again. */
function letsIn(on: string, onArgument: string, off: string, offArgument: string, bytes: string): Step[] {
  return [
    call(`ioctl $s ${on} ifreq:$NAME:{${onArgument}}`, OK),
    ...opened(bytes),
    call(`ioctl $s ${off} ifreq:$NAME:{${offArgument}}`, OK),
    ...closed(bytes),
  ];
}

export const membershipCases: readonly Case[] = [
  testCase(
    "membership: PROMISC lets everything in",
    "packet(7)",
    [...bound("s"), add("s", PROMISC), ...opened(toStranger), ...opened(toGroup), drop("s", PROMISC)],
    OTHER_HOSTS,
  ),
  testCase("membership: ALLMULTI lets all groups in", "packet(7)", [
    ...bound("s"),
    add("s", ALLMULTI),
    ...opened(toGroup),
    ...opened(toOther),
    drop("s", ALLMULTI),
  ]),
  testCase("membership: MULTICAST lets a group in", "packet(7); libiec61850", [
    ...bound("s"),
    add("s", MULTICAST, GROUP),
    ...opened(toGroup),
    drop("s", MULTICAST, GROUP),
  ]),
  testCase(
    "membership: UNICAST lets a further address in",
    "packet(7)",
    [...bound("s"), add("s", UNICAST, STRANGER), ...opened(toStranger), drop("s", UNICAST, STRANGER)],
    OTHER_HOSTS,
  ),
  testCase("membership: several groups at once", "packet(7); p-net", [
    ...bound("s"),
    add("s", MULTICAST, GROUP),
    add("s", MULTICAST, OTHER_GROUP),
    ...opened(toGroup),
    ...opened(toOther),
    drop("s", MULTICAST, GROUP),
    ...opened(toOther),
  ]),
  testCase(
    "membership: without one the MAC keeps groups and strangers out",
    "coverage: options",
    [...bound("s"), ...closed(toGroup), ...closed(toStranger)],
    FILTERING,
  ),
  testCase(
    "membership: a group does not let others in",
    "coverage: options",
    [...bound("s"), add("s", MULTICAST, GROUP), ...closed(toOther), ...closed(toStranger), ...opened(toGroup)],
    FILTERING,
  ),
  testCase(
    "membership: ALLMULTI does not let strangers in",
    "coverage: options",
    [...bound("s"), add("s", ALLMULTI), ...closed(toStranger), ...opened(toGroup)],
    FILTERING,
  ),
  testCase(
    "membership: dropping it closes the MAC again",
    "packet(7)",
    [
      ...bound("s"),
      add("s", PROMISC),
      ...opened(toStranger),
      drop("s", PROMISC),
      ...closed(toStranger),
      add("s", MULTICAST, GROUP),
      ...opened(toGroup),
      drop("s", MULTICAST, GROUP),
      ...closed(toGroup),
      add("s", UNICAST, STRANGER),
      ...opened(toStranger),
      drop("s", UNICAST, STRANGER),
      ...closed(toStranger),
      add("s", ALLMULTI),
      ...opened(toOther),
      drop("s", ALLMULTI),
      ...closed(toOther),
    ],
    FILTERING,
  ),
  testCase(
    "membership: what ioctl() let in is kept out again, too",
    "netdevice(7)",
    [
      ...bound("s"),
      ...letsIn("SIOCSIFFLAGS", le(0x1143, 2), "SIOCSIFFLAGS", le(0x1043, 2), toStranger),
      ...letsIn("SIOCSIFFLAGS", le(0x1243, 2), "SIOCSIFFLAGS", le(0x1043, 2), toOther),
      ...letsIn("SIOCADDMULTI", `0000 ${GROUP}`, "SIOCDELMULTI", `0000 ${GROUP}`, toGroup),
    ],
    FILTERING,
  ),
  testCase(
    "membership: closing the socket drops it",
    "packet(7)",
    [
      ...bound("s"),
      open("m", "RAW", 0),
      add("m", PROMISC),
      ...opened(toStranger),
      call("close $m", OK),
      ...closed(toStranger),
    ],
    FILTERING,
  ),
  testCase(
    "membership: two sockets' memberships are counted",
    "packet(7); coverage: options",
    [
      ...bound("s"),
      open("m", "RAW", 0),
      add("s", MULTICAST, GROUP),
      add("m", MULTICAST, GROUP),
      drop("s", MULTICAST, GROUP),
      ...opened(toGroup),
      call("close $m", OK),
      ...closed(toGroup),
    ],
    FILTERING,
  ),
  testCase("membership: one that was added twice must be dropped twice", "kernel packet_mc_add()", [
    ...bound("s"),
    add("s", MULTICAST, GROUP),
    add("s", MULTICAST, GROUP),
    drop("s", MULTICAST, GROUP),
    ...opened(toGroup),
    drop("s", MULTICAST, GROUP),
    drop("s", MULTICAST, GROUP),
  ]),
  testCase(
    "membership: is the interface's, not the socket's",
    "packet(7)",
    [...bound("s"), open("m", "DGRAM", 0), add("m", PROMISC), ...opened(toStranger), empty("m")],
    OTHER_HOSTS,
  ),
  testCase("membership: PROMISC does not show in SIOCGIFFLAGS", "kernel dev_get_flags()", [
    ...bound("s"),
    add("s", PROMISC),
    add("s", ALLMULTI),
    call("ioctl $s SIOCGIFFLAGS ifreq:$NAME:z0", { ret: 0 }, { save: { flags: "value" } }),
    check(
      "neither PROMISC nor ALLMULTI",
      ({ flags }) => (Buffer.from(flags ?? "", "hex").readUInt16LE(0) & 0x300) === 0,
    ),
  ]),
  testCase("membership: dropping what was not added is no error", "kernel packet_mc_drop()", [
    ...bound("s"),
    drop("s", PROMISC),
    drop("s", MULTICAST, GROUP),
    add("s", MULTICAST, GROUP),
    drop("s", MULTICAST, OTHER_GROUP),
    drop("s", UNICAST, GROUP),
    drop("s", MULTICAST, GROUP),
  ]),
  testCase("membership: another socket's stays when one drops it", "kernel packet_mc_drop()", [
    ...bound("s"),
    open("m", "RAW", 0),
    add("m", MULTICAST, GROUP),
    drop("s", MULTICAST, GROUP),
    ...opened(toGroup),
  ]),
  testCase("membership: an unknown interface is ENODEV", "packet(7)", [
    ...bound("s"),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {${mreq(PROMISC, "", "e7030000")}}`, fails("ENODEV")),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {${mreq(PROMISC, "", "z4")}}`, fails("ENODEV")),
  ]),
  testCase("membership: dropping one of an unknown interface is no error", "kernel packet_mc_drop()", [
    ...bound("s"),
    ...["ff000000", "z4", "ffffffff"].flatMap((ifindex) => [
      call(`setsockopt $s SOL_PACKET PACKET_DROP_MEMBERSHIP {${mreq(PROMISC, "", ifindex)}}`, OK),
      call(`setsockopt $s SOL_PACKET PACKET_DROP_MEMBERSHIP {${mreq(MULTICAST, GROUP, ifindex)}}`, OK),
    ]),
  ]),
  testCase("membership: an address that the request has no room for is EINVAL", "kernel packet_setsockopt()", [
    ...bound("s"),
    ...["ADD", "DROP"].flatMap((what) =>
      ["IF", "ff000000", "z4"].flatMap((ifindex) =>
        [9, 32, 0xffff].map((length) =>
          call(
            `setsockopt $s SOL_PACKET PACKET_${what}_MEMBERSHIP {${ifindex} ${le(PROMISC, 2)} ${le(length, 2)} z8}`,
            fails("EINVAL"),
          ),
        ),
      ),
    ),
    // With room for it an address may be longer than Ethernet's, but there is no such interface.
    call(`setsockopt $s SOL_PACKET PACKET_DROP_MEMBERSHIP {IF ${le(PROMISC, 2)} ${le(32, 2)} z32}`, OK),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {IF ${le(PROMISC, 2)} ${le(32, 2)} z32}`, fails("EINVAL")),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {z4 ${le(PROMISC, 2)} ${le(32, 2)} z32}`, fails("ENODEV")),
    call(`setsockopt $s SOL_PACKET PACKET_DROP_MEMBERSHIP {IF ${le(PROMISC, 2)} ${le(8, 2)} z8}`, OK),
  ]),
  testCase("membership: an address of another length is EINVAL", "kernel packet_dev_mc()", [
    ...bound("s"),
    add("s", MULTICAST, "01005e0102", fails("EINVAL")),
    add("s", UNICAST, "", fails("EINVAL")),
    add("s", MULTICAST, "01005e01020304", fails("EINVAL")),
  ]),
  testCase("membership: a request that is too short is EINVAL", "kernel packet_setsockopt()", [
    ...bound("s"),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {${mreq(PROMISC)}} 15`, fails("EINVAL")),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {${mreq(PROMISC)}} 0`, fails("EINVAL")),
    call(`setsockopt $s SOL_PACKET PACKET_DROP_MEMBERSHIP {${mreq(PROMISC)}} 4`, fails("EINVAL")),
  ]),
  testCase("membership: a length of address that the request does not hold is EINVAL", "kernel packet_setsockopt()", [
    ...bound("s"),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {IF 0000 0900 ${GROUP} 0000}`, fails("EINVAL")),
  ]),
  testCase("membership: a longer request is accepted", "kernel packet_setsockopt()", [
    ...bound("s"),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {${mreq(MULTICAST, GROUP)} z16}`, OK),
    ...opened(toGroup),
  ]),
  testCase("membership: a null pointer is EFAULT", "setsockopt(2)", [
    ...bound("s"),
    call("setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP - 16", fails("EFAULT")),
  ]),
  testCase("membership: an unknown type", "kernel packet_dev_mc()", [
    ...bound("s"),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {${mreq(9)}}`, OK, {
      differs: { expect: fails("EINVAL"), reason: "a membership that would do nothing is refused" },
    }),
  ]),
  testCase("membership: cannot be read", "kernel packet_getsockopt()", [
    ...bound("s"),
    call("getsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP 16", fails("ENOPROTOOPT")),
  ]),
  testCase("membership: more than the MAC's filter holds", "coverage: options", [
    ...bound("s"),
    ...Array.from({ length: 8 }, (_, i) => add("s", MULTICAST, `01005e0203${le(i, 1)}`)),
    ...[0, 3, 7].flatMap((i) => opened(frame({ dst: `01005e0203${le(i, 1)}` }))),
  ]),
];
