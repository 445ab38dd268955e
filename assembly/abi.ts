// The numbers that module, host tools and C share. This file is their only source: the module and the host tools import
// it, `host/build/headers.ts` writes build/gen/pktsock/abi.h from it, and layout.ts and boards/include/pktsock/layout.h do
// not compile when a class or struct disagrees.
//
// Written so that it is valid AssemblyScript and valid TypeScript. All offsets and sizes are bytes; everything in
// linear memory is little-endian unless a comment says "network order".

/** Identifies a pktsock module: "PKTS" in memory order. */
export const MAGIC: u32 = 0x53544b50;
/** Raised with every change of the ABI (CONTRIBUTING.md). A loader refuses a module of another version. */
export const ABI_VERSION: u32 = 4;
/**
 * Raised when what the words of linear memory mean changes and their places stay. It is part of PKTSOCK_LAYOUT (index.ts), and
 * a module with another one cannot continue where this one was.
 */
export const LAYOUT_VERSION: u32 = 1;

/** The descriptor table never has more entries, however many sockets memory allows. */
export const MAX_DESCRIPTORS: u32 = 64;

// ---- Control block: at a fixed address, written by the loader before init(), completed by init() -----------------

/** Address of the control block. Offset 0 stays unused, so that an offset of 0 always means "none". */
export const CONTROL: u32 = 16;

export const CONTROL_MAGIC: u32 = 0;
export const CONTROL_ABI: u32 = 4;
/** In: bytes of linear memory that may be used (at most one 64 KiB page). */
export const CONTROL_MEMORY_SIZE: u32 = 8;
/** In: low 32 bits of the address at which linear memory starts on the machine; frames are aligned for that. */
export const CONTROL_MEMORY_BASE: u32 = 12;
/** In: alignment of each frame's buffer on the machine: a power of two, 4 to 64 (what the MAC or the cache needs). */
export const CONTROL_FRAME_ALIGN: u32 = 16;
/** In: CONFIG_NET_PKT_PREALLOC_CONNS. */
export const CONTROL_PREALLOC_CONNS: u32 = 20;
/** In: CONFIG_NET_PKT_ALLOC_CONNS. */
export const CONTROL_ALLOC_CONNS: u32 = 24;
/** In: CONFIG_NET_PKT_MAX_CONNS. */
export const CONTROL_MAX_CONNS: u32 = 28;
/** In: interfaces that can be added. */
export const CONTROL_INTERFACES: u32 = 32;
/** In: frames in the pool of each interface. */
export const CONTROL_FRAMES: u32 = 36;
/** In: bytes of one frame's buffer. */
export const CONTROL_FRAME_SIZE: u32 = 40;
/** In: frames of each pool that are kept for sending. */
export const CONTROL_TX_FRAMES: u32 = 44;
/** In: frames of each pool that always stay with the driver for receiving. */
export const CONTROL_RX_RESERVE: u32 = 48;
/** In: minimum of the frames in each pool that only the network stack may hold, while one is attached. */
export const CONTROL_STACK_RESERVE: u32 = 52;
/** In: maximum of frames in one socket's receive queue. */
export const CONTROL_QUEUE_FRAMES: u32 = 56;
/** In: bytes of the control-plane heap (allocated sockets, filters, memberships). */
export const CONTROL_HEAP_SIZE: u32 = 60;
/** Out: offset of the descriptor table: u32 a descriptor, the offset of its socket, or 0. */
export const CONTROL_TABLE: u32 = 64;
/** Out: entries of the descriptor table. */
export const CONTROL_TABLE_LENGTH: u32 = 68;
/** Out: offset of the first interface, linked by IFACE_NEXT; 0 = none. */
export const CONTROL_FIRST_IFACE: u32 = 72;
/** Out: offset of the frame table: FRAME_BYTES for each frame of every pool. */
export const CONTROL_FRAME_TABLE: u32 = 76;
/** Out: frames in the frame table. */
export const CONTROL_FRAME_COUNT: u32 = 80;
/** Out: offset of the UMEM; buffer i belongs to frame i and starts at UMEM + i * CONTROL_FRAME_STRIDE. */
export const CONTROL_UMEM: u32 = 84;
/** Out: distance from one buffer to the next. */
export const CONTROL_FRAME_STRIDE: u32 = 88;
/** Out: bytes of linear memory that the configuration needs; also set when init() returns -ENOMEM. */
export const CONTROL_NEEDED: u32 = 92;
/** Out: set to 1 when a socket got a frame or an error. The glue clears it when it has woken the tasks that wait for that. */
export const CONTROL_NEWS: u32 = 96;
/** Exchange area: names, addresses and option values on their way between glue and module. */
export const CONTROL_EXCHANGE: u32 = 100;
export const EXCHANGE_BYTES: u32 = 76;
// The exchange area after receiveFrom() with WANT_NAME: struct sockaddr_ll, then
/** Message flags (MSG_TRUNC). */
export const EXCHANGE_MSG_FLAGS: u32 = 20;
/** Bytes that the frame had for this socket, before the caller's buffer truncated it. */
export const EXCHANGE_LEN: u32 = 24;
/** Bytes that it had before the socket's filter truncated it. */
export const EXCHANGE_UNCUT_LEN: u32 = 28;
/** Where the network header starts in what the socket sees: ETH_HLEN for SOCK_RAW, 0 for SOCK_DGRAM. */
export const EXCHANGE_NET: u32 = 32;
/** FRAME_FLAGS, FRAME_TCI, FRAME_SEC, FRAME_NSEC of the frame. */
export const EXCHANGE_FRAME_FLAGS: u32 = 36;
export const EXCHANGE_TCI: u32 = 40;
export const EXCHANGE_SEC: u32 = 44;
export const EXCHANGE_NSEC: u32 = 48;
/** OPTION_* of the socket: which control messages recvmsg() makes. */
export const EXCHANGE_OPTIONS: u32 = 52;
/** With OPTION_RXQ_OVFL: frames that the socket had lost when it received the frame. */
export const EXCHANGE_DROPS: u32 = 56;
/** With OPTION_TIMESTAMPING: the flags of SO_TIMESTAMPING, and FRAME_HW_SEC, FRAME_HW_NSEC of the frame. */
export const EXCHANGE_TIMESTAMPING: u32 = 60;
export const EXCHANGE_HW_SEC: u32 = 64;
export const EXCHANGE_HW_NSEC: u32 = 68;
/** With MSG_ERRQUEUE, for which only the message flags, the length, the stamps and the options are written: ee_data. */
export const EXCHANGE_STAMP_ID: u32 = 72;

/** SOCKET_OPTIONS: the options that are switches, and FD_CLOEXEC. */
export const OPTION_IGNORE_OUTGOING: u32 = 1;
export const OPTION_AUXDATA: u32 = 2;
export const OPTION_TIMESTAMP: u32 = 4;
export const OPTION_TIMESTAMPNS: u32 = 8;
export const OPTION_ORIGDEV: u32 = 16;
export const OPTION_RXQ_OVFL: u32 = 32;
export const OPTION_CLOEXEC: u32 = 64;
export const OPTION_BROADCAST: u32 = 128;
export const OPTION_REUSEADDR: u32 = 256;
export const OPTION_QDISC_BYPASS: u32 = 512;
export const OPTION_DONTROUTE: u32 = 1024;
export const OPTION_LINGER: u32 = 2048;
export const OPTION_LOCK_FILTER: u32 = 4096;
/** SOL_PACKET's TRANSLATED_FILTER. */
export const OPTION_TRANSLATED_FILTER: u32 = 8192;
/** SO_TIMESTAMPING is not 0. */
export const OPTION_TIMESTAMPING: u32 = 16384;
export const OPTION_SELECT_ERR_QUEUE: u32 = 32768;

/** An option of SOL_PACKET that Linux does not have: while it is not 0, no filter is attached that would be interpreted. */
export const TRANSLATED_FILTER: u32 = 0x100;

/** An argument of stampSending(): the flags of SO_TIMESTAMPING count again. */
export const SENT_BY_OPTION: u32 = 0xffffffff;

/** Flag of receiveFrom() beside MSG_*: fill the exchange area. */
export const WANT_NAME: u32 = 0x10000000;

/** In: bytes of linear memory for the state of an application that is compiled together with the module (assembly/app). */
export const CONTROL_APP_SIZE: u32 = 176;
/** Out: bytes that its state takes; init() returns -ENOMEM when these are more. A module without an application writes nothing. */
export const CONTROL_APP_NEEDED: u32 = 180;
/** Out: set to 1 when the application has set a timer: appTimers() must be called, which clears this. */
export const CONTROL_APP_WAKE: u32 = 184;
export const CONTROL_BYTES: u32 = 192;

// ---- Ring slot: the four rings of an interface are circles of these ----------------------------------------------

/** Offset of the frame, or 0: storing a frame fills the slot, storing 0 empties it. */
export const SLOT_FRAME: u32 = 0;
/** Offset of the next slot of the circle. Only the module follows it; drivers count for themselves. */
export const SLOT_NEXT: u32 = 4;
export const SLOT_BYTES: u32 = 8;

// ---- Frame: the state of one buffer -------------------------------------------------------------------------------

/** The interface whose pool the frame belongs to. */
export const FRAME_IFACE: u32 = 0;
/** Number of holders: sockets, the network stack, and the TX ring if one of these holds the frame, too. */
export const FRAME_REFS: u32 = 4;
/** Offset in linear memory of the link-layer header. RX: written by the driver. TX: by the module. */
export const FRAME_MAC: u32 = 8;
/** Bytes from the link-layer header to the end, without FCS. A driver sends at least ETH_ZLEN; the rest is zeros. */
export const FRAME_LEN: u32 = 12;
/** Low half: protocol, in network order. High half: ifindex. */
export const FRAME_KEY: u32 = 16;
/** FRAME_* flags below. */
export const FRAME_FLAGS: u32 = 20;
/**
 * VLAN tag that was removed from the frame, valid with FRAME_VLAN. Low half: TCI, high half: TPID, both in host order. With
 * FRAME_WANTS_STAMP or FRAME_WANTS_HW_STAMP: the number of the frame for SOF_TIMESTAMPING_OPT_ID.
 */
export const FRAME_TCI: u32 = 24;
/** When the frame was received or handed to the MAC, by the system's clock: seconds and nanoseconds, with FRAME_STAMPED. */
export const FRAME_SEC: u32 = 28;
export const FRAME_NSEC: u32 = 32;
/** TX: the socket whose send buffer the frame counts against, or 0. */
export const FRAME_OWNER: u32 = 36;
/** Offset of the frame's own buffer; never changes. */
export const FRAME_BUFFER: u32 = 40;
/** When it was received or sent, by the MAC's clock, valid with FRAME_HW_STAMPED. */
export const FRAME_HW_SEC: u32 = 44;
export const FRAME_HW_NSEC: u32 = 48;
export const FRAME_BYTES: u32 = 52;

/** The frame left through the interface (sll_pkttype PACKET_OUTGOING). */
export const FRAME_OUTGOING: u32 = 1;
/** FRAME_SEC and FRAME_NSEC are valid. */
export const FRAME_STAMPED: u32 = 2;
/** FRAME_HW_SEC and FRAME_HW_NSEC are valid: the MAC has stamped this frame. */
export const FRAME_HW_STAMPED: u32 = 4;
/** A VLAN tag was removed from the frame. */
export const FRAME_VLAN: u32 = 8;
/** TX: asks the driver to stamp the frame when it hands it to the MAC. */
export const FRAME_WANTS_STAMP: u32 = 16;
/** TX: asks the MAC to stamp the frame. */
export const FRAME_WANTS_HW_STAMP: u32 = 32;

// ---- A filter's test: the offset of its field from  the frame's link-layer header (assembly/filtertests.ts) --------

/** Mask of the offset. */
export const TEST_PLACE_MASK: u32 = 0xffff;
/** The bits above hold the field's size in bytes: 1, 2 or 4. */
export const TEST_SIZE_SHIFT: u32 = 16;
/** The offset counts from X, which is 0 at first. */
export const TEST_X: u32 = 1 << 24;
/** The test is true when the field is at least the value. Both are the highest bytes of a big-endian number. */
export const TEST_ORDER: u32 = 1 << 25;
/** Not a test: sets X to the length of the IPv4 header whose first byte is the field, and continues at onTrue. */
export const TEST_LOAD_X: u32 = 1 << 26;

// ---- Interface ----------------------------------------------------------------------------------------------------

export const IFACE_NEXT: u32 = 0;
export const IFACE_INDEX: u32 = 4;
/** IFF_* as in netdevice(7). */
export const IFACE_FLAGS: u32 = 8;
/** Largest payload of a frame, bytes, without the link-layer header. */
export const IFACE_MTU: u32 = 12;
/** The module's positions in the four rings. */
export const IFACE_FILL: u32 = 16;
export const IFACE_RX: u32 = 20;
export const IFACE_TX: u32 = 24;
export const IFACE_COMPLETION: u32 = 28;
/** Offset just above the top of the stack of frames that are free for sending. */
export const IFACE_FREE: u32 = 32;
/** Frames that are free for sending or being sent, without those that a socket holds or that are lent. */
export const IFACE_TX_OWNED: u32 = 36;
/**
 * CONTROL_TX_FRAMES minus these and the lent empty ones. While this is not 0, a freed frame goes to the free stack instead
 * of FILL.
 */
export const IFACE_TX_MISSING: u32 = 40;
/** How many more frames sockets may hold; below 0 when the network stack uses its share. */
export const IFACE_SPARE: u32 = 44;
/** One more than the largest payload that can be sent right now: IFACE_MTU + 1 while the interface is up, else 0. */
export const IFACE_LIMIT: u32 = 48;
/** The interface's part of FRAME_KEY: IFACE_INDEX << 16. */
export const IFACE_KEY: u32 = 52;
/** Hardware address, 6 bytes. */
export const IFACE_HWADDR: u32 = 56;
/** Where the link-layer header starts in the buffer of a frame to send: 0 or 2, whichever suits the MAC. */
export const IFACE_TX_OFFSET: u32 = 64;
/** Name, NUL-padded. */
export const IFACE_NAME: u32 = 68;
export const IFNAMSIZ: u32 = 16;
/** Offsets of the first slots of the four rings, each IFACE_RING_LENGTH slots long, for the driver. */
export const IFACE_FILL_RING: u32 = 84;
export const IFACE_RX_RING: u32 = 88;
export const IFACE_TX_RING: u32 = 92;
export const IFACE_COMPLETION_RING: u32 = 96;
export const IFACE_RING_LENGTH: u32 = 100;
/** Sockets that asked for software time stamps: the driver stamps received frames while this is not 0. */
export const IFACE_STAMPING: u32 = 104;
/** Counters, u32, wrapping. Counted by the driver: frames received, and drops by reason. */
export const IFACE_RX_FRAMES: u32 = 108;
export const IFACE_RX_NO_FRAME: u32 = 112;
export const IFACE_RX_TOO_SHORT: u32 = 116;
export const IFACE_RX_TOO_LONG: u32 = 120;
export const IFACE_RX_ERRORS: u32 = 124;
/** Counted by the driver: frames given to the wire, and frames it could not send. */
export const IFACE_TX_FRAMES: u32 = 128;
export const IFACE_TX_ERRORS: u32 = 132;
/** Counted by the module: received frames that some socket lost because the pool had none to spare. */
export const IFACE_RX_POOL_EMPTY: u32 = 136;
/** Counted by the driver: invalid ring entries from the module; see boards/include/pktsock/ring.h. */
export const IFACE_RING_FAULTS: u32 = 140;
/** Counted by the module: frames that were received while the interface was down. */
export const IFACE_RX_IFACE_DOWN: u32 = 144;
/** Not 0: the addresses that the MAC should accept have changed. The glue updates the driver and clears this. */
export const IFACE_FILTER_CHANGED: u32 = 148;
/** Not 0: the MAC stamps the frames that ask for it (SIOCSHWTSTAMP). Written by the glue. */
export const IFACE_HW_STAMPING: u32 = 152;
export const IFACE_BYTES: u32 = 156;

// ---- Socket: the part that the glue sees --------------------------------------------------------------------------

/** Not 0: non-blocking (O_NONBLOCK). Written by the glue. */
export const SOCKET_NONBLOCK: u32 = 0;
/** SO_RCVTIMEO and SO_SNDTIMEO in microseconds, 64 bits each; 0 = no limit. Written by the glue. */
export const SOCKET_RCVTIMEO: u32 = 4;
export const SOCKET_SNDTIMEO: u32 = 12;
/** Offset of the queue's oldest entry, whose first word is the frame, or 0 when nothing waits to be received. */
export const SOCKET_HEAD: u32 = 20;
/** An error is pending; the socket may get messages in its error queue; there are some. Other bits are private to the module. */
export const SOCKET_SPECIAL: u32 = 24;
export const SOCKET_ERROR: u32 = 1;
export const SOCKET_HAS_ERROR_QUEUE: u32 = 2;
export const SOCKET_HAS_MESSAGES: u32 = 4;
/** The interface that the socket is bound to, or 0. */
export const SOCKET_IFACE: u32 = 28;
/** The interface for which sending returned -EAGAIN last. */
export const SOCKET_FULL: u32 = 32;
/** Maximum of frames in the TX ring (SO_SNDBUF; 0: no limit), and their present number. */
export const SOCKET_SNDBUF: u32 = 36;
export const SOCKET_SENDING: u32 = 40;
/** OPTION_*. The glue writes OPTION_CLOEXEC. */
export const SOCKET_OPTIONS: u32 = 44;
export const SOCKET_BYTES: u32 = 48;

// ---- Ethernet -----------------------------------------------------------------------------------------------------

export const ETH_ALEN: u32 = 6;
export const ETH_HLEN: u32 = 14;
/** Shortest frame on the wire, without FCS. */
export const ETH_ZLEN: u32 = 60;
export const VLAN_HLEN: u32 = 4;
export const ETH_DATA_LEN: u32 = 1500;
