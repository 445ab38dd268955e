/* An echo with the calls that small packet sockets have: socket(), bind(), poll(), recvfrom(), sendto(), ioctl() and close().
 * `make size` measures it without what NET_PKT_FILTER and the options beside it leave out. A frame of LAST bytes ends it. */
#include "arch.h"
#include "board.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pktsock/pktsock.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LAST 15

static int fail(const char *what) {
  printf("small: %s: errno %d\n", what, errno);
  board_exit(1);
  return 1;
}

int main(void) {
  static uint8_t buffer[ETH_FRAME_LEN] __attribute__((aligned(4)));
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  struct ifreq request = {.ifr_name = "eth0"};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &request) < 0)
    return fail("socket or SIOCGIFINDEX");
  address.sll_ifindex = request.ifr_ifindex;
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
    return fail("bind or SIOCGIFHWADDR");
  printf("small: ready\n");
  for (;;) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    socklen_t len = sizeof(address);
    if (poll(&readable, 1, -1) != 1)
      return fail("poll");
    ssize_t n = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&address, &len);
    if (n == LAST)
      break;
    if (n < 0 || sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&address, len) < 0)
      return fail("recvfrom or sendto");
  }
  if (close(fd) < 0)
    return fail("close");
  struct arch_memory_marks marks;
  arch_memory_marks(&marks);
  printf("small: linear %lu heap %lu stack %lu\n", (unsigned long)pktsock_memory_size(), (unsigned long)marks.heap,
         (unsigned long)marks.stack);
  return 0;
}
