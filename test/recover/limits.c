/* Where recovering ends: what config.recover and config.recoveries decide, drivers that do not start again, and a journal that
 * is too small. The component is started with two interfaces of the test's own, whose drivers fail when they are told to, and
 * the test moves the clock. */
#include "../../boards/pktsock/component.h"
#include "inject.h"
#include <pktsock/pktsock.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US 1000000

#define CHECK(condition)                                                                                               \
  do                                                                                                                   \
    if (!(condition)) {                                                                                                \
      printf("line %d: not %s (errno %d, error %s)\n", __LINE__, #condition, errno,                                    \
             pktsock_error() != NULL ? pktsock_error() : "none");                                                      \
      failures++;                                                                                                      \
    }                                                                                                                  \
  while (0)

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

static unsigned failures;

/* ---- The clock, and two MACs -------------------------------------------------------------------------------------------- */

static uint64_t now;

uint64_t __wrap_pkt_os_now(void);
uint64_t __wrap_pkt_os_now(void) { return now; }

enum { NICS = 2 };
static struct nic {
  unsigned starts;
  bool runs, fails; /* `fails`: it does not start again after a trap */
  bool all_multicast;
  unsigned groups; /* addresses of its filter */
} nics[NICS];
static struct pkt_mac macs[NICS];

static struct nic *nic_of(const struct pkt_mac *mac) { return &nics[mac - macs]; }

static int start(struct pkt_mac *mac) {
  struct nic *nic = nic_of(mac);
  CHECK(!nic->runs);
  if (nic->fails && mac->restarting)
    return -EIO;
  nic->starts++;
  nic->runs = true;
  nic->all_multicast = false;
  nic->groups = 0;
  return 0;
}

/* Only what runs is stopped. */
static void stop(struct pkt_mac *mac) {
  CHECK(nic_of(mac)->runs);
  nic_of(mac)->runs = false;
}

static void transmit(struct pkt_mac *mac) {
  struct pkt_bytes bytes;
  struct pkt_frame *frame;
  while ((frame = pkt_tx_take(mac, &bytes)) != NULL) {
    mac->iface->tx_frames++;
    pkt_completion_give(mac, frame);
  }
}

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  nic_of(mac)->all_multicast = filter->all_multicast;
  nic_of(mac)->groups = filter->count;
}

static const struct pkt_mac_ops ops = {
    .name = "test", .start = start, .stop = stop, .transmit = transmit, .set_filter = set_filter};

/* ---- Starting and trapping ---------------------------------------------------------------------------------------------- */

static char reported[600]; /* what the component has reported since the start */
static int fds[NICS];      /* a socket on each interface */
static const uint8_t frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

static void report(const char *who, const char *sentence) {
  (void)who;
  strncat(reported, sentence, sizeof(reported) - strlen(reported) - 2);
  strcat(reported, "\n");
}

static void begin(uint32_t recoveries, bool (*recover)(const char *, uint32_t)) {
  struct pkt_mac *list[NICS];
  struct pktsock_config config = PKTSOCK_CONFIG;
  pktsock_stop();
  reported[0] = 0;
  for (unsigned i = 0; i < NICS; i++) {
    nics[i] = (struct nic){.runs = false};
    macs[i] = (struct pkt_mac){.ops = &ops, .hwaddr = {2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
    list[i] = &macs[i];
  }
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = list;
  config.mac_count = NICS;
  config.report = report;
  config.recoveries = recoveries;
  config.recover = recover;
  CHECK(pktsock_start(&config) == 0);
  for (unsigned i = 0; i < NICS; i++) {
    struct pktsock_sockaddr_ll name = {.sll_family = PKTSOCK_AF_PACKET, .sll_ifindex = (int)i + 1};
    CHECK((fds[i] = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0)) >= 0);
    CHECK(pktsock_bind(fds[i], (struct pktsock_sockaddr *)&name, sizeof(name)) == 0);
  }
}

/* The next call traps. */
static void trap(void) {
  inject_at = inject_calls + 1;
  CHECK(pktsock_send(fds[0], frame, sizeof(frame), 0) < 0 && errno == EIO);
  inject_at = 0;
}

/* Both interfaces send what is sent by their sockets. */
static void check_runs(void) {
  for (unsigned i = 0; i < NICS; i++) {
    struct pktsock_counters was, is;
    CHECK(pktsock_counters(i + 1, &was) == 0);
    CHECK(nics[i].runs && pktsock_send(fds[i], frame, sizeof(frame), 0) == sizeof(frame));
    CHECK(pktsock_counters(i + 1, &is) == 0 && is.tx_frames == was.tx_frames + 1);
  }
}

/* No driver runs; descriptors fail, and close; the counters stay. A start works again. */
static void check_ended(void) {
  struct pktsock_counters counters;
  CHECK(strcmp(pktsock_error(), INJECTED) == 0);
  CHECK(strstr(reported, "the module is not started again\n") != NULL);
  for (unsigned i = 0; i < NICS; i++) {
    CHECK(!nics[i].runs);
    CHECK(pktsock_send(fds[i], frame, sizeof(frame), 0) < 0 && errno == EIO);
    CHECK(pktsock_counters(i + 1, &counters) == 0);
    CHECK(pktsock_close(fds[i]) == 0);
  }
  begin(1, NULL);
  check_runs();
}

/* ---- What is decided ---------------------------------------------------------------------------------------------------- */

static uint32_t asked, recent_asked;

static bool allow_three(const char *reason, uint32_t recent) {
  CHECK(strcmp(reason, INJECTED) == 0);
  asked++;
  recent_asked = recent;
  return asked <= 3;
}

/* The callback decides alone, and is told how many recoveries there were in the minute. */
static void test_callback(void) {
  begin(0, allow_three);
  for (uint32_t i = 0; i < 2; i++) {
    trap();
    CHECK(asked == i + 1 && recent_asked == i);
    check_runs();
  }
  now += 60 * (uint64_t)SECOND_US;
  trap();
  CHECK(asked == 3 && recent_asked == 0);
  check_runs();
  trap(); /* refused */
  CHECK(asked == 4 && recent_asked == 1);
  check_ended();
}

/* As many as allowed in the minute that begins with the first, and then as many in the next one. */
static void test_minute(void) {
  begin(2, NULL);
  trap();
  now += 59 * (uint64_t)SECOND_US;
  trap();
  now += SECOND_US;
  trap();
  now += 60 * (uint64_t)SECOND_US - 1;
  trap();
  check_runs();
  trap();
  check_ended();
}

static void test_never(void) {
  begin(0, NULL);
  trap();
  check_ended();
}

/* ---- What does not start again ------------------------------------------------------------------------------------------ */

static void test_driver(unsigned which) {
  begin(10, NULL);
  trap();
  check_runs();
  CHECK(nics[0].starts == 2 && nics[1].starts == 2);
  nics[which].fails = true;
  trap();
  CHECK(nics[which].starts == 2);
  CHECK(strstr(reported, "an Ethernet MAC does not start\n") != NULL);
  check_ended();
}

/* ---- A journal that is too small ---------------------------------------------------------------------------------------- */

static void group(int fd, unsigned last, unsigned long request) {
  struct pktsock_ifreq r = {.ifr_ifrn.ifrn_name = "eth1",
                            .ifr_ifru.ifru_hwaddr = {.sa_data = {1, 0, 0x5e, 0, 0, (char)last}}};
  CHECK(pktsock_ioctl(fd, request, &r) == 0);
}

/* Addresses that fit are asked for again one by one; for the others the interface accepts all multicast frames. */
static void test_addresses(void) {
  begin(10, NULL);
  group(fds[1], 1, PKTSOCK_SIOCADDMULTI);
  group(fds[1], 2, PKTSOCK_SIOCADDMULTI);
  group(fds[1], 2, PKTSOCK_SIOCADDMULTI); /* is there once */
  group(fds[1], 1, PKTSOCK_SIOCDELMULTI);
  trap();
  CHECK(nics[1].groups == 1 && !nics[1].all_multicast && nics[0].groups == 0);
  for (unsigned i = 3; i < 9; i++)
    group(fds[1], i, PKTSOCK_SIOCADDMULTI);
  CHECK(nics[1].groups == 7 && !nics[1].all_multicast);
  trap();
  CHECK(nics[1].groups < 7 && nics[1].all_multicast);
  CHECK(nics[0].groups == 0 && !nics[0].all_multicast);
  check_runs();
}

int main(void) {
  test_callback();
  test_minute();
  test_never();
  for (unsigned i = 0; i < NICS; i++)
    test_driver(i);
  test_addresses();
  pktsock_stop();
  printf("failures: %u\nend\n", failures);
  return 0;
}
