// The sequences of calls by which layer-2 programs use packet sockets, call for call.

import * as bpf from "../bpf.js";
import { ACCEPT, jump, REFUSE, stmt } from "../bpf.js";
import { be16, htons, le } from "../bytes.js";
import {
  BROADCAST,
  fails,
  frame,
  from,
  ll,
  OK,
  open,
  outgoing,
  PACKET,
  receives,
  receivesFrom,
  sends,
} from "../calls.js";
import { arrives, call, type Case, inject, quiet, testCase } from "../steps.js";

const ETHERCAT = 0x88a4;
const PROFINET = 0x8892;
const GOOSE = 0x88b8;
const LLDP = 0x88cc;
const ARP = 0x0806;
const IP = 0x0800;
const LLDP_GROUP = "0180c200000e";
const GOOSE_GROUP = "010ccd010001";
const IFF_PROMISC_BROADCAST = 0x102;

const getFlags = call("ioctl $s SIOCGIFFLAGS ifreq:$NAME:z0", { ret: 0 });
const getIndex = call("ioctl $s SIOCGIFINDEX ifreq:$NAME:z0", { ret: 0 });
const getAddress = call("ioctl $s SIOCGIFHWADDR ifreq:$NAME:z0", { ret: 0, fields: { value: "{0100 OWN z8}" } });
const one = "{01000000}";

/** An EtherCAT frame: the answer is the same frame with the source address of the first slave changed. */
const ethercat = (payload: string) => frame({ dst: BROADCAST, src: "020101010101", type: ETHERCAT, payload });

/** lldpd's filter: LLDP's group and EtherType, or others that it is not built for. */
const lldpFilter = [
  stmt(bpf.LD | bpf.B | bpf.ABS, 0),
  stmt(bpf.ALU | bpf.AND | bpf.K, 1),
  jump(bpf.JMP | bpf.JEQ | bpf.K, 1, 0, 6),
  stmt(bpf.LD | bpf.W | bpf.ABS, 2),
  jump(bpf.JMP | bpf.JEQ | bpf.K, 0xc200000e, 0, 4),
  stmt(bpf.LD | bpf.H | bpf.ABS, 0),
  jump(bpf.JMP | bpf.JEQ | bpf.K, 0x0180, 0, 2),
  stmt(bpf.LD | bpf.H | bpf.ABS, 12),
  jump(bpf.JMP | bpf.JEQ | bpf.K, LLDP, 1, 0),
  REFUSE,
  ACCEPT,
];

/** A DHCP client's filter on SOCK_DGRAM: IPv4, UDP, not a fragment, to port 68. */
const dhcpFilter = [
  stmt(bpf.LD | bpf.B | bpf.ABS, 9),
  jump(bpf.JMP | bpf.JEQ | bpf.K, 17, 0, 6),
  stmt(bpf.LD | bpf.H | bpf.ABS, 6),
  jump(bpf.JMP | bpf.JSET | bpf.K, 0x1fff, 4, 0),
  stmt(bpf.LDX | bpf.B | bpf.MSH, 0),
  stmt(bpf.LD | bpf.H | bpf.IND, 2),
  jump(bpf.JMP | bpf.JEQ | bpf.K, 68, 0, 1),
  stmt(bpf.RET | bpf.K, 0x7fffffff),
  REFUSE,
];

const udpTo = (port: number) => `45000040 00000000 40110000 c0000201 ffffffff 0043 ${be16(port)} 002c 0000 @36:1`;

export const programCases: readonly Case[] = [
  testCase("program: an EtherCAT master of SOEM's kind", "SOEM", [
    call(`socket AF_PACKET SOCK_RAW ${htons(ETHERCAT)}`, { ret: /^\d+$/ }, { save: { s: "ret" } }),
    call("setsockopt $s SOL_SOCKET SO_RCVTIMEO timeval:0:1", OK),
    call("setsockopt $s SOL_SOCKET SO_SNDTIMEO timeval:0:1", OK),
    call(`setsockopt $s SOL_SOCKET SO_DONTROUTE ${one}`, OK),
    getIndex,
    getFlags,
    call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1043 | IFF_PROMISC_BROADCAST, 2)}}`, OK),
    call(`bind $s {${ll({ protocol: ETHERCAT })}}`, OK),
    sends("s", ethercat("@46:1"), 60),
    arrives(ethercat("@46:1")),
    inject(ethercat("@46:2")),
    call("poll 5000 $s:POLLIN", { ret: 1 }),
    receives("s", ethercat("@46:2"), 60),
    call("recv $s 1518 0", fails("EAGAIN")),
    call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1043, 2)}}`, OK),
  ]),
  testCase("program: an EtherCAT master of KickCAT's kind", "KickCAT", [
    open("s", "RAW", ETHERCAT),
    call("setsockopt $s SOL_SOCKET SO_RCVTIMEO timeval:0:50000", OK),
    call(`setsockopt $s SOL_SOCKET SO_DONTROUTE ${one}`, OK),
    call(`setsockopt $s SOL_SOCKET SO_PRIORITY {07000000}`, OK),
    getIndex,
    getAddress,
    call(`bind $s {${ll({ protocol: ETHERCAT })}}`, OK),
    call(`write $s {${ethercat("@100:1")}}`, { ret: 114 }),
    arrives(ethercat("@100:1")),
    inject(ethercat("@100:2")),
    call("read $s 1518", { ret: 114, fields: { data: `{${ethercat("@100:2")}}` } }),
  ]),
  testCase("program: a PROFINET device of p-net's kind", "p-net", [
    open("s", "RAW", PROFINET),
    open("lldp", "RAW", LLDP),
    call("setsockopt $s SOL_SOCKET SO_RCVTIMEO timeval:0:1", OK),
    call("setsockopt $s SOL_SOCKET SO_SNDTIMEO timeval:0:1", OK),
    call(`setsockopt $s SOL_SOCKET SO_PRIORITY {06000000}`, OK),
    getIndex,
    getFlags,
    call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1043 | 0x200, 2)}}`, OK),
    call(`bind $s {${ll({ protocol: PROFINET })}}`, OK),
    call(`bind $lldp {${ll({ protocol: LLDP })}}`, OK),
    inject(frame({ dst: "010ecf000000", type: PROFINET, payload: "fefe 05 00 @42:1" })),
    inject(frame({ dst: LLDP_GROUP, type: LLDP })),
    call("poll 5000 $s:POLLIN", { ret: 1 }),
    call("poll 5000 $lldp:POLLIN", { ret: 1 }),
    receives("s", frame({ dst: "010ecf000000", type: PROFINET, payload: "fefe 05 00 @42:1" }), 60),
    receives("lldp", frame({ dst: LLDP_GROUP, type: LLDP }), 60),
    sends("s", outgoing({ type: PROFINET }), 60),
    sends("lldp", outgoing({ dst: LLDP_GROUP, type: LLDP }), 60),
    arrives(outgoing({ type: PROFINET })),
    arrives(outgoing({ dst: LLDP_GROUP, type: LLDP })),
    call(`ioctl $s SIOCSIFFLAGS ifreq:$NAME:{${le(0x1043, 2)}}`, OK),
  ]),
  testCase("program: a PROFINET frame with a VLAN tag", "p-net", [
    open("s", "RAW", PROFINET),
    call(`bind $s {${ll({ protocol: PROFINET })}}`, OK),
    sends("s", "PEER OWN 8100 c000 8892 8000 @44:1", 64),
    arrives("PEER OWN 8100 c000 8892 8000 @44:1"),
    inject("OWN PEER 8100 c000 8892 8000 @44:2"),
    receives("s", "OWN PEER 8892 8000 @44:2", 60),
  ]),
  testCase("program: a GOOSE publisher and subscriber of libiec61850's kind", "libiec61850", [
    open("s", "RAW", 3),
    getIndex,
    getAddress,
    call(
      "setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{" +
        [stmt(bpf.LD | bpf.H | bpf.ABS, 12), jump(bpf.JMP | bpf.JEQ | bpf.K, GOOSE, 0, 1), ACCEPT, REFUSE].join(" ") +
        "}",
      OK,
    ),
    call(`bind $s {${ll({ protocol: 3 })}}`, OK),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {IF 0000 0600 ${GOOSE_GROUP} 0000}`, OK),
    call(
      `sendto $s {${outgoing({ dst: GOOSE_GROUP, type: GOOSE, payload: "@150:1" })}} 0 {${ll({ halen: 6, address: GOOSE_GROUP })}}`,
      { ret: 164 },
    ),
    arrives(outgoing({ dst: GOOSE_GROUP, type: GOOSE, payload: "@150:1" })),
    inject(frame({ dst: GOOSE_GROUP, type: PROFINET })),
    inject(frame({ dst: GOOSE_GROUP, type: GOOSE, payload: "@150:2" })),
    call("poll 5000 $s:POLLIN", { ret: 1 }),
    call("recvfrom $s 1518 MSG_DONTWAIT -", {
      ret: 164,
      fields: { data: `{${frame({ dst: GOOSE_GROUP, type: GOOSE, payload: "@150:2" })}}` },
    }),
    call("recvfrom $s 1518 MSG_DONTWAIT -", fails("EAGAIN")),
  ]),
  testCase("program: an LLDP daemon of lldpd's kind", "lldpd", [
    call("if_nameindex", { ret: /^[1-9]/ }),
    open("s", "RAW", 0),
    call(`bind $s {${ll({ protocol: 3 })}}`, OK),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {IF 0000 0600 ${LLDP_GROUP} 0000}`, OK),
    call(`setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{${lldpFilter.join(" ")}}`, OK),
    call(`setsockopt $s SOL_SOCKET SO_LOCK_FILTER ${one}`, OK),
    call("fcntl $s F_SETFL O_NONBLOCK", OK),
    call(`write $s {${outgoing({ dst: LLDP_GROUP, type: LLDP, payload: "@200:1" })}}`, { ret: 214 }),
    arrives(outgoing({ dst: LLDP_GROUP, type: LLDP, payload: "@200:1" })),
    inject(frame()),
    inject(frame({ dst: BROADCAST, type: LLDP })),
    inject(frame({ dst: LLDP_GROUP, type: LLDP, payload: "@200:2" })),
    call("poll 5000 $s:POLLIN", { ret: 1 }),
    receivesFrom("s", frame({ dst: LLDP_GROUP, type: LLDP, payload: "@200:2" }), 214, from(PACKET.MULTICAST, LLDP)),
    quiet,
    call("recv $s 1518 0", fails("EAGAIN")),
  ]),
  testCase("program: a DHCP client of udhcpc's kind", "busybox udhcpc", [
    open("s", "DGRAM", IP),
    call(`bind $s {${ll({ protocol: IP, halen: 6, address: BROADCAST })}}`, OK),
    call(`setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{${dhcpFilter.join(" ")}}`, OK),
    call(`setsockopt $s SOL_PACKET PACKET_AUXDATA ${one}`, OK),
    call(`sendto $s {${udpTo(67)}} 0 {${ll({ protocol: IP, halen: 6, address: BROADCAST })}}`, { ret: 64 }),
    arrives(outgoing({ dst: BROADCAST, type: IP, payload: udpTo(67) })),
    inject(frame({ type: IP, payload: udpTo(53) })),
    inject(frame({ dst: BROADCAST, type: IP, payload: udpTo(68) })),
    call("poll 5000 $s:POLLIN", { ret: 1 }),
    call("recvmsg $s 0 - 64 1500", { ret: 64, fields: { data: `{${udpTo(68)}}`, cmsg: /^263:8:.{40}$/ } }),
  ]),
  testCase("program: ARP probing of arping's kind", "iputils-arping", [
    open("s", "DGRAM", 0),
    getIndex,
    getFlags,
    call(`bind $s {${ll({ protocol: ARP })}}`, OK),
    call("getsockname $s 20", { ret: 0, fields: { addr: "{1100 0806 IF 0100 00 06 OWN}", addrlen: 18 } }),
    call(
      `sendto $s {0001 0800 06 04 0001 OWN c0000201 z6 c0000202} 0 {${ll({ protocol: ARP, hatype: 1, halen: 6, address: BROADCAST })}}`,
      { ret: 28 },
    ),
    arrives(outgoing({ dst: BROADCAST, type: ARP, payload: "0001 0800 06 04 0001 OWN c0000201 z6 c0000202" })),
    inject(frame({ type: ARP, payload: "0001 0800 06 04 0002 PEER c0000202 OWN c0000201 z18" })),
    call("poll 5000 $s:POLLIN", { ret: 1 }),
    receivesFrom("s", "0001 0800 06 04 0002 PEER c0000202 OWN c0000201 z18", 46, from(PACKET.HOST, ARP)),
  ]),
  testCase("program: the first of NuttX's page", "NuttX's page on packet sockets", [
    call("socket AF_PACKET SOCK_RAW 0", { ret: /^\d+$/ }, { save: { s: "ret" } }),
    call("if_nametoindex $NAME", { ret: "$IF" }),
    call(`bind $s {${ll({ protocol: 3 })}}`, OK),
    inject(frame()),
    receives("s", frame(), 60),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    call("close $s", OK),
  ]),
  testCase("program: the second of NuttX's page", "NuttX's page on packet sockets", [
    call("socket AF_PACKET SOCK_DGRAM 0", { ret: /^\d+$/ }, { save: { s: "ret" } }),
    call("if_nametoindex $NAME", { ret: "$IF" }),
    call(`bind $s {${ll({ protocol: IP })}}`, OK),
    inject(frame({ type: IP })),
    receives("s", "@46:1", 46),
    call(`sendto $s {@46:1} 0 {${ll({ protocol: IP, halen: 6, address: BROADCAST })}}`, { ret: 46 }),
    arrives(outgoing({ dst: BROADCAST, type: IP })),
    call("close $s", OK),
  ]),
  testCase("program: one that joins a group, as packet(7) has it", "packet(7): PACKET_ADD_MEMBERSHIP", [
    call(`socket AF_PACKET SOCK_RAW ${htons(LLDP)}`, { ret: /^\d+$/ }, { save: { s: "ret" } }),
    call("if_nametoindex $NAME", { ret: "$IF" }),
    call(`bind $s {${ll({ protocol: LLDP })}}`, OK),
    call(`setsockopt $s SOL_PACKET PACKET_ADD_MEMBERSHIP {IF 0000 0600 ${LLDP_GROUP} 0000}`, OK),
    inject(frame({ dst: LLDP_GROUP, type: LLDP })),
    receivesFrom("s", frame({ dst: LLDP_GROUP, type: LLDP }), 60, from(PACKET.MULTICAST, LLDP)),
    call(`setsockopt $s SOL_PACKET PACKET_DROP_MEMBERSHIP {IF 0000 0600 ${LLDP_GROUP} 0000}`, OK),
    call("close $s", OK),
  ]),
];
