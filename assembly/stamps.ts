// Time stamps: SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING, SIOCGSTAMP. errqueue.ts reports those of sent frames.

import * as abi from "./abi";
import { openErrorQueue, wantSentStamps } from "./errqueue";
import { TIMESTAMPS } from "./features";
import { Messages, Socket, Special } from "./layout";
import { control, exchange } from "./memory";
import {
  EINVAL,
  ENOBUFS,
  ENOENT,
  EOPNOTSUPP,
  SOF_TIMESTAMPING_BIND_PHC,
  SOF_TIMESTAMPING_OPT_CMSG,
  SOF_TIMESTAMPING_OPT_ID,
  SOF_TIMESTAMPING_OPT_STATS,
  SOF_TIMESTAMPING_OPT_TSONLY,
  SOF_TIMESTAMPING_OPT_TX_SWHW,
  SOF_TIMESTAMPING_RAW_HARDWARE,
  SOF_TIMESTAMPING_RX_HARDWARE,
  SOF_TIMESTAMPING_RX_SOFTWARE,
  SOF_TIMESTAMPING_SOFTWARE,
  SOF_TIMESTAMPING_SYS_HARDWARE,
  SOF_TIMESTAMPING_TX_ACK,
  SOF_TIMESTAMPING_TX_HARDWARE,
  SOF_TIMESTAMPING_TX_SOFTWARE,
} from "./packet";
import { queuedFrames } from "./queue";

/** Drivers stamp received frames while any socket wants it. One more does, or one fewer. */
function wantStamps(begin: bool): void {
  let iface = control.firstIface;
  // Rounds: interfaces
  while (iface) {
    iface.stamping = begin ? iface.stamping + 1 : iface.stamping - 1;
    iface = iface.next;
  }
}

/** close(2): the socket no longer wants stamps. */
export function endStamping(socket: Socket): void {
  if (!TIMESTAMPS) return;
  setStamping(socket, 0);
  if (socket.timestamping & SOF_TIMESTAMPING_RX_SOFTWARE) wantStamps(false);
  if (socket.special & Special.STAMP) wantStamps(false);
}

/** Turns time stamps of one kind on (OPTION_TIMESTAMP or OPTION_TIMESTAMPNS) or off (0). */
export function setStamping(socket: Socket, kind: u32): void {
  const both = abi.OPTION_TIMESTAMP | abi.OPTION_TIMESTAMPNS;
  const before = socket.options & both;
  socket.options = (socket.options & ~both) | kind;
  if (!kind != !before) wantStamps(kind != 0);
}

/** Which stamps of sent frames are wanted. TCP's acknowledgements are none of a packet socket. */
const SENT: u32 = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK;

/** The flags that do what Linux does; OPT_CMSG and OPT_STATS have nothing to add to a packet socket's messages. */
const TIMESTAMPING: u32 =
  SENT |
  SOF_TIMESTAMPING_RX_HARDWARE |
  SOF_TIMESTAMPING_RX_SOFTWARE |
  SOF_TIMESTAMPING_SOFTWARE |
  SOF_TIMESTAMPING_SYS_HARDWARE |
  SOF_TIMESTAMPING_RAW_HARDWARE |
  SOF_TIMESTAMPING_OPT_ID |
  SOF_TIMESTAMPING_OPT_CMSG |
  SOF_TIMESTAMPING_OPT_TSONLY |
  SOF_TIMESTAMPING_OPT_STATS |
  SOF_TIMESTAMPING_OPT_TX_SWHW;

/** SO_TIMESTAMPING. Returns 0, -EINVAL, -EOPNOTSUPP (a clock of its own), or -ENOBUFS: the heap has no room for an error queue. */
export function setTimestamping(socket: Socket, flags: u32): i32 {
  if (flags & ~(TIMESTAMPING | SOF_TIMESTAMPING_BIND_PHC)) return -EINVAL;
  if (flags & SOF_TIMESTAMPING_OPT_STATS && !(flags & SOF_TIMESTAMPING_OPT_TSONLY)) return -EINVAL;
  if (flags & SOF_TIMESTAMPING_BIND_PHC) return -EOPNOTSUPP;
  if (flags & SENT && !openErrorQueue(socket)) return -ENOBUFS;
  const before = socket.timestamping;
  socket.timestamping = flags;
  const queue = socket.messages;
  if (queue) {
    if (flags & ~before & SOF_TIMESTAMPING_OPT_ID) queue.nextId = 0;
    wantSentStamps(socket, queue, flags & SENT);
  }
  if (flags) {
    socket.special |= Special.TIMESTAMPING;
    socket.options |= abi.OPTION_TIMESTAMPING;
  } else {
    socket.special &= ~Special.TIMESTAMPING;
    socket.options &= ~abi.OPTION_TIMESTAMPING;
  }
  if ((flags ^ before) & SOF_TIMESTAMPING_RX_SOFTWARE) wantStamps((flags & SOF_TIMESTAMPING_RX_SOFTWARE) != 0);
  return 0;
}

/**
 * A control message SO_TIMESTAMPING of sendmsg(2), before and after it sends: until this is called with SENT_BY_OPTION, `flags`
 * say which stamps of sent frames are wanted. Returns 0, -EINVAL or -ENOBUFS.
 */
export function stampSending(socket: Socket, flags: u32): i32 {
  if (!TIMESTAMPS) return flags == abi.SENT_BY_OPTION ? 0 : -EINVAL;
  if (flags == abi.SENT_BY_OPTION) {
    if (socket.messages) wantSentStamps(socket, changetype<Messages>(socket.messages), socket.timestamping & SENT);
    return 0;
  }
  if (flags & ~SENT) return -EINVAL;
  const queue = flags ? openErrorQueue(socket) : socket.messages;
  if (queue) wantSentStamps(socket, queue, flags);
  return queue || !flags ? 0 : -ENOBUFS;
}

/**
 * SIOCGSTAMP: writes seconds and nanoseconds of the last received frame to the exchange area; seconds are 0 when the time is
 * not known. The socket keeps times from its first call on. Returns 0, or -ENOENT when nothing was received.
 */
export function lastStamp(socket: Socket): i32 {
  if (!TIMESTAMPS) return -EOPNOTSUPP;
  if (!(socket.special & Special.STAMP)) {
    socket.special |= Special.STAMP;
    wantStamps(true);
  }
  if (socket.packets == queuedFrames(socket)) return -ENOENT;
  store<u32>(exchange, socket.stampSec);
  store<u32>(exchange, socket.stampNsec, 4);
  return 0;
}
