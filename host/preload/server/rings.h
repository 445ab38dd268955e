/* The packet rings of a program's socket: PACKET_RX_RING and PACKET_TX_RING in all versions, as Linux has them. They belong to
 * this process: the component's own rings lead to the MAC, and an application cannot map them. The program shares the memory of
 * the rings and may write anything there at any time. So this process keeps for itself where it is, and reads from the memory
 * only whose turn it is, and what frames to send consist of, which it then checks. */
#ifndef PRELOAD_RINGS_H
#define PRELOAD_RINGS_H

#include <pktsock/pktsock.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

struct connection;
struct tpacket_req3;

struct ring {
  int fd;          /* of the memory */
  uint8_t *memory; /* NULL if there is no ring */
  bool given;      /* the program may have mapped it */
  unsigned block_size, blocks, frame_size, frames;
  unsigned at; /* the frame to fill or to send next, unless the ring is one of version 3 that receives */
};

/* What only a ring of version 3 has that receives. Offsets are those in the block that is filled. */
struct filling {
  unsigned block;        /* the number of the block */
  bool frozen;           /* the program still has that block, so nothing is filled */
  unsigned head;         /* where the first frame of each block starts */
  unsigned frames;       /* in the block */
  unsigned last, next;   /* where its last frame starts, and the next one will */
  struct timespec time;  /* of its last frame */
  uint64_t sequence;     /* of the block */
  uint64_t began, limit; /* when its time began, and how long it takes, in us */
  bool hashes;           /* TP_FT_REQ_FILL_RXHASH */
};

struct rings {
  unsigned version, reserve; /* PACKET_VERSION, PACKET_RESERVE */
  bool loss, has_offset;     /* PACKET_LOSS, PACKET_TX_HAS_OFF */
  unsigned stamps; /* PACKET_TIMESTAMP; received frames have a stamp of the software, whatever it says, as on Linux */
  struct ring rx, tx;
  bool behind; /* there may be frames in the queue that rx has room for */
  struct filling filling;
  uint32_t dropped, freezes; /* since the program has read PACKET_STATISTICS */
  uint32_t dropped_before;   /* the component's drops then */
  uint64_t dropped_ever;
};

/* ---- For calls: as setsockopt(2), getsockopt(2) and sendmsg(2) (rings.c, ring_send.c) ---- */

/* Returns true if it is one of the options of the two functions below. */
bool rings_have_option(int level, int name);
int rings_setsockopt(struct connection *c, int name, const void *value, size_t len);
int rings_getsockopt(struct connection *c, int name, uint8_t *value, socklen_t *len);

/* Returns the ring whose memory the program maps: PACKET_RX_RING or PACKET_TX_RING; NULL and errno if there is none. */
const struct ring *rings_give(struct connection *c, int name);

/* Send what the ring has to send; the message's own bytes do not matter, as on Linux. Sets `again` if there may be more. */
ssize_t rings_send(struct connection *c, struct pktsock_msghdr *message, int flags, bool *again);

/* ---- For connections ---- */

/* Move the frames from the socket's queue to its ring; those without room are dropped, as on Linux. Returns true if the program
 * has not yet taken what was filled last, which is what poll(2) checks on Linux. (ring_receive.c) */
bool rings_receive(struct connection *c);

/* When rings_receive() must be called at the latest, in terms of pkt_os_now(); UINT64_MAX: no matter when. */
uint64_t rings_deadline(const struct rings *rings);

void rings_close(struct rings *rings);

/* ---- Among the files of the rings ---- */

/* The lengths of the header of a frame, without and with the address behind it. */
unsigned rings_header(unsigned version);
unsigned rings_header_and_address(unsigned version);

/* The frame of that number. */
uint8_t *ring_frame(const struct ring *ring, unsigned i);

size_t ring_size(const struct ring *ring);

/* A frame's status is an unsigned long in version 1. */
unsigned long rings_status(const struct rings *rings, uint8_t *frame);
void rings_set_status(const struct rings *rings, uint8_t *frame, unsigned long status);

/* Write a frame's time, received or sent, into its header. */
void rings_set_time(const struct rings *rings, uint8_t *frame, const struct timespec *time);

/* A received frame, and where in the ring its parts are placed. */
struct arrival {
  const uint8_t *bytes;
  unsigned len;     /* captured, and then what of that has room in the ring */
  unsigned len_all; /* on the wire */
  unsigned network; /* where the network header starts */
  unsigned status;  /* TP_STATUS_VLAN_VALID, ... */
  uint16_t vlan_tci, vlan_tpid;
  struct timespec time;
  const uint8_t *address; /* a sockaddr_ll */
  unsigned mac, net;      /* tp_mac and tp_net */
};

/* Write a frame with its header into the ring; all but the status in versions 1 and 2. */
void rings_write(const struct rings *rings, uint8_t *frame, const struct arrival *arrival);

/* Count a frame that has no room. Returns false. */
bool rings_drop(struct rings *rings);

/* Frames that the component dropped for the socket. */
uint32_t rings_component_drops(const struct connection *c);

/* Returns true if frames were dropped since the program has read PACKET_STATISTICS. */
bool rings_losing(const struct connection *c);

/* ---- Version 3 (ring_blocks.c) ---- */

/* Bytes in front of the first frame of a block: its header, and tp_sizeof_priv bytes of the program. */
uint64_t blocks_head(unsigned private);

/* Begin with the first block. */
void blocks_open(struct rings *rings, const struct tpacket_req3 *wanted);

/* The maximum of bytes that a frame may have with its header. */
unsigned blocks_most(const struct rings *rings);

/* Put the frame into a block. Returns false if it was dropped. */
bool blocks_put(struct connection *c, const struct arrival *arrival);

/* Give the program the block whose time has come. */
void blocks_expire(struct connection *c, uint64_t now);

/* Returns true if the program has the block that was filled last. */
bool blocks_readable(const struct rings *rings);

#endif
