// Which protocol a frame is of: EtherTypes, lengths, VLAN tags.

import { be16 } from "../bytes.js";
import {
  bound,
  empty,
  ETH_P_ALL,
  frame,
  from,
  OK,
  PACKET,
  receives,
  receivesFrom,
  setInt,
  TEST_TYPE,
} from "../calls.js";
import { call, type Case, inject, quiet, testCase } from "../steps.js";

const ETH_P_802_3 = 1;
const ETH_P_802_2 = 4;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;

/** IEEE 802.2 LLC: the type field is a length. */
const llc = frame({ type: 0x0026, payload: "4242 03 @43:3" });
/** Novell's raw 802.3: no LLC header, a checksum of ones. */
const novell = frame({ type: 0x0026, payload: "ffff @44:3" });

function tagged(tci: number, tpid = ETH_P_8021Q, rest = "88b5 @46:1"): string {
  return `OWN PEER ${be16(tpid)} ${be16(tci)} ${rest}`;
}

export const protocolCases: readonly Case[] = [
  testCase("protocol: a length instead of an EtherType is ETH_P_802_2", "packet(7); kernel eth_type_trans()", [
    ...bound("s", "RAW", ETH_P_802_2),
    inject(frame()),
    inject(llc),
    receivesFrom("s", llc, 60, from(PACKET.HOST, ETH_P_802_2)),
  ]),
  testCase("protocol: a payload of ones makes it ETH_P_802_3", "kernel eth_type_trans()", [
    ...bound("s", "RAW", ETH_P_802_3),
    inject(frame()),
    inject(llc),
    inject(novell),
    receivesFrom("s", novell, 60, from(PACKET.HOST, ETH_P_802_3)),
  ]),
  testCase("protocol: ETH_P_802_2 does not get ETH_P_802_3", "kernel eth_type_trans()", [
    ...bound("s", "RAW", ETH_P_802_2),
    inject(novell),
    inject(llc),
    receives("s", llc, 60),
  ]),
  testCase("protocol: ETH_P_ALL tells 802.2 and 802.3 apart", "kernel eth_type_trans()", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(llc),
    inject(novell),
    receivesFrom("s", llc, 60, from(PACKET.HOST, ETH_P_802_2)),
    receivesFrom("s", novell, 60, from(PACKET.HOST, ETH_P_802_3)),
  ]),
  testCase("protocol: 802.2 with SOCK_DGRAM starts at the LLC header", "packet(7)", [
    ...bound("s", "DGRAM", ETH_P_802_2),
    inject(llc),
    receives("s", "4242 03 @43:3", 46),
  ]),
  testCase("protocol: 0x05ff is a length, 0x0600 an EtherType", "IEEE 802.3; kernel eth_type_trans()", [
    ...bound("a", "RAW", ETH_P_802_2),
    ...bound("b", "RAW", 0x0600),
    inject(frame({ type: 0x05ff })),
    inject(frame({ type: 0x0600 })),
    receivesFrom("a", frame({ type: 0x05ff }), 60, from(PACKET.HOST, ETH_P_802_2)),
    receivesFrom("b", frame({ type: 0x0600 }), 60, from(PACKET.HOST, 0x0600)),
    quiet,
    empty("a"),
    empty("b"),
  ]),
  testCase("protocol: length 0 is a length", "kernel eth_type_trans()", [
    ...bound("s", "RAW", ETH_P_802_2),
    inject(frame({ type: 0 })),
    receives("s", frame({ type: 0 }), 60),
  ]),
  testCase("protocol: bytes are not swapped when matching", "packet(7): network order", [
    ...bound("s", "RAW", 0x88b5),
    inject(frame({ type: 0xb588 })),
    inject(frame({ type: 0x88b5 })),
    receives("s", frame({ type: 0x88b5 }), 60),
  ]),
  testCase("protocol: a VLAN tag is taken out, the protocol is the one behind it", "kernel skb_vlan_untag()", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(tagged(0x0005)),
    receivesFrom("s", frame(), 60, from(PACKET.HOST)),
  ]),
  testCase(
    "protocol: a tagged frame reaches the socket of the inner protocol, as another host's",
    "kernel netif_receive",
    [...bound("s"), inject(tagged(0x2005)), receivesFrom("s", frame(), 60, from(PACKET.OTHERHOST))],
  ),
  testCase("protocol: a priority tag (VLAN 0) leaves the frame ours", "kernel netif_receive", [
    ...bound("s"),
    inject(tagged(0xe000)),
    receivesFrom("s", frame(), 60, from(PACKET.HOST)),
  ]),
  testCase("protocol: a socket of ETH_P_8021Q gets no tagged frame", "kernel skb_vlan_untag()", [
    ...bound("s", "RAW", ETH_P_8021Q),
    inject(tagged(0x0005)),
    quiet,
    empty("s"),
  ]),
  testCase("protocol: an 802.1ad tag is taken out, too", "kernel skb_vlan_untag()", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(tagged(0x0005, ETH_P_8021AD)),
    receivesFrom("s", frame(), 60, from(PACKET.HOST)),
  ]),
  testCase("protocol: of two tags one is taken out", "kernel skb_vlan_untag()", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(tagged(0x0005, ETH_P_8021AD, "8100 0007 88b5 @46:1")),
    receivesFrom("s", "OWN PEER 8100 0007 88b5 @46:1", 64, from(PACKET.HOST, ETH_P_8021Q)),
  ]),
  testCase("protocol: behind VLAN 0 a second tag is taken out for sockets of one protocol", "kernel netif_receive", [
    ...bound("all", "RAW", ETH_P_ALL),
    ...bound("s"),
    ...bound("d", "DGRAM"),
    ...bound("q", "RAW", ETH_P_8021Q),
    inject(tagged(0x0000, ETH_P_8021Q, "8100 0005 88b5 @46:1")),
    receivesFrom("all", "OWN PEER 8100 0005 88b5 @46:1", 64, from(PACKET.HOST, ETH_P_8021Q)),
    receivesFrom("s", frame(), 60, from(PACKET.OTHERHOST)),
    receivesFrom("d", "@46:1", 46, from(PACKET.OTHERHOST)),
    inject(tagged(0xe000, ETH_P_8021AD, "8100 0000 88b5 @46:1")),
    receivesFrom("all", "OWN PEER 8100 0000 88b5 @46:1", 64, from(PACKET.HOST, ETH_P_8021Q)),
    receivesFrom("s", frame(), 60, from(PACKET.HOST)),
    receivesFrom("d", "@46:1", 46, from(PACKET.HOST)),
    call("close $all", OK),
    quiet,
    empty("q"),
  ]),
  testCase(
    "protocol: SOCK_DGRAM is told the innermost protocol of several tags",
    "kernel vlan_get_protocol_dgram()",
    [
      ...bound("d", "DGRAM", ETH_P_ALL),
      ...bound("q", "DGRAM", ETH_P_8021Q),
      setInt("d", "SOL_PACKET", "PACKET_AUXDATA", 1),
      setInt("q", "SOL_PACKET", "PACKET_AUXDATA", 1),
      inject(tagged(0x0007, ETH_P_8021AD, "8100 0005 88b5 @46:1")),
      call("recvmsg $d 0 20 64 1540", {
        ret: 50,
        fields: {
          data: "{0005 88b5 @46:1}",
          addr: `{${from(PACKET.HOST)}}`,
          cmsg: `263:8:{51000000 32000000 32000000 0000 0000 0700 a888}`,
        },
      }),
      call("recvmsg $q 0 20 64 1540", {
        ret: 50,
        fields: {
          data: "{0005 88b5 @46:1}",
          addr: `{${from(PACKET.OTHERHOST)}}`,
          cmsg: `263:8:{51000000 32000000 32000000 0000 0000 0500 0081}`,
        },
      }),
    ],
    ["tags hidden from SOCK_DGRAM"],
  ),
  testCase(
    "protocol: a tagged frame below 20 bytes is dropped",
    "kernel skb_vlan_untag()",
    [
      ...bound("s", "RAW", ETH_P_ALL),
      ...["", "00"].map((end) => inject(tagged(0x0005, ETH_P_8021Q, `88b5 ${end}`))),
      inject("OWN PEER 8100"),
      inject(tagged(0x0005, ETH_P_8021Q, "88b5 0000")),
      receivesFrom("s", "OWN PEER 88b5 0000", 16, from(PACKET.HOST)),
      empty("s"),
    ],
    ["frames shorter than 60 bytes"],
  ),
  testCase("protocol: SOCK_DGRAM gives what is behind the tag", "packet(7)", [
    ...bound("s", "DGRAM", ETH_P_ALL),
    inject(tagged(0x0005)),
    receivesFrom("s", "@46:1", 46, from(PACKET.HOST)),
  ]),
  testCase("protocol: a tagged 802.2 frame", "kernel skb_vlan_untag()", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(tagged(0x0005, ETH_P_8021Q, "0026 4242 03 @43:3")),
    receivesFrom("s", llc, 60, from(PACKET.HOST, ETH_P_802_2)),
  ]),
  testCase("protocol: the longest tagged frame", "IEEE 802.1Q", [
    ...bound("s", "RAW", ETH_P_ALL),
    inject(tagged(0x0005, ETH_P_8021Q, "88b5 @1500:4")),
    receives("s", frame({ payload: "@1500:4" }), 1514),
  ]),
  testCase("protocol: two sockets of different protocols get their own", "packet(7); Zephyr does not filter RAW", [
    ...bound("a", "RAW", TEST_TYPE),
    ...bound("b", "RAW", 0x8892),
    inject(frame({ type: 0x8892 })),
    inject(frame()),
    receives("a", frame(), 60),
    receives("b", frame({ type: 0x8892 }), 60),
    quiet,
    empty("a"),
    empty("b"),
  ]),
];
