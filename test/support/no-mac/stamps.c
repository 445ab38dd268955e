/* Checks how stamps of a MAC's clock reach a program: SIOCSHWTSTAMP, SO_TIMESTAMPING, the error queue. eth0's driver has a clock
 * that stamps, and takes, misses or spoils stamps as it is told; eth1's has none. Ends with 0 if all holds. */
#include "../../../boards/mac/template.h"
#include "../../../boards/pktsock/component.h"
#include "board.h"
#include <errno.h>
#include <pktsock/pktsock.h>
#include <pktsock/ring.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

extern struct template_config eth1_config;

static unsigned failures;

#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, printf("line %d: not %s\n", __LINE__, #condition)))
#define FAILS(call, number) CHECK((errno = 0, (call) == -1) && errno == (number))

/* ---- The MAC: a loopback plug whose clock shows 1000 s and a nanosecond more with each stamp. ---- */

enum { TAKES, MISSES, SPOILS };

static bool stamps_received, stamps_sent, is_slow;
static int sending = TAKES, outcome;
static uint32_t ticks;
static struct pkt_frame *slow[8];
static unsigned slow_count;

static void loop(struct pkt_mac *mac, const struct pkt_bytes *bytes) {
  struct pkt_frame *frame = pkt_fill_take(mac);
  if (frame == NULL)
    return;
  pkt_rx_begin(mac, frame);
  memcpy(pkt_frame_buffer(mac, frame), bytes->at, bytes->len);
  if (stamps_received)
    pkt_hw_stamp(frame, 1000, ++ticks);
  pkt_rx_give(mac, frame, 0, bytes->len);
}

static void complete(struct pkt_mac *mac, struct pkt_frame *frame) {
  if (stamps_sent && pkt_wants_hw_stamp(frame) && sending != MISSES)
    pkt_hw_stamp(frame, 1000, sending == SPOILS ? 1000000000 : ++ticks);
  pkt_completion_give(mac, frame);
}

static void transmit(struct pkt_mac *mac) {
  while (pkt_tx_pending(mac)) {
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    loop(mac, &bytes);
    if (is_slow)
      slow[slow_count++] = frame;
    else
      complete(mac, frame);
  }
  pkt_os_wake();
}

static int get(struct pkt_mac *mac, struct pkt_time *now) {
  (void)mac;
  *now = (struct pkt_time){1000, ticks};
  return 0;
}

static int stamp(struct pkt_mac *mac, bool received, bool sent) {
  (void)mac;
  if (outcome == 0)
    stamps_received = received, stamps_sent = sent;
  return outcome;
}

static const struct pkt_clock_ops clock_ops = {.get = get, .stamp = stamp};

/* ---- The program ---- */

static int request(int fd, unsigned long number, const char *name, void *data) {
  struct pktsock_ifreq about = {.ifr_ifru.ifru_data = data};
  strcpy(about.ifr_ifrn.ifrn_name, name);
  return pktsock_ioctl(fd, number, &about);
}

static int configure(int fd, int tx_type, int rx_filter) {
  struct pktsock_hwtstamp_config config = {.tx_type = tx_type, .rx_filter = rx_filter};
  return request(fd, PKTSOCK_SIOCSHWTSTAMP, "eth0", &config) < 0 ? -1 : config.rx_filter;
}

static bool is_configured(int fd, int tx_type, int rx_filter) {
  struct pktsock_hwtstamp_config config = {9, 9, 9};
  return request(fd, PKTSOCK_SIOCGHWTSTAMP, "eth0", &config) == 0 && config.flags == 0 && config.tx_type == tx_type &&
         config.rx_filter == rx_filter;
}

static int open_socket(int flags) {
  struct pktsock_sockaddr_ll address = {.sll_family = PKTSOCK_AF_PACKET, .sll_protocol = 0xb588, .sll_ifindex = 1};
  int fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0);
  CHECK(pktsock_bind(fd, (void *)&address, sizeof(address)) == 0);
  CHECK(pktsock_setsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_TIMESTAMPING, &flags, sizeof(flags)) == 0);
  return fd;
}

static void send_one(int fd, uint8_t number) {
  uint8_t frame[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, number};
  CHECK(pktsock_send(fd, frame, sizeof(frame), 0) == sizeof(frame));
}

/* What recvmsg() tells about a frame: its number, its stamps' nanoseconds (-1: none), and the number of a message. */
struct told {
  int number;
  bool by_software;
  long by_mac;
  int64_t id;
};

static struct told receive(int fd, int flags) {
  union {
    struct pktsock_cmsghdr header;
    uint8_t bytes[200];
  } control;
  uint8_t frame[60] = {0};
  struct pktsock_iovec vector = {frame, sizeof(frame)};
  struct pktsock_msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  struct told told = {.number = -1, .by_mac = -1, .id = -1};
  if (pktsock_recvmsg(fd, &message, flags | PKTSOCK_MSG_DONTWAIT) < 0) {
    CHECK(errno == EAGAIN);
    return told;
  }
  told.number = frame[14];
  for (struct pktsock_cmsghdr *c = PKTSOCK_CMSG_FIRSTHDR(&message); c != NULL; c = PKTSOCK_CMSG_NXTHDR(&message, c)) {
    struct timespec times[3];
    struct pktsock_sock_extended_err error;
    if (c->cmsg_level == PKTSOCK_SOL_SOCKET && c->cmsg_type == PKTSOCK_SCM_TIMESTAMPING) {
      memcpy(times, PKTSOCK_CMSG_DATA(c), sizeof(times));
      told.by_software = times[0].tv_sec != 0;
      told.by_mac = times[2].tv_sec == 1000 ? times[2].tv_nsec : -1;
    } else {
      memcpy(&error, PKTSOCK_CMSG_DATA(c), sizeof(error));
      told.id = error.ee_data;
    }
  }
  return told;
}

static struct told message(int fd) { return receive(fd, PKTSOCK_MSG_ERRQUEUE); }

#define HARDWARE                                                                                                       \
  (PKTSOCK_SOF_TIMESTAMPING_TX_HARDWARE | PKTSOCK_SOF_TIMESTAMPING_RX_HARDWARE |                                       \
   PKTSOCK_SOF_TIMESTAMPING_RAW_HARDWARE | PKTSOCK_SOF_TIMESTAMPING_OPT_ID)
#define SOFTWARE (PKTSOCK_SOF_TIMESTAMPING_TX_SOFTWARE | PKTSOCK_SOF_TIMESTAMPING_SOFTWARE)

static void check_requests(int fd) {
  struct pktsock_ethtool_ts_info info = {.cmd = PKTSOCK_ETHTOOL_GET_TS_INFO};
  CHECK(request(fd, PKTSOCK_SIOCETHTOOL, "eth0", &info) == 0 && info.so_timestamping == 0x5f && info.phc_index == -1 &&
        info.tx_types == 3 && info.rx_filters == 3);
  info = (struct pktsock_ethtool_ts_info){.cmd = PKTSOCK_ETHTOOL_GET_TS_INFO};
  CHECK(request(fd, PKTSOCK_SIOCETHTOOL, "eth1", &info) == 0 && info.so_timestamping == 0x1a && info.tx_types == 0);
  CHECK(is_configured(fd, 0, 0));
  FAILS(configure(fd, 2, 0), ERANGE); /* one-step */
  outcome = -EIO;
  FAILS(configure(fd, 1, 1), EIO);
  outcome = 0;
  CHECK(is_configured(fd, 0, 0));
}

static void check_stamps(void) {
  int fd = open_socket(HARDWARE), both = open_socket(HARDWARE | SOFTWARE);
  int each = open_socket(HARDWARE | SOFTWARE | PKTSOCK_SOF_TIMESTAMPING_OPT_TX_SWHW);
  check_requests(fd);

  /* Off: by software only. */
  send_one(fd, 1);
  CHECK(message(fd).number == -1);
  CHECK(receive(both, 0).by_mac == -1);
  send_one(both, 2);
  struct told told = message(both);
  CHECK(told.number == 2 && told.by_software && told.by_mac == -1 && told.id == 0);

  /* On: by the MAC, in place of software unless both are wanted. */
  CHECK(configure(fd, 1, 12) == 1 && is_configured(fd, 1, 1) && stamps_received && stamps_sent);
  while (receive(fd, 0).number >= 0 || receive(both, 0).number >= 0 || receive(each, 0).number >= 0)
    ;
  uint32_t before = ticks;
  send_one(fd, 3);
  CHECK(receive(fd, 0).by_mac == before + 1);
  told = message(fd);
  CHECK(told.number == 3 && told.by_mac == before + 2 && !told.by_software && told.id == 1);
  CHECK(message(fd).number == -1);
  send_one(both, 4);
  told = message(both);
  CHECK(told.number == 4 && !told.by_software && told.by_mac == ticks && told.id == 1);
  CHECK(message(both).number == -1);
  send_one(each, 5);
  told = message(each);
  CHECK(told.number == 5 && told.by_software && told.by_mac == -1 && told.id == 0);
  told = message(each);
  CHECK(told.number == 5 && !told.by_software && told.by_mac == ticks && told.id == 0);

  /* A stamp that the MAC did not take, or that is no time, is none; the next one is its frame's. */
  sending = MISSES;
  send_one(fd, 6);
  sending = SPOILS;
  send_one(fd, 7);
  CHECK(message(fd).number == -1);
  sending = TAKES;
  send_one(fd, 8);
  told = message(fd);
  CHECK(told.number == 8 && told.id == 4 && told.by_mac == ticks);

  /* Frames whose stamps come late and in another order keep them, and do not stop other frames. */
  is_slow = true;
  send_one(fd, 9);
  send_one(fd, 10);
  is_slow = false;
  send_one(both, 11);
  CHECK(message(both).number == 11 && message(fd).number == -1);
  complete(board_mac(0), slow[1]);
  told = message(fd);
  CHECK(told.number == 10 && told.id == 6 && told.by_mac == ticks);
  complete(board_mac(0), slow[0]);
  told = message(fd);
  CHECK(told.number == 9 && told.id == 5 && told.by_mac == ticks);

  /* Closed while a frame waits for its stamp: the number's next socket has none of it. */
  is_slow = true;
  slow_count = 0;
  send_one(fd, 12);
  is_slow = false;
  CHECK(pktsock_close(fd) == 0 && open_socket(HARDWARE) == fd);
  complete(board_mac(0), slow[0]);
  CHECK(message(fd).number == -1);
  CHECK(configure(fd, 0, 0) == 0 && !stamps_sent && !stamps_received);
  send_one(fd, 13);
  CHECK(message(fd).number == -1);

  /* An error queue is bounded. */
  for (unsigned i = 0; i < 100; i++)
    send_one(both, (uint8_t)i);
  unsigned messages = 0;
  while (message(both).id >= 0)
    messages++;
  CHECK(messages == 8);
}

/* After a trap the MAC stamps as before, and so does the socket. */
static void check_recovery(void) {
  int fd = open_socket(HARDWARE);
  stamps_received = stamps_sent = false; /* as start() does */
  pkt_os_lock();
  pkt_distrust();
  pkt_os_unlock();
  CHECK(stamps_received && stamps_sent && is_configured(fd, 1, 1));
  send_one(fd, 14);
  struct told told = message(fd);
  CHECK(told.number == 14 && told.id == 0 && told.by_mac == ticks);
}

int main(void) {
  struct pkt_mac_ops ops = template_ops;
  ops.clock = &clock_ops;
  ops.transmit = transmit;
  board_mac(0)->ops = &ops;
  eth1_config.present = true;
  CHECK(pktsock_start_board() == 0);
  check_stamps();
  CHECK(configure(PKTSOCK_FIRST_DESCRIPTOR, 1, 1) == 1);
  check_recovery();
  pktsock_stop();
  stamps_received = stamps_sent = false; /* as start() does */
  CHECK(pktsock_start_board() == 0);
  int fd = open_socket(HARDWARE);
  CHECK(is_configured(fd, 0, 0));
  send_one(fd, 1);
  CHECK(message(fd).number == -1);
  pktsock_stop();
  return failures != 0;
}
