// send(), write(), sendto(): which frames reach the wire, and which are refused.

import { be16 } from "../bytes.js";
import {
  bound,
  BROADCAST,
  fails,
  frame,
  GROUP,
  ll,
  open,
  outgoing,
  readable,
  receives,
  sends,
  TEST_TYPE,
} from "../calls.js";
import { arrives, call, type Case, inject, quiet, testCase, times } from "../steps.js";

const LONG = outgoing({ payload: "@1500:5" });

/** The address to which SOCK_DGRAM sends. */
function to(address: string, protocol = TEST_TYPE, ifindex = "IF"): string {
  return ll({ protocol, ifindex, halen: 6, address });
}

function tagged(payload: string): string {
  return `PEER OWN 8100 0005 88b5 ${payload}`;
}

export const sendCases: readonly Case[] = [
  testCase("send: SOCK_RAW sends the frame as it is", "packet(7)", [
    ...bound("s"),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("send: write() is send() without flags", "write(2)", [
    ...bound("s"),
    call(`write $s {${outgoing()}}`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("send: the source address is the caller's", "packet(7)", [
    ...bound("s"),
    sends("s", outgoing({ src: "02aabbccddee" }), 60),
    arrives(outgoing({ src: "02aabbccddee" })),
  ]),
  testCase("send: the EtherType is the caller's, not the bound one", "packet(7)", [
    ...bound("s"),
    sends("s", outgoing({ type: 0x8892 }), 60),
    arrives(outgoing({ type: 0x8892 })),
  ]),
  testCase("send: to everybody and to a group", "packet(7)", [
    ...bound("s"),
    sends("s", outgoing({ dst: BROADCAST }), 60),
    sends("s", outgoing({ dst: GROUP }), 60),
    arrives(outgoing({ dst: BROADCAST })),
    arrives(outgoing({ dst: GROUP })),
  ]),
  testCase("send: a socket of protocol 0 can send", "packet(7)", [
    ...bound("s", "RAW", 0),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("send: the longest frame", "packet(7)", [...bound("s"), sends("s", LONG, 1514), arrives(LONG)]),
  testCase("send: every length from 60 to 75", "MACs with word-wise FIFOs", [
    ...bound("s"),
    ...Array.from({ length: 16 }, (_, i) => [
      sends("s", outgoing({ payload: `@${46 + i}:${i}` }), 60 + i),
      arrives(outgoing({ payload: `@${46 + i}:${i}` })),
    ]).flat(),
  ]),
  testCase("send: one byte more than the MTU allows is EMSGSIZE", "packet(7); NuttX overruns a buffer", [
    ...bound("s"),
    call(`send $s {${outgoing({ payload: "@1501:1" })}} 0`, fails("EMSGSIZE")),
    call(`send $s {${outgoing({ payload: "@1504:1" })}} 0`, fails("EMSGSIZE")),
    call(`send $s {${outgoing({ payload: "@1505:1" })}} 0`, fails("EMSGSIZE")),
    call(`send $s {${outgoing({ payload: "@1586:1" })}} 0`, fails("EMSGSIZE")),
    quiet,
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("send: a VLAN tag adds 4 bytes to the longest frame", "kernel packet_extra_vlan_len_allowed()", [
    ...bound("s"),
    sends("s", tagged("@1500:1"), 1518),
    arrives(tagged("@1500:1")),
    call(`send $s {${tagged("@1501:1")}} 0`, fails("EMSGSIZE")),
  ]),
  testCase("send: only 802.1Q adds 4 bytes, 802.1ad does not", "kernel packet_extra_vlan_len_allowed()", [
    ...bound("s"),
    call("send $s {PEER OWN 88a8 0005 88b5 @1500:1} 0", fails("EMSGSIZE")),
  ]),
  testCase("send: shorter than the header is EINVAL", "packet(7); Zephyr and NuttX send it", [
    ...bound("s"),
    call("send $s {PEER OWN 88} 0", fails("EINVAL")),
    call("send $s 00 0", fails("EINVAL")),
    quiet,
  ]),
  testCase("send: nothing is EINVAL", "kernel packet_snd()", [
    ...bound("s"),
    call("send $s z0 0", fails("EINVAL")),
    call("write $s z0", fails("EINVAL")),
  ]),
  testCase("send: a header alone, filled up with zeros", "coverage: sending", [
    ...bound("s"),
    sends("s", "PEER OWN 88b5", 14),
    arrives("PEER OWN 88b5"),
  ]),
  testCase("send: short frames are filled up with zeros, never with old memory", "coverage: sending", [
    ...bound("s"),
    ...times(6, (i) => [
      sends("s", outgoing({ payload: `@1500:${i}` }), 1514),
      arrives(outgoing({ payload: `@1500:${i}` })),
    ]),
    ...times(12, (i) => [
      sends("s", outgoing({ payload: `@${i * 4}:9` }), 14 + i * 4),
      arrives(outgoing({ payload: `@${i * 4}:9` })),
    ]),
  ]),
  testCase("send: 59 and 60 bytes", "IEEE 802.3", [
    ...bound("s"),
    sends("s", outgoing({ payload: "@45:1" }), 59),
    sends("s", outgoing({ payload: "@46:1" }), 60),
    arrives(outgoing({ payload: "@45:1" })),
    arrives(outgoing({ payload: "@46:1" })),
  ]),
  testCase("send: an unbound socket is ENXIO", "packet(7); kernel packet_snd()", [
    open("s", "RAW", TEST_TYPE),
    call(`send $s {${outgoing()}} 0`, fails("ENXIO")),
    call(`write $s {${outgoing()}}`, fails("ENXIO")),
    open("d", "DGRAM", TEST_TYPE),
    call("send $d 00 0", fails("ENXIO")),
  ]),
  testCase("send: a null pointer is EFAULT, and nothing is sent", "send(2)", [
    ...bound("s"),
    call("send $s - 0 60", fails("EFAULT")),
    call("write $s - 60", fails("EFAULT")),
    quiet,
    sends("s", outgoing(), 60),
    arrives(outgoing()),
  ]),
  testCase("send: MSG_DONTWAIT, MSG_DONTROUTE and MSG_NOSIGNAL", "send(2)", [
    ...bound("s"),
    sends("s", outgoing({ payload: "@46:1" }), 60, "MSG_DONTWAIT"),
    arrives(outgoing({ payload: "@46:1" })),
    sends("s", outgoing({ payload: "@46:2" }), 60, "MSG_DONTROUTE"),
    arrives(outgoing({ payload: "@46:2" })),
    sends("s", outgoing({ payload: "@46:3" }), 60, "MSG_NOSIGNAL"),
    arrives(outgoing({ payload: "@46:3" })),
  ]),
  testCase("send: unknown flags are accepted", "kernel packet_snd()", [
    ...bound("s"),
    sends("s", outgoing(), 60, "MSG_OOB|MSG_CTRUNC"),
    arrives(outgoing()),
  ]),
  testCase("send: more frames than buffers, in order", "coverage: sending", [
    ...bound("s"),
    ...times(60, (i) => [
      sends("s", outgoing({ payload: `@${46 + i * 20}:${i}` }), 60 + i * 20),
      arrives(outgoing({ payload: `@${46 + i * 20}:${i}` })),
    ]),
  ]),
  testCase("send: a burst without reading it, in order", "coverage: sending", [
    ...bound("s"),
    ...times(30, (i) => [sends("s", outgoing({ payload: `@1486:${i}` }), 1500)]),
    ...times(30, (i) => [arrives(outgoing({ payload: `@1486:${i}` }))]),
  ]),
  testCase("send: a reply to each frame, with the receive queue full", "coverage: sending", [
    ...bound("s"),
    ...times(24, () => [inject(frame({ payload: "@1400:1" }))]),
    readable("s"),
    ...times(24, (i) => [
      sends("s", outgoing({ payload: `@46:${i}` }), 60),
      arrives(outgoing({ payload: `@46:${i}` })),
    ]),
    receives("s", frame({ payload: "@1400:1" }), 1414),
  ]),
  testCase("sendto: SOCK_RAW without an address is send()", "packet(7)", [
    ...bound("s"),
    call(`sendto $s {${outgoing()}} 0 -`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendto: SOCK_RAW with an address, unbound", "packet(7); NuttX EAFNOSUPPORT", [
    open("s", "RAW", 0),
    call(`sendto $s {${outgoing()}} 0 {${ll({})}}`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendto: with SOCK_RAW the address changes nothing in the frame", "packet(7)", [
    open("s", "RAW", 0),
    call(`sendto $s {${outgoing()}} 0 {${to(BROADCAST, 0x0800)}}`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendto: an unknown interface is ENXIO", "kernel packet_snd()", [
    ...bound("s"),
    call(`sendto $s {${outgoing()}} 0 {${to("PEER", TEST_TYPE, "e7030000")}}`, fails("ENXIO")),
    call(`sendto $s {${outgoing()}} 0 {${to("PEER", TEST_TYPE, "z4")}}`, fails("ENXIO")),
    call(`sendto $s {${outgoing()}} 0 {${to("PEER", TEST_TYPE, "ffffffff")}}`, fails("ENXIO")),
  ]),
  testCase("sendto: an address shorter than sockaddr_ll is EINVAL", "kernel packet_snd()", [
    ...bound("s"),
    ...bound("d", "DGRAM"),
    call(`sendto $s {${outgoing()}} 0 {${to("PEER")}} 19`, fails("EINVAL")),
    call(`sendto $d {@46:1} 0 {${to("PEER")}} 19`, fails("EINVAL")),
    call(`sendto $d {@46:1} 0 {${to("PEER")}} 18`, fails("EINVAL")),
    call(`sendto $s {${outgoing()}} 0 {${to("PEER")}} 0`, fails("EINVAL")),
    quiet,
  ]),
  testCase("sendto: a length beyond sockaddr_storage, or negative, is EINVAL", "sendto(2)", [
    ...bound("s"),
    call(`sendto $s {${outgoing()}} 0 {${to("PEER")} z108} 129`, fails("EINVAL")),
    call(`sendto $s {${outgoing()}} 0 {${to("PEER")}} -1`, fails("EINVAL")),
  ]),
  testCase("sendto: a halen that the address does not hold is EINVAL", "kernel packet_snd()", [
    ...bound("s"),
    call(`sendto $s {${outgoing()}} 0 {${ll({ halen: 8, address: "PEER" })}}`, { ret: 60 }),
    arrives(outgoing()),
    call(`sendto $s {${outgoing()}} 0 {${ll({ halen: 9, address: "PEER" })}}`, fails("EINVAL")),
  ]),
  testCase("sendto: the address's family is not looked at", "kernel packet_snd()", [
    open("s", "RAW", 0),
    call(`sendto $s {${outgoing()}} 0 {${ll({ family: 0 })}}`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendto: no pointer but a length of the address is send()", "kernel __sys_sendto()", [
    ...bound("s"),
    call(`sendto $s {${outgoing()}} 0 - 20`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendto: SOCK_DGRAM builds the header", "packet(7); NuttX's page, second program", [
    ...bound("d", "DGRAM"),
    call(`sendto $d {@46:1} 0 {${to("PEER")}}`, { ret: 46 }),
    arrives(outgoing({ payload: "@46:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM, to everybody", "packet(7)", [
    ...bound("d", "DGRAM"),
    call(`sendto $d {@46:1} 0 {${to(BROADCAST)}}`, { ret: 46 }),
    arrives(outgoing({ dst: BROADCAST, payload: "@46:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM takes the address's protocol, not the bound one", "packet(7)", [
    ...bound("d", "DGRAM"),
    call(`sendto $d {@46:1} 0 {${to("PEER", 0x0806)}}`, { ret: 46 }),
    arrives(outgoing({ type: 0x0806, payload: "@46:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM with protocol 0 in the address sends EtherType 0", "kernel packet_snd()", [
    ...bound("d", "DGRAM"),
    call(`sendto $d {@46:1} 0 {${to("PEER", 0)}}`, { ret: 46 }),
    arrives(outgoing({ type: 0, payload: "@46:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM, unbound", "packet(7)", [
    open("d", "DGRAM", 0),
    call(`sendto $d {@46:1} 0 {${to("PEER")}}`, { ret: 46 }),
    arrives(outgoing({ payload: "@46:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM does not look at halen", "kernel packet_snd()", [
    open("d", "DGRAM", 0),
    call(`sendto $d {@46:1} 0 {${ll({ protocol: TEST_TYPE, halen: 0, address: "PEER" })}}`, { ret: 46 }),
    arrives(outgoing({ payload: "@46:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM with ETH_P_802_2 or ETH_P_802_3 sends the length", "kernel eth_header()", [
    open("d", "DGRAM", 0),
    call(`sendto $d {4242 03 @43:1} 0 {${to("PEER", 4)}}`, { ret: 46 }),
    arrives(outgoing({ type: be16(46), payload: "4242 03 @43:1" })),
    call(`sendto $d {ffff @98:1} 0 {${to("PEER", 1)}}`, { ret: 100 }),
    arrives(outgoing({ type: be16(100), payload: "ffff @98:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM, nothing is a header alone", "kernel packet_snd()", [
    open("d", "DGRAM", 0),
    call(`sendto $d z0 0 {${to("PEER")}}`, { ret: 0 }),
    arrives("PEER OWN 88b5"),
  ]),
  testCase("sendto: SOCK_DGRAM, the longest payload and one byte more", "packet(7); Zephyr does not check", [
    open("d", "DGRAM", 0),
    call(`sendto $d {@1500:5} 0 {${to("PEER")}}`, { ret: 1500 }),
    arrives(LONG),
    call(`sendto $d {@1501:5} 0 {${to("PEER")}}`, fails("EMSGSIZE")),
    call(`sendto $d {@1504:5} 0 {${to("PEER")}}`, fails("EMSGSIZE")),
    call(`sendto $d {@1505:5} 0 {${to("PEER")}}`, fails("EMSGSIZE")),
    quiet,
  ]),
  testCase("sendto: SOCK_DGRAM with ETH_P_8021Q has 4 bytes more", "kernel packet_extra_vlan_len_allowed()", [
    open("d", "DGRAM", 0),
    call(`sendto $d {0005 88b5 @1500:1} 0 {${to("PEER", 0x8100)}}`, { ret: 1504 }),
    arrives(tagged("@1500:1")),
    call(`sendto $d {0005 88b5 @1501:1} 0 {${to("PEER", 0x8100)}}`, fails("EMSGSIZE")),
  ]),
  testCase("sendto: SOCK_DGRAM fills short frames up with zeros", "coverage: sending", [
    open("d", "DGRAM", 0),
    call(`sendto $d {@1500:5} 0 {${to("PEER")}}`, { ret: 1500 }),
    arrives(LONG),
    call(`sendto $d {@7:1} 0 {${to("PEER")}}`, { ret: 7 }),
    arrives(outgoing({ payload: "@7:1" })),
  ]),
  testCase("sendto: SOCK_DGRAM, a null pointer is EFAULT", "sendto(2)", [
    open("d", "DGRAM", 0),
    call(`sendmsg $d 0 {${to("PEER")}} - -`, fails("EFAULT")),
    quiet,
  ]),
  testCase("send: SOCK_DGRAM without an address is EINVAL", "kernel packet_snd(), eth_header()", [
    ...bound("d", "DGRAM"),
    call("send $d {@46:1} 0", fails("EINVAL")),
    call("write $d {@46:1}", fails("EINVAL")),
    call("sendto $d {@46:1} 0 -", fails("EINVAL")),
    quiet,
  ]),
];
