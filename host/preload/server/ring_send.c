/* PACKET_TX_RING. BOARD=linux sends a frame at once, so the program never sees TP_STATUS_SENDING for long. */
#define _GNU_SOURCE
#include "rings.h"

#include "server.h"

#include <pktsock/pktsock.h>

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <time.h>

/* Frames that one call sends. The library calls again, and meanwhile others are served. */
#define BATCH 32

#define READ(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

/* A frame as the program describes it. */
struct departure {
  unsigned len, mac, net;
};

/* Read the header once: the program may change it meanwhile. Returns false for what Linux has not: slots of variable size. */
static bool read_header(const struct rings *rings, const uint8_t *frame, struct departure *d) {
  if (rings->version == TPACKET_V1) {
    const struct tpacket_hdr *h = (const struct tpacket_hdr *)frame;
    *d = (struct departure){READ(h->tp_len), READ(h->tp_mac), READ(h->tp_net)};
  } else if (rings->version == TPACKET_V2) {
    const struct tpacket2_hdr *h = (const struct tpacket2_hdr *)frame;
    *d = (struct departure){READ(h->tp_len), READ(h->tp_mac), READ(h->tp_net)};
  } else {
    const struct tpacket3_hdr *h = (const struct tpacket3_hdr *)frame;
    *d = (struct departure){READ(h->tp_len), READ(h->tp_mac), READ(h->tp_net)};
    return READ(h->tp_next_offset) == 0;
  }
  return true;
}

/* Copy the frame's bytes to `bytes`, PRELOAD_FRAME of them at most. Returns how many they are; -1 and errno as Linux's
 * tpacket_parse_header(). */
static ssize_t take(const struct rings *rings, const uint8_t *frame, bool is_raw, uint8_t *bytes) {
  const unsigned header = (unsigned)TPACKET_ALIGN(rings_header(rings->version));
  struct departure d;
  unsigned offset = header;
  if (!read_header(rings, frame, &d)) {
    errno = EINVAL;
    return -1;
  }
  if (d.len > rings->tx.frame_size - header || d.len > PRELOAD_FRAME) {
    errno = EMSGSIZE;
    return -1;
  }
  if (rings->has_offset) {
    offset = is_raw ? d.mac : d.net;
    if (offset < header || offset > rings->tx.frame_size - d.len) {
      errno = EINVAL;
      return -1;
    }
  }
  memcpy(bytes, frame + offset, d.len);
  return (ssize_t)d.len;
}

/* Returns true if the error is the frame's, not the socket's or the interface's. */
static bool is_of_frame(int error) { return error == EINVAL || error == EMSGSIZE; }

static void advance(struct rings *rings, uint8_t *frame, unsigned long stamped) {
  rings_set_status(rings, frame, TP_STATUS_AVAILABLE | stamped);
  rings->tx.at = (rings->tx.at + 1) % rings->tx.frames;
}

/* Write the time of a frame that was just sent into the ring, if PACKET_TIMESTAMP wants it. Returns what the status says of it. */
static unsigned long stamp(const struct rings *rings, uint8_t *frame) {
  struct timespec now;
  if ((rings->stamps & SOF_TIMESTAMPING_SOFTWARE) == 0)
    return 0;
  clock_gettime(CLOCK_REALTIME, &now);
  rings_set_time(rings, frame, &now);
  return TP_STATUS_TS_SOFTWARE;
}

ssize_t rings_send(struct connection *c, struct pktsock_msghdr *message, int flags, bool *again) {
  static uint8_t bytes[PRELOAD_DATA];
  struct rings *rings = &c->rings;
  struct pktsock_iovec part = {bytes, sizeof(bytes)};
  int type;
  socklen_t len = sizeof(type);
  ssize_t sum = 0;
  message->msg_iov = &part;
  message->msg_iovlen = 1;
  /* Address and interface matter even if there is nothing to send. A frame that is too long shows what is wrong besides. */
  if (pktsock_getsockopt(c->socket, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
      pktsock_sendmsg(c->socket, message, flags) >= 0 || errno != EMSGSIZE)
    return -1;
  for (int i = 0; i < BATCH; i++) {
    uint8_t *frame = ring_frame(&rings->tx, rings->tx.at);
    if (rings_status(rings, frame) != TP_STATUS_SEND_REQUEST)
      return sum;
    ssize_t n = take(rings, frame, type == SOCK_RAW, bytes);
    if (n >= 0) {
      rings_set_status(rings, frame, TP_STATUS_SENDING);
      part.iov_len = (size_t)n;
      n = pktsock_sendmsg(c->socket, message, flags);
    }
    if (n >= 0) {
      advance(rings, frame, stamp(rings, frame));
      sum += n;
    } else if (is_of_frame(errno) && rings->loss) {
      advance(rings, frame, 0);
    } else {
      rings_set_status(rings, frame, is_of_frame(errno) ? TP_STATUS_WRONG_FORMAT : TP_STATUS_SEND_REQUEST);
      return is_of_frame(errno) || sum == 0 ? -1 : sum;
    }
  }
  *again = true;
  return sum;
}
