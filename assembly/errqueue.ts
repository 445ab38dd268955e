// The error queue of a socket (MSG_ERRQUEUE): its messages report when frames were sent (SO_TIMESTAMPING). A message holds the
// frame, unless the application wants the time only. What messages hold is the first that goes when frames are scarce: the
// message stays, without the frame's bytes.

import * as abi from "./abi";
import { TIMESTAMPS } from "./features";
import { allocate, free } from "./heap";
import { ExchangeReceived, Frame, Iface, Message, Messages, Outgoing, Socket, Special } from "./layout";
import { control, exchange, state } from "./memory";
import {
  EAGAIN,
  MSG_ERRQUEUE,
  MSG_TRUNC,
  SOF_TIMESTAMPING_OPT_ID,
  SOF_TIMESTAMPING_OPT_TSONLY,
  SOF_TIMESTAMPING_OPT_TX_SWHW,
  SOF_TIMESTAMPING_TX_HARDWARE,
  SOF_TIMESTAMPING_TX_SOFTWARE,
} from "./packet";
import { unref } from "./pool";
import { give } from "./port";
import { reapAll } from "./transmit";

/** The most messages that wait to be read. Later ones are lost, as on Linux when the receive buffer is full. */
const MAX_MESSAGES: u32 = 8;

const WANTS: u32 = abi.FRAME_WANTS_STAMP | abi.FRAME_WANTS_HW_STAMP;

function messageAt(queue: Messages, i: u32): Message {
  const index = (queue.first + i) % MAX_MESSAGES;
  return changetype<Message>(changetype<usize>(queue) + offsetof<Messages>() + index * offsetof<Message>());
}

/** The socket will ask for stamps. Returns its error queue, or null when the heap has no room for one. */
export function openErrorQueue(socket: Socket): Messages | null {
  if (!socket.messages) {
    const bytes = <u32>(offsetof<Messages>() + MAX_MESSAGES * offsetof<Message>());
    const at = allocate(bytes);
    if (!at) return null;
    memory.fill(at, 0, bytes);
    socket.messages = changetype<Messages>(at);
    socket.special |= Special.ERROR_QUEUE;
  }
  return socket.messages;
}

/** close(2). */
export function closeErrorQueue(socket: Socket): void {
  if (!TIMESTAMPS) return;
  const queue = socket.messages;
  if (!queue) return;
  // Rounds: 8
  while (queue.count) drop(queue);
  free(changetype<usize>(queue));
}

/** Removes the oldest message. */
function drop(queue: Messages): void {
  letGo(messageAt(queue, 0));
  queue.first = (queue.first + 1) % MAX_MESSAGES;
  --queue.count;
}

function letGo(message: Message): void {
  const frame = message.frame;
  if (!frame) return;
  message.frame = null;
  --state.heldByMessages;
  unref(frame);
}

/** Sets which stamps a socket with an error queue asks for from now on. */
export function wantSentStamps(socket: Socket, queue: Messages, wanted: u32): void {
  queue.wanted = wanted;
  socket.outgoing = (socket.outgoing & ~Outgoing.STAMPED) | (wanted ? Outgoing.STAMPED : 0);
}

/** Asks the driver to stamp a frame that will be sent. */
export function requestStamp(socket: Socket, iface: Iface, frame: Frame): void {
  const queue = changetype<Messages>(socket.messages);
  const options = socket.timestamping;
  const wanted = queue.wanted;
  let flags = abi.FRAME_OUTGOING;
  if (wanted & SOF_TIMESTAMPING_TX_HARDWARE && iface.hwStamping) flags |= abi.FRAME_WANTS_HW_STAMP;
  if (wanted & SOF_TIMESTAMPING_TX_SOFTWARE && (!(flags & WANTS) || options & SOF_TIMESTAMPING_OPT_TX_SWHW)) {
    flags |= abi.FRAME_WANTS_STAMP;
  }
  frame.flags = flags;
  frame.tci = options & SOF_TIMESTAMPING_OPT_ID ? queue.nextId++ : 0;
  if (flags & WANTS && !frame.owner) {
    frame.owner = socket;
    ++socket.sending;
  }
}

/** A frame that the socket owned comes back from the driver: makes a message of each stamp. */
export function reportSent(socket: Socket, frame: Frame): void {
  const flags = frame.flags;
  frame.flags = flags & ~WANTS;
  if (flags & abi.FRAME_WANTS_STAMP && flags & abi.FRAME_STAMPED) {
    append(socket, frame, abi.FRAME_STAMPED, frame.sec, frame.nsec);
  }
  if (flags & abi.FRAME_WANTS_HW_STAMP && flags & abi.FRAME_HW_STAMPED) {
    append(socket, frame, abi.FRAME_HW_STAMPED, frame.hwSec, frame.hwNsec);
  }
}

function append(socket: Socket, frame: Frame, clock: u32, sec: u32, nsec: u32): void {
  const queue = changetype<Messages>(socket.messages);
  if (queue.count == MAX_MESSAGES) return;
  const message = messageAt(queue, queue.count++);
  message.frame = !(socket.timestamping & SOF_TIMESTAMPING_OPT_TSONLY) && hold(frame) ? frame : null;
  message.flags = clock;
  message.sec = sec;
  message.nsec = nsec;
  message.id = frame.tci;
  socket.special |= Special.MESSAGES;
  control.news = 1;
}

/** May a message hold a frame that comes back from the driver? One frame stays for sending. */
function hold(frame: Frame): bool {
  if (frame.refs) {
    ++frame.refs;
  } else {
    const iface = frame.iface;
    if (iface.txOwned <= 1 || iface.spare <= 0) return false;
    // One for the message, and one for the TX ring, which reap() takes.
    frame.refs = 2;
    --iface.spare;
    --iface.txOwned;
    ++iface.txMissing;
  }
  ++state.heldByMessages;
  return true;
}

/** The frames of a pool are scarce: messages no longer hold any of it. */
export function letGoOf(iface: Iface): void {
  // Rounds: sockets
  for (let i: u32 = 0; i < state.openEnd; ++i) {
    const socket = changetype<Socket | null>(load<usize>(control.table + (i << 2)));
    const queue = socket ? socket.messages : null;
    if (!queue) continue;
    // Rounds: 8
    for (let n: u32 = 0; n < queue.count; ++n) {
      const message = messageAt(queue, n);
      const frame = message.frame;
      if (frame && frame.iface == iface) letGo(message);
    }
  }
}

/** Returns true if the socket's error queue has a message. */
export function hasMessages(socket: Socket): bool {
  if (!TIMESTAMPS) return false;
  if (socket.special & Special.ERROR_QUEUE) reapAll();
  return (socket.special & Special.MESSAGES) != 0;
}

/**
 * recvmsg(2) with MSG_ERRQUEUE, which MSG_PEEK and MSG_TRUNC do not change. Returns the number of the frame's bytes given to
 * the caller, or -EAGAIN.
 */
export function receiveMessage(socket: Socket, len: u32): i32 {
  if (!hasMessages(socket)) return -EAGAIN;
  const queue = changetype<Messages>(socket.messages);
  const message = messageAt(queue, 0);
  const frame = message.frame;
  const received = changetype<ExchangeReceived>(exchange);
  const there = frame ? frame.len : 0;
  const n = min(there, len);
  if (frame) give(frame.mac, n);
  received.msgFlags = MSG_ERRQUEUE | (n < there ? MSG_TRUNC : 0);
  received.len = there;
  received.frameFlags = message.flags;
  received.sec = message.sec;
  received.nsec = message.nsec;
  received.hwSec = message.sec;
  received.hwNsec = message.nsec;
  received.options = socket.options;
  received.timestamping = socket.timestamping;
  received.stampId = message.id;
  drop(queue);
  if (!queue.count) socket.special &= ~Special.MESSAGES;
  return n;
}
