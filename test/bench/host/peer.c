/* The other end of the cable for `make bench-host`. The program under test is at the TAP interface's network side or at its
 * descriptor; this one is at the other of the two.
 *   peer (tap | packet) NAME trips MS    sends a frame, waits for the echo, and so on, for MS milliseconds; prints the number of
 *                                        round trips a second, and the processor time in ns of its side of one
 *   peer (tap | packet) NAME echo        answers every frame with the same bytes until its standard input ends */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BYTES 64
#define ETH_P_BENCH 0x88b5
#define LIMIT_MS 1000
#define FIRST_MS 50
#define FIRST_TRIES 40

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static int open_tap(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
  int fd = open("/dev/net/tun", O_RDWR);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
    give_up("the TAP interface");
  return fd;
}

static int open_packet(const char *name) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_BENCH)};
  address.sll_ifindex = (int)if_nametoindex(name);
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    give_up("a packet socket");
  return fd;
}

static unsigned long now_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (unsigned long)now.tv_sec * 1000000000 + (unsigned long)now.tv_nsec;
}

static unsigned long now_ms(void) { return now_ns(CLOCK_MONOTONIC) / 1000000; }

/* Returns 1 once the echo of `out` has come; 0 after `limit` milliseconds without a frame. */
static int comes_back(int fd, const unsigned char *out, int limit) {
  unsigned char in[ETH_FRAME_LEN];
  for (;;) {
    struct pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, limit) != 1)
      return 0;
    if (read(fd, in, sizeof(in)) == BYTES && memcmp(in, out, BYTES) == 0)
      return 1;
  }
}

static void send_frame(int fd, const unsigned char *frame) {
  if (write(fd, frame, BYTES) != BYTES)
    give_up("write");
}

static void trips(int fd, unsigned long ms) {
  unsigned char out[BYTES] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 8, ETH_P_BENCH >> 8, ETH_P_BENCH & 255};
  unsigned long count = 0, spent;
  int tries = 0;
  do /* the interface has a carrier only when both ends are there */
    send_frame(fd, out);
  while (!comes_back(fd, out, FIRST_MS) && ++tries < FIRST_TRIES);
  unsigned long began = now_ms(), worked = now_ns(CLOCK_PROCESS_CPUTIME_ID);
  do {
    count++;
    memcpy(out + 14, &count, sizeof(count));
    send_frame(fd, out);
    if (tries == FIRST_TRIES || !comes_back(fd, out, LIMIT_MS)) {
      fprintf(stderr, "a frame was not answered\n");
      exit(1);
    }
    spent = now_ms() - began;
  } while (spent < ms);
  printf("%lu %lu\n", count * 1000 / spent, (now_ns(CLOCK_PROCESS_CPUTIME_ID) - worked) / count);
}

static void echo(int fd) {
  unsigned char frame[ETH_FRAME_LEN];
  struct pollfd p[] = {{fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (poll(p, 2, -1) >= 0 && p[1].revents == 0) {
    ssize_t n = read(fd, frame, sizeof(frame));
    if (n > 13 && frame[12] == ETH_P_BENCH >> 8 && frame[13] == (ETH_P_BENCH & 255) && write(fd, frame, (size_t)n) != n)
      give_up("write");
  }
}

int main(int argc, char **argv) {
  if (argc < 4)
    return 2;
  int fd = strcmp(argv[1], "tap") == 0 ? open_tap(argv[2]) : open_packet(argv[2]);
  fprintf(stderr, "ready\n");
  if (argc == 5)
    trips(fd, strtoul(argv[4], NULL, 10));
  else
    echo(fd);
  return 0;
}
