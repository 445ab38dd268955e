/* The MAC of the example: the TAP interface whose name is in PKTSOCK_TAP. */
#include "board.h"

#include <pktsock/host_nic.h>
#include <stdio.h>
#include <stdlib.h>

static struct host_nic nic = {.open = host_nic_open_tap};
struct pkt_mac eth0_mac = {.ops = &host_nic_ops, .config = &nic, .hwaddr = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01}};

static void __attribute__((constructor)) init(void) {
  setvbuf(stdout, NULL, _IOLBF, 0); /* line by line, also into a pipe */
  nic.argument = getenv("PKTSOCK_TAP");
}
