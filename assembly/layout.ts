// The structs of linear memory. Those that the glue and the drivers also see are checked against abi.ts at compile time;
// State and most of Socket are private to the module. Fields are words, because word loads are the cheapest for an
// interpreter. All state is here and none in WebAssembly globals, so that another instance of the module can continue.

import * as abi from "./abi";
import { SLL_ADDR, SLL_BYTES, SLL_HALEN, SLL_IFINDEX } from "./packet";

/** An entry of a ring. */
@unmanaged
export class Slot {
  frame: Frame | null;
  next: Slot;
}

/** An entry of a socket's receive queue. */
@unmanaged
export class Entry {
  frame: Frame | null;
  next: Entry;
  /** Bytes of the frame that the socket's filter lets through; only valid while a filter is attached. */
  snap: u32;
}


@unmanaged
export class Frame {
  iface: Iface;
  refs: u32;
  mac: usize;
  len: u32;
  key: u32;
  flags: u32;
  tci: u32;
  sec: u32;
  nsec: u32;
  owner: Socket | null;
  buffer: usize;
  hwSec: u32;
  hwNsec: u32;
}


@unmanaged
export class Iface {
  next: Iface | null;
  index: u32;
  flags: u32;
  mtu: u32;
  fill: Slot;
  rx: Slot;
  tx: Slot;
  completion: Slot;
  free: usize;
  txOwned: u32;
  txMissing: u32;
  spare: i32;
  limit: u32;
  key: u32;
  /** Bytes 0 to 3 and 4 to 5 of the hardware address. */
  hwaddrHead: u32;
  hwaddrTail: u32;
  txOffset: u32;
  name0: u32;
  name1: u32;
  name2: u32;
  name3: u32;
  fillRing: Slot;
  rxRing: Slot;
  txRing: Slot;
  completionRing: Slot;
  ringLength: u32;
  stamping: u32;
  rxFrames: u32;
  rxNoFrame: u32;
  rxTooShort: u32;
  rxTooLong: u32;
  rxErrors: u32;
  txFrames: u32;
  txErrors: u32;
  rxPoolEmpty: u32;
  ringFaults: u32;
  rxIfaceDown: u32;
  filterChanged: u32;
  hwStamping: u32;
}


@unmanaged
export class Control {
  magic: u32;
  abi: u32;
  memorySize: u32;
  memoryBase: u32;
  frameAlign: u32;
  preallocConns: u32;
  allocConns: u32;
  maxConns: u32;
  interfaces: u32;
  frames: u32;
  frameSize: u32;
  txFrames: u32;
  rxReserve: u32;
  stackReserve: u32;
  queueFrames: u32;
  heapSize: u32;
  table: usize;
  tableLength: u32;
  firstIface: Iface | null;
  frameTable: usize;
  frameCount: u32;
  umem: usize;
  frameStride: u32;
  needed: u32;
  news: u32;
}

/** What the control block says about an application, behind the exchange area. */
@unmanaged
export class ControlApp {
  size: u32;
  needed: u32;
  wake: u32;
}

/** struct sockaddr_ll of packet(7), in the exchange area. */
@unmanaged
export class Sockaddr {
  family: u16;
  protocol: u16;
  ifindex: u32;
  hatype: u16;
  pkttype: u8;
  halen: u8;
  addrHead: u32;
  addrTail: u32;
}

/** What addIface() is given, in the exchange area. */
@unmanaged
export class ExchangeIface {
  name0: u32;
  name1: u32;
  name2: u32;
  name3: u32;
  hwaddrHead: u32;
  hwaddrTail: u16;
}

/** What receiveFrom() with WANT_NAME says about a frame, in the exchange area. */
@unmanaged
export class ExchangeReceived extends Sockaddr {
  msgFlags: u32;
  len: u32;
  uncutLen: u32;
  net: u32;
  frameFlags: u32;
  tci: u32;
  sec: u32;
  nsec: u32;
  options: u32;
  drops: u32;
  timestamping: u32;
  hwSec: u32;
  hwNsec: u32;
  stampId: u32;
}

/** What keeps recv() and send() from their fast paths: Socket.special. */
export namespace Special {
  /** Socket.error is pending. */
  export const ERROR: u32 = abi.SOCKET_ERROR;
  /** Socket.messages is not null. */
  export const ERROR_QUEUE: u32 = abi.SOCKET_HAS_ERROR_QUEUE;
  /** Messages.count is not 0. */
  export const MESSAGES: u32 = abi.SOCKET_HAS_MESSAGES;
  /** Queue entries carry a snap length. */
  export const SNAP: u32 = 8;
  /** The socket keeps the time of the last received frame for SIOCGSTAMP. */
  export const STAMP: u32 = 16;
  /** Socket.dropMarks is not 0. */
  export const DROPS: u32 = 32;
  /** Socket.timestamping is not 0. */
  export const TIMESTAMPING: u32 = 64;
}

/** What else must be done with a frame that a socket sends: Socket.outgoing. */
export namespace Outgoing {
  /** Other sockets see it. */
  export const SEEN: u32 = 1;
  /** It asks for a time stamp. */
  export const STAMPED: u32 = 2;
}

/** Socket.type of a network stack's descriptor, beside SOCK_RAW and SOCK_DGRAM. */
export const STACK: u32 = 255;


@unmanaged
export class Socket {
  nonblock: u32;
  receiveTimeoutLow: u32;
  receiveTimeoutHigh: u32;
  sendTimeoutLow: u32;
  sendTimeoutHigh: u32;
  /** The next entry for recv(). The circle is as long as the socket's limit. */
  head: Entry;
  special: u32;
  /** The interface that the socket is bound to; null: all of them. */
  iface: Iface | null;
  /** The interface for which sending returned -EAGAIN last. */
  full: Iface | null;
  /** Maximum of frames that the socket may have in the TX ring (SO_SNDBUF); 0: no limit. */
  sndbuf: u32;
  /** Frames of this socket in the TX ring; only counted while SO_SNDBUF limits them. */
  sending: u32;
  /** abi.OPTION_*. */
  options: u32;
  /** The next of the receivers, of the watchers or in State.freeSockets. */
  next: Socket | null;
  /** The next entry for a received frame. */
  tail: Entry;
  /** Bytes at the start of a frame that the socket does not see: 0 for SOCK_RAW, ETH_HLEN for SOCK_DGRAM. */
  skip: u32;
  /** Frames that entered the queue, and how many of these PACKET_STATISTICS has reported. */
  packets: u32;
  packetsRead: u32;
  /**
   * A frame matches when ((frame.key ^ key) & mask) == 0. This is looked at first: compiled to C, the check of this address
   * is also that of those in front of it.
   */
  key: u32;
  mask: u32;
  /** The interface that the fast path of send() uses, or null. */
  out: Iface | null;
  /** What else must be done with a frame that is sent: Outgoing. */
  outgoing: u32;
  /** Network order, like in a frame. */
  protocol: u32;
  type: u32;
  error: u32;
  /** The next in State.taps or State.pickyTaps. */
  nextTap: Socket | null;
  /** The verified filter program; or filterTests, which replace it; or 0. */
  filter: usize;
  /** The filter as tests (filtertests.ts), or 0. */
  filterTests: usize;
  /** Instructions of the filter. */
  filterLength: u32;
  /** Linked by Membership.next. */
  memberships: Membership | null;
  /** SO_PRIORITY, and the seconds of SO_LINGER. */
  priority: u32;
  lingerTime: u32;
  /** SO_RCVLOWAT; 0: never set. */
  lowWater: u32;
  /** With SO_RXQ_OVFL: see drops.ts. */
  dropMarks: usize;
  /** The time of the last received frame, with Special.STAMP; seconds are 0 when it is not known. */
  stampSec: u32;
  stampNsec: u32;
  /** The flags of SO_TIMESTAMPING. */
  timestamping: u32;
  /** The error queue, or null. */
  messages: Messages | null;
  /** Frames that matched and were dropped since the socket was opened, and how many PACKET_STATISTICS has reported. */
  dropsQueueFull: u32;
  dropsPoolEmpty: u32;
  dropsRead: u32;
  /** Frames that the filter refused, and frames that it was interpreted for. */
  filtered: u32;
  interpreted: u32;
  /** SO_RCVBUF, bytes. */
  rcvbuf: u32;
  /** SO_SNDBUF, bytes. */
  sndbufBytes: u32;
  descriptor: u32;
  /** Entries of the circle: the first ones from lentEnd on. */
  queueLength: u32;
  /** Behind the socket follow CONTROL_QUEUE_FRAMES words; those before lentTop are the frames that are lent. */
  lentTop: usize;
  lentEnd: usize;
  /** Not 0: was allocated one by one, and goes back to the heap at close. */
  single: u32;
  /** How many of its queue's frames are of one pool, as scarcity.ts counted them for the frame that is offered. */
  queued: u32;
  /** Always 0: what submit() reads in front of the list of lent frames when it is empty. */
  belowLent: u32;
}

/** A message of an error queue: when a frame was sent. */
@unmanaged
export class Message {
  /** The frame that was sent; null: SOF_TIMESTAMPING_OPT_TSONLY, or the pool needed it. */
  frame: Frame | null;
  /** FRAME_STAMPED or FRAME_HW_STAMPED: which clock the time is of. */
  flags: u32;
  sec: u32;
  nsec: u32;
  /** For SOF_TIMESTAMPING_OPT_ID. */
  id: u32;
}

/** The error queue of a socket; the messages follow it, a circle. */
@unmanaged
export class Messages {
  /** The flags of SO_TIMESTAMPING that ask for stamps of what is sent, and those of the message that is being sent. */
  wanted: u32;
  /** The number of the next frame for SOF_TIMESTAMPING_OPT_ID. */
  nextId: u32;
  /** The number of messages, and the index of the oldest. */
  count: u32;
  first: u32;
}

/** A membership of a socket (PACKET_ADD_MEMBERSHIP), or an address of an interface (SIOCADDMULTI). */
@unmanaged
export class Membership {
  next: Membership | null;
  iface: Iface;
  /** PACKET_MR_*. */
  type: u32;
  /** Length of the address in bytes, and the address, zero-padded. */
  length: u32;
  head: u32;
  tail: u32;
  count: u32;
}

/** The sockets that are offered a received frame (lists.ts); linked by Socket.next. */
@unmanaged
export class Listeners {
  receivers: Socket | null;
  /** Sockets with a filter, then the network stack: they are offered a frame after the receivers. */
  watchers: Socket | null;
}

/** The number of these behind the State, a power of two; and offsetof<Listeners>() as a shift. */
export const LISTS: u32 = 8;
export const LISTENERS_SHIFT: u32 = 3;

/** The module's global state, behind the control block. */
@unmanaged
export class State {
  /** Sockets that see outgoing frames, and those of them that do not take each frame as it is (see isPicky()). */
  taps: Socket | null;
  pickyTaps: Socket | null;
  freeSockets: Socket | null;
  /** Sockets that exist, open or not. */
  connections: u32;
  interfaces: u32;
  /** Frames that error queues hold. */
  heldByMessages: u32;
  /** The state of SKF_AD_RANDOM. */
  random: u32;
  /** Addresses that SIOCADDMULTI added, linked by Membership.next. */
  multicast: Membership | null;
  /** The address of the next interface. */
  nextIface: usize;
  /** The free block of the heap with the lowest address, or 0. */
  heap: usize;
  /** The most frames of an interface that one call demultiplexes: WORK of lists.ts by the sockets that see a frame. */
  framesAtOnce: u32;
  /** Every open descriptor is below this one. */
  openEnd: u32;
  /** What scarcity.ts knows while it offers one frame: the network stack, and how many frames of its share it holds alone. */
  stack: Socket | null;
  stackInUse: u32;
  /** The first socket with the most frames of the pool in its queue, and how many these are. */
  richest: Socket | null;
  most: u32;
}

/** Does not compile when a class and abi.ts disagree. */
// @ts-ignore: decorator
@inline
export function checkLayout(): void {
  if (offsetof<ExchangeIface>("hwaddrHead") != abi.IFNAMSIZ) ERROR("ExchangeIface.hwaddr");
  if (offsetof<Slot>("next") != abi.SLOT_NEXT) ERROR("Slot.next");
  if (offsetof<Slot>() != abi.SLOT_BYTES) ERROR("Slot");
  if (offsetof<Frame>("mac") != abi.FRAME_MAC) ERROR("Frame.mac");
  if (offsetof<Frame>("key") != abi.FRAME_KEY) ERROR("Frame.key");
  if (offsetof<Frame>("nsec") != abi.FRAME_NSEC) ERROR("Frame.nsec");
  if (offsetof<Frame>("buffer") != abi.FRAME_BUFFER) ERROR("Frame.buffer");
  if (offsetof<Frame>("hwNsec") != abi.FRAME_HW_NSEC) ERROR("Frame.hwNsec");
  if (offsetof<Frame>() != abi.FRAME_BYTES) ERROR("Frame");
  if (offsetof<Iface>("fill") != abi.IFACE_FILL) ERROR("Iface.fill");
  if (offsetof<Iface>("spare") != abi.IFACE_SPARE) ERROR("Iface.spare");
  if (offsetof<Iface>("hwaddrHead") != abi.IFACE_HWADDR) ERROR("Iface.hwaddr");
  if (offsetof<Iface>("name0") != abi.IFACE_NAME) ERROR("Iface.name");
  if (offsetof<Iface>("fillRing") != abi.IFACE_FILL_RING) ERROR("Iface.fillRing");
  if (offsetof<Iface>("filterChanged") != abi.IFACE_FILTER_CHANGED) ERROR("Iface.filterChanged");
  if (offsetof<Iface>("hwStamping") != abi.IFACE_HW_STAMPING) ERROR("Iface.hwStamping");
  if (offsetof<Iface>() != abi.IFACE_BYTES) ERROR("Iface");
  if (offsetof<Socket>("nonblock") != abi.SOCKET_NONBLOCK) ERROR("Socket.nonblock");
  if (offsetof<Socket>("receiveTimeoutLow") != abi.SOCKET_RCVTIMEO) ERROR("Socket.receiveTimeout");
  if (offsetof<Socket>("sendTimeoutLow") != abi.SOCKET_SNDTIMEO) ERROR("Socket.sendTimeout");
  if (offsetof<Socket>("head") != abi.SOCKET_HEAD) ERROR("Socket.head");
  if (offsetof<Socket>("special") != abi.SOCKET_SPECIAL) ERROR("Socket.special");
  if (offsetof<Socket>("iface") != abi.SOCKET_IFACE) ERROR("Socket.iface");
  if (offsetof<Socket>("full") != abi.SOCKET_FULL) ERROR("Socket.full");
  if (offsetof<Socket>("sndbuf") != abi.SOCKET_SNDBUF) ERROR("Socket.sndbuf");
  if (offsetof<Socket>("sending") != abi.SOCKET_SENDING) ERROR("Socket.sending");
  if (offsetof<Socket>("options") != abi.SOCKET_OPTIONS) ERROR("Socket.options");
  if (offsetof<Listeners>() != 1 << LISTENERS_SHIFT) ERROR("Listeners");
  if (offsetof<Control>("preallocConns") != abi.CONTROL_PREALLOC_CONNS) ERROR("Control.preallocConns");
  if (offsetof<Control>("table") != abi.CONTROL_TABLE) ERROR("Control.table");
  if (offsetof<Control>("needed") != abi.CONTROL_NEEDED) ERROR("Control.needed");
  if (offsetof<Control>("news") != abi.CONTROL_NEWS) ERROR("Control.news");
  if (offsetof<Control>() > abi.CONTROL_EXCHANGE) ERROR("Control");
  if (abi.CONTROL_APP_SIZE < abi.CONTROL_EXCHANGE + abi.EXCHANGE_BYTES) ERROR("ControlApp");
  if (abi.CONTROL_APP_SIZE + offsetof<ControlApp>("needed") != abi.CONTROL_APP_NEEDED) ERROR("ControlApp.needed");
  if (abi.CONTROL_APP_SIZE + offsetof<ControlApp>("wake") != abi.CONTROL_APP_WAKE) ERROR("ControlApp.wake");
  if (offsetof<Sockaddr>("ifindex") != SLL_IFINDEX) ERROR("Sockaddr.ifindex");
  if (offsetof<Sockaddr>("halen") != SLL_HALEN) ERROR("Sockaddr.halen");
  if (offsetof<Sockaddr>("addrHead") != SLL_ADDR) ERROR("Sockaddr.addrHead");
  if (offsetof<Sockaddr>() != SLL_BYTES) ERROR("Sockaddr");
  if (offsetof<ExchangeReceived>("msgFlags") != abi.EXCHANGE_MSG_FLAGS) ERROR("ExchangeReceived.msgFlags");
  if (offsetof<ExchangeReceived>("len") != abi.EXCHANGE_LEN) ERROR("ExchangeReceived.len");
  if (offsetof<ExchangeReceived>("uncutLen") != abi.EXCHANGE_UNCUT_LEN) ERROR("ExchangeReceived.uncutLen");
  if (offsetof<ExchangeReceived>("net") != abi.EXCHANGE_NET) ERROR("ExchangeReceived.net");
  if (offsetof<ExchangeReceived>("frameFlags") != abi.EXCHANGE_FRAME_FLAGS) ERROR("ExchangeReceived.frameFlags");
  if (offsetof<ExchangeReceived>("tci") != abi.EXCHANGE_TCI) ERROR("ExchangeReceived.tci");
  if (offsetof<ExchangeReceived>("sec") != abi.EXCHANGE_SEC) ERROR("ExchangeReceived.sec");
  if (offsetof<ExchangeReceived>("nsec") != abi.EXCHANGE_NSEC) ERROR("ExchangeReceived.nsec");
  if (offsetof<ExchangeReceived>("options") != abi.EXCHANGE_OPTIONS) ERROR("ExchangeReceived.options");
  if (offsetof<ExchangeReceived>("drops") != abi.EXCHANGE_DROPS) ERROR("ExchangeReceived.drops");
  if (offsetof<ExchangeReceived>("timestamping") != abi.EXCHANGE_TIMESTAMPING) ERROR("ExchangeReceived.timestamping");
  if (offsetof<ExchangeReceived>("stampId") != abi.EXCHANGE_STAMP_ID) ERROR("ExchangeReceived.stampId");
  if (offsetof<ExchangeReceived>() > abi.EXCHANGE_BYTES) ERROR("ExchangeReceived");
}
