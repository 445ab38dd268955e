/* Version 3 of rings that receive: the program gets whole blocks of frames, when they are full or after a time. The functions
 * correspond to those of Linux whose names begin with prb_. */
#define _GNU_SOURCE
#include "rings.h"

#include "server.h"

#include <pktsock/os.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

/* The time-out of blocks if the program names none, in ms: that of Linux for links below 1 Gbit/s. */
#define DEFAULT_TIMEOUT 8
#define ALIGN(len) (((len) + 7) & ~(uint64_t)7)

uint64_t blocks_head(unsigned private) { return ALIGN(sizeof(struct tpacket_block_desc)) + ALIGN((uint64_t) private); }

static struct tpacket_block_desc *block_at(const struct rings *rings, unsigned i) {
  return (struct tpacket_block_desc *)(rings->rx.memory + (size_t)i * rings->rx.block_size);
}

static struct tpacket_block_desc *current(const struct rings *rings) { return block_at(rings, rings->filling.block); }

static bool has_program(const struct tpacket_block_desc *block) {
  return (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

unsigned blocks_most(const struct rings *rings) { return rings->rx.block_size - rings->filling.head; }

static uint32_t hash_bytes(uint32_t hash, const uint8_t *bytes, unsigned len) {
  for (unsigned i = 0; i < len; i++)
    hash = (hash ^ bytes[i]) * 16777619u; /* FNV-1a */
  return hash;
}

/* tp_rxhash: the same for all frames of a flow, in both directions, and not 0. A flow has an EtherType and, if it is one of IP,
 * addresses, a protocol and ports. The numbers are not those of Linux, which differ after each start. */
static uint32_t hash_of(const struct arrival *a) {
  const uint8_t *network = a->bytes + a->network, *ports = NULL;
  const unsigned len = a->len > a->network ? a->len - a->network : 0;
  unsigned address = 0, size = 0, protocol = 0;
  struct sockaddr_ll from;
  memcpy(&from, a->address, sizeof(from));
  uint32_t hash = hash_bytes(2166136261u, (const uint8_t *)&from.sll_protocol, sizeof(from.sll_protocol));
  if (from.sll_protocol == htons(ETH_P_IP) && len >= 20) {
    address = 12, size = 4, protocol = network[9];
    const unsigned header = (network[0] & 15u) * 4;
    if (((network[6] & 0x3f) | network[7]) == 0 && len >= header + 4) /* not a fragment */
      ports = network + header;
  } else if (from.sll_protocol == htons(ETH_P_IPV6) && len >= 40) {
    address = 8, size = 16, protocol = network[6];
    ports = len >= 44 ? network + 40 : NULL;
  }
  uint32_t source = hash_bytes(hash, network + address, size),
           target = hash_bytes(hash, network + address + size, size);
  if (ports != NULL && (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP)) {
    source = hash_bytes(source, ports, 2);
    target = hash_bytes(target, ports + 2, 2);
  }
  hash = source + target + protocol;
  return hash == 0 ? 1 : hash;
}

/* Begin to fill the current block. */
static void begin(struct rings *rings) {
  struct filling *f = &rings->filling;
  struct tpacket_block_desc *block = current(rings);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  block->version = TPACKET_V3;
  block->offset_to_priv = (uint32_t)blocks_head(0);
  block->hdr.bh1.num_pkts = 0;
  block->hdr.bh1.offset_to_first_pkt = block->hdr.bh1.blk_len = f->head;
  block->hdr.bh1.seq_num = ++f->sequence;
  block->hdr.bh1.ts_first_pkt.ts_sec = (uint32_t)now.tv_sec;
  block->hdr.bh1.ts_first_pkt.ts_nsec = (uint32_t)now.tv_nsec;
  f->frames = 0;
  f->next = f->last = f->head;
  f->frozen = false;
  f->began = pkt_os_now();
}

void blocks_open(struct rings *rings, const struct tpacket_req3 *wanted) {
  const unsigned timeout = wanted->tp_retire_blk_tov != 0 ? wanted->tp_retire_blk_tov : DEFAULT_TIMEOUT;
  rings->filling = (struct filling){
      .head = (unsigned)blocks_head(wanted->tp_sizeof_priv),
      .limit = (uint64_t)timeout * 1000,
      .hashes = (wanted->tp_feature_req_word & TP_FT_REQ_FILL_RXHASH) != 0,
  };
  rings->freezes = 0;
  begin(rings);
}

/* Give the current block to the program. */
static void retire(struct connection *c, uint32_t status) {
  struct filling *f = &c->rings.filling;
  struct tpacket_block_desc *block = current(&c->rings);
  struct tpacket3_hdr *last = (struct tpacket3_hdr *)((uint8_t *)block + f->last);
  if (f->frames == 0)
    clock_gettime(CLOCK_REALTIME, &f->time);
  last->tp_next_offset = 0;
  block->hdr.bh1.ts_last_pkt.ts_sec = (uint32_t)f->time.tv_sec;
  block->hdr.bh1.ts_last_pkt.ts_nsec = (uint32_t)f->time.tv_nsec;
  status |= TP_STATUS_USER | (rings_losing(c) ? TP_STATUS_LOSING : 0);
  __atomic_store_n(&block->hdr.bh1.block_status, status, __ATOMIC_RELEASE);
  f->block = (f->block + 1) % c->rings.rx.blocks;
}

/* Begin with the current block unless the program still has it. */
static void begin_or_freeze(struct rings *rings) {
  if (!has_program(current(rings))) {
    begin(rings);
    return;
  }
  rings->filling.frozen = true;
  rings->filling.began = pkt_os_now();
  rings->freezes++;
}

bool blocks_put(struct connection *c, const struct arrival *a) {
  struct rings *rings = &c->rings;
  struct filling *f = &rings->filling;
  const unsigned len = (unsigned)ALIGN(a->mac + a->len);
  if (f->frozen && !has_program(current(rings)))
    begin(rings);
  if (!f->frozen && f->next + len >= rings->rx.block_size) {
    retire(c, 0);
    begin_or_freeze(rings);
  }
  if (f->frozen)
    return rings_drop(rings);
  struct tpacket_block_desc *block = current(rings);
  uint8_t *frame = (uint8_t *)block + f->next;
  rings_write(rings, frame, a);
  ((struct tpacket3_hdr *)frame)->tp_next_offset = len;
  ((struct tpacket3_hdr *)frame)->hv1.tp_rxhash = f->hashes ? hash_of(a) : 0;
  f->last = f->next;
  f->next += len;
  f->time = a->time;
  block->hdr.bh1.blk_len = f->next;
  block->hdr.bh1.num_pkts = ++f->frames;
  return true;
}

/* The time of a block begins anew as long as it is empty. */
void blocks_expire(struct connection *c, uint64_t now) {
  struct filling *f = &c->rings.filling;
  if (now - f->began < f->limit)
    return;
  if (f->frozen) {
    if (!has_program(current(&c->rings)))
      begin(&c->rings);
  } else if (f->frames != 0) {
    retire(c, TP_STATUS_BLK_TMO);
    begin_or_freeze(&c->rings);
  }
  if (now - f->began >= f->limit)
    f->began = now - (now - f->began) % f->limit;
}

uint64_t rings_deadline(const struct rings *rings) {
  const struct filling *f = &rings->filling;
  if (rings->behind)
    return 0;
  const bool waits = rings->rx.memory != NULL && rings->version == TPACKET_V3 && (f->frozen || f->frames != 0);
  return waits ? f->began + f->limit : UINT64_MAX;
}

bool blocks_readable(const struct rings *rings) {
  const unsigned blocks = rings->rx.blocks;
  const struct tpacket_block_desc *last = block_at(rings, (rings->filling.block + blocks - 1) % blocks);
  return __atomic_load_n(&last->hdr.bh1.block_status, __ATOMIC_ACQUIRE) != TP_STATUS_KERNEL;
}
