/* Rings that receive: frames move from the socket's queue to the ring. Version 3 fills blocks: ring_blocks.c. */
#define _GNU_SOURCE
#include "rings.h"

#include "server.h"

#include <pktsock/os.h>
#include <pktsock/pktsock.h>

#include <linux/if_packet.h>
#include <string.h>

/* The minimum room for a link-layer header in front of the network header, as on Linux. */
#define HEADER_ROOM 16u
/* Frames that are moved before others are served. */
#define BATCH 64

uint32_t rings_component_drops(const struct connection *c) {
  struct pktsock_socket_counters counters;
  return pktsock_socket_counters(c->socket, &counters) < 0 ? 0 : counters.queue_full + counters.pool_empty;
}

bool rings_losing(const struct connection *c) {
  return c->rings.dropped != 0 || rings_component_drops(c) != c->rings.dropped_before;
}

bool rings_drop(struct rings *rings) {
  rings->dropped++;
  rings->dropped_ever++;
  return false;
}

/* Find out where the parts of the frame are placed, and how much of it there is room for: `most` bytes with the header. Returns
 * false if it cannot be placed at all. */
static bool place(const struct rings *rings, struct arrival *a, unsigned most) {
  const unsigned link = a->network < HEADER_ROOM ? HEADER_ROOM : a->network;
  a->net = (unsigned)TPACKET_ALIGN(rings_header_and_address(rings->version) + link) + rings->reserve;
  a->mac = a->net - a->network;
  if (a->net > UINT16_MAX)
    return false;
  if (a->mac > most && rings->version == TPACKET_V3)
    a->mac = most;
  const unsigned room = a->mac < most ? most - a->mac : 0;
  a->len = a->len < room ? a->len : room;
  return true;
}

void rings_write(const struct rings *rings, uint8_t *frame, const struct arrival *a) {
  rings_set_time(rings, frame, &a->time);
  memcpy(frame + a->mac, a->bytes, a->len);
  memcpy(frame + TPACKET_ALIGN(rings_header(rings->version)), a->address, sizeof(struct sockaddr_ll));
  if (rings->version == TPACKET_V1) {
    struct tpacket_hdr *h = (struct tpacket_hdr *)frame;
    h->tp_len = a->len_all, h->tp_snaplen = a->len;
    h->tp_mac = (uint16_t)a->mac, h->tp_net = (uint16_t)a->net;
  } else if (rings->version == TPACKET_V2) {
    struct tpacket2_hdr *h = (struct tpacket2_hdr *)frame;
    h->tp_len = a->len_all, h->tp_snaplen = a->len;
    h->tp_mac = (uint16_t)a->mac, h->tp_net = (uint16_t)a->net;
    h->tp_vlan_tci = a->vlan_tci, h->tp_vlan_tpid = a->vlan_tpid;
    memset(h->tp_padding, 0, sizeof(h->tp_padding));
  } else {
    struct tpacket3_hdr *h = (struct tpacket3_hdr *)frame;
    h->tp_len = a->len_all, h->tp_snaplen = a->len;
    h->tp_mac = (uint16_t)a->mac, h->tp_net = (uint16_t)a->net;
    h->hv1.tp_vlan_tci = a->vlan_tci, h->hv1.tp_vlan_tpid = a->vlan_tpid;
    h->hv1.tp_padding = 0;
    h->tp_status = TP_STATUS_USER | a->status;
    memset(h->tp_padding, 0, sizeof(h->tp_padding));
  }
}

/* Put the frame into the ring of version 1 or 2. Returns false if it was dropped. */
static bool put(struct connection *c, struct arrival *a) {
  struct rings *rings = &c->rings;
  struct ring *ring = &rings->rx;
  uint8_t *frame = ring_frame(ring, ring->at);
  if (!place(rings, a, ring->frame_size) || rings_status(rings, frame) != TP_STATUS_KERNEL)
    return rings_drop(rings);
  rings_write(rings, frame, a);
  rings_set_status(rings, frame, TP_STATUS_USER | a->status | (rings_losing(c) ? TP_STATUS_LOSING : 0));
  ring->at = (ring->at + 1) % ring->frames;
  return true;
}

/* Find in a received frame's control messages what the ring tells. */
static void describe(struct arrival *a, struct pktsock_msghdr *message) {
  for (struct pktsock_cmsghdr *c = PKTSOCK_CMSG_FIRSTHDR(message); c != NULL; c = PKTSOCK_CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      memcpy(&a->time, PKTSOCK_CMSG_DATA(c), sizeof(a->time));
      a->status |= TP_STATUS_TS_SOFTWARE;
    } else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
      struct tpacket_auxdata aux;
      memcpy(&aux, PKTSOCK_CMSG_DATA(c), sizeof(aux));
      a->status |= aux.tp_status & ~(uint32_t)TP_STATUS_USER;
      a->len_all = aux.tp_len;
      a->network = aux.tp_net;
      a->vlan_tci = aux.tp_vlan_tci, a->vlan_tpid = aux.tp_vlan_tpid;
    }
  }
}

/* Move one frame from the socket's queue to the ring. Returns false if the queue is empty. */
static bool receive_one(struct connection *c) {
  static uint8_t bytes[PRELOAD_FRAME];
  struct rings *rings = &c->rings;
  struct sockaddr_ll address = {0};
  union {
    struct pktsock_cmsghdr first;
    uint8_t bytes[128];
  } control;
  struct pktsock_iovec part = {bytes, sizeof(bytes)};
  struct pktsock_msghdr message = {
      .msg_name = &address,
      .msg_namelen = sizeof(address),
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = control.bytes,
      .msg_controllen = sizeof(control),
  };
  ssize_t n = connection_receive(c, &message, 0);
  if (n < 0)
    return false;
  c->received++;
  view_address_to_program((uint8_t *)&address, sizeof(address));
  struct arrival a = {.bytes = bytes, .len = (unsigned)n, .len_all = (unsigned)n, .address = (const uint8_t *)&address};
  describe(&a, &message);
  if (rings->version != TPACKET_V3)
    put(c, &a);
  else if (place(rings, &a, blocks_most(rings)))
    blocks_put(c, &a);
  else
    rings_drop(rings);
  return true;
}

bool rings_receive(struct connection *c) {
  struct rings *rings = &c->rings;
  const struct ring *ring = &rings->rx;
  int frames = 0;
  if (rings->version == TPACKET_V3)
    blocks_expire(c, pkt_os_now());
  while (frames < BATCH && receive_one(c))
    frames++;
  rings->behind = frames == BATCH;
  if (rings->version == TPACKET_V3)
    return blocks_readable(rings);
  return rings_status(rings, ring_frame(ring, (ring->at + ring->frames - 1) % ring->frames)) != TP_STATUS_KERNEL;
}
