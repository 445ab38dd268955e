/* Checks of packet rings (PACKET_RX_RING and PACKET_TX_RING, all versions), on the Linux kernel's sockets and, with
 * `pktsock run`, on ours. The frames are the program's own, which a socket for ETH_P_ALL sees as outgoing frames. Prints a line
 * for each check and ends with 0 if all held. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE 0x88b5
/* The bits of a received frame's status that depend on the interface. */
#define OF_INTERFACE (TP_STATUS_TS_SOFTWARE | TP_STATUS_TS_RAW_HARDWARE | TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY)
#define BLOCK 4096u

static int failures, sender, ifindex;
static const int versions[] = {TPACKET_V1, TPACKET_V2, TPACKET_V3};

static void check(const char *what, int held) {
  printf("%s: %s\n", held ? "ok" : "FAILED", what);
  fflush(stdout);
  failures += !held;
}

static void check_version(int version, const char *what, int held) {
  char text[128];
  snprintf(text, sizeof(text), "version %d: %s", version + 1, what);
  check(text, held);
}

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static int open_bound(int type, int protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = ifindex};
  int fd = socket(AF_PACKET, type, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    give_up("a packet socket");
  return fd;
}

/* Send a frame of `len` bytes, whose byte behind the header is `mark`. */
static void send_frame(uint8_t mark, size_t len) {
  uint8_t frame[1514] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, TYPE >> 8, TYPE & 255, mark};
  if (send(sender, frame, len, 0) != (ssize_t)len)
    give_up("send");
}

/* Returns 0 or the errno. */
static int set(int fd, int name, int value) {
  return setsockopt(fd, SOL_PACKET, name, &value, sizeof(value)) < 0 ? errno : 0;
}

static int get(int fd, int name) {
  int value = -1;
  socklen_t len = sizeof(value);
  return getsockopt(fd, SOL_PACKET, name, &value, &len) < 0 ? -errno : value;
}

static int set_ring(int fd, int name, struct tpacket_req3 ring, int version) {
  socklen_t len = version == TPACKET_V3 ? sizeof(ring) : sizeof(struct tpacket_req);
  return setsockopt(fd, SOL_PACKET, name, &ring, len) < 0 ? errno : 0;
}

static struct tpacket_req3 blocks(unsigned count) {
  return (struct tpacket_req3){
      .tp_block_size = BLOCK, .tp_block_nr = count, .tp_frame_size = BLOCK / 2, .tp_frame_nr = 2 * count};
}

static uint8_t *map(int fd, size_t len) {
  uint8_t *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    give_up("mmap");
  return memory;
}

static int polls(int fd, int timeout) {
  struct pollfd p = {fd, POLLIN, 0};
  return poll(&p, 1, timeout) < 0 ? -1 : p.revents;
}

static struct tpacket_stats_v3 statistics(int fd) {
  struct tpacket_stats_v3 all = {0};
  socklen_t len = sizeof(all);
  getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &all, &len);
  return all;
}

/* ---- Options ---- */

static void check_options(void) {
  int fd = open_bound(SOCK_RAW, 0), header = TPACKET_V3, byte = 0, wrong = 3;
  socklen_t len = sizeof(header), wrong_len = sizeof(wrong), short_len = 1;
  check("a new socket's version is 1", get(fd, PACKET_VERSION) == TPACKET_V1);
  check("a version that does not exist is refused", set(fd, PACKET_VERSION, 3) == EINVAL);
  check("the header's length",
        getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, &header, &len) == 0 && header == sizeof(struct tpacket3_hdr));
  check("the header's length of no version",
        getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, &wrong, &wrong_len) < 0 && errno == EINVAL);
  check("a value that is cut", set(fd, PACKET_RESERVE, 300) == 0 &&
                                   getsockopt(fd, SOL_PACKET, PACKET_RESERVE, &byte, &short_len) == 0 &&
                                   short_len == 1 && byte == 300 % 256);
  check("a reserve that is too large", set(fd, PACKET_RESERVE, -1) == EINVAL && set(fd, PACKET_RESERVE, 0) == 0);
  check("switches", set(fd, PACKET_LOSS, 5) == 0 && get(fd, PACKET_LOSS) == 1 && set(fd, PACKET_TX_HAS_OFF, 5) == 0 &&
                        get(fd, PACKET_TX_HAS_OFF) == 1 && set(fd, PACKET_TX_HAS_OFF, 0) == 0);
  check("a ring to send is opened", set_ring(fd, PACKET_TX_RING, blocks(2), TPACKET_V1) == 0);
  check("what a ring forbids", set(fd, PACKET_VERSION, TPACKET_V2) == EBUSY && set(fd, PACKET_RESERVE, 4) == EBUSY &&
                                   set(fd, PACKET_LOSS, 0) == EBUSY && set(fd, PACKET_TX_HAS_OFF, 1) == 0 &&
                                   get(fd, PACKET_TX_HAS_OFF) == 0);
  check("a second one", set_ring(fd, PACKET_TX_RING, blocks(2), TPACKET_V1) == EBUSY);
  check("beside one that receives", set_ring(fd, PACKET_RX_RING, blocks(1), TPACKET_V1) == 0);
  check("memory of another size", mmap(NULL, 2 * BLOCK, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EINVAL);
  check("memory at an offset",
        mmap(NULL, 3 * BLOCK, PROT_READ, MAP_SHARED, fd, BLOCK) == MAP_FAILED && errno == EINVAL);
  uint8_t *memory = map(fd, 3 * BLOCK);
  memory[3 * BLOCK - 1] = 1;
  munmap(memory, 3 * BLOCK);
  check("rings are closed", set_ring(fd, PACKET_RX_RING, (struct tpacket_req3){0}, TPACKET_V1) == 0 &&
                                set_ring(fd, PACKET_TX_RING, (struct tpacket_req3){0}, TPACKET_V1) == 0);
  check("a socket without rings has no memory",
        mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EINVAL);
  close(fd);
}

static void check_shapes(int version) {
  int fd = open_bound(SOCK_RAW, 0);
  set(fd, PACKET_VERSION, version);
  struct tpacket_req3 ring = blocks(1);
  ring.tp_frame_nr = 3;
  int count = set_ring(fd, PACKET_RX_RING, ring, version);
  ring = blocks(1), ring.tp_frame_size = 48, ring.tp_frame_nr = BLOCK / 48;
  int small = set_ring(fd, PACKET_RX_RING, ring, version);
  ring = blocks(1), ring.tp_frame_size = 2040;
  int unaligned = set_ring(fd, PACKET_RX_RING, ring, version);
  ring = blocks(1), ring.tp_block_size = 2048, ring.tp_frame_nr = 1;
  int page = set_ring(fd, PACKET_RX_RING, ring, version);
  ring = (struct tpacket_req3){.tp_frame_nr = 1};
  int none = set_ring(fd, PACKET_RX_RING, ring, version);
  check_version(version, "shapes that are refused",
                count == EINVAL && small == EINVAL && unaligned == EINVAL && page == EINVAL && none == EINVAL);
  ring = blocks(1), ring.tp_sizeof_priv = BLOCK - 100;
  int private = set_ring(fd, PACKET_RX_RING, ring, version);
  ring = blocks(1), ring.tp_retire_blk_tov = 1;
  int timeout = set_ring(fd, PACKET_TX_RING, ring, version);
  check_version(version, "what only version 3 reads",
                version == TPACKET_V3 ? private == EINVAL && timeout == EINVAL : private == 0 && timeout == 0);
  close(fd);
}

/* ---- Receiving in frames ---- */

static unsigned long status_of(int version, uint8_t *frame) {
  return version == TPACKET_V1 ? __atomic_load_n((unsigned long *)frame, __ATOMIC_ACQUIRE)
                               : __atomic_load_n((uint32_t *)frame, __ATOMIC_ACQUIRE);
}

static void give_back(int version, uint8_t *frame) {
  if (version == TPACKET_V1)
    __atomic_store_n((unsigned long *)frame, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  else
    __atomic_store_n((uint32_t *)frame, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

/* Returns true if the frame is the one of that mark and length, placed as Linux does for a ring with `reserve`. */
static int is_frame(int version, uint8_t *frame, uint8_t mark, unsigned len, unsigned captured, unsigned reserve) {
  struct tpacket_hdr *v1 = (struct tpacket_hdr *)frame;
  struct tpacket2_hdr *v2 = (struct tpacket2_hdr *)frame;
  unsigned mac = version == TPACKET_V1 ? v1->tp_mac : v2->tp_mac, net = version == TPACKET_V1 ? v1->tp_net : v2->tp_net;
  unsigned all = version == TPACKET_V1 ? v1->tp_len : v2->tp_len;
  unsigned snap = version == TPACKET_V1 ? v1->tp_snaplen : v2->tp_snaplen;
  unsigned header = version == TPACKET_V1 ? TPACKET_HDRLEN : TPACKET2_HDRLEN;
  size_t address = version == TPACKET_V1 ? TPACKET_ALIGN(sizeof(*v1)) : TPACKET_ALIGN(sizeof(*v2));
  struct sockaddr_ll *from = (struct sockaddr_ll *)(frame + address);
  return all == len && snap == captured && net == TPACKET_ALIGN(header + 16) + reserve && mac == net - 14 &&
         frame[mac + 14] == mark && from->sll_family == AF_PACKET && from->sll_protocol == htons(TYPE) &&
         from->sll_ifindex == ifindex && from->sll_pkttype == PACKET_OUTGOING && from->sll_halen == 6;
}

static void check_frames(int version) {
  int fd = open_bound(SOCK_RAW, ETH_P_ALL);
  char byte;
  send_frame(99, 60); /* a new ring discards what was received before */
  set(fd, PACKET_VERSION, version);
  set(fd, PACKET_RESERVE, 8);
  check_version(version, "a ring is opened", set_ring(fd, PACKET_RX_RING, blocks(1), version) == 0);
  uint8_t *memory = map(fd, BLOCK);
  statistics(fd);
  check_version(version, "it is empty",
                polls(fd, 0) == 0 && recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN &&
                    status_of(version, memory) == TP_STATUS_KERNEL);
  send_frame(1, 60), send_frame(2, 1000);
  int readable = polls(fd, 1000), first = is_frame(version, memory, 1, 60, 60, 8);
  int second = is_frame(version, memory + BLOCK / 2, 2, 1000, 1000, 8);
  check_version(version, "two frames are there", readable == POLLIN && first && second);
  struct epoll_event event = {.events = EPOLLIN};
  int epoll = epoll_create1(0);
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  int epolled = epoll_wait(epoll, &event, 1, 0);
  check_version(version, "their status",
                (status_of(version, memory) & ~OF_INTERFACE) == TP_STATUS_USER &&
                    (status_of(version, memory + BLOCK / 2) & ~OF_INTERFACE) == TP_STATUS_USER);
  send_frame(3, 60), send_frame(4, 60);
  check_version(version, "recv() has nothing", recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
  give_back(version, memory + BLOCK / 2);
  int after = epoll_wait(epoll, &event, 1, 0);
  check_version(version, "readable is what was filled last", polls(fd, 0) == 0);
  check_version(version, "and so says epoll", epolled == 1 && after == 0);
  close(epoll);
  give_back(version, memory);
  send_frame(5, 60);
  check_version(version, "frames without room are lost, and the next one says so",
                polls(fd, 1000) == POLLIN && is_frame(version, memory, 5, 60, 60, 8) &&
                    (status_of(version, memory) & ~OF_INTERFACE) == (TP_STATUS_USER | TP_STATUS_LOSING));
  struct tpacket_stats_v3 all = statistics(fd), none = statistics(fd);
  check_version(version, "statistics", all.tp_packets == 5 && all.tp_drops == 2 && none.tp_packets == 0);
  send_frame(6, 60);
  check_version(version, "which end that",
                polls(fd, 1000) == POLLIN && is_frame(version, memory + BLOCK / 2, 6, 60, 60, 8) &&
                    (status_of(version, memory + BLOCK / 2) & TP_STATUS_LOSING) == 0);
  close(fd);
  munmap(memory, BLOCK);
}

static void check_short_frames(int version) {
  int fd = open_bound(SOCK_RAW, ETH_P_ALL);
  struct tpacket_req3 ring = {
      .tp_block_size = BLOCK, .tp_block_nr = 1, .tp_frame_size = 256, .tp_frame_nr = BLOCK / 256};
  set(fd, PACKET_VERSION, version);
  set_ring(fd, PACKET_RX_RING, ring, version);
  uint8_t *memory = map(fd, BLOCK);
  send_frame(1, 200);
  check_version(version, "a frame is cut to its room",
                polls(fd, 1000) == POLLIN && is_frame(version, memory, 1, 200, 256 - (80 - 14), 0));
  close(fd);
  munmap(memory, BLOCK);
}

/* ---- Receiving in blocks ---- */

static struct tpacket_block_desc *block_at(uint8_t *memory, unsigned i) {
  return (struct tpacket_block_desc *)(memory + i * BLOCK);
}

static uint32_t block_status(struct tpacket_block_desc *block) {
  return __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
}

static void release_block(struct tpacket_block_desc *block) {
  __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

/* A socket with a ring of `count` blocks, whose time-out is `timeout` ms. */
static int open_blocks(unsigned count, unsigned timeout, unsigned private, uint8_t **memory) {
  int fd = open_bound(SOCK_RAW, ETH_P_ALL);
  struct tpacket_req3 ring = blocks(count);
  ring.tp_retire_blk_tov = timeout;
  ring.tp_sizeof_priv = private;
  if (set(fd, PACKET_VERSION, TPACKET_V3) != 0 || set_ring(fd, PACKET_RX_RING, ring, TPACKET_V3) != 0)
    give_up("a ring");
  *memory = map(fd, count * BLOCK);
  return fd;
}

/* Returns the marks of the block's frames as a number, the first in the highest digit; -1 if something is wrong. */
static int marks_of(struct tpacket_block_desc *block) {
  int marks = 0;
  uint8_t *at = (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
  for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
    struct tpacket3_hdr *h = (struct tpacket3_hdr *)at;
    struct sockaddr_ll *from = (struct sockaddr_ll *)(at + TPACKET_ALIGN(sizeof(*h)));
    if (h->tp_net != TPACKET_ALIGN(TPACKET3_HDRLEN + 16) || h->tp_mac != h->tp_net - 14 || h->tp_len != h->tp_snaplen ||
        from->sll_protocol != htons(TYPE) || from->sll_ifindex != ifindex || h->hv1.tp_vlan_tci != 0 ||
        (h->tp_status & ~OF_INTERFACE) != TP_STATUS_USER)
      return -1;
    marks = marks * 10 + at[h->tp_mac + 14];
    const int last = i + 1 == block->hdr.bh1.num_pkts;
    if (last ? h->tp_next_offset != 0 : h->tp_next_offset != ((h->tp_mac + h->tp_snaplen + 7) & ~7u))
      return -1;
    at += h->tp_next_offset;
  }
  return marks;
}

static void check_block_timeout(void) {
  uint8_t *memory;
  int fd = open_blocks(2, 20, 0, &memory);
  struct tpacket_block_desc *block = block_at(memory, 0);
  check("blocks: none is there without frames", polls(fd, 100) == 0 && block_status(block) == TP_STATUS_KERNEL);
  close(fd);
  munmap(memory, 2 * BLOCK);
  fd = open_blocks(2, 1000, 13, &memory);
  block = block_at(memory, 0);
  send_frame(1, 60), send_frame(2, 61), send_frame(3, 100);
  check("blocks: the time-out gives one",
        polls(fd, 20000) == POLLIN && block_status(block) == (TP_STATUS_USER | TP_STATUS_BLK_TMO));
  struct tpacket_hdr_v1 *h = &block->hdr.bh1;
  struct tpacket3_hdr *last = (struct tpacket3_hdr *)((uint8_t *)block + h->blk_len - ((82 + 100 + 7) & ~7u));
  check("blocks: its header",
        block->version == TPACKET_V3 && block->offset_to_priv == 48 && h->seq_num == 1 && h->num_pkts == 3 &&
            h->offset_to_first_pkt == 48 + 16 &&
            h->blk_len == 64 + 3 * 8 + ((82 + 60) & ~7u) + ((82 + 61) & ~7u) + ((82 + 100) & ~7u));
  check("blocks: its frames", marks_of(block) == 123);
  check("blocks: its times", h->ts_last_pkt.ts_sec == last->tp_sec && h->ts_last_pkt.ts_nsec == last->tp_nsec);
  int before = polls(fd, 0);
  release_block(block);
  check("blocks: readable until it is given back", before == POLLIN && polls(fd, 0) == 0);
  send_frame(4, 60);
  check("blocks: the next one",
        polls(fd, 20000) == POLLIN && marks_of(block_at(memory, 1)) == 4 && block_at(memory, 1)->hdr.bh1.seq_num == 2);
  close(fd);
  munmap(memory, 2 * BLOCK);
}

static void check_block_full(void) {
  uint8_t *memory;
  int fd = open_blocks(2, 600000, 0, &memory);
  struct tpacket_block_desc *first = block_at(memory, 0), *second = block_at(memory, 1);
  send_frame(1, 1500), send_frame(2, 1500);
  int early = polls(fd, 0);
  send_frame(3, 1500);
  check("blocks: a full one is given", early == 0 && polls(fd, 1000) == POLLIN &&
                                           block_status(first) == TP_STATUS_USER && marks_of(first) == 12 &&
                                           block_status(second) == TP_STATUS_KERNEL);
  send_frame(4, 1500), send_frame(5, 1500), send_frame(6, 1500);
  check("blocks: all are full", polls(fd, 1000) == POLLIN && marks_of(second) == 34);
  release_block(first), release_block(second);
  for (int i = 7; i <= 9; i++)
    send_frame((uint8_t)i, 1500);
  check("blocks: the one after a loss says so", polls(fd, 1000) == POLLIN && marks_of(first) == 78 &&
                                                    block_status(first) == (TP_STATUS_USER | TP_STATUS_LOSING));
  struct tpacket_stats_v3 all = statistics(fd), none = statistics(fd);
  check("blocks: statistics",
        all.tp_packets == 9 && all.tp_drops == 2 && all.tp_freeze_q_cnt == 1 && none.tp_drops == 0);
  close(fd);
  munmap(memory, 2 * BLOCK);
}

static void check_block_cut(void) {
  uint8_t *memory;
  int fd = open_blocks(2, 600000, 3000, &memory);
  struct tpacket_block_desc *first = block_at(memory, 0), *second = block_at(memory, 1);
  send_frame(1, 1500);
  /* It fills a block to the last byte, for which Linux closes the first one empty. */
  struct tpacket3_hdr *h = (struct tpacket3_hdr *)((uint8_t *)second + second->hdr.bh1.offset_to_first_pkt);
  check("blocks: a frame is cut to its room",
        polls(fd, 1000) == POLLIN && block_status(first) == TP_STATUS_USER && first->hdr.bh1.num_pkts == 0 &&
            h->tp_len == 1500 && h->tp_snaplen == BLOCK - 48 - 3000 - 82 && second->hdr.bh1.num_pkts == 1);
  close(fd);
  munmap(memory, 2 * BLOCK);
}

/* Send an IPv4 frame of UDP between two stations, from `source` to `target` with these ports. */
static void send_udp(uint8_t source, uint8_t target, uint8_t source_port, uint8_t target_port) {
  uint8_t frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, IPPROTO_UDP};
  const uint8_t rest[] = {192, 0, 2, source, 192, 0, 2, target, 10, source_port, 10, target_port, 0, 26};
  memcpy(frame + 26, rest, sizeof(rest));
  if (send(sender, frame, sizeof(frame), 0) != sizeof(frame))
    give_up("send");
}

static void check_hashes(int wanted) {
  enum { FLOWS = 5 };
  int fd = open_bound(SOCK_RAW, ETH_P_ALL);
  struct tpacket_req3 ring = blocks(2);
  uint32_t hash[FLOWS];
  ring.tp_retire_blk_tov = 1000;
  ring.tp_feature_req_word = wanted ? TP_FT_REQ_FILL_RXHASH : 0;
  set(fd, PACKET_VERSION, TPACKET_V3);
  set_ring(fd, PACKET_RX_RING, ring, TPACKET_V3);
  uint8_t *memory = map(fd, 2 * BLOCK), *at = memory + 48;
  send_udp(1, 2, 5, 6);
  send_udp(1, 2, 5, 6);
  send_udp(2, 1, 6, 5);
  send_udp(1, 2, 5, 7);
  send_udp(1, 3, 5, 6);
  int readable = polls(fd, 20000);
  for (int i = 0; i < FLOWS; i++) {
    hash[i] = ((struct tpacket3_hdr *)at)->hv1.tp_rxhash;
    at += ((struct tpacket3_hdr *)at)->tp_next_offset;
  }
  if (wanted)
    check("blocks: a flow has one hash in both directions", readable == POLLIN && hash[0] != 0 && hash[0] == hash[1] &&
                                                                hash[0] == hash[2] && hash[0] != hash[3] &&
                                                                hash[0] != hash[4]);
  else
    check("blocks: no hash that nobody wants", readable == POLLIN && hash[0] == 0 && hash[4] == 0);
  close(fd);
  munmap(memory, 2 * BLOCK);
}

/* ---- Sending ---- */

/* Ask for the frame to be sent: `len` bytes, whose byte behind the header is `mark`. */
static void request(int version, uint8_t *frame, uint8_t mark, unsigned len, unsigned offset) {
  size_t at = version == TPACKET_V1   ? TPACKET_ALIGN(sizeof(struct tpacket_hdr))
              : version == TPACKET_V2 ? TPACKET_ALIGN(sizeof(struct tpacket2_hdr))
                                      : TPACKET_ALIGN(sizeof(struct tpacket3_hdr));
  uint8_t bytes[15] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, TYPE >> 8, TYPE & 255, mark};
  memcpy(frame + (offset != 0 ? offset : at), bytes, sizeof(bytes));
  if (version == TPACKET_V1) {
    struct tpacket_hdr *h = (struct tpacket_hdr *)frame;
    h->tp_len = len, h->tp_mac = (uint16_t)offset;
    __atomic_store_n(&h->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
  } else if (version == TPACKET_V2) {
    struct tpacket2_hdr *h = (struct tpacket2_hdr *)frame;
    h->tp_len = len, h->tp_mac = (uint16_t)offset;
    __atomic_store_n(&h->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
  } else {
    struct tpacket3_hdr *h = (struct tpacket3_hdr *)frame;
    h->tp_len = len, h->tp_mac = (uint16_t)offset;
    __atomic_store_n(&h->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
  }
}

static unsigned long sent_status(int version, uint8_t *frame) {
  return version == TPACKET_V3 ? __atomic_load_n(&((struct tpacket3_hdr *)frame)->tp_status, __ATOMIC_ACQUIRE)
                               : status_of(version, frame);
}

/* Returns the marks of the frames that a tap has received, as a number. */
static int tapped(int tap) {
  uint8_t frame[1600];
  int marks = 0;
  while (recv(tap, frame, sizeof(frame), MSG_DONTWAIT) > 14)
    marks = marks * 10 + frame[14];
  return marks;
}

static int open_sender(int version, int loss, int offset, uint8_t **memory) {
  int fd = open_bound(SOCK_RAW, 0);
  set(fd, PACKET_VERSION, version);
  set(fd, PACKET_LOSS, loss);
  set(fd, PACKET_TX_HAS_OFF, offset);
  if (set_ring(fd, PACKET_TX_RING, blocks(2), version) != 0)
    give_up("a ring to send");
  *memory = map(fd, 2 * BLOCK);
  return fd;
}

/* Wait until the frames have left, which takes a moment on Linux. */
static void wait_until_sent(int version, uint8_t *frame) {
  for (int i = 0; i < 1000 && sent_status(version, frame) == TP_STATUS_SENDING; i++)
    usleep(1000);
}

static void check_sending(int version) {
  int tap = open_bound(SOCK_RAW, ETH_P_ALL);
  uint8_t *memory;
  int fd = open_sender(version, 0, 0, &memory);
  uint8_t *frames[] = {memory, memory + BLOCK / 2, memory + BLOCK, memory + BLOCK * 3 / 2};
  check_version(version, "an empty ring sends nothing", send(fd, NULL, 0, 0) == 0 && tapped(tap) == 0);
  request(version, frames[0], 1, 60, 0), request(version, frames[1], 2, 70, 0), request(version, frames[3], 4, 60, 0);
  ssize_t sent = send(fd, NULL, 0, 0);
  check_version(version, "requests are sent, up to the first frame without one",
                sent == 130 && tapped(tap) == 12 && sent_status(version, frames[0]) == TP_STATUS_AVAILABLE &&
                    sent_status(version, frames[3]) == TP_STATUS_SEND_REQUEST);
  request(version, frames[2], 3, 60, 0);
  sent = sendto(fd, "ignored", 7, MSG_DONTWAIT, NULL, 0);
  wait_until_sent(version, frames[3]);
  check_version(version, "without waiting", sent == 120 && tapped(tap) == 34);
  request(version, frames[0], 5, 60, 0), request(version, frames[1], 6, BLOCK, 0),
      request(version, frames[2], 7, 60, 0);
  sent = send(fd, NULL, 0, 0);
  int error = errno;
  check_version(version, "a frame that is too long is refused",
                sent < 0 && error == EMSGSIZE && tapped(tap) == 5 &&
                    sent_status(version, frames[1]) == TP_STATUS_WRONG_FORMAT);
  check_version(version, "and stays in the way", send(fd, NULL, 0, 0) == 0 && tapped(tap) == 0);
  request(version, frames[1], 6, 4, 0);
  sent = send(fd, NULL, 0, 0);
  error = errno;
  check_version(version, "and one without a header",
                sent < 0 && error == EINVAL && sent_status(version, frames[1]) == TP_STATUS_WRONG_FORMAT);
  request(version, frames[1], 6, 60, 0);
  check_version(version, "until it is right", send(fd, NULL, 0, 0) == 120 && tapped(tap) == 67);
  struct sockaddr_ll nowhere = {.sll_family = AF_PACKET, .sll_ifindex = 99999};
  check_version(version, "the address matters even if nothing is to be sent",
                sendto(fd, NULL, 0, 0, (struct sockaddr *)&nowhere, sizeof(nowhere)) < 0 && errno == ENXIO &&
                    sendto(fd, NULL, 0, 0, (struct sockaddr *)&nowhere, 8) < 0 && errno == EINVAL);
  if (version == TPACKET_V3) {
    request(version, frames[3], 8, 60, 0);
    ((struct tpacket3_hdr *)frames[3])->tp_next_offset = 256;
    check_version(version, "slots of other sizes are refused", send(fd, NULL, 0, 0) < 0 && errno == EINVAL);
  }
  close(fd);
  munmap(memory, 2 * BLOCK);
  fd = open_sender(version, 1, 0, &memory);
  request(version, memory, 1, BLOCK, 0), request(version, memory + BLOCK / 2, 2, 60, 0);
  check_version(version, "PACKET_LOSS skips it",
                send(fd, NULL, 0, 0) == 60 && tapped(tap) == 2 && sent_status(version, memory) == TP_STATUS_AVAILABLE);
  close(fd);
  munmap(memory, 2 * BLOCK);
  fd = open_sender(version, 0, 1, &memory);
  request(version, memory, 1, 60, 128);
  check_version(version, "PACKET_TX_HAS_OFF", send(fd, NULL, 0, 0) == 60 && tapped(tap) == 1);
  request(version, memory + BLOCK / 2, 1, 60, 16);
  check_version(version, "an offset in the header", send(fd, NULL, 0, 0) < 0 && errno == EINVAL);
  request(version, memory + BLOCK / 2, 1, 60, BLOCK / 2 - 59);
  check_version(version, "an offset at the end", send(fd, NULL, 0, 0) < 0 && errno == EINVAL);
  close(fd);
  munmap(memory, 2 * BLOCK);
  close(tap);
}

/* More frames than a server handles at once. */
static void check_many(void) {
  int tap = open_bound(SOCK_RAW, ETH_P_ALL), fd = open_bound(SOCK_RAW, 0), large = 1 << 20;
  struct tpacket_req3 ring = {.tp_block_size = BLOCK, .tp_block_nr = 16, .tp_frame_size = 256, .tp_frame_nr = 256};
  setsockopt(tap, SOL_SOCKET, SO_RCVBUF, &large, sizeof(large));
  set(fd, PACKET_VERSION, TPACKET_V2);
  set_ring(fd, PACKET_TX_RING, ring, TPACKET_V2);
  uint8_t *memory = map(fd, 16 * BLOCK);
  for (int i = 0; i < 100; i++)
    request(TPACKET_V2, memory + i * 256, 1, 60, 0);
  statistics(tap);
  check("a hundred frames are sent with one call", send(fd, NULL, 0, 0) == 6000 && statistics(tap).tp_packets == 100);
  close(fd);
  close(tap);
  munmap(memory, 16 * BLOCK);
}

int main(void) {
  ifindex = (int)if_nametoindex("eth0");
  sender = open_bound(SOCK_RAW, 0);
  check_options();
  for (int i = 0; i < 3; i++)
    check_shapes(versions[i]);
  for (int i = 0; i < 2; i++) {
    check_frames(versions[i]);
    check_short_frames(versions[i]);
  }
  check_block_timeout();
  check_block_full();
  check_block_cut();
  check_hashes(0);
  check_hashes(1);
  for (int i = 0; i < 3; i++)
    check_sending(versions[i]);
  check_many();
  return failures != 0;
}
