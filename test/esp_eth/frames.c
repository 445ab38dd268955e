/* boards/mac/esp_eth.c between the component's calls and a fake MAC. Prints one line for each case; a wrong result prints its line. */
#include "../os/port.h"
#include "board.h"
#include "fake.h"
#include "system.h"

#include <pktsock/esp_eth.h>
#include <pktsock/pktsock.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_BYTES = 90, TYPE = 0x88b5, FLOOD = 2000, WAIT_US = 5000000 };
#define NETWORK_ORDER(type) ((uint16_t)((type) << 8 | (type) >> 8))

extern struct esp_eth_config eth0_config;

static unsigned failures;
#define CHECK(condition) ((condition) ? (void)0 : fail(__LINE__, #condition))

static void fail(int line, const char *condition) {
  printf("FAIL line %d: %s (errno %d)\n", line, condition, errno);
  failures++;
}

static int open_socket(void) {
  struct pktsock_sockaddr_ll address = {
      .sll_family = PKTSOCK_AF_PACKET, .sll_protocol = NETWORK_ORDER(TYPE), .sll_ifindex = 1};
  int fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0);
  CHECK(pktsock_bind(fd, (struct pktsock_sockaddr *)&address, sizeof(address)) == 0);
  return fd;
}

static void fill(uint8_t *frame, size_t len, unsigned number) {
  static const uint8_t header[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, TYPE >> 8, TYPE & 0xff};
  memcpy(frame, header, sizeof(header));
  for (size_t i = sizeof(header); i < len; i++)
    frame[i] = (uint8_t)(i * 7 + number);
}

static struct fake seen(void) {
  mask();
  struct fake copy = fake;
  unmask();
  return copy;
}

static struct pktsock_counters counters(void) {
  struct pktsock_counters result;
  CHECK(pktsock_counters(1, &result) == 0);
  return result;
}

/* Wait until so many frames were sent, or given up. */
static void await_sent(uint32_t sent, uint32_t given_up) {
  uint64_t end = system_us() + WAIT_US;
  while ((counters().tx_frames < sent || counters().tx_errors < given_up) && system_us() < end)
    port_sleep(1000);
  CHECK(counters().tx_frames == sent && counters().tx_errors == given_up);
}

static void test_frames(void) {
  int fd = open_socket();
  uint8_t frame[1514], received[1514];
  for (unsigned i = 0; i < 20; i++) {
    size_t len = i % 2 == 0 ? FRAME_BYTES : sizeof(frame);
    fill(frame, len, i);
    fake_arrive(frame, len);
    CHECK(pktsock_recv(fd, received, sizeof(received), 0) == (ptrdiff_t)len && memcmp(frame, received, len) == 0);
    CHECK(pktsock_send(fd, frame, len, 0) == (ptrdiff_t)len);
    await_sent(i + 1, 0);
    struct fake now = seen();
    CHECK(now.last_len == len && memcmp(now.last, frame, len) == 0);
  }
  fake_arrive(frame, 13);
  fake_arrive(frame, FAKE_FRAME_BYTES);
  CHECK(counters().rx_too_short == 1 && counters().rx_too_long <= 1);
  CHECK(seen().lent == seen().freed && seen().lent == 22);
  CHECK(pktsock_close(fd) == 0);
}

/* esp_eth has no room, and never says when it has again. */
static void test_no_room(void) {
  int fd = open_socket();
  uint8_t frame[FRAME_BYTES];
  uint32_t sent = counters().tx_frames;
  fill(frame, sizeof(frame), 1);
  mask();
  fake.full = 3;
  unmask();
  CHECK(pktsock_send(fd, frame, sizeof(frame), 0) == FRAME_BYTES);
  await_sent(sent + 1, 0);
  mask();
  fake.full = UINT32_MAX;
  unmask();
  for (unsigned i = 0; i < 30; i++) /* more than frames: each comes back */
    CHECK(pktsock_send(fd, frame, sizeof(frame), 0) == FRAME_BYTES);
  await_sent(sent + 1, 30);
  mask();
  fake.full = 0;
  unmask();
  CHECK(pktsock_send(fd, frame, sizeof(frame), 0) == FRAME_BYTES);
  await_sent(sent + 2, 30);
  CHECK(pktsock_close(fd) == 0);
}

static void membership(int fd, int option, uint16_t type, const uint8_t *address) {
  struct pktsock_packet_mreq request = {.mr_ifindex = 1, .mr_type = type, .mr_alen = 6};
  if (address != NULL)
    memcpy(request.mr_address, address, 6);
  CHECK(pktsock_setsockopt(fd, PKTSOCK_SOL_PACKET, option, &request, sizeof(request)) == 0);
}

static void test_filter(void) {
  int fd = open_socket();
  uint8_t groups[4][6] = {{1, 0, 0x5e, 0, 0, 1}, {1, 0, 0x5e, 0, 0, 2}, {1, 0, 0x5e, 0, 0, 3}, {1, 0, 0x5e, 0, 0, 4}};
  for (unsigned i = 0; i < 3; i++) {
    membership(fd, PKTSOCK_PACKET_ADD_MEMBERSHIP, PKTSOCK_PACKET_MR_MULTICAST, groups[i]);
    CHECK(seen().address_count == i + 1 && !seen().all_multicast && !seen().promiscuous);
  }
  membership(fd, PKTSOCK_PACKET_ADD_MEMBERSHIP, PKTSOCK_PACKET_MR_MULTICAST, groups[3]); /* it filters three */
  CHECK(seen().all_multicast && !seen().promiscuous);
  membership(fd, PKTSOCK_PACKET_DROP_MEMBERSHIP, PKTSOCK_PACKET_MR_MULTICAST, groups[0]);
  CHECK(seen().address_count == 3 && !seen().all_multicast);
  const uint8_t further[6] = {2, 0, 0, 0, 0, 7};
  membership(fd, PKTSOCK_PACKET_ADD_MEMBERSHIP, PKTSOCK_PACKET_MR_UNICAST,
             further); /* one too many, and no multicast */
  CHECK(seen().promiscuous);
  membership(fd, PKTSOCK_PACKET_DROP_MEMBERSHIP, PKTSOCK_PACKET_MR_UNICAST, further);
  CHECK(!seen().promiscuous);
  membership(fd, PKTSOCK_PACKET_ADD_MEMBERSHIP, PKTSOCK_PACKET_MR_PROMISC, NULL);
  CHECK(seen().promiscuous);
  membership(fd, PKTSOCK_PACKET_DROP_MEMBERSHIP, PKTSOCK_PACKET_MR_PROMISC, NULL);
  fake.has_all_multicast = false;
  membership(fd, PKTSOCK_PACKET_ADD_MEMBERSHIP, PKTSOCK_PACKET_MR_ALLMULTI, NULL);
  CHECK(seen().promiscuous && !seen().all_multicast);
  fake.has_all_multicast = true;
  CHECK(pktsock_close(fd) == 0);
  CHECK(!seen().promiscuous && seen().address_count == 0);
}

static bool is_running(void) {
  struct pktsock_ifreq request = {.ifr_ifrn.ifrn_name = "eth0"};
  int fd = open_socket();
  CHECK(pktsock_ioctl(fd, PKTSOCK_SIOCGIFFLAGS, &request) == 0);
  CHECK(pktsock_close(fd) == 0);
  return (request.ifr_ifru.ifru_flags & PKTSOCK_IFF_RUNNING) != 0;
}

/* The component asks for the link when a task waits. */
static void await_link(bool up) {
  struct pktsock_pollfd poll = {.fd = open_socket(), .events = PKTSOCK_POLLIN};
  uint64_t end = system_us() + WAIT_US;
  while (is_running() != up && system_us() < end)
    pktsock_poll(&poll, 1, 150);
  CHECK(is_running() == up);
  CHECK(pktsock_close(poll.fd) == 0);
}

static void test_link(void) {
  uint8_t frame[FRAME_BYTES];
  fill(frame, sizeof(frame), 2);
  fake_link(false);
  await_link(false);
  struct pktsock_counters before = counters();
  int fd = open_socket();
  unsigned sent = seen().sent;
  CHECK(pktsock_send(fd, frame, sizeof(frame), 0) == FRAME_BYTES);
  await_sent(before.tx_frames, before.tx_errors + 1);
  CHECK(seen().sent == sent);
  CHECK(pktsock_close(fd) == 0);
  fake_link(true);
  await_link(true);
}

static unsigned passed_on;

static void pass_on(void *context, uint8_t *buffer, uint32_t length) {
  CHECK(context == &passed_on && length == FRAME_BYTES &&
        buffer[FRAME_BYTES - 1] == (uint8_t)((FRAME_BYTES - 1) * 7 + 3));
  passed_on++;
  free(buffer);
}

static void test_pass_on(void) {
  uint8_t frame[FRAME_BYTES], received[FRAME_BYTES];
  fill(frame, sizeof(frame), 3);
  eth0_config.context = &passed_on;
  eth0_config.pass_on = pass_on;
  int fd = open_socket();
  fake_arrive(frame, sizeof(frame));
  CHECK(pktsock_recv(fd, received, sizeof(received), PKTSOCK_MSG_DONTWAIT) == FRAME_BYTES && passed_on == 1);
  eth0_config.pass_on = NULL;
  CHECK(pktsock_close(fd) == 0 && seen().lent == seen().freed);
}

static void flood(void *argument) {
  (void)argument;
  uint8_t frame[FRAME_BYTES];
  for (unsigned i = 0; i < FLOOD; i++) {
    fill(frame, sizeof(frame), i);
    fake_arrive(frame, sizeof(frame));
  }
}

/* Frames arrive and are sent while the component stops and starts, again and again. */
static void test_restart(void) {
  struct port_task *task = port_task_start(flood, NULL, 3);
  uint8_t frame[FRAME_BYTES];
  fill(frame, sizeof(frame), 4);
  for (unsigned i = 0; i < 20; i++) {
    int fd = open_socket();
    for (unsigned n = 0; n < 6; n++)
      CHECK(pktsock_send(fd, frame, sizeof(frame), PKTSOCK_MSG_DONTWAIT) == FRAME_BYTES);
    pktsock_stop();
    CHECK(!seen().started);
    CHECK(pktsock_start_board() == 0);
    fake_link(true);
  }
  port_task_join(task);
  CHECK(seen().lent == seen().freed);
}

static void test(const char *name, void (*run)(void)) {
  unsigned before = failures;
  run();
  printf("%s %s\n", failures == before ? "ok" : "FAILED", name);
}

/* The task that system.c starts. */
int port_tests(void) {
  CHECK(pktsock_start_board() == 0);
  CHECK(seen().hwaddr[0] == 2 && seen().hwaddr[5] == 1);
  fake_link(true);
  test("frames of any length are received and sent, and every buffer is freed", test_frames);
  test("a frame waits while esp_eth has no room, and is given up at last", test_no_room);
  test("the filter is esp_eth's, or lets in more", test_filter);
  test("without a link nothing is sent", test_link);
  test("an esp_netif gets the frames after the sockets", test_pass_on);
  test("it stops and starts while frames arrive and are sent", test_restart);
  pktsock_stop();
  printf("%u failures\n", failures);
  return (int)failures;
}
