// SO_TIMESTAMPING: stamps of received frames, and those of sent frames in the error queue.

import { bound, empty, ETH_P_ALL, fails, frame, getInt, OK, outgoing, receives, sends, setInt } from "../calls.js";
import { ll, TEST_TYPE } from "../calls.js";
import { le } from "../bytes.js";
import {
  arrives,
  call,
  type CallStep,
  type Case,
  check,
  type Expect,
  inject,
  type Options,
  quiet,
  type Step,
  testCase,
  times,
} from "../steps.js";

const F = {
  TX_HARDWARE: 1,
  TX_SOFTWARE: 2,
  RX_HARDWARE: 4,
  RX_SOFTWARE: 8,
  SOFTWARE: 16,
  SYS_HARDWARE: 32,
  RAW_HARDWARE: 64,
  OPT_ID: 128,
  TX_SCHED: 256,
  TX_ACK: 512,
  OPT_CMSG: 1024,
  OPT_TSONLY: 2048,
  OPT_STATS: 4096,
  OPT_TX_SWHW: 16384,
  BIND_PHC: 32768,
} as const;
const RECEIVED = F.RX_SOFTWARE | F.SOFTWARE;
const SENT = F.TX_SOFTWARE | F.SOFTWARE;

const MSG_CTRUNC = 0x08;
const MSG_TRUNC = 0x20;
const MSG_ERRQUEUE = 0x2000;
const POLLPRI = 2;
const POLLERR = 8;

/** SCM_TIMESTAMPING with a time of the system's clock only; one that is not 0. */
const SOFTWARE = String.raw`1:37:(?!0\.0{9}/)\d+\.\d{9}/0\.0{9}/0\.0{9}`;
/** PACKET_TX_TIMESTAMP: ENOMSG, SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_SND, and a number for OPT_ID. */
const sent = (id: number): string => `263:16:42,4,0,0,0,${id}`;

const whole = (...messages: readonly string[]): RegExp => new RegExp(`^${messages.join(" ")}$`);

function timestamping(name: string, flags: number, expect: Expect = OK): CallStep {
  return setInt(name, "SOL_SOCKET", "SO_TIMESTAMPING", flags, expect);
}

/** recvmsg() of the next message of the error queue. */
function message(name: string, ret: number, fields: Expect["fields"] = {}, options: Options = {}): CallStep {
  const flags = MSG_ERRQUEUE;
  return call(
    `recvmsg $${name} ${MSG_ERRQUEUE} 20 200 1540`,
    { ret, fields: { flags, addrlen: 0, ...fields } },
    options,
  );
}

function noMessage(name: string): CallStep {
  return call(`recvmsg $${name} ${MSG_ERRQUEUE} 20 200 1540`, fails("EAGAIN"));
}

/** recvmsg() of a frame with its time. Linux turns stamps on in the background: its first frames may lack them. */
function receivesStamped(name: string): CallStep {
  return call(
    `recvmsg $${name} 0 20 128 1540`,
    { ret: 60, fields: { flags: 0 } },
    {
      differs: {
        expect: { ret: 60, fields: { flags: 0, cmsg: whole(SOFTWARE) } },
        reason: "stamps begin with the next frame",
      },
    },
  );
}

/** Waits for a message in the error queue: of the driver, that a frame was sent. */
function stamped(name: string, revents: number = POLLERR): CallStep {
  return call(`poll 5000 $${name}:0`, { ret: 1, fields: { revents } });
}

function sendsOne(name: string): Step[] {
  return [sends(name, outgoing(), 60), arrives(outgoing()), stamped(name)];
}

function refused(flags: number, errno: string): Case {
  return testCase(`time stamps: SO_TIMESTAMPING ${flags} is ${errno}`, "kernel sock_set_timestamping()", [
    ...bound("s"),
    timestamping("s", F.SOFTWARE),
    timestamping("s", flags, fails(errno)),
    getInt("s", "SOL_SOCKET", "SO_TIMESTAMPING", F.SOFTWARE),
  ]);
}

/** The request with a struct hwtstamp_config: flags, tx_type, rx_filter. */
function hwConfig(request: string, config: readonly [number, number, number], errno: string): CallStep {
  return call(`ioctl $s ${request} data:$NAME:{${config.map((word) => le(word, 4)).join(" ")}}`, fails(errno));
}

export const stampCases: readonly Case[] = [
  testCase("time stamps: SO_TIMESTAMPING is told back", "kernel sock_getsockopt()", [
    ...bound("s"),
    getInt("s", "SOL_SOCKET", "SO_TIMESTAMPING", 0),
    ...[RECEIVED, F.RX_HARDWARE | F.RAW_HARDWARE | F.SYS_HARDWARE, F.OPT_ID, F.OPT_CMSG, F.OPT_TSONLY, 0].flatMap(
      (flags) => [timestamping("s", flags), getInt("s", "SOL_SOCKET", "SO_TIMESTAMPING", flags)],
    ),
    timestamping("s", F.RX_SOFTWARE | F.OPT_TSONLY | F.OPT_STATS | F.OPT_TX_SWHW),
    call("getsockopt $s SOL_SOCKET SO_TIMESTAMPING 16", { ret: 0, fields: { len: 8, value: "{08580000 z4}" } }),
    call("getsockopt $s SOL_SOCKET SO_TIMESTAMPING 2", { ret: 0, fields: { len: 2, value: "{0858}" } }),
    call(`setsockopt $s SOL_SOCKET SO_TIMESTAMPING {${le(F.SOFTWARE, 4)} z4}`, OK),
    getInt("s", "SOL_SOCKET", "SO_TIMESTAMPING", F.SOFTWARE),
    call("setsockopt $s SOL_SOCKET SO_TIMESTAMPING {000000}", fails("EINVAL")),
  ]),
  refused(F.OPT_STATS, "EINVAL"),
  refused(2 ** 31, "EINVAL"),
  refused(F.BIND_PHC | F.SOFTWARE, "EOPNOTSUPP"),
  testCase("time stamps: SOF_TIMESTAMPING_TX_SCHED", "kernel sock_set_timestamping()", [
    ...bound("s"),
    call(`setsockopt $s SOL_SOCKET SO_TIMESTAMPING {${le(F.TX_SCHED, 4)}}`, OK, {
      differs: { expect: fails("EINVAL"), reason: "there is no queueing discipline that a frame could enter" },
    }),
  ]),
  testCase("time stamps: SO_TIMESTAMPING, of a received frame", "kernel __sock_recv_timestamp()", [
    ...bound("s"),
    timestamping("s", RECEIVED),
    inject(frame()),
    receivesStamped("s"),
  ]),
  testCase("time stamps: SO_TIMESTAMPING, not reported unless asked for", "kernel __sock_recv_timestamp()", [
    ...bound("s"),
    timestamping("s", F.RX_SOFTWARE),
    inject(frame()),
    call("recvmsg $s 0 20 128 1540", { ret: 60, fields: { cmsg: null } }),
    timestamping("s", F.RX_HARDWARE | F.RAW_HARDWARE),
    inject(frame()),
    call("recvmsg $s 0 20 128 1540", { ret: 60, fields: { cmsg: null } }),
    timestamping("s", 0),
    inject(frame()),
    call("recvmsg $s 0 20 128 1540", { ret: 60, fields: { cmsg: null } }),
  ]),
  testCase("time stamps: SO_TIMESTAMPING, another socket's are there", "kernel __sock_recv_timestamp()", [
    ...bound("s"),
    ...bound("t"),
    timestamping("s", F.SOFTWARE),
    timestamping("t", F.RX_SOFTWARE),
    inject(frame()),
    receivesStamped("s"),
  ]),
  testCase("time stamps: SO_TIMESTAMPING behind SO_TIMESTAMPNS, the same time", "kernel __sock_recv_timestamp()", [
    ...bound("s"),
    setInt("s", "SOL_SOCKET", "SO_TIMESTAMPNS", 1),
    timestamping("s", RECEIVED | F.OPT_CMSG),
    setInt("s", "SOL_PACKET", "PACKET_AUXDATA", 1),
    inject(frame()),
    call("recvmsg $s 0 20 200 1540", {
      ret: 60,
      fields: { cmsg: new RegExp(String.raw`^1:35:(\d+\.\d{9}) 1:37:\1/0\.0{9}/0\.0{9} 263:8:.{40}$`), flags: 0 },
    }),
  ]),
  testCase("time stamps: SO_TIMESTAMPING, of outgoing frames", "kernel dev_queue_xmit_nit()", [
    ...bound("s"),
    ...bound("t", "RAW", ETH_P_ALL),
    timestamping("t", RECEIVED),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    receivesStamped("t"),
  ]),
  testCase("error queue: a sent frame with its stamp", "kernel sock_recv_errqueue()", [
    ...bound("s"),
    noMessage("s"),
    timestamping("s", SENT | F.TX_ACK),
    getInt("s", "SOL_SOCKET", "SO_TIMESTAMPING", SENT | F.TX_ACK),
    noMessage("s"),
    ...sendsOne("s"),
    message("s", 60, { cmsg: whole(SOFTWARE, sent(0)), data: `{${outgoing()}}` }),
    noMessage("s"),
    call("poll 0 $s:POLLIN", { ret: 0 }),
  ]),
  testCase("error queue: SOCK_DGRAM gets the header, too", "kernel sock_recv_errqueue()", [
    ...bound("s", "DGRAM"),
    timestamping("s", SENT),
    call(`sendto $s {@20:1} 0 {${ll({ protocol: TEST_TYPE, halen: 6, address: "PEER" })}}`, { ret: 20 }),
    arrives(outgoing({ payload: "@20:1" })),
    stamped("s"),
    message("s", 34, { cmsg: whole(SOFTWARE, sent(0)), data: `{${outgoing({ payload: "@20:1" })}}` }),
  ]),
  testCase("error queue: nothing unless asked for", "kernel skb_tx_timestamp()", [
    ...bound("s"),
    timestamping("s", F.SOFTWARE | F.OPT_ID | F.RAW_HARDWARE),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    quiet,
    noMessage("s"),
  ]),
  testCase("error queue: without SOF_TIMESTAMPING_SOFTWARE a message without a time", "kernel sock_recv_errqueue()", [
    ...bound("s"),
    timestamping("s", F.TX_SOFTWARE),
    ...sendsOne("s"),
    message("s", 60, { cmsg: sent(0) }),
  ]),
  testCase("error queue: without hardware SOF_TIMESTAMPING_TX_HARDWARE gives nothing", "kernel skb_tx_timestamp()", [
    ...bound("s"),
    timestamping("s", F.TX_HARDWARE | F.RAW_HARDWARE),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    quiet,
    noMessage("s"),
    timestamping("s", F.TX_HARDWARE | F.RAW_HARDWARE | SENT),
    ...sendsOne("s"),
    message("s", 60, { cmsg: whole(SOFTWARE, sent(0)) }),
    noMessage("s"),
  ]),
  testCase("error queue: SOF_TIMESTAMPING_OPT_ID counts the frames", "kernel skb_setup_tx_timestamp()", [
    ...bound("s"),
    timestamping("s", SENT | F.OPT_ID),
    ...times(3, (i) => [...sendsOne("s"), message("s", 60, { cmsg: whole(SOFTWARE, sent(i)) })]),
    timestamping("s", SENT | F.OPT_ID | F.OPT_TSONLY),
    ...sendsOne("s"),
    message("s", 0, { cmsg: whole(SOFTWARE, sent(3)), data: "" }),
    timestamping("s", SENT),
    timestamping("s", SENT | F.OPT_ID),
    ...sendsOne("s"),
    message("s", 60, { cmsg: whole(SOFTWARE, sent(0)) }),
  ]),
  testCase("error queue: messages come in the order of sending", "kernel sock_queue_err_skb()", [
    ...bound("s"),
    timestamping("s", SENT | F.OPT_ID | F.OPT_TSONLY | F.OPT_CMSG),
    ...times(4, () => [sends("s", outgoing(), 60), arrives(outgoing())]),
    ...times(4, (i) => [
      stamped("s"),
      message("s", 0, { cmsg: whole(SOFTWARE, sent(i)) }, { save: { [`stamp${i}`]: "cmsg" } }),
    ]),
    check("no stamp is earlier than the one before", (vars) => {
      const stamp = (i: number): bigint => BigInt(/^1:37:([\d.]+)/.exec(vars[`stamp${i}`]!)![1]!.replace(".", ""));
      return [1, 2, 3].every((i) => stamp(i) >= stamp(i - 1));
    }),
  ]),
  testCase("error queue: a short buffer truncates the frame, and MSG_PEEK takes it", "kernel sock_recv_errqueue()", [
    ...bound("s"),
    timestamping("s", SENT),
    ...sendsOne("s"),
    call(`recvmsg $s ${MSG_ERRQUEUE} 20 200 10`, { ret: 10, fields: { flags: MSG_ERRQUEUE | MSG_TRUNC } }),
    ...sendsOne("s"),
    call(`recvmsg $s ${MSG_ERRQUEUE | MSG_TRUNC} 20 200 10`, { ret: 10, fields: { flags: MSG_ERRQUEUE | MSG_TRUNC } }),
    ...sendsOne("s"),
    call(`recvmsg $s ${MSG_ERRQUEUE | 2} 20 200 1540`, { ret: 60, fields: { flags: MSG_ERRQUEUE } }),
    noMessage("s"),
    ...sendsOne("s"),
    message("s", 60),
    ...sendsOne("s"),
    call(`recvmsg $s ${MSG_ERRQUEUE} - 0 1540`, { ret: 60, fields: { flags: MSG_ERRQUEUE | MSG_CTRUNC } }),
    call(`recvmsg $s ${MSG_ERRQUEUE | 1} 20 200 10`, fails("EINVAL")),
  ]),
  testCase("error queue: recvfrom() has no address", "recvfrom(2)", [
    ...bound("s"),
    timestamping("s", SENT),
    ...sendsOne("s"),
    call(`recvfrom $s 1540 ${MSG_ERRQUEUE} 20`, { ret: 60, fields: { data: `{${outgoing()}}`, addrlen: 0 } }),
    ...sendsOne("s"),
    call(`recv $s 1540 ${MSG_ERRQUEUE}`, { ret: 60, fields: { data: `{${outgoing()}}` } }),
    call(`recv $s 1540 ${MSG_ERRQUEUE}`, fails("EAGAIN")),
  ]),
  testCase("error queue: it is no error, and nothing to be received", "kernel datagram_poll()", [
    ...bound("s"),
    timestamping("s", SENT),
    ...sendsOne("s"),
    getInt("s", "SOL_SOCKET", "SO_ERROR", 0),
    empty("s"),
    call("poll 0 $s:POLLIN", { ret: 1, fields: { revents: POLLERR } }),
    inject(frame()),
    receives("s", frame(), 60),
    message("s", 60),
  ]),
  testCase("error queue: SO_SELECT_ERR_QUEUE makes it POLLPRI", "kernel datagram_poll()", [
    ...bound("s"),
    getInt("s", "SOL_SOCKET", "SO_SELECT_ERR_QUEUE", 0),
    setInt("s", "SOL_SOCKET", "SO_SELECT_ERR_QUEUE", 5),
    getInt("s", "SOL_SOCKET", "SO_SELECT_ERR_QUEUE", 1),
    timestamping("s", SENT),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    call(`poll 5000 $s:${POLLPRI}`, { ret: 1, fields: { revents: POLLPRI | POLLERR } }),
    call(`poll 0 $s:0`, { ret: 1, fields: { revents: POLLERR } }),
    message("s", 60),
    setInt("s", "SOL_SOCKET", "SO_SELECT_ERR_QUEUE", 0),
    ...sendsOne("s"),
    call(`poll 0 $s:${POLLPRI}`, { ret: 1, fields: { revents: POLLERR } }),
    message("s", 60),
  ]),
  testCase("error queue: a control message asks for one frame's stamp", "kernel sock_cmsg_send()", [
    ...bound("s"),
    timestamping("s", F.SOFTWARE | F.OPT_ID),
    call(`sendmsg $s 0 - 1:37:{${le(F.TX_SOFTWARE, 4)}} {${outgoing()}}`, { ret: 60 }),
    arrives(outgoing()),
    stamped("s"),
    message("s", 60, { cmsg: whole(SOFTWARE, sent(0)) }),
    sends("s", outgoing(), 60),
    arrives(outgoing()),
    quiet,
    noMessage("s"),
    call(`sendmsg $s 0 - 1:37:{${le(F.TX_SOFTWARE, 4)}} {${outgoing()}}`, { ret: 60 }),
    arrives(outgoing()),
    stamped("s"),
    message("s", 60, { cmsg: whole(SOFTWARE, sent(1)) }),
  ]),
  testCase("error queue: a control message asks for none", "kernel sock_cmsg_send()", [
    ...bound("s"),
    timestamping("s", SENT | F.OPT_ID),
    call("sendmsg $s 0 - 1:37:{00000000} {%}".replace("%", outgoing()), { ret: 60 }),
    arrives(outgoing()),
    quiet,
    noMessage("s"),
    ...sendsOne("s"),
    message("s", 60, { cmsg: whole(SOFTWARE, sent(0)) }),
    call(`sendmsg $s 0 - 1:37:{${le(F.SOFTWARE, 4)}} {${outgoing()}}`, fails("EINVAL")),
    call(`sendmsg $s 0 - 1:37:{${le(F.TX_SOFTWARE, 4)} z4} {${outgoing()}}`, fails("EINVAL")),
    quiet,
    noMessage("s"),
  ]),
  testCase("error queue: messages that nobody reads stop nothing", "SO_TIMESTAMPING", [
    ...bound("s"),
    timestamping("s", SENT),
    ...times(30, () => [sends("s", outgoing(), 60), arrives(outgoing())]),
    ...times(12, () => [inject(frame()), receives("s", frame(), 60)]),
    stamped("s"),
    call("close $s", OK),
    ...bound("s"),
    noMessage("s"),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("hardware stamps: SIOCSHWTSTAMP and SIOCGHWTSTAMP without hardware", "kernel dev_set_hwtstamp()", [
    ...bound("s"),
    hwConfig("SIOCGHWTSTAMP", [0, 0, 0], "EOPNOTSUPP"),
    hwConfig("SIOCSHWTSTAMP", [0, 0, 0], "EOPNOTSUPP"),
    hwConfig("SIOCSHWTSTAMP", [1, 1, 12], "EOPNOTSUPP"),
    hwConfig("SIOCSHWTSTAMP", [2, 0, 0], "EINVAL"),
    hwConfig("SIOCSHWTSTAMP", [0, 9, 0], "ERANGE"),
    hwConfig("SIOCSHWTSTAMP", [0, 0, 99], "ERANGE"),
    call("ioctl $s SIOCSHWTSTAMP data:$NAME:-", fails("EFAULT")),
    call("ioctl $s SIOCSHWTSTAMP data:nothing0:{z12}", fails("ENODEV")),
  ]),
  testCase("hardware stamps: ETHTOOL_GET_TS_INFO without hardware", "kernel ethtool_op_get_ts_info()", [
    ...bound("s"),
    call("ioctl $s SIOCETHTOOL data:$NAME:{41000000 z40}", {
      ret: 0,
      fields: { data: `{41000000 ${le(SENT | RECEIVED, 4)} ffffffff z32}` },
    }),
    call("ioctl $s SIOCETHTOOL data:$NAME:-", fails("EFAULT")),
    call("ioctl $s SIOCETHTOOL data:nothing0:{41000000 z40}", fails("ENODEV")),
  ]),
];
