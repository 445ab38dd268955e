/* BOARD=linux: the component in a Linux process. The environment configures "eth0": PKTSOCK_NIC connects it (tap:NAME
 * or udp:LOCAL:REMOTE), PKTSOCK_HWADDR is its address (six bytes in hexadecimal with colons), PKTSOCK_SPEED the line's
 * speed in bits per second (0: frames take no time). The component starts before main(). */
#include "board.h"

#include <pktsock/host_nic.h>

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct host_nic nic;
static struct pkt_mac mac = {.ops = &host_nic_ops, .config = &nic, .hwaddr = {0x02, 0, 0, 0, 0, 0x01}};

static void __attribute__((noreturn)) usage(const char *sentence) {
  fprintf(stderr, "%s\n", sentence);
  exit(2);
}

void board_init(void) {
  setvbuf(stdout, NULL, _IOLBF, 0); /* line by line, also into a pipe */
  const char *how = getenv("PKTSOCK_NIC"), *hwaddr = getenv("PKTSOCK_HWADDR"), *speed = getenv("PKTSOCK_SPEED");
  if (how != NULL && strncmp(how, "tap:", 4) == 0)
    nic = (struct host_nic){.open = host_nic_open_tap, .argument = how + 4};
  else if (how != NULL && strncmp(how, "udp:", 4) == 0)
    nic = (struct host_nic){.open = host_nic_open_udp, .argument = how + 4};
  else
    usage("PKTSOCK_NIC must say what eth0 is connected to: tap:NAME or udp:LOCALPORT:REMOTEPORT");
  char rest;
  if (speed != NULL && sscanf(speed, "%" SCNu32 "%c", &nic.speed, &rest) != 1)
    usage("PKTSOCK_SPEED must be a number of bits per second");
  if (hwaddr == NULL)
    return;
  uint8_t *a = mac.hwaddr;
  if (sscanf(hwaddr, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &rest) != 6 ||
      a[0] & 1)
    usage("PKTSOCK_HWADDR must be a unicast address like 02:00:00:00:00:01");
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &mac : NULL;
}

void board_console_write(const char *bytes, unsigned len) {
  while (len > 0) {
    ssize_t n = write(STDOUT_FILENO, bytes, len);
    if (n <= 0)
      return;
    bytes += n, len -= (unsigned)n;
  }
}

int board_console_read(void) {
  struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
  unsigned char c;
  return poll(&fd, 1, 0) == 1 && read(STDIN_FILENO, &c, 1) == 1 ? c : -1;
}

void board_exit(int status) { exit(status); }

static void __attribute__((constructor)) start(void) {
  board_init();
  if (pktsock_start_board() < 0)
    exit(1);
}
