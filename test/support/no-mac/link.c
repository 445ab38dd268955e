/* Checks pktsock.h's description of config.link: it is called once for each change, with the right interface, without the
 * lock. Ends with 0 if all holds. */
#include "../../../boards/mac/template.h"
#include "board.h"
#include <net/if.h>
#include <pktsock/config.h>
#include <pktsock/pktsock.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;
extern struct template_config eth0_config, eth1_config;

static unsigned failures, calls;
static unsigned last_index;
static bool last_up;
static int fd;

#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, printf("line %d: not %s\n", __LINE__, #condition)))

static bool is_running(const char *name) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, name);
  CHECK(ioctl(fd, SIOCGIFFLAGS, &request) == 0);
  return (request.ifr_flags & IFF_RUNNING) != 0;
}

/* Waits in the component itself: with the lock held, or if link() could be entered twice, this would not come back. */
static void on_link(unsigned ifindex, bool up) {
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  calls++;
  last_index = ifindex;
  last_up = up;
  CHECK(is_running(ifindex == 1 ? "eth0" : "eth1") == up);
  CHECK(poll(&readable, 1, 150) == 0);
}

static void wait_in_poll(void) {
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  CHECK(poll(&readable, 1, 250) == 0);
}

int main(void) {
  struct pkt_mac *macs[] = {board_mac(0), board_mac(1)};
  struct pktsock_config config = PKTSOCK_CONFIG;
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  config.mac_count = 2;
  config.link = on_link;
  eth1_config = (struct template_config){.present = true, .connected = false};
  CHECK(pktsock_start(&config) == 0);
  fd = socket(AF_PACKET, SOCK_RAW, 0);
  CHECK(fd >= 0 && is_running("eth0") && !is_running("eth1"));
  wait_in_poll();
  CHECK(calls == 0);

  eth0_config.connected = false;
  wait_in_poll();
  CHECK(calls == 1 && last_index == 1 && !last_up && !is_running("eth0"));
  eth1_config.connected = true;
  wait_in_poll();
  CHECK(calls == 2 && last_index == 2 && last_up && is_running("eth1"));
  eth0_config.connected = true;
  wait_in_poll();
  wait_in_poll();
  CHECK(calls == 3 && last_index == 1 && last_up);
  pktsock_stop();
  return failures != 0;
}
