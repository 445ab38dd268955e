/* BOARD=linux: the component in a Linux process. The environment configures its interfaces, "eth0" first, as lists with commas:
 * PKTSOCK_NIC connects each (tap:NAME or udp:LOCAL:REMOTE), PKTSOCK_HWADDR is its address (six bytes in hexadecimal with
 * colons). For all of them, PKTSOCK_SPEED is the line's speed in bits per second (0: frames take no time), and PKTSOCK_PATIENCE how
 * long a frame waits for room, in microseconds. The component starts before main(). */
#define _GNU_SOURCE
#include "board.h"

#include <pktsock/config.h>
#include <pktsock/host_nic.h>

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct host_nic nics[PKTSOCK_INTERFACES];
static struct pkt_mac macs[PKTSOCK_INTERFACES];
static unsigned count;

static void __attribute__((noreturn)) usage(const char *sentence) {
  fprintf(stderr, "%s\n", sentence);
  exit(2);
}

/* Returns the next part of a list of the environment, which `*rest` points to; NULL at its end. */
static const char *next_of(char **rest) { return *rest == NULL ? NULL : strsep(rest, ","); }

/* The environment's variable of that name as a list that can be divided; it stays. */
static char *list_of(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? NULL : strdup(text);
}

/* The environment's variable of that name, which is a number; 0 without it. */
static uint32_t number_of(const char *name, const char *complaint) {
  const char *text = getenv(name);
  uint32_t number = 0;
  char rest;
  if (text != NULL && sscanf(text, "%" SCNu32 "%c", &number, &rest) != 1)
    usage(complaint);
  return number;
}

static void connect_nic(struct host_nic *nic, const char *how) {
  if (strncmp(how, "tap:", 4) == 0)
    nic->open = host_nic_open_tap;
  else if (strncmp(how, "udp:", 4) == 0)
    nic->open = host_nic_open_udp;
  else
    usage("PKTSOCK_NIC must say what each interface is connected to: tap:NAME or udp:LOCALPORT:REMOTEPORT");
  nic->argument = how + 4;
}

static void set_address(uint8_t *a, const char *text) {
  char rest;
  if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &rest) != 6 || a[0] & 1)
    usage("PKTSOCK_HWADDR must be unicast addresses like 02:00:00:00:00:01");
}

void board_init(void) {
  setvbuf(stdout, NULL, _IOLBF, 0); /* line by line, also into a pipe */
  char *hows = list_of("PKTSOCK_NIC"), *addresses = list_of("PKTSOCK_HWADDR");
  const char *part = next_of(&hows);
  const uint32_t speed = number_of("PKTSOCK_SPEED", "PKTSOCK_SPEED must be a number of bits per second");
  const uint32_t patience = number_of("PKTSOCK_PATIENCE", "PKTSOCK_PATIENCE must be a number of microseconds");
  do {
    if (count == PKTSOCK_INTERFACES)
      usage("PKTSOCK_NIC names more interfaces than CONFIG_NET_PKT_INTERFACES");
    nics[count].speed = speed;
    nics[count].patience = patience;
    nics[count].backlog = PKTSOCK_FRAMES - PKTSOCK_TX_FRAMES - PKTSOCK_RX_RESERVE;
    connect_nic(&nics[count], part == NULL ? "" : part);
    macs[count] = (struct pkt_mac){
        .ops = &host_nic_ops, .config = &nics[count], .hwaddr = {0x02, 0, 0, 0, 0, (uint8_t)(1 + count)}};
    if ((part = next_of(&addresses)) != NULL)
      set_address(macs[count].hwaddr, part);
    count++;
  } while ((part = next_of(&hows)) != NULL);
}

struct pkt_mac *board_mac(unsigned index) {
  return index < count ? &macs[index] : NULL;
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
