/* Modules that are refused, that fall back, and that take over: sockets stay what they are. */
#include "../../boards/pktsock/component.h"
#include "../../build/swap/modules.h"
#include <pktsock/pktsock.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OWN_N 0xb588 /* IEEE 802: for local experiments */
enum { MARK = 1234 };

#define CHECK(condition)                                                                                               \
  do                                                                                                                   \
    if (!(condition)) {                                                                                                \
      printf("line %d: not %s (errno %d, %s)\n", __LINE__, #condition, errno, pktsock_error());                        \
      failures++;                                                                                                      \
    }                                                                                                                  \
  while (0)

static unsigned failures;
static uint32_t version; /* of the next file */
static int raw, tap;
static uint8_t frame[60] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

static const char *verify(const uint8_t *file, size_t size, struct pktsock_module *module) {
  *module = (struct pktsock_module){file, size, version};
  return size == 1 ? "it has one byte" : NULL;
}

static int open_bound(uint16_t protocol) {
  struct pktsock_sockaddr_ll address = {.sll_family = PKTSOCK_AF_PACKET, .sll_protocol = protocol, .sll_ifindex = 1};
  int fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW | PKTSOCK_SOCK_NONBLOCK, 0);
  CHECK(pktsock_bind(fd, (struct pktsock_sockaddr *)&address, sizeof(address)) == 0);
  return fd;
}

static struct pktsock_logic logic(void) {
  struct pktsock_logic logic;
  CHECK(pktsock_logic(&logic) == 0);
  return logic;
}

static int mark(void) {
  int value = -1;
  CHECK(pktsock_ioctl(raw, PKTSOCK_SIOCOUTQ, &value) == 0);
  return value;
}

static uint32_t recoveries(void) {
  struct pktsock_counters counters;
  CHECK(pktsock_counters(1, &counters) == 0 && counters.lost_sockets == 0);
  return counters.recoveries;
}

/* Sends a frame, which the tap sees. */
static void echo(uint8_t number) {
  uint8_t got[60];
  frame[14] = number;
  CHECK(pktsock_send(raw, frame, sizeof(frame), 0) == sizeof(frame));
  CHECK(pktsock_recv(tap, got, sizeof(got), 0) == sizeof(got) && got[14] == number);
  CHECK(pktsock_recv(tap, got, sizeof(got), 0) < 0 && errno == EAGAIN);
}

#define SWAP(module, flags) (version++, pktsock_swap(module, sizeof(module), flags))

/* ---- Refused ------------------------------------------------------------------------------------------------------------ */

static void refused(const char *name, int result, int error) {
  printf("%s: %s\n", name, pktsock_error());
  CHECK(result == -1 && errno == error);
  CHECK(logic().state == PKTSOCK_LOGIC_BUILT_IN && logic().swaps == 0 && logic().version == 0);
  echo(1);
}
#define REFUSED(module, flags) refused(#module, SWAP(module, flags), ENOEXEC)

static void test_refused(void) {
  uint32_t before = recoveries();
  refused("no verify", SWAP(same, 0), EPERM);
  pkt_component.config.verify = verify;
  CHECK(pktsock_swap(same, 1, 0) < 0 && errno == EPERM && strcmp(pktsock_error(), "it has one byte") == 0);
  version = 0;
  refused("older", pktsock_swap(same, sizeof(same), 0), EPERM);
  CHECK(pktsock_swap(same, sizeof(same), 4) < 0 && errno == EINVAL);
  CHECK(pktsock_swap(NULL, sizeof(same), 0) < 0 && errno == EFAULT);
  CHECK(pktsock_confirm() < 0 && errno == ENOENT);
  CHECK(pktsock_fallback() < 0 && errno == ENOENT);
  REFUSED(truncated, 0);
  REFUSED(garbage, 0);
  REFUSED(other_abi, PKTSOCK_SWAP_RESTART);
  REFUSED(other_layout, 0);
  REFUSED(no_layout, 0);
  REFUSED(no_export, 0);
  REFUSED(has_variables, 0);
  REFUSED(has_data, 0);
  REFUSED(other_import, 0);
  CHECK(recoveries() == before);
  REFUSED(no_start, PKTSOCK_SWAP_RESTART);
  CHECK(recoveries() == before + 1); /* the old one was started again */
}

/* ---- Swapped in --------------------------------------------------------------------------------------------------------- */

static void test_adopted(void) {
  uint32_t before = recoveries();
  struct pktsock_frame lent;
  uint8_t got[60];
  frame[14] = 9;
  CHECK(pktsock_send(raw, frame, sizeof(frame), 0) == sizeof(frame));
  CHECK(pktsock_send(raw, frame, sizeof(frame), 0) == sizeof(frame));
  CHECK(pktsock_peek(tap, &lent, 0) == 0);
  CHECK(mark() != MARK);
  CHECK(SWAP(marked, 0) == 0);
  CHECK(mark() == MARK);
  CHECK(logic().state == PKTSOCK_LOGIC_TRIAL && logic().version == version && logic().fallback == 0);
  printf("runs on: %s\n", logic().engine);
  CHECK(lent.data[14] == 9 && pktsock_release(tap, &lent) == 0);
  CHECK(pktsock_recv(tap, got, sizeof(got), 0) == sizeof(got) && got[14] == 9);
  CHECK(SWAP(same, 0) < 0 && errno == EBUSY);
  for (unsigned i = 0; i < 20; i++)
    echo((uint8_t)i);
  CHECK(pktsock_fallback() == 0);
  CHECK(mark() != MARK && logic().state == PKTSOCK_LOGIC_BUILT_IN && logic().version == 0 && logic().fallbacks == 1);
  CHECK(SWAP(marked, 0) == 0 && pktsock_confirm() == 0);
  CHECK(mark() == MARK && logic().state == PKTSOCK_LOGIC_PROVEN);
  version -= 2;
  CHECK(SWAP(same, 0) < 0 && errno == EPERM);
  CHECK(pktsock_swap(same, sizeof(same), PKTSOCK_SWAP_OLDER) == 0 && mark() != MARK);
  CHECK(logic().version == version && logic().fallback == version + 1);
  CHECK(pktsock_fallback() == 0 && mark() == MARK && logic().version == version + 1);
  CHECK(pktsock_fallback() == 0 && mark() != MARK && logic().state == PKTSOCK_LOGIC_BUILT_IN);
  CHECK(recoveries() == before);
  version += 2;
}

/* After so many calls it is proven. */
static void test_proven(void) {
  pkt_component.config.trial_calls = 30;
  pkt_component.config.trial_ms = 0;
  CHECK(SWAP(marked, 0) == 0 && logic().state == PKTSOCK_LOGIC_TRIAL);
  for (unsigned i = 0; i < 20; i++)
    echo((uint8_t)i);
  CHECK(logic().state == PKTSOCK_LOGIC_PROVEN && mark() == MARK);
  CHECK(pktsock_fallback() == 0);
  pkt_component.config.trial_calls = 1000000;
}

static void test_restarted(void) {
  uint32_t before = recoveries();
  CHECK(SWAP(other_layout, PKTSOCK_SWAP_RESTART) == 0 && recoveries() == before + 1);
  echo(2);
  CHECK(pktsock_confirm() == 0);
  echo(3);
  CHECK(pktsock_fallback() == 0 && recoveries() == before + 2);
  echo(4);
}

/* ---- Fallback ----------------------------------------------------------------------------------------------------------- */

/* Sends until it fails, and goes on afterwards. */
static void fails(const char *name, int swapped, unsigned frames) {
  uint32_t before = recoveries(), fallbacks = logic().fallbacks;
  CHECK(swapped == 0);
  for (unsigned i = 1; i < frames; i++)
    echo((uint8_t)i);
  CHECK(logic().state == PKTSOCK_LOGIC_TRIAL);
  CHECK(pktsock_send(raw, frame, sizeof(frame), 0) < 0 && errno == EIO);
  CHECK(logic().state == PKTSOCK_LOGIC_BUILT_IN && logic().fallbacks == fallbacks + 1 && logic().version == 0);
  printf("%s: %s\n", name, logic().reason);
  CHECK(recoveries() == before + 1);
  echo(5);
}

static void test_fallback(void) {
  fails("traps_at_once", SWAP(traps_at_once, 0), 1);
  fails("traps_later", SWAP(traps_later, 0), 20);
  fails("loops", SWAP(loops, 0), 1);
  uint32_t fallbacks = logic().fallbacks;
  CHECK(SWAP(lies, 0) == 0);
  CHECK(pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0) < 0 && errno == EIO);
  printf("lies: %s\n", logic().reason);
  CHECK(logic().state == PKTSOCK_LOGIC_BUILT_IN && logic().fallbacks == fallbacks + 1);
  echo(6);
  /* What is proven is started again, as any module. */
  CHECK(SWAP(traps_later, 0) == 0 && pktsock_confirm() == 0);
  for (unsigned i = 1; i < 20; i++)
    echo((uint8_t)i);
  CHECK(pktsock_send(raw, frame, sizeof(frame), 0) < 0 && errno == EIO);
  CHECK(logic().state == PKTSOCK_LOGIC_PROVEN && logic().version == version);
  echo(7);
  CHECK(pktsock_fallback() == 0);
}

int main(void) {
  pkt_component.config.trial_calls = 1000000;
  pkt_component.config.recoveries = 1000000;
  raw = open_bound(0);
  tap = open_bound(0x0300);
  test_refused();
  test_adopted();
  test_proven();
  test_restarted();
  test_fallback();
  CHECK(SWAP(marked, 0) == 0); /* on trial while it stops */
  CHECK(pktsock_close(raw) == 0 && pktsock_close(tap) == 0);
  pktsock_stop();
  printf("failures: %u\nend\n", failures);
  return 0;
}
