/* Traps, and what is there after them: each socket with its options, filter and memberships, but no frame and no lent frame. */
#include "../../boards/pktsock/component.h"
#include "inject.h"
#include <pktsock/pktsock.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define ALL_N 0x0300
#define OWN_N 0xb588 /* IEEE 802: for local experiments */

#define CHECK(condition)                                                                                               \
  do                                                                                                                   \
    if (!(condition)) {                                                                                                \
      printf("line %d: not %s (errno %d)\n", __LINE__, #condition, errno);                                             \
      failures++;                                                                                                      \
    }                                                                                                                  \
  while (0)

static unsigned failures;
static int raw, dgram, stack, tap;

/* ---- What can be asked ------------------------------------------------------------------------------------------------- */

static const struct {
  int level, name, value; /* `value`: what set_options() sets; -1: it only asks */
} ints[] = {
    {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_TYPE, -1},       {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_RCVBUF, 3000},
    {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_SNDBUF, 2500},   {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_PRIORITY, 3},
    {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_BROADCAST, 1},   {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_TIMESTAMP, 1},
    {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_TIMESTAMPNS, 1}, /* ends the one before */
    {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_RXQ_OVFL, 1},    {PKTSOCK_SOL_SOCKET, PKTSOCK_SO_LOCK_FILTER, -1},
    {PKTSOCK_SOL_PACKET, PKTSOCK_PACKET_AUXDATA, 1},
};

enum { MOST = 700 };

static void ask_socket(char *text, size_t *at, int fd) {
  struct pktsock_sockaddr_ll name;
  pktsock_socklen_t len = sizeof(name);
  CHECK(pktsock_getsockname(fd, (struct pktsock_sockaddr *)&name, &len) == 0);
  *at += (size_t)snprintf(text + *at, MOST - *at, "%d: %x %d %d %d;", fd, name.sll_protocol, name.sll_ifindex,
                          pktsock_fcntl(fd, F_GETFL, 0L), pktsock_fcntl(fd, F_GETFD, 0L));
  for (unsigned i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
    int value = -1;
    len = sizeof(value);
    CHECK(pktsock_getsockopt(fd, ints[i].level, ints[i].name, &value, &len) == 0);
    *at += (size_t)snprintf(text + *at, MOST - *at, " %d", value);
  }
  struct timeval time[2];
  len = sizeof(time[0]);
  CHECK(pktsock_getsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_RCVTIMEO, &time[0], &len) == 0);
  CHECK(pktsock_getsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_SNDTIMEO, &time[1], &len) == 0);
  *at += (size_t)snprintf(text + *at, MOST - *at, " %ld %ld\n", (long)time[0].tv_usec, (long)time[1].tv_usec);
}

/* Everything that must be the same after a trap. */
static const char *ask_all(char *text) {
  static const unsigned long requests[] = {PKTSOCK_SIOCGIFINDEX, PKTSOCK_SIOCGIFFLAGS};
  size_t at = 0;
  const int fds[] = {raw, dgram, stack, tap};
  for (unsigned i = 0; i < 4; i++)
    ask_socket(text, &at, fds[i]);
  for (unsigned i = 0; i < 2; i++) {
    struct pktsock_ifreq r = {.ifr_ifrn.ifrn_name = "eth0"};
    CHECK(pktsock_ioctl(raw, requests[i], &r) == 0);
    at += (size_t)snprintf(text + at, MOST - at, "%d ", i == 0 ? r.ifr_ifru.ifru_ivalue : r.ifr_ifru.ifru_flags);
  }
  pkt_os_lock();
  uint32_t iface = pkt_offset_of(pkt_iface_of(1));
  at += (size_t)snprintf(text + at, MOST - at, "%d:", (int)pkt_call(&pkt_export_macFilterFlags, iface, 0, 0, 0));
  for (uint32_t n = 0; pkt_call(&pkt_export_macFilterAddress, iface, n, 0, 0) >= 0; n++)
    at += (size_t)snprintf(text + at, MOST - at, " %02x", pkt_exchange()[5]);
  pkt_os_unlock();
  return text;
}

/* ---- What is set -------------------------------------------------------------------------------------------------------- */

static int open_bound(int type, uint16_t protocol, int ifindex) {
  struct pktsock_sockaddr_ll address = {
      .sll_family = PKTSOCK_AF_PACKET, .sll_protocol = protocol, .sll_ifindex = ifindex};
  int fd = pktsock_socket(PKTSOCK_AF_PACKET, type, 0);
  CHECK(fd >= 0);
  CHECK(pktsock_bind(fd, (struct pktsock_sockaddr *)&address, sizeof(address)) == 0);
  return fd;
}

static void membership(int fd, int name, uint8_t last) {
  struct pktsock_packet_mreq request = {
      .mr_ifindex = 1, .mr_type = PKTSOCK_PACKET_MR_MULTICAST, .mr_alen = 6, .mr_address = {1, 0, 0x5e, 0, 0, last}};
  CHECK(pktsock_setsockopt(fd, PKTSOCK_SOL_PACKET, name, &request, sizeof(request)) == 0);
}

static void attach(int fd, uint32_t value) {
  struct pktsock_sock_filter code[] = {{0x30, 0, 0, 14}, {0x15, 0, 1, value}, {0x06, 0, 0, 0xffff}, {0x06, 0, 0, 0}};
  struct pktsock_sock_fprog program = {4, code};
  CHECK(pktsock_setsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_ATTACH_FILTER, &program, sizeof(program)) == 0);
}

static void set_int(int fd, int level, int name, int value) {
  CHECK(pktsock_setsockopt(fd, level, name, &value, sizeof(value)) == 0);
}

static void set_all(void) {
  struct timeval first = {.tv_usec = 1234}, second = {.tv_usec = 5678};
  struct pktsock_ifreq group = {.ifr_ifrn.ifrn_name = "eth0",
                                .ifr_ifru.ifru_hwaddr = {.sa_data = {1, 0, 0x5e, 0, 0, 9}}};
  raw = open_bound(PKTSOCK_SOCK_RAW, OWN_N, 1);
  int closed = open_bound(PKTSOCK_SOCK_RAW, OWN_N, 1);
  dgram = open_bound(PKTSOCK_SOCK_DGRAM | PKTSOCK_SOCK_NONBLOCK | PKTSOCK_SOCK_CLOEXEC, OWN_N, 0);
  CHECK(pktsock_close(closed) == 0); /* the module numbers those that are left in another way */
  stack = pktsock_stack(1);
  tap = open_bound(PKTSOCK_SOCK_RAW, ALL_N, 0);
  for (unsigned i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
    if (ints[i].value != -1)
      set_int(raw, ints[i].level, ints[i].name, ints[i].value);
  CHECK(pktsock_setsockopt(raw, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_RCVTIMEO, &first, sizeof(first)) == 0);
  CHECK(pktsock_setsockopt(raw, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_RCVTIMEO, &second, sizeof(second)) == 0);
  CHECK(pktsock_setsockopt(dgram, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_SNDTIMEO, &first, sizeof(first)) == 0);
  CHECK(pktsock_setsockopt(dgram, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_BINDTODEVICE, "eth0", 4) == 0);
  membership(raw, PKTSOCK_PACKET_ADD_MEMBERSHIP, 1);
  membership(raw, PKTSOCK_PACKET_ADD_MEMBERSHIP, 2);
  membership(dgram, PKTSOCK_PACKET_ADD_MEMBERSHIP, 3);
  membership(raw, PKTSOCK_PACKET_DROP_MEMBERSHIP, 1);
  CHECK(pktsock_ioctl(raw, PKTSOCK_SIOCADDMULTI, &group) == 0);
  attach(raw, 1);
  CHECK(pktsock_setsockopt(raw, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_DETACH_FILTER, &first, 4) == 0);
  attach(tap, 6);
  attach(tap, 7);
  set_int(tap, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_LOCK_FILTER, 1);
  CHECK(pktsock_fcntl(tap, F_SETFL, (long)O_NONBLOCK) == 0);
  CHECK(pktsock_fcntl(dgram, F_SETFL, 0L) == 0);
}

/* ---- Traps -------------------------------------------------------------------------------------------------------------- */

static uint8_t frame[60] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

static void send_one(uint8_t kind) {
  frame[14] = kind;
  CHECK(pktsock_send(raw, frame, sizeof(frame), 0) == sizeof(frame));
}

/* The filter of the tap, and its lock, hold. */
static void check_filter(void) {
  uint8_t got[60];
  int value = 0;
  send_one(1), send_one(7), send_one(2);
  CHECK(pktsock_recv(tap, got, sizeof(got), 0) == sizeof(got) && got[14] == 7);
  CHECK(pktsock_recv(tap, got, sizeof(got), 0) < 0 && errno == EAGAIN);
  CHECK(pktsock_setsockopt(tap, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_DETACH_FILTER, &value, 4) < 0 && errno == EPERM);
}

static void do_send(void) { CHECK(pktsock_send(raw, frame, sizeof(frame), 0) < 0 && errno == EIO); }

static void do_recv(void) {
  uint8_t got[60];
  CHECK(pktsock_recv(tap, got, sizeof(got), PKTSOCK_MSG_PEEK) < 0 && errno == EAGAIN);
}

/* Goes on waiting, until its time-out. */
static void do_wait(void) {
  uint8_t got[60];
  CHECK(pktsock_recv(raw, got, sizeof(got), PKTSOCK_MSG_PEEK) < 0 && errno == EAGAIN);
}

static void do_poll(void) {
  struct pktsock_pollfd polled = {.fd = raw, .events = PKTSOCK_POLLIN};
  CHECK(pktsock_poll(&polled, 1, 0) == 0);
}

static void do_bind(void) {
  struct pktsock_sockaddr_ll address = {.sll_family = PKTSOCK_AF_PACKET, .sll_protocol = ALL_N};
  CHECK(pktsock_bind(raw, (struct pktsock_sockaddr *)&address, sizeof(address)) < 0 && errno == EIO);
}

static void do_option(void) {
  int value = 9;
  CHECK(pktsock_setsockopt(raw, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_PRIORITY, &value, 4) < 0 && errno == EIO);
}

static void do_distrust(void) {
  inject_at = 0; /* it is a trap itself */
  pkt_os_lock();
  CHECK(pkt_distrust() == -EIO);
  pkt_os_unlock();
}

static void (*const traps[])(void) = {do_send, do_recv, do_wait, do_poll, do_bind, do_option, do_distrust};

static void test_trap(void (*happen)(void)) {
  static char before[MOST], after[MOST];
  struct pktsock_frame lent, empty;
  struct pktsock_counters was, is;
  uint8_t got[60];
  send_one(7);
  CHECK(pktsock_peek(tap, &lent, 0) == 0);
  CHECK(pktsock_reserve(raw, &empty, 0) == 0);
  ask_all(before);
  pktsock_counters(1, &was);
  inject_at = inject_calls + 1;
  happen();
  pktsock_counters(1, &is);
  CHECK(is.recoveries == was.recoveries + 1 && is.traps == was.traps + 1 && is.lost_sockets == 0);
  CHECK(is.tx_frames == was.tx_frames && is.lost_frames > was.lost_frames);
  if (strcmp(before, ask_all(after)) != 0) {
    printf("before:\n%s\nafter:\n%s\n", before, after);
    failures++;
  }
  CHECK(pktsock_release(tap, &lent) < 0 && errno == EINVAL);
  empty.len = sizeof(frame);
  CHECK(pktsock_submit(raw, &empty) < 0 && errno == EINVAL);
  CHECK(pktsock_recv(tap, got, sizeof(got), 0) < 0 && errno == EAGAIN);
  check_filter();
}

/* A socket whose filter does not fit into the journal does not survive; the others do. */
static void test_too_much(void) {
  enum { COUNT = PKTSOCK_JOURNAL_SIZE / 8 };
  static struct pktsock_sock_filter code[COUNT];
  struct pktsock_sock_fprog program = {COUNT, code};
  struct pktsock_counters counters;
  uint8_t got[60];
  for (unsigned i = 0; i < COUNT; i++)
    code[i] = (struct pktsock_sock_filter){.code = 0x06, .k = 0xffff};
  CHECK(pktsock_setsockopt(dgram, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_ATTACH_FILTER, &program, sizeof(program)) == 0);
  inject_at = inject_calls + 1;
  do_send();
  CHECK(pktsock_recv(dgram, got, sizeof(got), PKTSOCK_MSG_DONTWAIT) < 0 && errno == EIO);
  check_filter();
  pktsock_counters(1, &counters);
  CHECK(counters.lost_sockets == 1);
  CHECK(pktsock_close(dgram) == 0);
  CHECK((dgram = open_bound(PKTSOCK_SOCK_RAW, OWN_N, 1)) >= 0);
}

/* Returns the microseconds that a trap and what follows it take. */
static unsigned long test_time(void) {
  pkt_os_lock();
  pkt_component.config.report = NULL; /* a console takes its time */
  uint64_t from = pkt_os_now();
  pkt_distrust();
  uint64_t to = pkt_os_now();
  pkt_os_unlock();
  return (unsigned long)(to - from);
}

int main(void) {
  struct pktsock_counters counters;
  set_all();
  check_filter();
  for (unsigned i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
    unsigned before = failures;
    test_trap(traps[i]);
    if (failures != before)
      printf("  with trap %u\n", i);
  }
  printf("time: %lu us\n", test_time());
  test_too_much();
  const int fds[] = {raw, dgram, stack, tap};
  while (pkt_component.engine.error == NULL) /* more often than the default allows in a minute */
    test_time();
  pktsock_counters(1, &counters);
  printf("recoveries: %u\n", (unsigned)counters.recoveries);
  for (unsigned i = 0; i < 4; i++)
    CHECK(pktsock_close(fds[i]) == 0);
  printf("failures: %u\nend\n", failures);
  return 0;
}
