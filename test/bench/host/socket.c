/* The program whose packet sockets `make bench-host` measures; the same source for the kernel's sockets, `pktsock run` and
 * BOARD=linux.
 *   socket echo         answers every frame with the same bytes
 *   socket cycle N      sends N frames, waits for the answer to each as an EtherCAT master does, in recv() with a time-out of a
 *                       microsecond, and prints the median of the round trips in microseconds */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define BYTES 64
#define ETH_P_BENCH 0x88b5
#define LIMIT_NS 200000000ul
#define FIRST_TRIES 20

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(void) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_BENCH)};
  const char *name = getenv("BENCH_IFNAME");
  address.sll_ifindex = (int)if_nametoindex(name != NULL ? name : "eth0");
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    give_up("a packet socket");
  return fd;
}

static void echo(int fd) {
  unsigned char frame[ETH_FRAME_LEN];
  for (;;) {
    ssize_t n = recv(fd, frame, sizeof(frame), 0);
    if (n > 0 && send(fd, frame, (size_t)n, 0) != n)
      give_up("send");
  }
}

static unsigned long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (unsigned long)now.tv_sec * 1000000000 + (unsigned long)now.tv_nsec;
}

static int compare(const void *a, const void *b) {
  unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;
  return x < y ? -1 : x > y;
}

/* Send a frame; returns whether the same bytes have come back within LIMIT_NS. */
static int comes_back(int fd, const unsigned char *out) {
  unsigned char in[ETH_FRAME_LEN];
  unsigned long began = now_ns();
  if (send(fd, out, BYTES, 0) != BYTES)
    give_up("send");
  while (recv(fd, in, sizeof(in), 0) != BYTES || memcmp(in, out, BYTES) != 0)
    if (now_ns() - began > LIMIT_NS)
      return 0;
  return 1;
}

static void cycle(int fd, size_t count) {
  unsigned char out[BYTES] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 8, ETH_P_BENCH >> 8, ETH_P_BENCH & 255};
  const struct timespec pause = {0, 200000};
  struct timeval limit = {0, 1};
  unsigned long *took = calloc(count, sizeof(*took));
  if (took == NULL || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
    give_up("the cycle");
  for (int tries = 0; tries < FIRST_TRIES && !comes_back(fd, out); tries++)
    ; /* the interface has a carrier only when both ends are there */
  for (size_t i = 0; i < count; i++) {
    memcpy(out + 14, &i, sizeof(i));
    unsigned long began = now_ns();
    if (!comes_back(fd, out))
      give_up("no answer");
    took[i] = now_ns() - began;
    nanosleep(&pause, NULL);
  }
  qsort(took, count, sizeof(*took), compare);
  printf("%.1f\n", (double)took[count / 2] / 1000);
}

int main(int argc, char **argv) {
  int fd = open_socket();
  fprintf(stderr, "ready\n");
  if (argc == 3 && strcmp(argv[1], "cycle") == 0)
    cycle(fd, strtoul(argv[2], NULL, 10));
  else
    echo(fd);
  return 0;
}
