/* BOARD=linux: lwIP behind the tap, as 192.0.2.2/24 on eth0, with TCP's echo service. Two packet sockets read all frames and
 * verify the checksums of each: lwIP or a driver that wrote into a frame that they share would show there. Commands on
 * standard input, each answered by a line: "slow" opens a third packet socket that is never read, "fast" closes it, "unplug"
 * and "plug" change the state of the link, "group" joins 224.0.0.251, "report" tells the counters, "quit" ends. */
#include "pktsock_lwip.h"

#include <lwip/igmp.h>
#include <lwip/sockets.h>
#include <lwip/tcpip.h>
#include <pktsock/host_nic.h>
#include <pktsock/pktsock.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

enum { TAPS = 2, ETH_P_ALL = 3, ETHERNET = 14, IPV4 = 20, ICMP = 1, TCP = 6, UDP = 17 };

static struct pktsock_lwip adapter = {.ifindex = 1};
static struct netif netif;
static atomic_bool plugged = true;
static struct tap {
  int fd;
  atomic_uint frames, damaged;
} taps[TAPS];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* ---- The taps ----------------------------------------------------------------------------------------------------- */

static int open_tap(void) {
  int fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, htons(ETH_P_ALL));
  if (fd < 0)
    fail("pktsock_socket");
  return fd;
}

/* The ones' complement sum of 16-bit words (RFC 1071), from `sum` on. */
static uint32_t add(uint32_t sum, const uint8_t *bytes, unsigned len) {
  for (unsigned i = 0; i < len; i++)
    sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
  return sum;
}

static bool is_whole(uint32_t sum) {
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

/* False if a checksum of this frame is wrong. Fragments and what has no checksum are not looked at. */
static bool is_intact(const uint8_t *frame, unsigned len) {
  const uint8_t *ip = frame + ETHERNET;
  if (len < ETHERNET + IPV4 || frame[12] != 8 || frame[13] != 0)
    return true;
  unsigned header = (ip[0] & 15u) * 4, total = ip[2] << 8 | ip[3], protocol = ip[9];
  if (header < IPV4 || total < header || total > len - ETHERNET || !is_whole(add(0, ip, header)))
    return false;
  if ((ip[6] & 0x3f) != 0 || ip[7] != 0)
    return true;
  unsigned rest = total - header;
  uint32_t sum = add(0, ip + header, rest);
  if (protocol == TCP || protocol == UDP)
    sum += add(protocol + rest, ip + 12, 8);
  return (protocol != TCP && protocol != ICMP && protocol != UDP) || is_whole(sum);
}

static void *read_tap(void *arg) {
  struct tap *tap = arg;
  uint8_t frame[2048];
  for (;;) {
    ptrdiff_t n = pktsock_recv(tap->fd, frame, sizeof(frame), 0);
    if (n < 0)
      return NULL;
    tap->frames++;
    if (!is_intact(frame, (unsigned)n))
      tap->damaged++;
  }
}

/* ---- TCP's echo service (RFC 862) --------------------------------------------------------------------------------- */

static void *echo(void *arg) {
  int fd = (int)(intptr_t)arg;
  static _Thread_local char bytes[16384];
  for (ssize_t n; (n = lwip_recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
    for (ssize_t sent = 0, more; sent < n; sent += more)
      if ((more = lwip_send(fd, bytes + sent, (size_t)(n - sent), 0)) <= 0)
        n = 0, more = 0;
  }
  lwip_close(fd);
  return NULL;
}

static void *serve(void *arg) {
  (void)arg;
  int fd = lwip_socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7)};
  if (fd < 0 || lwip_bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || lwip_listen(fd, 4) < 0)
    fail("lwip_listen");
  for (int client; (client = lwip_accept(fd, NULL, NULL)) >= 0;) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, echo, (void *)(intptr_t)client) != 0)
      fail("pthread_create");
    pthread_detach(thread);
  }
  return NULL;
}

/* ---- Start, and commands ------------------------------------------------------------------------------------------ */

static void print(const char *who, const char *sentence) { fprintf(stderr, "%s: %s\n", who, sentence); }

static bool is_plugged(struct pkt_mac *mac) { return mac != NULL && plugged; }

/* The board has started the component before main(), but without the function for the link, and its MAC has none. */
static void start_component(void) {
  extern const unsigned char pktsock_wasm[];
  extern const unsigned int pktsock_wasm_size;
  static struct pkt_mac *macs[1];
  static struct pkt_mac_ops ops;
  pktsock_stop();
  ops = host_nic_ops;
  ops.link = is_plugged;
  macs[0] = board_mac(0);
  macs[0]->ops = &ops;
  struct pktsock_config config = PKTSOCK_CONFIG;
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  config.mac_count = 1;
  config.report = print;
  config.link = pktsock_lwip_link;
  if (pktsock_start(&config) < 0)
    fail(pktsock_error());
}

static void start_stack(void) {
  ip4_addr_t address, mask, gateway = {0};
  ip4addr_aton("192.0.2.2", &address);
  ip4addr_aton("255.255.255.0", &mask);
  tcpip_init(NULL, NULL);
  LOCK_TCPIP_CORE();
  if (netif_add(&netif, &address, &mask, &gateway, &adapter, pktsock_lwip_init, tcpip_input) == NULL)
    fail("netif_add");
  netif_set_default(&netif);
  netif_set_up(&netif);
  UNLOCK_TCPIP_CORE();
  sys_thread_new("pktsock", pktsock_lwip_task, &netif, DEFAULT_THREAD_STACKSIZE, DEFAULT_THREAD_PRIO);
}

static void join_group(void) {
  ip4_addr_t group;
  ip4addr_aton("224.0.0.251", &group);
  LOCK_TCPIP_CORE();
  err_t result = igmp_joingroup_netif(&netif, &group);
  UNLOCK_TCPIP_CORE();
  printf("group %d\n", result);
}

static void report(void) {
  struct pktsock_counters counters = {0};
  pktsock_counters(1, &counters);
  printf("report lent %u copied %u no_pbuf %u refused %u sent %u no_tx_frame %u tx_refused %u link %d", adapter.lent,
         adapter.copied, adapter.no_pbuf, adapter.refused, adapter.sent, adapter.no_tx_frame, adapter.tx_refused,
         netif_is_link_up(&netif));
  for (int i = 0; i < TAPS; i++)
    printf(" tapped%d %u damaged%d %u", i, taps[i].frames, i, taps[i].damaged);
  printf(" rx_no_frame %u rx_pool_empty %u\n", counters.rx_no_frame, counters.rx_pool_empty);
}

int main(int argc, char **argv) {
  start_component();
  start_stack();
  pthread_t thread;
  if (pthread_create(&thread, NULL, serve, NULL) != 0)
    fail("pthread_create");
  bool tapped = argc < 2 || strcmp(argv[1], "untapped") != 0;
  for (int i = 0; i < TAPS && tapped; i++) {
    taps[i].fd = open_tap();
    if (pthread_create(&thread, NULL, read_tap, &taps[i]) != 0)
      fail("pthread_create");
  }
  printf("ready\n");
  char line[32];
  int slow = -1;
  while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "quit\n") != 0) {
    if (strcmp(line, "slow\n") == 0) {
      slow = open_tap();
      printf("slow\n");
    } else if (strcmp(line, "fast\n") == 0) {
      pktsock_close(slow);
      printf("fast\n");
    } else if (strcmp(line, "plug\n") == 0 || strcmp(line, "unplug\n") == 0) {
      plugged = line[0] == 'p';
      printf("%s", line);
    } else if (strcmp(line, "group\n") == 0) {
      join_group();
    } else if (strcmp(line, "report\n") == 0) {
      report();
    }
  }
  return 0;
}
