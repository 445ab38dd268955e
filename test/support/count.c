/* Counts the frames of one EtherType until SIGTERM, and those that are still on their way then. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define TYPE 0x88b5
/* How often in a row nothing must come. Each time the server receives at least one frame of the cable, if there is any. */
#define QUIET 2000

static volatile sig_atomic_t ends;

static void end(int signal) {
  (void)signal;
  ends = 1;
}

static unsigned receive_all(int fd) {
  unsigned char frame[100];
  unsigned frames = 0;
  while (recv(fd, frame, sizeof(frame), MSG_DONTWAIT) > 0)
    frames++;
  return frames;
}

int main(void) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(TYPE)};
  address.sll_ifindex = (int)if_nametoindex("eth0");
  int fd = socket(AF_PACKET, SOCK_RAW, 0), waits;
  struct pollfd p = {fd, POLLIN, 0};
  unsigned frames = 0;
  signal(SIGTERM, end);
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    return 1;
  puts("open");
  fflush(stdout);
  while (!ends)
    if (poll(&p, 1, 100) > 0)
      frames += receive_all(fd);
  for (int quiet = 0; quiet < QUIET; quiet++) {
    ioctl(fd, FIONREAD, &waits); /* reaches the server */
    const unsigned more = receive_all(fd);
    if (more != 0)
      quiet = 0;
    frames += more;
  }
  printf("received %u\n", frames);
  return 0;
}
