/* The options of packet rings, and their memory. */
#define _GNU_SOURCE
#include "rings.h"

#include "server.h"

#include <pktsock/pktsock.h>

#include <errno.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of a ring. */
#define MAX_BYTES (64u << 20)

static int fail(int error) {
  errno = error;
  return -1;
}

unsigned rings_header(unsigned version) {
  static const unsigned sizes[] = {
      [TPACKET_V1] = sizeof(struct tpacket_hdr),
      [TPACKET_V2] = sizeof(struct tpacket2_hdr),
      [TPACKET_V3] = sizeof(struct tpacket3_hdr),
  };
  return sizes[version];
}

unsigned rings_header_and_address(unsigned version) {
  return TPACKET_ALIGN(rings_header(version)) + (unsigned)sizeof(struct sockaddr_ll);
}

size_t ring_size(const struct ring *ring) { return (size_t)ring->block_size * ring->blocks; }

uint8_t *ring_frame(const struct ring *ring, unsigned i) {
  const unsigned per_block = ring->frames / ring->blocks;
  return ring->memory + (size_t)(i / per_block) * ring->block_size + (size_t)(i % per_block) * ring->frame_size;
}

/* tp_status comes first in the headers of versions 1 and 2. */
static uint32_t *status_of(const struct rings *rings, uint8_t *frame) {
  return rings->version == TPACKET_V3 ? &((struct tpacket3_hdr *)frame)->tp_status : (uint32_t *)frame;
}

unsigned long rings_status(const struct rings *rings, uint8_t *frame) {
  if (rings->version == TPACKET_V1)
    return __atomic_load_n((unsigned long *)frame, __ATOMIC_ACQUIRE);
  return __atomic_load_n(status_of(rings, frame), __ATOMIC_ACQUIRE);
}

void rings_set_status(const struct rings *rings, uint8_t *frame, unsigned long status) {
  if (rings->version == TPACKET_V1)
    __atomic_store_n((unsigned long *)frame, status, __ATOMIC_RELEASE);
  else
    __atomic_store_n(status_of(rings, frame), (uint32_t)status, __ATOMIC_RELEASE);
}

void rings_set_time(const struct rings *rings, uint8_t *frame, const struct timespec *time) {
  const uint32_t sec = (uint32_t)time->tv_sec, nsec = (uint32_t)time->tv_nsec;
  if (rings->version == TPACKET_V1) {
    struct tpacket_hdr *h = (struct tpacket_hdr *)frame;
    h->tp_sec = sec, h->tp_usec = nsec / 1000;
  } else if (rings->version == TPACKET_V2) {
    struct tpacket2_hdr *h = (struct tpacket2_hdr *)frame;
    h->tp_sec = sec, h->tp_nsec = nsec;
  } else {
    struct tpacket3_hdr *h = (struct tpacket3_hdr *)frame;
    h->tp_sec = sec, h->tp_nsec = nsec;
  }
}

/* ---- Memory ---- */

static void close_ring(struct ring *ring) {
  if (ring->memory == NULL)
    return;
  munmap(ring->memory, ring_size(ring));
  close(ring->fd);
  *ring = (struct ring){.memory = NULL};
}

void rings_close(struct rings *rings) {
  close_ring(&rings->rx);
  close_ring(&rings->tx);
}

static bool has_ring(const struct rings *rings) { return rings->rx.memory != NULL || rings->tx.memory != NULL; }

const struct ring *rings_give(struct connection *c, int name) {
  struct ring *ring = name == PACKET_TX_RING ? &c->rings.tx : &c->rings.rx;
  if (ring->memory == NULL) {
    errno = EINVAL;
    return NULL;
  }
  ring->given = true;
  return ring;
}

/* The checks of Linux's packet_set_ring(). */
static bool is_possible(const struct rings *rings, const struct tpacket_req3 *wanted) {
  const uint64_t least = (uint64_t)rings_header_and_address(rings->version) + rings->reserve;
  const unsigned per_block = wanted->tp_frame_size == 0 ? 0 : wanted->tp_block_size / wanted->tp_frame_size;
  if (rings->version == TPACKET_V3 && wanted->tp_block_size < blocks_head(wanted->tp_sizeof_priv) + least)
    return false;
  return wanted->tp_block_size > 0 && wanted->tp_block_size <= INT_MAX &&
         wanted->tp_block_size % (unsigned)getpagesize() == 0 && per_block > 0 && wanted->tp_frame_size >= least &&
         wanted->tp_frame_size % TPACKET_ALIGNMENT == 0 &&
         (uint64_t)per_block * wanted->tp_block_nr == wanted->tp_frame_nr;
}

static int make_ring(struct ring *ring, const struct tpacket_req3 *wanted) {
  struct ring made = {.block_size = wanted->tp_block_size,
                      .blocks = wanted->tp_block_nr,
                      .frame_size = wanted->tp_frame_size,
                      .frames = wanted->tp_frame_nr};
  const size_t size = ring_size(&made);
  if (size > MAX_BYTES || (made.fd = sealed_memory("packet ring", size)) < 0)
    return fail(ENOMEM);
  made.memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, made.fd, 0);
  if (made.memory == MAP_FAILED) {
    close(made.fd);
    return fail(ENOMEM);
  }
  *ring = made;
  return 0;
}

/* Make the socket report what each frame of the ring must contain. */
static int ask_for_all(int socket) {
  int one = 1;
  if (pktsock_setsockopt(socket, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) < 0)
    return -1;
  return pktsock_setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
}

static int open_rx(struct connection *c, const struct tpacket_req3 *wanted) {
  if (ask_for_all(c->socket) < 0 || make_ring(&c->rings.rx, wanted) < 0)
    return -1;
  if (c->rings.version == TPACKET_V3)
    blocks_open(&c->rings, wanted);
  connection_purge(c);
  return 0;
}

static int open_tx(struct connection *c, const struct tpacket_req3 *wanted) {
  if (wanted->tp_retire_blk_tov != 0 || wanted->tp_sizeof_priv != 0 || wanted->tp_feature_req_word != 0)
    return fail(EINVAL);
  return make_ring(&c->rings.tx, wanted);
}

static int set_ring(struct connection *c, int name, const void *value, size_t len) {
  struct rings *rings = &c->rings;
  struct ring *ring = name == PACKET_TX_RING ? &rings->tx : &rings->rx;
  const size_t size = rings->version == TPACKET_V3 ? sizeof(struct tpacket_req3) : sizeof(struct tpacket_req);
  struct tpacket_req3 wanted = {0}; /* its first members are those of struct tpacket_req */
  if (len < size)
    return fail(EINVAL);
  memcpy(&wanted, value, size);
  if (wanted.tp_block_nr == 0) {
    if (wanted.tp_frame_nr != 0)
      return fail(EINVAL);
    close_ring(ring);
    rings->behind = false;
    return 0;
  }
  if (ring->memory != NULL || rings->rx.given || rings->tx.given)
    return fail(EBUSY);
  if (!is_possible(rings, &wanted))
    return fail(EINVAL);
  return ring == &rings->tx ? open_tx(c, &wanted) : open_rx(c, &wanted);
}

/* ---- Options ---- */

bool rings_have_option(int level, int name) {
  switch (name) {
  case PACKET_VERSION:
  case PACKET_HDRLEN:
  case PACKET_RESERVE:
  case PACKET_LOSS:
  case PACKET_TX_HAS_OFF:
  case PACKET_STATISTICS:
  case PACKET_TIMESTAMP:
  case PACKET_RX_RING:
  case PACKET_TX_RING: return level == SOL_PACKET;
  default: return false;
  }
}

int rings_setsockopt(struct connection *c, int name, const void *value, size_t len) {
  struct rings *rings = &c->rings;
  unsigned number;
  if (name == PACKET_RX_RING || name == PACKET_TX_RING)
    return set_ring(c, name, value, len);
  if (name == PACKET_HDRLEN || name == PACKET_STATISTICS)
    return fail(ENOPROTOOPT);
  if (len != sizeof(number))
    return fail(EINVAL);
  memcpy(&number, value, sizeof(number));
  if ((name == PACKET_VERSION && number > TPACKET_V3) || (name == PACKET_RESERVE && number > INT_MAX))
    return fail(EINVAL);
  if (name == PACKET_TIMESTAMP) {
    rings->stamps = number;
    return 0;
  }
  if (has_ring(rings))
    return name == PACKET_TX_HAS_OFF ? 0 : fail(EBUSY);
  switch (name) {
  case PACKET_VERSION: rings->version = number; break;
  case PACKET_RESERVE: rings->reserve = number; break;
  case PACKET_LOSS: rings->loss = number != 0; break;
  default: rings->has_offset = number != 0;
  }
  return 0;
}

/* The component's statistics, with what the ring had no room for. Reading clears them. */
static int get_statistics(struct connection *c, uint8_t *value, socklen_t *len) {
  struct rings *rings = &c->rings;
  struct tpacket_stats_v3 all = {0}; /* its first members are those of struct tpacket_stats */
  socklen_t size = sizeof(struct tpacket_stats);
  if (pktsock_getsockopt(c->socket, SOL_PACKET, PACKET_STATISTICS, &all, &size) < 0)
    return -1;
  all.tp_drops += rings->dropped;
  all.tp_freeze_q_cnt = rings->freezes;
  rings->dropped = rings->freezes = 0;
  rings->dropped_before = rings_component_drops(c);
  size = rings->version == TPACKET_V3 ? sizeof(all) : sizeof(struct tpacket_stats);
  *len = *len < size ? *len : size;
  memcpy(value, &all, *len);
  return 0;
}

int rings_getsockopt(struct connection *c, int name, uint8_t *value, socklen_t *len) {
  const struct rings *rings = &c->rings;
  unsigned number = 0;
  if ((int32_t)*len < 0)
    return fail(EINVAL);
  switch (name) {
  case PACKET_STATISTICS: return get_statistics(c, value, len);
  case PACKET_VERSION: number = rings->version; break;
  case PACKET_TIMESTAMP: number = rings->stamps; break;
  case PACKET_RESERVE: number = rings->reserve; break;
  case PACKET_LOSS: number = rings->loss; break;
  case PACKET_TX_HAS_OFF: number = rings->has_offset; break;
  case PACKET_HDRLEN: /* in: a version; out: its header's length */
    if (*len < sizeof(number))
      return fail(EINVAL);
    memcpy(&number, value, sizeof(number));
    if (number > TPACKET_V3)
      return fail(EINVAL);
    number = rings_header(number);
    break;
  default: return fail(ENOPROTOOPT);
  }
  *len = *len < sizeof(number) ? *len : sizeof(number);
  memcpy(value, &number, *len);
  return 0;
}
