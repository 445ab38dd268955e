/* PACKET_RX_RING (TPACKET_V2) for programs that receive through shared memory, as libpcap's users do. The ring belongs to
 * this process: the component's own rings lead to the MAC, and an application cannot map them. Frames move from the
 * socket's queue to the ring as soon as the ring has room. */
#define _GNU_SOURCE
#include "ring.h"

#include <pktsock/pktsock.h>

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_BYTES (64u << 20)
/* The minimum room for a link-layer header in front of the network header, as on Linux. */
#define HEADER_ROOM 16
#define ETHERNET_HEADER 14

struct ring {
  int descriptor;
  uint8_t *memory;
  size_t size;
  unsigned block_size, per_block, frame_size, frames;
  unsigned at;       /* the frame to fill next */
  unsigned net, mac; /* where in a frame the network header and the received bytes start */
};

static int fail(int error) {
  errno = error;
  return -1;
}

static struct tpacket2_hdr *frame_at(const struct ring *ring, unsigned i) {
  return (struct tpacket2_hdr *)(ring->memory + (size_t)(i / ring->per_block) * ring->block_size +
                                 (size_t)(i % ring->per_block) * ring->frame_size);
}

static bool is_free(const struct tpacket2_hdr *header) {
  return (__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0;
}

void ring_close(struct connection *c) {
  if (c->ring == NULL)
    return;
  munmap(c->ring->memory, c->ring->size);
  close(c->ring->descriptor);
  free(c->ring);
  c->ring = NULL;
}

/* The checks of Linux's packet_set_ring(). */
static bool is_possible(const struct tpacket_req *wanted, unsigned reserve) {
  unsigned per_block = wanted->tp_frame_size == 0 ? 0 : wanted->tp_block_size / wanted->tp_frame_size;
  return wanted->tp_block_size > 0 && wanted->tp_block_size % (unsigned)getpagesize() == 0 && per_block > 0 &&
         wanted->tp_frame_size >= TPACKET2_HDRLEN + reserve && wanted->tp_frame_size % TPACKET_ALIGNMENT == 0 &&
         (uint64_t)per_block * wanted->tp_block_nr == wanted->tp_frame_nr &&
         (uint64_t)wanted->tp_block_size * wanted->tp_block_nr <= MAX_BYTES;
}

/* Make the socket report what each frame of the ring must contain. */
static int ask_for_all(int socket) {
  int one = 1;
  if (pktsock_setsockopt(socket, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) < 0)
    return -1;
  return pktsock_setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
}

static int open_ring(struct connection *c, const struct tpacket_req *wanted) {
  int type;
  socklen_t len = sizeof(type);
  if (c->ring != NULL)
    return fail(EBUSY);
  if (c->version != TPACKET_V2 || !is_possible(wanted, c->reserve))
    return fail(EINVAL);
  if (pktsock_getsockopt(c->socket, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || ask_for_all(c->socket) < 0)
    return -1;
  struct ring *ring = calloc(1, sizeof(*ring));
  if (ring == NULL)
    return fail(ENOMEM);
  ring->size = (size_t)wanted->tp_block_size * wanted->tp_block_nr;
  ring->descriptor = sealed_memory("packet ring", ring->size);
  if (ring->descriptor < 0 ||
      (ring->memory = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->descriptor, 0)) == MAP_FAILED) {
    if (ring->descriptor >= 0)
      close(ring->descriptor);
    free(ring);
    return fail(ENOMEM);
  }
  ring->block_size = wanted->tp_block_size;
  ring->frame_size = wanted->tp_frame_size;
  ring->frames = wanted->tp_frame_nr;
  ring->per_block = ring->block_size / ring->frame_size;
  ring->net = (unsigned)TPACKET_ALIGN(TPACKET2_HDRLEN + HEADER_ROOM) + c->reserve;
  ring->mac = type == SOCK_DGRAM ? ring->net : ring->net - ETHERNET_HEADER;
  c->ring = ring;
  return 0;
}

/* Write a received frame's header; its bytes are already there. */
static void describe(struct ring *ring, struct tpacket2_hdr *header, struct pktsock_msghdr *message, size_t captured) {
  uint32_t status = TP_STATUS_USER;
  header->tp_len = header->tp_snaplen = (uint32_t)captured;
  header->tp_mac = (uint16_t)ring->mac;
  header->tp_net = (uint16_t)ring->net;
  for (struct pktsock_cmsghdr *c = PKTSOCK_CMSG_FIRSTHDR(message); c != NULL; c = PKTSOCK_CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      memcpy(&time, PKTSOCK_CMSG_DATA(c), sizeof(time));
      header->tp_sec = (uint32_t)time.tv_sec;
      header->tp_nsec = (uint32_t)time.tv_nsec;
    } else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
      struct tpacket_auxdata aux;
      memcpy(&aux, PKTSOCK_CMSG_DATA(c), sizeof(aux));
      status |= aux.tp_status;
      header->tp_len = aux.tp_len;
      header->tp_vlan_tci = aux.tp_vlan_tci;
      header->tp_vlan_tpid = aux.tp_vlan_tpid;
    }
  }
  __atomic_store_n(&header->tp_status, status, __ATOMIC_RELEASE);
}

/* Move one frame from the socket's queue to the ring. Returns false if the queue is empty. */
static bool fill_one(struct connection *c) {
  struct ring *ring = c->ring;
  struct tpacket2_hdr *header = frame_at(ring, ring->at);
  union {
    struct pktsock_cmsghdr first;
    uint8_t bytes[128];
  } control;
  size_t room = ring->frame_size > ring->mac ? ring->frame_size - ring->mac : 0;
  struct pktsock_iovec part = {(uint8_t *)header + ring->mac, room};
  struct pktsock_msghdr message = {
      .msg_name = (uint8_t *)header + TPACKET_ALIGN(sizeof(*header)),
      .msg_namelen = sizeof(struct sockaddr_ll),
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = control.bytes,
      .msg_controllen = sizeof(control),
  };
  ssize_t n = pktsock_recvmsg(c->socket, &message, 0);
  if (n < 0)
    return false;
  c->received++;
  view_address_to_program(message.msg_name, sizeof(struct sockaddr_ll));
  describe(ring, header, &message, (size_t)n);
  ring->at = (ring->at + 1) % ring->frames;
  return true;
}

bool ring_fill(struct connection *c) {
  struct ring *ring = c->ring;
  while (!c->framed && is_free(frame_at(ring, ring->at)) && fill_one(c))
    ;
  return !is_free(frame_at(ring, (ring->at + ring->frames - 1) % ring->frames));
}

int ring_descriptor(const struct connection *c) { return c->ring != NULL ? c->ring->descriptor : fail(EINVAL); }

bool ring_has_option(int level, int name) {
  return level == SOL_PACKET &&
         (name == PACKET_VERSION || name == PACKET_HDRLEN || name == PACKET_RESERVE || name == PACKET_RX_RING);
}

int ring_setsockopt(struct connection *c, int name, const void *value, size_t len) {
  struct tpacket_req wanted;
  unsigned number;
  if (name == PACKET_RX_RING) {
    if (len < sizeof(wanted))
      return fail(EINVAL);
    memcpy(&wanted, value, sizeof(wanted));
    if (wanted.tp_block_nr != 0)
      return open_ring(c, &wanted);
    ring_close(c);
    return wanted.tp_frame_nr != 0 ? fail(EINVAL) : 0;
  }
  if (name == PACKET_HDRLEN)
    return fail(ENOPROTOOPT);
  if (len != sizeof(number))
    return fail(EINVAL);
  memcpy(&number, value, sizeof(number));
  if (c->ring != NULL)
    return fail(EBUSY);
  if (name == PACKET_RESERVE) {
    if (number > MAX_BYTES)
      return fail(EINVAL);
    c->reserve = number;
  } else {
    if (number != TPACKET_V2) {
      missing_version(number);
      return fail(EINVAL);
    }
    c->version = number;
  }
  return 0;
}

int ring_getsockopt(const struct connection *c, int name, uint8_t *value, socklen_t *len) {
  int number = name == PACKET_VERSION ? (int)c->version : (int)c->reserve;
  if (name == PACKET_RX_RING)
    return fail(ENOPROTOOPT);
  if (*len < sizeof(number))
    return fail(EINVAL);
  if (name == PACKET_HDRLEN) { /* in: a version; out: its header's length */
    memcpy(&number, value, sizeof(number));
    if (number != TPACKET_V2)
      return fail(EINVAL);
    number = sizeof(struct tpacket2_hdr);
  }
  memcpy(value, &number, sizeof(number));
  *len = sizeof(number);
  return 0;
}
