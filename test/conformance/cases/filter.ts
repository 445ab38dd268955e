// SO_ATTACH_FILTER: when it is accepted, which frames it sees, what its verdict does.

import * as bpf from "../bpf.js";
import { ACCEPT, acceptIf, REFUSE, stmt } from "../bpf.js";
import {
  bound,
  empty,
  ETH_P_ALL,
  fails,
  frame,
  from,
  getInt,
  OK,
  open,
  outgoing,
  PACKET,
  readable,
  receives,
  sends,
  setInt,
} from "../calls.js";
import { arrives, call, type CallStep, type Case, check, type Expect, inject, quiet, testCase } from "../steps.js";
import { le } from "../bytes.js";

const OTHER = frame({ payload: "99 @45:2" });
const WANTED = frame({ payload: "42 @45:1" });

function attach(name: string, program: readonly string[], expect: Expect = OK, len?: number): CallStep {
  const claimed = len === undefined ? "" : `:${len}`;
  return call(`setsockopt $${name} SOL_SOCKET SO_ATTACH_FILTER fprog:{${program.join(" ")}}${claimed}`, expect);
}

const detach = (name: string, expect: Expect = OK) => setInt(name, "SOL_SOCKET", "SO_DETACH_FILTER", 0, expect);
const lock = (name: string, value: number, expect: Expect = OK) =>
  setInt(name, "SOL_SOCKET", "SO_LOCK_FILTER", value, expect);

/** Payloads that start with 42. */
const first = (offset: number) => [stmt(bpf.LD | bpf.B | bpf.ABS, offset), ...acceptIf(0x42)];

export const filterCases: readonly Case[] = [
  testCase("filter: what it accepts is received, the rest is not", "packet(7); socket(7)", [
    ...bound("s"),
    attach("s", first(14)),
    inject(OTHER),
    inject(WANTED),
    inject(OTHER),
    receives("s", WANTED, 60),
    quiet,
    empty("s"),
  ]),
  testCase("filter: with SOCK_DGRAM offset 0 is the payload", "coverage: options", [
    ...bound("d", "DGRAM"),
    attach("d", first(0)),
    inject(OTHER),
    inject(WANTED),
    receives("d", "42 @45:1", 46),
    quiet,
    empty("d"),
  ]),
  testCase("filter: by EtherType on ETH_P_ALL", "socket(7)", [
    ...bound("s", "RAW", ETH_P_ALL),
    attach("s", [stmt(bpf.LD | bpf.H | bpf.ABS, 12), ...acceptIf(0x8892)]),
    inject(frame()),
    inject(frame({ type: 0x8892 })),
    receives("s", frame({ type: 0x8892 }), 60),
  ]),
  testCase("filter: 0 refuses all, -1 accepts all", "socket(7)", [
    ...bound("s"),
    ...bound("t"),
    attach("s", [REFUSE]),
    attach("t", [ACCEPT]),
    inject(frame()),
    receives("t", frame(), 60),
    quiet,
    empty("s"),
  ]),
  testCase("filter: its value cuts the frame", "coverage: options", [
    ...bound("s"),
    attach("s", [stmt(bpf.RET | bpf.K, 20)]),
    inject(frame()),
    receives("s", "OWN PEER 88b5 @6:1", 20),
    inject(frame()),
    call("recv $s 1540 MSG_TRUNC", { ret: 20, fields: { data: "{OWN PEER 88b5 @6:1}" } }),
    inject(frame()),
    call("recvmsg $s 0 - - 1540", { ret: 20, fields: { flags: 0 } }),
  ]),
  testCase("filter: its value cuts SOCK_DGRAM's payload", "coverage: options", [
    ...bound("d", "DGRAM"),
    attach("d", [stmt(bpf.RET | bpf.K, 5)]),
    inject(frame()),
    receives("d", "@5:1", 5),
  ]),
  testCase("filter: cut to less than a header", "kernel packet_rcv()", [
    ...bound("s"),
    attach("s", [stmt(bpf.RET | bpf.K, 3)]),
    inject(frame()),
    inject(frame()),
    call("recvfrom $s 1540 0 20", { ret: 3, fields: { addr: `{${from(PACKET.HOST)}}`, addrlen: 20 } }),
    call("recv $s 2 MSG_TRUNC", { ret: 3 }),
  ]),
  testCase("filter: auxiliary data tells both lengths", "packet(7)", [
    ...bound("s"),
    attach("s", [stmt(bpf.RET | bpf.K, 20)]),
    setInt("s", "SOL_PACKET", "PACKET_AUXDATA", 1),
    inject(frame({ payload: "@500:1" })),
    call("recvmsg $s 0 20 64 1540", { ret: 20 }, { save: { aux: "cmsg" } }),
    check("tp_len 514, tp_snaplen 20", ({ aux }) => {
      const bytes = Buffer.from((aux ?? "").split(":")[2] ?? "", "hex");
      return bytes.readUInt32LE(4) === 514 && bytes.readUInt32LE(8) === 20;
    }),
  ]),
  testCase("filter: FIONREAD tells what it left", "packet(7)", [
    ...bound("s"),
    attach("s", [stmt(bpf.RET | bpf.K, 20)]),
    inject(frame()),
    readable("s"),
    call("ioctl $s FIONREAD int:0", { ret: 0, fields: { value: 20 } }),
  ]),
  testCase("filter: a value beyond the frame cuts nothing", "socket(7)", [
    ...bound("s"),
    attach("s", [stmt(bpf.RET | bpf.K, 61)]),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("filter: RET A", "socket(7)", [
    ...bound("s"),
    attach("s", [stmt(bpf.LD | bpf.IMM, 30), stmt(bpf.RET | bpf.A)]),
    inject(frame()),
    receives("s", "OWN PEER 88b5 @16:1", 30),
  ]),
  testCase("filter: one socket's does not concern another", "socket(7)", [
    ...bound("s"),
    ...bound("t"),
    attach("s", first(14)),
    inject(OTHER),
    receives("t", OTHER, 60),
    quiet,
    empty("s"),
  ]),
  testCase("filter: two sockets, two ways of cutting the same frame", "coverage: receiving", [
    ...bound("s"),
    ...bound("t"),
    attach("s", [stmt(bpf.RET | bpf.K, 16)]),
    attach("t", [stmt(bpf.RET | bpf.K, 40)]),
    inject(frame()),
    receives("s", "OWN PEER 88b5 @2:1", 16),
    receives("t", "OWN PEER 88b5 @26:1", 40),
  ]),
  testCase("filter: outgoing frames go through it, too", "kernel packet_rcv()", [
    ...bound("s"),
    ...bound("t", "RAW", ETH_P_ALL),
    attach("t", first(14)),
    sends("s", outgoing({ payload: "99 @45:1" }), 60),
    sends("s", outgoing({ payload: "42 @45:1" }), 60),
    arrives(outgoing({ payload: "99 @45:1" })),
    arrives(outgoing({ payload: "42 @45:1" })),
    receives("t", outgoing({ payload: "42 @45:1" }), 60),
    empty("t"),
  ]),
  testCase("filter: refused frames are not counted", "kernel packet_rcv(); coverage: options", [
    ...bound("s"),
    attach("s", first(14)),
    inject(OTHER),
    inject(WANTED),
    quiet,
    call("getsockopt $s SOL_PACKET PACKET_STATISTICS 8", { ret: 0, fields: { value: `{${le(1, 4)} ${le(0, 4)}}` } }),
  ]),
  testCase("filter: frames that were queued before stay", "socket(7)", [
    ...bound("s"),
    inject(OTHER),
    readable("s"),
    attach("s", first(14)),
    inject(OTHER),
    inject(WANTED),
    receives("s", OTHER, 60),
    receives("s", WANTED, 60),
  ]),
  testCase("filter: the last one attached is the one", "socket(7)", [
    ...bound("s"),
    attach("s", [REFUSE]),
    attach("s", first(14)),
    inject(OTHER),
    inject(WANTED),
    receives("s", WANTED, 60),
  ]),
  testCase("filter: one that was refused leaves the old one", "socket(7)", [
    ...bound("s"),
    attach("s", first(14)),
    attach("s", [stmt(bpf.LD | bpf.IMM, 1)], fails("EINVAL")),
    inject(OTHER),
    inject(WANTED),
    receives("s", WANTED, 60),
  ]),
  testCase("filter: attached before bind()", "packet(7): how programs avoid frames in between", [
    open("s", "RAW", 0),
    attach("s", first(14)),
    call("bind $s {1100 88b5 IF z12}", OK),
    inject(OTHER),
    inject(WANTED),
    receives("s", WANTED, 60),
  ]),
  testCase("filter: outlasts bind()", "socket(7)", [
    ...bound("s"),
    attach("s", first(14)),
    call("bind $s {1100 8892 IF z12}", OK),
    inject(frame({ type: 0x8892, payload: "99 @45:2" })),
    inject(frame({ type: 0x8892, payload: "42 @45:1" })),
    receives("s", frame({ type: 0x8892, payload: "42 @45:1" }), 60),
  ]),
  testCase("filter: SO_DETACH_FILTER", "socket(7)", [
    ...bound("s"),
    attach("s", [REFUSE]),
    detach("s"),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("filter: SO_DETACH_FILTER without one is ENOENT", "kernel sk_detach_filter()", [
    ...bound("s"),
    detach("s", fails("ENOENT")),
    attach("s", [ACCEPT]),
    detach("s"),
    detach("s", fails("ENOENT")),
  ]),
  testCase("filter: SO_LOCK_FILTER", "socket(7); lldpd", [
    ...bound("s"),
    getInt("s", "SOL_SOCKET", "SO_LOCK_FILTER", 0),
    attach("s", first(14)),
    lock("s", 1),
    getInt("s", "SOL_SOCKET", "SO_LOCK_FILTER", 1),
    attach("s", [ACCEPT], fails("EPERM")),
    detach("s", fails("EPERM")),
    inject(OTHER),
    inject(WANTED),
    receives("s", WANTED, 60),
  ]),
  testCase("filter: a lock cannot be opened", "socket(7)", [
    ...bound("s"),
    lock("s", 0),
    lock("s", 1),
    lock("s", 0, fails("EPERM")),
    lock("s", 1),
    attach("s", [ACCEPT], fails("EPERM")),
  ]),
  testCase("filter: a lock on a socket without one keeps it so", "socket(7)", [
    ...bound("s"),
    lock("s", 1),
    attach("s", [REFUSE], fails("EPERM")),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("filter: no program is EINVAL", "kernel bpf_check_basics_ok()", [
    ...bound("s"),
    attach("s", [ACCEPT], fails("EINVAL"), 0),
    call("setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:-:1", fails("EINVAL")),
  ]),
  testCase("filter: more than 4096 instructions are EINVAL", "socket(7)", [
    ...bound("s"),
    attach("s", [ACCEPT], fails("EINVAL"), 4097),
    attach("s", [ACCEPT], fails("EINVAL"), 65535),
  ]),
  testCase("filter: a value that is not a struct sock_fprog is EINVAL", "kernel copy_bpf_fprog_from_user()", [
    ...bound("s"),
    call("setsockopt $s SOL_SOCKET SO_ATTACH_FILTER {01000000}", fails("EINVAL")),
    call("setsockopt $s SOL_SOCKET SO_ATTACH_FILTER - 16", fails(/^(EFAULT|EINVAL)$/)),
  ]),
  testCase("filter: a program of 25 instructions", "layer-2 programs", [
    ...bound("s"),
    attach("s", [
      ...Array.from({ length: 21 }, (_, i) => stmt(bpf.LD | bpf.B | bpf.ABS, i)),
      stmt(bpf.LD | bpf.B | bpf.ABS, 14),
      ...acceptIf(0x42),
    ]),
    inject(OTHER),
    inject(WANTED),
    receives("s", WANTED, 60),
  ]),
  testCase("filter: is gone when its socket is", "close(2)", [
    ...bound("s"),
    attach("s", [REFUSE]),
    call("close $s", OK),
    ...bound("s"),
    inject(frame()),
    receives("s", frame(), 60),
  ]),
  testCase("filter: as often as one likes", "coverage: nothing leaks", [
    ...bound("s"),
    call(`setsockopt $s SOL_SOCKET SO_ATTACH_FILTER fprog:{${first(14).join(" ")}}`, OK, { repeat: "100" }),
    inject(OTHER),
    inject(WANTED),
    receives("s", WANTED, 60),
  ]),
];
