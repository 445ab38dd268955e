/* A program under `pktsock run` that speaks to the server past the library, as a hostile one would. Prints a line for each check
 * and ends with 0 if all held. */
#define _GNU_SOURCE
#include "../../host/preload/protocol.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { IDLE = 200, LONG = sizeof(struct preload_request) + PRELOAD_DATA + 20 };

static int failures;

static void check(const char *what, int held) {
  printf("%s: %s\n", held ? "ok" : "FAILED", what);
  failures += !held;
}

static int door(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), size = 1 << 20;
  int n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", getenv(PRELOAD_KEY));
  if (fd < 0 ||
      connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) < 0)
    perror("the server"), exit(1);
  const struct timeval limit = {2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  return fd;
}

/* Send a request of `len` bytes. Returns the result, -2 if the server closes the connection, -3 without an answer; *memory is
 * the descriptor that came with it. */
static int ask(struct preload_request request, int has_secret, size_t len, int *memory) {
  static unsigned char bytes[LONG];
  struct preload_answer answer;
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  int fd = door();
  if (has_secret)
    memcpy(request.secret, getenv(PRELOAD_SECRET), sizeof(request.secret));
  memcpy(bytes, &request, sizeof(request));
  if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
    perror("send"), exit(1);
  struct iovec part = {&answer, sizeof(answer)};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  ssize_t n = recvmsg(fd, &message, 0);
  close(fd);
  if (n < (ssize_t)sizeof(answer))
    return n == 0 || errno == ECONNRESET ? -2 : -3;
  if (memory != NULL && message.msg_controllen != 0)
    memcpy(memory, CMSG_DATA(&control.header), sizeof(*memory));
  return answer.result;
}

/* The number that protocol.h describes. */
static uint32_t number_of(int fd) {
  struct sockaddr_un name = {0};
  socklen_t len = sizeof(name);
  return syscall(SYS_getsockname, fd, &name, &len) == 0
             ? (uint32_t)strtoul(strrchr(name.sun_path + 1, '/') + 1, NULL, 16)
             : 0;
}

/* Write nonsense over all rings of a socket while they are used: now random bytes, now what the server waits for. */
static void scribble(int version, int fd) {
  enum { ROUNDS = 300, BLOCK = 4096, SIZE = 4 * BLOCK };
  struct tpacket_req3 ring = {.tp_block_size = BLOCK, .tp_block_nr = 2, .tp_frame_size = 1024, .tp_frame_nr = 8};
  const socklen_t len = version == TPACKET_V3 ? sizeof(ring) : sizeof(struct tpacket_req);
  int on = 1, tap = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  setsockopt(tap, SOL_PACKET, PACKET_VERSION, &version, sizeof(version));
  setsockopt(tap, SOL_PACKET, PACKET_LOSS, &on, sizeof(on));
  setsockopt(tap, SOL_PACKET, PACKET_TX_HAS_OFF, &on, sizeof(on));
  if (setsockopt(tap, SOL_PACKET, PACKET_RX_RING, &ring, len) < 0 ||
      setsockopt(tap, SOL_PACKET, PACKET_TX_RING, &ring, len) < 0)
    perror("rings"), exit(1);
  unsigned char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, tap, 0), frame[60] = {0};
  const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("eth0")};
  for (int i = 0; i < ROUNDS; i++) {
    for (int at = 0; at < SIZE; at += 4) {
      const unsigned word = rand() % 4 == 0 ? (unsigned)rand() : (unsigned)rand() % 3;
      memcpy(memory + at, &word, sizeof(word));
    }
    sendto(fd, frame, sizeof(frame), 0, (const struct sockaddr *)&to, sizeof(to));
    sendto(tap, NULL, 0, 0, (const struct sockaddr *)&to, sizeof(to));
    struct pollfd p = {tap, POLLIN, 0};
    poll(&p, 1, 0);
  }
  munmap(memory, SIZE);
  close(tap);
}

int main(void) {
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), memory = -1, zero = 0;
  uint32_t number = number_of(fd);
  struct preload_request nothing = {.call = CALL_NOTHING, .number = number};
  const size_t bare = sizeof(nothing);
  check("without the secret there is no answer", ask(nothing, 0, bare, NULL) == -2 && ask(nothing, 1, bare, NULL) == 0);

  struct preload_request option = {.call = CALL_GETSOCKOPT, .number = number, .arguments = {SOL_SOCKET, SO_TYPE, 4}};
  struct preload_request request = {.call = CALL_IOCTL, .number = number, .arguments = {FIONREAD}};
  check("a request that is too long ends its connection",
        ask(option, 1, LONG, NULL) == -2 && ask(request, 1, LONG, NULL) == -2);

  request.arguments[0] = FIONBIO;
  struct preload_request receive = {.call = CALL_RECEIVE, .number = number};
  check("FIONBIO does not make the server wait",
        ask(request, 1, bare + sizeof(zero), NULL) == -1 && ask(receive, 1, bare, NULL) == -1);
  request.arguments[0] = SIOCGIFCONF;
  check("a request with an address of the program is refused",
        ask(request, 1, bare + sizeof(struct ifconf), NULL) == -1);

  struct preload_request answers = {.call = CALL_ANSWERS, .number = number};
  check("shared memory cannot be made shorter",
        ask(answers, 1, bare, &memory) == 0 && memory >= 0 && ftruncate(memory, 0) < 0 && errno == EPERM);

  int idle[IDLE];
  for (int i = 0; i < IDLE; i++)
    idle[i] = door();
  check("idle connections shut nobody out", ask(nothing, 1, bare, NULL) == 0);
  for (int i = 0; i < IDLE; i++)
    close(idle[i]);

  for (int version = TPACKET_V1; version <= TPACKET_V3; version++)
    scribble(version, fd);
  check("nonsense in the memory of rings brings nothing down", ask(nothing, 1, bare, NULL) == 0);
  while (recv(fd, &zero, sizeof(zero), MSG_DONTWAIT) > 0)
    ;

  struct pollfd p = {fd, POLLIN, 0};
  check("the socket still works",
        poll(&p, 1, 0) == 0 && recv(fd, &zero, sizeof(zero), MSG_DONTWAIT) < 0 && errno == EAGAIN);
  return failures != 0;
}
