/* Lies on a board, with its driver: two words of linear memory change, the application goes on, and each call must end. A fault or
 * a hang ends the test instead. */
#include "board.h"
#include "../../boards/pktsock/component.h"

#include <stdio.h>
#include <string.h>

enum { RUNS = 300 };

static uint32_t seed = 1;

static uint32_t next(uint32_t limit) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed % limit;
}

/* In the structs before the buffers: every other word of linear memory is a frame's contents. */
static void lie(void) {
  static const uint32_t values[] = {0, 1, 2, 0x7fffffff, 0x80000000u, 0xffffffffu, 0xfffffffcu, 0x10000, PKT_CONTROL};
  uint32_t at = next(pkt_bounds.umem) & ~3u, *word = (uint32_t *)(void *)(pkt_bounds.memory + at);
  switch (next(3)) {
  case 0: *word = values[next(sizeof(values) / sizeof(values[0]))]; break;
  case 1: *word ^= 1u << next(32); break;
  default: *word = next(pkt_bounds.size); break;
  }
}

/* Returns the number of calls that failed. */
static unsigned go_on(int fd) {
  static uint8_t bytes[100];
  struct pktsock_sockaddr_ll address;
  pktsock_socklen_t len = sizeof(address);
  struct pktsock_pollfd polled = {.fd = fd, .events = PKTSOCK_POLLIN | PKTSOCK_POLLOUT};
  struct pktsock_frame frame;
  struct pktsock_ifreq request = {.ifr_ifru.ifru_ivalue = 1};
  unsigned failed = pktsock_send(fd, bytes, sizeof(bytes), PKTSOCK_MSG_DONTWAIT) < 0;
  failed += pktsock_recv(fd, bytes, sizeof(bytes), PKTSOCK_MSG_DONTWAIT) < 0;
  failed += pktsock_getsockname(fd, (struct pktsock_sockaddr *)&address, &len) < 0;
  failed += pktsock_ioctl(fd, PKTSOCK_SIOCGIFNAME, &request) < 0;
  failed += pktsock_ioctl(fd, PKTSOCK_SIOCADDMULTI, &request) < 0;
  failed += pktsock_poll(&polled, 1, 0) < 0;
  if (pktsock_reserve(fd, &frame, PKTSOCK_MSG_DONTWAIT) == 0) {
    memset(frame.data, 0xff, frame.len);
    frame.len = 60;
    failed += pktsock_submit(fd, &frame) < 0;
  }
  if (pktsock_peek(fd, &frame, PKTSOCK_MSG_DONTWAIT) == 0)
    failed += pktsock_release(fd, &frame) < 0;
  int other = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0x0300);
  failed += other < 0 || pktsock_close(other) < 0;
  return failed;
}

int main(void) {
  struct pktsock_sockaddr_ll eth0 = {.sll_family = PKTSOCK_AF_PACKET, .sll_protocol = 0x0300, .sll_ifindex = 1};
  unsigned failed = 0, traps = 0;
  for (unsigned i = 0; i < RUNS; i++) {
    uint32_t before = pkt_component.engine.traps;
    int fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0);
    pktsock_bind(fd, (struct pktsock_sockaddr *)&eth0, sizeof(eth0));
    pkt_os_lock();
    lie(), lie();
    pkt_os_unlock();
    for (unsigned round = 0; round < 3; round++)
      failed += go_on(fd);
    pktsock_close(fd);
    traps += pkt_component.engine.traps != before; /* after most, the module was started again */
    pktsock_stop();
    if (pktsock_start_board() < 0) {
      printf("lies: it does not start again\n");
      return 1;
    }
  }
  printf("lies: end: %u runs, %u traps, %u calls failed\n", (unsigned)RUNS, traps, failed);
  return 0;
}
