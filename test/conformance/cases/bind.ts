// bind(), getsockname(), and which frames a socket is given for it.

import { be16 } from "../bytes.js";
import {
  bind,
  bound,
  empty,
  ETH_P_ALL,
  fails,
  frame,
  ll,
  OK,
  open,
  outgoing,
  readable,
  receives,
  sends,
  TEST_TYPE,
} from "../calls.js";
import { call, type Case, inject, quiet, testCase } from "../steps.js";

const OTHER_TYPE = 0x8892;
const other = frame({ type: OTHER_TYPE, payload: "@46:9" });

/** The name that getsockname() gives for a bound Ethernet socket: 18 bytes. */
function named(protocol: number): string {
  return `1100 ${be16(protocol)} IF 0100 00 06 OWN`;
}

export const bindCases: readonly Case[] = [
  testCase("bind: one interface and one protocol", "packet(7)", [
    ...bound("s"),
    inject(other),
    inject(frame()),
    receives("s", frame(), 60),
    quiet,
    empty("s"),
  ]),
  testCase("bind: ETH_P_ALL receives every protocol", "packet(7)", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(other),
    inject(frame()),
    inject(frame({ type: "0026", payload: "4242 03 @43:1" })),
    receives("s", other, 60),
    receives("s", frame(), 60),
    receives("s", frame({ type: "0026", payload: "4242 03 @43:1" }), 60),
  ]),
  testCase("bind: interface 0 is every interface", "packet(7)", [
    open("s", "RAW", 0),
    call(`bind $s {${ll({ protocol: TEST_TYPE, ifindex: "z4" })}}`, OK),
    inject(frame()),
    receives("s", frame(), 60),
    call("getsockname $s 20", { ret: 0, fields: { addr: "{1100 88b5 z4 0000 00 00}", addrlen: 12 } }),
  ]),
  testCase("bind: protocol 0 keeps the socket's", "packet(7); kernel packet_bind()", [
    open("s", "RAW", TEST_TYPE),
    bind("s", 0),
    call("getsockname $s 20", { ret: 0, fields: { addr: `{${named(TEST_TYPE)}}`, addrlen: 18 } }),
    inject(other),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("bind: protocol 0 on a socket of protocol 0 receives nothing", "packet(7)", [
    open("s", "RAW", 0),
    bind("s", 0),
    inject(frame()),
    quiet,
    empty("s"),
    call("getsockname $s 20", { ret: 0, fields: { addr: `{${named(0)}}`, addrlen: 18 } }),
  ]),
  testCase("bind: another protocol moves the socket at once, queued frames stay", "coverage: bind", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    bind("s", OTHER_TYPE),
    inject(frame({ payload: "@46:2" })),
    inject(other),
    receives("s", frame(), 60),
    receives("s", other, 60),
    quiet,
    empty("s"),
  ]),
  testCase("bind: from ETH_P_ALL to one protocol", "coverage: bind", [
    ...bound("s", "RAW", ETH_P_ALL),
    bind("s", TEST_TYPE),
    inject(other),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("bind: from one interface to every interface", "coverage: bind", [
    ...bound("s"),
    call(`bind $s {${ll({ ifindex: "z4" })}}`, OK),
    inject(frame()),
    receives("s", frame(), 60),
    call(`send $s {${outgoing()}} 0`, fails("ENXIO")),
  ]),
  testCase("bind: twice the same is no difference", "packet(7)", [
    ...bound("s"),
    bind("s", TEST_TYPE),
    inject(frame()),
    receives("s", frame(), 60),
    quiet,
    empty("s"),
  ]),
  testCase("bind: an address shorter than sockaddr_ll is EINVAL", "packet(7)", [
    open("s", "RAW", 0),
    call(`bind $s {${ll()}} 19`, fails("EINVAL")),
    call(`bind $s {${ll()}} 18`, fails("EINVAL")),
    call(`bind $s {${ll()}} 1`, fails("EINVAL")),
    call(`bind $s {${ll()}} 0`, fails("EINVAL")),
  ]),
  testCase("bind: a longer address is accepted", "kernel packet_bind()", [
    open("s", "RAW", 0),
    call(`bind $s {${ll({ protocol: TEST_TYPE })} z108}`, OK),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("bind: a length beyond sockaddr_storage, or negative, is EINVAL", "bind(2)", [
    open("s", "RAW", 0),
    call(`bind $s {${ll()} z108} 129`, fails("EINVAL")),
    call(`bind $s {${ll()} z108} -1`, fails("EINVAL")),
  ]),
  testCase("bind: another family is EINVAL", "packet(7)", [
    open("s", "RAW", 0),
    call(`bind $s {${ll({ family: 2 })}}`, fails("EINVAL")),
    call(`bind $s {${ll({ family: 0 })}}`, fails("EINVAL")),
  ]),
  testCase("bind: no address is EFAULT", "bind(2)", [open("s", "RAW", 0), call("bind $s - 20", fails("EFAULT"))]),
  testCase("bind: an unknown interface is ENODEV", "packet(7); Zephyr lets it pass", [
    open("s", "RAW", 0),
    call(`bind $s {${ll({ ifindex: "e7030000" })}}`, fails("ENODEV")),
    call(`bind $s {${ll({ ifindex: "ffffffff" })}}`, fails("ENODEV")),
  ]),
  testCase("bind: one that fails leaves the socket where it was", "kernel packet_do_bind()", [
    ...bound("s"),
    call(`bind $s {${ll({ protocol: OTHER_TYPE, ifindex: "e7030000" })}}`, fails("ENODEV")),
    call("getsockname $s 20", { ret: 0, fields: { addr: `{${named(TEST_TYPE)}}` } }),
    inject(frame()),
    receives("s", frame(), 60),
    sends("s", outgoing(), 60),
    { kind: "arrives", frame: outgoing() },
  ]),
  testCase("bind: the address's other fields mean nothing", "packet(7)", [
    open("s", "RAW", 0),
    call(`bind $s {${ll({ protocol: TEST_TYPE, hatype: 99, pkttype: 7, halen: 8, address: "PEER" })}}`, OK),
    call("getsockname $s 20", { ret: 0, fields: { addr: `{${named(TEST_TYPE)}}` } }),
  ]),
  testCase("getsockname: of a bound socket, 18 bytes", "packet(7); coverage: bind", [
    ...bound("s"),
    call("getsockname $s 20", { ret: 0, fields: { addr: `{${named(TEST_TYPE)}}`, addrlen: 18 } }),
  ]),
  testCase("getsockname: of SOCK_DGRAM", "packet(7)", [
    ...bound("s", "DGRAM", 0x0806),
    call("getsockname $s 32", { ret: 0, fields: { addr: `{${named(0x0806)}}`, addrlen: 18 } }),
  ]),
  testCase("getsockname: of an unbound socket, 12 bytes", "kernel packet_getname()", [
    open("s", "RAW", ETH_P_ALL),
    call("getsockname $s 20", { ret: 0, fields: { addr: "{1100 0003 z8}", addrlen: 12 } }),
  ]),
  testCase("getsockname: too little room is filled, the length is the real one", "getsockname(2)", [
    ...bound("s"),
    call("getsockname $s 8", { ret: 0, fields: { addr: "{1100 88b5 IF}", addrlen: 18 } }),
    call("getsockname $s 0", { ret: 0, fields: { addr: "", addrlen: 18 } }),
  ]),
  testCase("getsockname: a negative length is EINVAL", "getsockname(2)", [
    ...bound("s"),
    call("getsockname $s -1", fails("EINVAL")),
  ]),
  testCase("getsockname: null pointers are EFAULT", "getsockname(2)", [
    ...bound("s"),
    call("getsockname $s nolen", fails("EFAULT")),
    call("getsockname $s noaddr:20", fails("EFAULT")),
  ]),
];
