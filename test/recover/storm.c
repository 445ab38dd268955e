/* An application does all that it can, and the module traps at random moments in each export. After each call: a descriptor that
 * was open is open, with its binding; a call fails with EIO only if there was a trap in it. In the end everything closes, and
 * every frame and connection is there. */
#include "../../boards/pktsock/component.h"
#include "inject.h"
#include <pktsock/pktsock.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOCKETS = PKTSOCK_PREALLOC_CONNS, ROUNDS = 40000 };

static struct { /* what is known of each descriptor; fd 0: closed */
  int fd, ifindex;
  uint16_t protocol;
  int priority;
  bool member;
} sockets[SOCKETS];
static unsigned failures;
static uint32_t seed = 1;
static uint8_t bytes[100] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

static uint32_t next(uint32_t limit) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed % limit;
}

#define CHECK(condition)                                                                                               \
  do                                                                                                                   \
    if (!(condition) && failures++ < 10)                                                                               \
      printf("line %d: not %s (errno %d, round %u)\n", __LINE__, #condition, errno, inject_calls);                     \
  while (0)

/* Makes a call whose failure with EIO is only right if the module has trapped meanwhile. */
static unsigned traps_before;
static bool holds(long result) {
  bool trapped = pkt_component.engine.traps != traps_before;
  CHECK(result >= 0 || errno != EIO || trapped);
  CHECK(pkt_component.runs);
  traps_before = pkt_component.engine.traps;
  return result >= 0;
}

/* Returns true if it succeeded; then it is told that there was a trap, too. */
#define CALL(call) (traps_before = pkt_component.engine.traps, errno = 0, holds(call))

static void check_binding(unsigned i) {
  struct pktsock_sockaddr_ll name;
  pktsock_socklen_t len = sizeof(name);
  int priority = -1;
  if (!CALL(pktsock_getsockname(sockets[i].fd, (struct pktsock_sockaddr *)&name, &len)))
    CHECK(errno == EIO);
  else
    CHECK(name.sll_protocol == sockets[i].protocol && name.sll_ifindex == sockets[i].ifindex);
  len = sizeof(priority);
  if (CALL(pktsock_getsockopt(sockets[i].fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_PRIORITY, &priority, &len)))
    CHECK(priority == sockets[i].priority);
}

static void open_one(unsigned i) {
  static const uint16_t protocols[] = {0x0300, 0xb588, 0};
  uint16_t protocol = protocols[next(3)];
  int type = next(2) != 0 ? PKTSOCK_SOCK_RAW : PKTSOCK_SOCK_DGRAM;
  bool stack = next(5) == 0;
  long fd = -1;
  if (!CALL(fd = stack ? pktsock_stack(1) : pktsock_socket(PKTSOCK_AF_PACKET, type, protocol))) {
    CHECK(errno == EIO || (stack && (errno == EBUSY || errno == ENOBUFS)));
    return;
  }
  sockets[i].fd = (int)fd;
  sockets[i].protocol = stack ? 0x0300 : protocol;
  sockets[i].ifindex = stack;
  sockets[i].priority = 0;
  sockets[i].member = false;
}

static void bind_one(unsigned i) {
  struct pktsock_sockaddr_ll to = {
      .sll_family = PKTSOCK_AF_PACKET, .sll_protocol = 0xb588, .sll_ifindex = (int)next(2)};
  if (!CALL(pktsock_bind(sockets[i].fd, (struct pktsock_sockaddr *)&to, sizeof(to))))
    return;
  sockets[i].protocol = 0xb588;
  sockets[i].ifindex = to.sll_ifindex;
}

static void set_one(unsigned i) {
  struct pktsock_sock_filter code[] = {{0x30, 0, 0, 14}, {0x15, 0, 1, 7}, {0x06, 0, 0, 0xffff}, {0x06, 0, 0, 0}};
  struct pktsock_sock_fprog program = {4, code};
  struct pktsock_packet_mreq group = {.mr_ifindex = 1, .mr_alen = 6, .mr_address = {1, 0, 0x5e, 0, 0, (uint8_t)i}};
  int fd = sockets[i].fd, value = (int)next(7);
  switch (next(4)) {
  case 0:
    if (CALL(pktsock_setsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_PRIORITY, &value, sizeof(value))))
      sockets[i].priority = value;
    break;
  case 1: CALL(pktsock_setsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_ATTACH_FILTER, &program, sizeof(program))); break;
  case 2: CALL(pktsock_setsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_DETACH_FILTER, &value, sizeof(value))); break;
  default: {
    int name = sockets[i].member ? PKTSOCK_PACKET_DROP_MEMBERSHIP : PKTSOCK_PACKET_ADD_MEMBERSHIP;
    if (CALL(pktsock_setsockopt(fd, PKTSOCK_SOL_PACKET, name, &group, sizeof(group))))
      sockets[i].member = !sockets[i].member;
  }
  }
}

static void send_one(unsigned i) {
  struct pktsock_sockaddr_ll to = {
      .sll_family = PKTSOCK_AF_PACKET, .sll_protocol = 0xb588, .sll_ifindex = 1, .sll_halen = 6};
  struct pktsock_iovec part = {bytes, sizeof(bytes)};
  struct pktsock_msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  struct pktsock_frame frame;
  int fd = sockets[i].fd;
  bytes[14] = (uint8_t)next(8);
  switch (next(4)) {
  case 0: CALL(pktsock_send(fd, bytes, sizeof(bytes), PKTSOCK_MSG_DONTWAIT)); break;
  case 1:
    CALL(pktsock_sendto(fd, bytes, sizeof(bytes), PKTSOCK_MSG_DONTWAIT, (struct pktsock_sockaddr *)&to, sizeof(to)));
    break;
  case 2: CALL(pktsock_sendmsg(fd, &message, PKTSOCK_MSG_DONTWAIT)); break;
  default:
    if (!CALL(pktsock_reserve(fd, &frame, PKTSOCK_MSG_DONTWAIT)))
      return;
    memcpy(frame.data, bytes, sizeof(bytes));
    frame.len = sizeof(bytes);
    if (next(4) == 0 || !CALL(pktsock_submit(fd, &frame)))
      CALL(pktsock_release(fd, &frame));
  }
}

static void receive_one(unsigned i) {
  uint8_t got[100];
  struct pktsock_sockaddr_ll from;
  pktsock_socklen_t len = sizeof(from);
  struct pktsock_frame frame;
  struct pktsock_pollfd polled = {.fd = sockets[i].fd, .events = PKTSOCK_POLLIN};
  int fd = sockets[i].fd;
  long result = 0;
  switch (next(4)) {
  case 0: result = pktsock_recv(fd, got, sizeof(got), PKTSOCK_MSG_DONTWAIT); break;
  case 1:
    result = pktsock_recvfrom(fd, got, sizeof(got), PKTSOCK_MSG_DONTWAIT, (struct pktsock_sockaddr *)&from, &len);
    break;
  case 2: CHECK(pktsock_poll(&polled, 1, (int)next(2)) >= 0 && (polled.revents & ~PKTSOCK_POLLIN) == 0); break;
  default:
    result = pktsock_peek(fd, &frame, PKTSOCK_MSG_DONTWAIT);
    if (result == 0 && next(4) != 0)
      CALL(pktsock_release(fd, &frame));
  }
  CHECK(result >= 0 || errno == EAGAIN || errno == ENOBUFS); /* a trap is nothing to a call that receives */
}

static void control_one(unsigned i) {
  struct pktsock_ifreq r = {.ifr_ifrn.ifrn_name = "eth0", .ifr_ifru.ifru_hwaddr = {.sa_data = {1, 0, 0x5e, 0, 0, 9}}};
  struct pktsock_socket_counters counters;
  int number, fd = sockets[i].fd;
  switch (next(7)) {
  case 0: CALL(pktsock_ioctl(fd, PKTSOCK_SIOCGIFINDEX, &r)); break;
  case 1: CALL(pktsock_ioctl(fd, PKTSOCK_FIONREAD, &number)); break;
  case 2: CALL(pktsock_ioctl(fd, PKTSOCK_SIOCOUTQ, &number)); break;
  case 3: CALL(pktsock_ioctl(fd, PKTSOCK_SIOCADDMULTI, &r)); break;
  case 4: CALL(pktsock_socket_counters(fd, &counters)); break;
  case 5: CALL(pktsock_ioctl(fd, PKTSOCK_SIOCGSTAMP, &r)); break;
  default:
    r.ifr_ifru.ifru_flags = PKTSOCK_IFF_UP | PKTSOCK_IFF_MULTICAST;
    CALL(pktsock_ioctl(fd, PKTSOCK_SIOCSIFFLAGS, &r));
  }
}

static void close_one(unsigned i) {
  CHECK(pktsock_close(sockets[i].fd) == 0);
  CHECK(pktsock_close(sockets[i].fd) < 0 && errno == EBADF);
  sockets[i].fd = 0;
}

/* control_one makes several calls, and each of them is to meet traps. */
static void (*const actions[])(unsigned) = {
    bind_one,    set_one,     send_one,    send_one,    send_one,      receive_one,   receive_one,
    control_one, control_one, control_one, control_one, check_binding, check_binding,
};

static void round_of(unsigned i) {
  if (sockets[i].fd == 0)
    open_one(i);
  else if (next(16) == 0)
    close_one(i);
  else
    actions[next(sizeof(actions) / sizeof(actions[0]))](i);
}

/* With no trap any more: all connections can be opened, and one socket gets as many frames for sending as at the start. */
static unsigned count_frames(void) {
  int fds[SOCKETS];
  struct pktsock_sockaddr_ll eth0 = {.sll_family = PKTSOCK_AF_PACKET, .sll_ifindex = 1};
  struct pktsock_frame frame;
  unsigned frames = 0;
  for (unsigned i = 0; i < SOCKETS; i++)
    CHECK((fds[i] = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0)) >= 0);
  CHECK(pktsock_bind(fds[0], (struct pktsock_sockaddr *)&eth0, sizeof(eth0)) == 0);
  while (frames < 100 && pktsock_reserve(fds[0], &frame, PKTSOCK_MSG_DONTWAIT) == 0)
    frames++;
  for (unsigned i = 0; i < SOCKETS; i++)
    CHECK(pktsock_close(fds[i]) == 0);
  return frames;
}

int main(void) {
  static const char *const names[] = {
#define NAME(name, arguments) #name,
      PKT_EXPORTS(NAME)};
  struct pktsock_counters counters;
  unsigned frames = count_frames();
#ifdef __linux__
  const char *start = getenv("STORM_SEED");
  if (start != NULL)
    inject_seed = seed = (uint32_t)strtoul(start, NULL, 10) | 1;
#endif
  printf("storm\n");
  pkt_component.config.report = NULL; /* each trap would be a line */
  inject_every = 12;
  for (unsigned i = 0; i < ROUNDS; i++)
    round_of(next(SOCKETS));
  for (unsigned i = 0; i < SOCKETS; i++)
    if (sockets[i].fd != 0)
      close_one(i);
  inject_every = 0;
  CHECK(count_frames() == frames);
  pktsock_counters(1, &counters);
  CHECK(counters.lost_sockets == 0);
  for (unsigned i = 0; i < PKT_EXPORT_COUNT; i++)
    if (inject_hits[i] == 0)
      printf("no trap in %s\n", names[i]);
  printf("lost: %u frames\nrecoveries: %u\nfailures: %u\nend\n", (unsigned)counters.lost_frames,
         (unsigned)counters.recoveries, failures);
  return 0;
}
