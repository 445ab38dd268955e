/* Fuzzes the UDP cable of BOARD=linux (boards/mac/host_nic.c): an input is the datagrams that its other end and strangers send,
 * and what an application does meanwhile. The driver's thread never runs, so that each input does the same in every run; the
 * calls that do not wait look at the descriptor themselves. */
#include <pthread.h>

/* In place of pthread_create() and pthread_join(). */
static int no_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  (void)thread, (void)attributes, (void)run, (void)argument;
  return 0;
}

static int nothing_to_join(pthread_t thread, void **result) {
  (void)thread, (void)result;
  return 0;
}

#define pthread_create no_thread
#define pthread_join nothing_to_join
#include "../../boards/mac/host_nic.c"
#undef pthread_create
#undef pthread_join

#include "world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>

enum { FRAME_SIZE = 1536, FRAMES = 12, STEPS = 64, LONGEST = 4096, BURST = 40 };
#define ETH_P_CABLE 0x88b5

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

/* The other end of the cable, and a stranger. */
static int peer = -1, stranger = -1;
static uint16_t own_port, peer_port;

static char argument[32];
static struct host_nic nic = {.open = host_nic_open_udp, .argument = argument};
static struct pkt_mac mac = {.ops = &host_nic_ops, .config = &nic, .hwaddr = {0x02, 0, 0, 0, 0, 1}};

static int socket_at(uint16_t port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  MUST(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "UDP port %u: errno %d", port, errno);
  return fd;
}

/* The kernel hands out none of these ports, so that nobody takes one while it is closed. */
static void choose_ports(void) {
  own_port = (uint16_t)(10000 + getpid() % 7000 * 3);
  peer_port = (uint16_t)(own_port + 1);
  stranger = socket_at((uint16_t)(own_port + 2));
  snprintf(argument, sizeof(argument), "%u:%u", own_port, peer_port);
}

static void send_from(int fd, const uint8_t *bytes, size_t len) {
  struct sockaddr_in board = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(own_port)};
  if (fd >= 0)
    (void)sendto(fd, bytes, len, 0, (struct sockaddr *)&board, sizeof(board));
}

/* ---- What must arrive ----------------------------------------------------------------------------------------------- */

/* The frame's bytes follow from its length and its first byte behind the header. */
static void make(uint8_t *frame, size_t len, const uint8_t *to, uint8_t tag) {
  static const uint8_t from[6] = {0x02, 0, 0, 0, 0, 0x77};
  memcpy(frame, to, 6);
  memcpy(frame + 6, from, 6);
  frame[12] = ETH_P_CABLE >> 8, frame[13] = ETH_P_CABLE & 0xff;
  for (size_t i = 14; i < len; i++)
    frame[i] = (uint8_t)(tag + (i - 14) * (len | 1));
}

static const uint8_t *destination(uint8_t which) {
  static const uint8_t all[][6] = {
      {0x02, 0, 0, 0, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0x01, 0, 0x5e, 0, 0, 1}, {0x02, 0, 0, 0, 0, 2}};
  return all[which % 4];
}

/* A received frame is one that the other end has sent, byte for byte. */
static void check_frame(const uint8_t *frame, size_t len) {
  uint8_t expected[LONGEST];
  MUST(len >= 14 && len <= FRAME_SIZE, "a frame of %zu bytes was received", len);
  make(expected, len, frame, len > 14 ? frame[14] : 0);
  MUST(memcmp(frame, expected, len) == 0, "a frame of %zu bytes was received that the other end has not sent", len);
}

static bool receive_at(int fd) {
  uint8_t frame[LONGEST];
  ssize_t n = pktsock_recv(fd, frame, sizeof(frame), MSG_DONTWAIT);
  if (n >= 0)
    check_frame(frame, (size_t)n);
  else
    MUST(errno == EAGAIN || errno == ENETDOWN, "recv(): errno %d", errno);
  return n >= 0;
}

/* ---- Steps ---------------------------------------------------------------------------------------------------------- */

static void datagrams(struct input *in, int fd) {
  uint8_t bytes[LONGEST];
  size_t len = input_u16(in) % LONGEST;
  uint8_t to = input_u8(in), count = input_u8(in) % BURST;
  make(bytes, len < 14 ? 14 : len, destination(to), to);
  if (fd == stranger)
    memset(bytes, 0x5a, 14 + len % 16);
  for (unsigned i = 0; i <= count; i++)
    send_from(fd, bytes, len);
}

static void change_membership(struct input *in, int fd) {
  struct packet_mreq membership = {.mr_ifindex = 1, .mr_type = input_u8(in) % 4, .mr_alen = 6};
  memcpy(membership.mr_address, destination(input_u8(in)), 6);
  membership.mr_address[5] = (uint8_t)(membership.mr_address[5] + input_u8(in));
  pktsock_setsockopt(fd, SOL_PACKET, input_bool(in) ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, &membership,
                     sizeof(membership));
}

static void send_frame(struct input *in, int fd) {
  uint8_t frame[1514];
  size_t len = 14 + input_u16(in) % 1501;
  make(frame, len, destination(input_u8(in)), 1);
  if (pktsock_send(fd, frame, len, MSG_DONTWAIT) < 0)
    MUST(errno == ENOBUFS || errno == EAGAIN || errno == ENETDOWN, "send(): errno %d", errno);
}

/* The program's only task waits for its own descriptors, as the server of `pktsock run` does. */
static void wait_once(void) {
  struct epoll_event events[4];
  MUST(host_nic_wait(events, 4, 0) == 0, "the wait has events of nobody");
}

static void toggle_peer(void) {
  if (peer < 0) {
    peer = socket_at(peer_port);
    return;
  }
  close(peer);
  peer = -1;
}

/* The descriptor becomes one that cannot be read, as when a TAP interface is deleted. */
static void take_away(void) {
  const struct host_nic_state *state = mac.state;
  int other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  MUST(other >= 0 && dup2(other, state->fd) == state->fd, "dup2(): errno %d", errno);
  close(other);
}

static void step(struct input *in, const int fds[2]) {
  int fd = fds[input_u8(in) & 1];
  switch (input_u8(in) % 12) {
  case 0:
  case 1: datagrams(in, peer); break;
  case 2: datagrams(in, stranger); break;
  case 3: toggle_peer(); break;
  case 4: change_membership(in, fd); break;
  case 5:
  case 6: send_frame(in, fd); break;
  case 7: wait_once(); break;
  default: receive_at(fd); break;
  }
}

/* ---- Start and end -------------------------------------------------------------------------------------------------- */

static int open_socket(void) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_CABLE), .sll_ifindex = 1};
  int fd = pktsock_socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  MUST(fd >= 0 && pktsock_bind(fd, (struct pktsock_sockaddr *)&address, sizeof(address)) == 0, "a socket: errno %d",
       errno);
  return fd;
}

static struct pktsock_counters counters(void) {
  struct pktsock_counters now;
  MUST(pktsock_counters(1, &now) == 0, "no counters");
  MUST(now.traps == 0, "the module trapped: %s", pktsock_error());
  return now;
}

/* After all of it, more frames than the pool has pass in both directions. */
static void check_cable(int fd) {
  uint8_t frame[60], got[LONGEST];
  if (peer < 0)
    toggle_peer();
  while (recv(peer, got, sizeof(got), 0) >= 0)
    ;
  for (unsigned looks = 0; looks < 4 * BURST * STEPS && receive_at(fd); looks++)
    ;
  for (unsigned i = 0; i < 2 * FRAMES; i++) {
    make(frame, sizeof(frame), mac.hwaddr, (uint8_t)i);
    if (!world_breaks("the cable"))
      send_from(peer, frame, sizeof(frame));
    MUST(pktsock_recv(fd, got, sizeof(got), MSG_DONTWAIT) == sizeof(frame) && memcmp(got, frame, sizeof(frame)) == 0,
         "frame %u is not received: errno %d", i, errno);
    MUST(pktsock_send(fd, frame, sizeof(frame), MSG_DONTWAIT) == sizeof(frame), "frame %u cannot be sent: errno %d", i,
         errno);
    MUST(recv(peer, got, sizeof(got), 0) == sizeof(frame) && memcmp(got, frame, sizeof(frame)) == 0,
         "frame %u does not reach the other end", i);
  }
}

/* A descriptor that is of no use any more costs the frames, and nothing else. */
static void check_taken_away(int fd) {
  take_away();
  for (unsigned i = 0; i < 4; i++) {
    MUST(!receive_at(fd), "a frame comes from nowhere");
    wait_once();
  }
}

static unsigned open_descriptors(void) {
  unsigned count = 0;
  DIR *all = opendir("/proc/self/fd");
  while (readdir(all) != NULL)
    count++;
  closedir(all);
  return count;
}

static void start_component(void) {
  static struct pkt_mac *macs[] = {&mac};
  struct pktsock_config config = {.prealloc_conns = 4,
                                  .mac_count = 1,
                                  .frames = FRAMES,
                                  .frame_size = FRAME_SIZE,
                                  .frame_align = 4,
                                  .tx_frames = 4,
                                  .rx_reserve = 2,
                                  .queue_frames = 4,
                                  .heap_size = 1024};
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  MUST(pktsock_start(&config) == 0, "start: %s", pktsock_error());
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct input *in = &world.in;
  *in = (struct input){bytes, bytes + len};
  world.may_not_wait = true;
  if (stranger < 0) {
    choose_ports();
    make_tasks(); /* they live as long as the process */
  }
  unsigned before = open_descriptors();
  start_component();
  int fds[2] = {open_socket(), open_socket()};
  for (unsigned steps = 0; steps < STEPS && input_left(in) != 0; steps++)
    step(in, fds);
  check_cable(fds[0]);
  struct pktsock_counters now = counters();
  MUST(now.rx_errors == 0, "%u errors of the driver", now.rx_errors);
  check_taken_away(fds[0]);
  pktsock_stop();
  if (peer >= 0)
    toggle_peer();
  MUST(open_descriptors() == before, "%u descriptors are open, %u were", open_descriptors(), before);
  return 0;
}
