// recvmsg(), sendmsg(), readv(), writev(): several buffers, control messages, flags.

import {
  bound,
  empty,
  fails,
  frame,
  from,
  ll,
  losesNothing,
  OK,
  open,
  outgoing,
  PACKET,
  readable,
  receives,
  setInt,
  TEST_TYPE,
} from "../calls.js";
import { be16, le } from "../bytes.js";
import { arrives, call, type Case, check, inject, quiet, testCase, type Vars } from "../steps.js";

const MSG_TRUNC = 0x20;
const MSG_CTRUNC = 0x08;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const LONG = frame({ payload: "@1500:5" });
const to = ll({ protocol: TEST_TYPE, halen: 6, address: "PEER" });

interface Auxdata {
  status: number;
  len: number;
  snaplen: number;
  mac: number;
  net: number;
  tci: number;
  tpid: number;
}

/** The auxiliary data of a call that saved its control message as $aux. */
function auxdata({ aux }: Vars): Auxdata | undefined {
  const prefix = `${SOL_PACKET}:${PACKET_AUXDATA}:`;
  const bytes = Buffer.from(aux?.startsWith(prefix) ? aux.slice(prefix.length) : "", "hex");
  if (bytes.length !== 20) return undefined;
  const [status, len, snaplen] = [0, 4, 8].map((at) => bytes.readUInt32LE(at)) as [number, number, number];
  const [mac, net, tci, tpid] = [12, 14, 16, 18].map((at) => bytes.readUInt16LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return { status, len, snaplen, mac, net, tci, tpid };
}

const TP_STATUS_USER = 1;
const TP_STATUS_VLAN = 0x10 | 0x40;

function checkAuxdata(wanted: Partial<Auxdata>) {
  return check(`auxiliary data with ${JSON.stringify(wanted)}`, (vars) => {
    const got = auxdata(vars);
    return got !== undefined && Object.entries(wanted).every(([key, value]) => got[key as keyof Auxdata] === value);
  });
}

const withAuxdata = (name: string) => setInt(name, "SOL_PACKET", "PACKET_AUXDATA", 1);
const receiveAuxdata = (name: string, ret: number, room = 1540) =>
  call(`recvmsg $${name} 0 20 64 ${room}`, { ret }, { save: { aux: "cmsg" } });

export const messageCases: readonly Case[] = [
  testCase("recvmsg: one buffer, with the address", "recvmsg(2); Zephyr EOPNOTSUPP", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s 0 20 - 1540", {
      ret: 60,
      fields: { flags: 0, addrlen: 20, addr: `{${from(PACKET.HOST)}}`, data: `{${frame()}}`, controllen: 0 },
    }),
  ]),
  testCase("recvmsg: several buffers are filled in turn", "recvmsg(2); NuttX ENOTSUP", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s 0 - - 6 6 2 1000", {
      ret: 60,
      fields: { flags: 0, data: "{OWN},{PEER},88b5,{@46:1}" },
    }),
  ]),
  testCase("recvmsg: buffers of odd lengths, one of none", "recvmsg(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s 0 - - 1 0 12 3 1000", {
      ret: 60,
      fields: { data: /^..,,.{24},.{6},.{88}$/ },
    }),
  ]),
  testCase("recvmsg: several buffers with SOCK_DGRAM", "recvmsg(2)", [
    ...bound("d", "DGRAM"),
    inject(frame({ payload: "11223344 @42:1" })),
    call("recvmsg $d 0 20 - 2 2 1000", {
      ret: 46,
      fields: { data: "1122,3344,{@42:1}", addr: `{${from(PACKET.HOST)}}` },
    }),
  ]),
  testCase("recvmsg: too little room sets MSG_TRUNC", "recvmsg(2); packet(7)", [
    ...bound("s"),
    inject(LONG),
    call("recvmsg $s 0 - - 14 86", { ret: 100, fields: { flags: MSG_TRUNC, data: "{OWN PEER 88b5},{@86:5}" } }),
  ]),
  testCase("recvmsg: MSG_TRUNC gives the real length, too", "recvmsg(2)", [
    ...bound("s"),
    inject(LONG),
    call("recvmsg $s MSG_TRUNC - - 14 86", { ret: 1514, fields: { flags: MSG_TRUNC } }),
  ]),
  testCase("recvmsg: MSG_TRUNC with enough room leaves the flags clear", "recvmsg(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s MSG_TRUNC - - 60", { ret: 60, fields: { flags: 0 } }),
  ]),
  testCase("recvmsg: no buffer takes the frame", "recvmsg(2)", [
    ...bound("s"),
    inject(frame()),
    readable("s"),
    call("recvmsg $s 0 20 -", { ret: 0, fields: { flags: MSG_TRUNC, addr: `{${from(PACKET.HOST)}}` } }),
    empty("s"),
  ]),
  testCase("recvmsg: MSG_PEEK leaves the frame", "recvmsg(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s MSG_PEEK 20 - 10", { ret: 10, fields: { flags: MSG_TRUNC } }),
    call("recvmsg $s 0 20 - 1540", { ret: 60, fields: { flags: 0, data: `{${frame()}}` } }),
  ]),
  testCase("recvmsg: little room for the address is filled, the length is the real one", "recvmsg(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s 0 8 - 1540", { ret: 60, fields: { addrlen: 20, addr: "{1100 88b5 IF}" } }),
  ]),
  testCase("recvmsg: MSG_DONTWAIT on an empty queue is EAGAIN", "recvmsg(2)", [
    ...bound("s"),
    call("recvmsg $s MSG_DONTWAIT 20 64 100", fails("EAGAIN")),
  ]),
  testCase("recvmsg: waits for a frame", "recvmsg(2)", [
    ...bound("s"),
    call(
      "recvmsg $s 0 20 - 14 1000",
      { ret: 60, fields: { data: "{OWN PEER 88b5},{@46:1}" } },
      { meanwhile: [inject(frame())] },
    ),
  ]),
  testCase("recvmsg: unknown flags are EINVAL", "kernel packet_recvmsg()", [
    ...bound("s"),
    call("recvmsg $s MSG_OOB - - 100", fails("EINVAL")),
    call("recvmsg $s MSG_WAITALL - - 100", fails("EINVAL")),
  ]),
  testCase("recvmsg: more than 1024 buffers are EMSGSIZE", "recvmsg(2)", [
    ...bound("s"),
    call("recvmsg $s MSG_DONTWAIT - - 100 count:1025", fails("EMSGSIZE")),
  ]),
  testCase("recvmsg: a negative length of the address is EINVAL", "kernel __copy_msghdr()", [
    ...bound("s"),
    call("recvmsg $s MSG_DONTWAIT -1 - 100", fails("EINVAL")),
  ]),
  testCase("recvmsg: null pointers are EFAULT", "recvmsg(2)", [
    ...bound("s"),
    call("nomsg recvmsg $s", fails("EFAULT")),
    inject(frame()),
    readable("s"),
    call("recvmsg $s 0 - - -100", fails("EFAULT")),
  ]),
  testCase("recvmsg: a null pointer behind enough room is not touched", "recvmsg(2)", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s 0 - - 60 -100", { ret: 60, fields: { flags: 0 } }, { differs: losesNothing(fails("EFAULT")) }),
  ]),
  testCase("readv: several buffers", "readv(2)", [
    ...bound("s"),
    inject(frame()),
    call("readv $s 12 2 1000", { ret: 60, fields: { data: "{OWN PEER},88b5,{@46:1}" } }),
  ]),
  testCase("readv, writev: more than 1024 buffers are EINVAL", "readv(2)", [
    ...bound("s"),
    call("readv $s 100 count:1025", fails("EINVAL")),
    call("writev $s 00 count:1025", fails("EINVAL")),
  ]),
  testCase("writev: several buffers are one frame", "writev(2)", [
    ...bound("s"),
    call("writev $s {PEER} {OWN} 88b5 {@46:1}", { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendmsg: several buffers are one frame", "sendmsg(2)", [
    ...bound("s"),
    call("sendmsg $s 0 - - {PEER} {OWN 88} b5 {@46:1}", { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendmsg: buffers of odd lengths, one of none", "sendmsg(2)", [
    ...bound("s"),
    call("sendmsg $s 0 - - {PEER} 02 z0 030405 {@50:1}", { ret: 60 }),
    arrives("PEER 02 030405 @50:1"),
  ]),
  testCase("sendmsg: the longest frame in pieces, and one byte more", "sendmsg(2)", [
    ...bound("s"),
    call("sendmsg $s 0 - - {PEER OWN 88b5} {@700:1} {@800:2}", { ret: 1514 }),
    arrives("PEER OWN 88b5 @700:1 @800:2"),
    call("sendmsg $s 0 - - {PEER OWN 88b5} {@700:1} {@801:2}", fails("EMSGSIZE")),
  ]),
  testCase("sendmsg: SOCK_RAW with an address, unbound", "packet(7)", [
    open("s", "RAW", 0),
    call(`sendmsg $s 0 {${ll()}} - {PEER OWN 88b5} {@46:1}`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendmsg: SOCK_DGRAM with an address", "packet(7)", [
    open("d", "DGRAM", 0),
    call(`sendmsg $d 0 {${to}} - 1122 {@44:1}`, { ret: 46 }),
    arrives(outgoing({ payload: "1122 @44:1" })),
  ]),
  testCase("sendmsg: SOCK_DGRAM without buffers is a header alone", "kernel packet_snd()", [
    open("d", "DGRAM", 0),
    call(`sendmsg $d 0 {${to}} -`, { ret: 0 }),
    arrives("PEER OWN 88b5"),
  ]),
  testCase("sendmsg: no bytes are EINVAL with SOCK_RAW", "kernel packet_snd()", [
    ...bound("s"),
    call("sendmsg $s 0 - -", fails("EINVAL")),
    call("sendmsg $s 0 - - z0 z0", fails("EINVAL")),
  ]),
  testCase("sendmsg: fewer bytes than a header in all are EINVAL", "kernel packet_snd()", [
    ...bound("s"),
    call("sendmsg $s 0 - - {PEER} {OWN} 88", fails("EINVAL")),
    quiet,
  ]),
  testCase("sendmsg: a short address is EINVAL", "kernel packet_snd()", [
    ...bound("s"),
    call(`sendmsg $s 0 {1100 88b5 IF} - {${outgoing()}}`, fails("EINVAL")),
  ]),
  testCase("sendmsg: more than 1024 buffers are EMSGSIZE", "sendmsg(2)", [
    ...bound("s"),
    call("sendmsg $s 0 - - 00 count:1025", fails("EMSGSIZE")),
  ]),
  testCase("sendmsg: null pointers are EFAULT, and nothing is sent", "sendmsg(2)", [
    ...bound("s"),
    call("nomsg sendmsg $s", fails("EFAULT")),
    call("sendmsg $s 0 - - {PEER OWN 88b5} -", fails("EFAULT")),
    quiet,
  ]),
  testCase("sendmsg: control messages of other levels are ignored", "kernel sock_cmsg_send()", [
    ...bound("s"),
    call(`sendmsg $s 0 - 77:1:00000000 {${outgoing()}}`, { ret: 60 }),
    arrives(outgoing()),
  ]),
  testCase("sendmsg: an unknown control message of SOL_SOCKET is EINVAL", "kernel __sock_cmsg_send()", [
    ...bound("s"),
    call(`sendmsg $s 0 - SOL_SOCKET:9999:00000000 {${outgoing()}}`, fails("EINVAL")),
    quiet,
  ]),
  testCase("sendmsg: a control message that would do nothing", "kernel __sock_cmsg_send(): SO_MARK", [
    ...bound("s"),
    // The frame is too long, so that it does not leave.
    call(`sendmsg $s 0 - SOL_SOCKET:36:00000000 {${outgoing({ payload: "@1501:1" })}}`, fails("EMSGSIZE"), {
      differs: { expect: fails("EINVAL"), reason: "an option that would do nothing is refused" },
    }),
  ]),
  testCase("sendmsg: a malformed control message is EINVAL", "kernel sock_cmsg_send()", [
    ...bound("s"),
    call(`sendmsg $s 0 - short {${outgoing()}}`, fails("EINVAL")),
    quiet,
  ]),
  testCase("auxdata: none unless asked for", "packet(7)", [
    ...bound("s"),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { controllen: 0, cmsg: null, flags: 0 } }),
  ]),
  testCase("auxdata: lengths and offsets", "packet(7)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(LONG),
    receiveAuxdata("s", 1514),
    checkAuxdata({ len: 1514, snaplen: 1514, mac: 0, net: 14, tci: 0, tpid: 0 }),
    check("TP_STATUS_USER and no VLAN", (vars) => ((auxdata(vars)?.status ?? 0) & 0x51) === TP_STATUS_USER),
  ]),
  testCase("auxdata: with SOCK_DGRAM", "packet(7)", [
    ...bound("d", "DGRAM"),
    withAuxdata("d"),
    inject(LONG),
    receiveAuxdata("d", 1500),
    checkAuxdata({ len: 1500, snaplen: 1500, mac: 0, net: 0, tci: 0, tpid: 0 }),
  ]),
  testCase("auxdata: tells the real length of what was cut", "packet(7)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(LONG),
    receiveAuxdata("s", 100, 100),
    checkAuxdata({ len: 1514, snaplen: 1514 }),
  ]),
  testCase("auxdata: the VLAN tag that was taken out", "packet(7); coverage: options", [
    ...bound("s", "RAW", 3),
    withAuxdata("s"),
    inject(`OWN PEER 8100 ${be16(0xa005)} 88b5 @46:1`),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { data: `{${frame()}}` } }, { save: { aux: "cmsg" } }),
    checkAuxdata({ tci: 0xa005, tpid: 0x8100, len: 60, snaplen: 60 }),
    check("the tag is valid", (vars) => ((auxdata(vars)?.status ?? 0) & 0x51) === (TP_STATUS_USER | TP_STATUS_VLAN)),
  ]),
  testCase("auxdata: an 802.1ad tag", "packet(7)", [
    ...bound("s", "RAW", 3),
    withAuxdata("s"),
    inject(`OWN PEER 88a8 ${be16(0x0007)} 88b5 @46:1`),
    receiveAuxdata("s", 60),
    checkAuxdata({ tci: 7, tpid: 0x88a8 }),
  ]),
  testCase("auxdata: a priority tag of zeros is a tag", "packet(7)", [
    ...bound("s", "RAW", 3),
    withAuxdata("s"),
    inject("OWN PEER 8100 0000 88b5 @46:1"),
    receiveAuxdata("s", 60),
    check("the tag is valid", (vars) => ((auxdata(vars)?.status ?? 0) & 0x51) === (TP_STATUS_USER | TP_STATUS_VLAN)),
  ]),
  testCase("auxdata: a socket of one protocol is told no tag", "kernel __netif_receive_skb_core()", [
    ...bound("s"),
    withAuxdata("s"),
    inject(`OWN PEER 8100 ${be16(0xa005)} 88b5 @46:1`),
    receiveAuxdata("s", 60),
    check("no tag", (vars) => ((auxdata(vars)?.status ?? 0) & 0x51) === TP_STATUS_USER && auxdata(vars)?.tci === 0),
  ]),
  testCase("auxdata: of an outgoing frame", "packet(7)", [
    ...bound("s"),
    ...bound("t", "RAW", 3),
    withAuxdata("t"),
    call(`send $s {${outgoing()}} 0`, { ret: 60 }),
    arrives(outgoing()),
    receiveAuxdata("t", 60),
    checkAuxdata({ len: 60, snaplen: 60, tci: 0, tpid: 0 }),
  ]),
  testCase("auxdata: too little room sets MSG_CTRUNC", "recvmsg(2)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(frame()),
    call("recvmsg $s 0 20 4 1540", { ret: 60, fields: { flags: MSG_CTRUNC, data: `{${frame()}}` } }),
  ]),
  testCase("auxdata: room for a part of it gives that part and MSG_CTRUNC", "recvmsg(2)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(frame()),
    call("recvmsg $s 0 20 data:8 1540", { ret: 60, fields: { flags: MSG_CTRUNC, cmsg: /^263:8:.{8}3c000000$/ } }),
  ]),
  testCase("auxdata: no room at all sets MSG_CTRUNC", "recvmsg(2)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(frame()),
    call("recvmsg $s 0 20 - 1540", { ret: 60, fields: { flags: MSG_CTRUNC } }),
  ]),
  testCase("auxdata: just enough room", "recvmsg(2)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(frame()),
    call("recvmsg $s 0 20 data:20 1540", { ret: 60, fields: { flags: 0, cmsg: /^263:8:.{40}$/ } }),
  ]),
  testCase("auxdata: both truncations at once", "recvmsg(2)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(frame()),
    call("recvmsg $s 0 20 4 10", { ret: 10, fields: { flags: MSG_CTRUNC | MSG_TRUNC } }),
  ]),
  testCase("auxdata: with MSG_PEEK", "recvmsg(2)", [
    ...bound("s"),
    withAuxdata("s"),
    inject(frame()),
    call("recvmsg $s MSG_PEEK 20 64 1540", { ret: 60, fields: { cmsg: /^263:8:.{40}$/ } }),
    receives("s", frame(), 60),
  ]),
  testCase("auxdata: turned off again", "packet(7)", [
    ...bound("s"),
    withAuxdata("s"),
    setInt("s", "SOL_PACKET", "PACKET_AUXDATA", 0, OK),
    inject(frame()),
    call("recvmsg $s 0 20 64 1540", { ret: 60, fields: { cmsg: null, controllen: 0 } }),
    call(`getsockopt $s SOL_PACKET PACKET_AUXDATA 4`, { ret: 0, fields: { value: `{${le(0, 4)}}` } }),
  ]),
];
