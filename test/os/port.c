/* What each port of os.h must do, with any system under it: the calls of os.h by themselves, and tasks that call the component
 * while frames arrive in interrupts. Prints one line for each case; a wrong result prints its line. */
#include "port.h"
#include "../support/test_nic.h"
#include "board.h"

#include <pktsock/os.h>
#include <pktsock/pktsock.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
  TYPE = 0x88b5,
  OTHER_TYPE = 0x88b6,
  FRAME_BYTES = 60,
  TASKS = 4,
  TURNS = 300,
  SHORT_US = 20000,
  LONG_US = 60000
};
#define NETWORK_ORDER(type) ((uint16_t)((type) << 8 | (type) >> 8))

static atomic_uint failures;
#define CHECK(condition) ((condition) ? (void)0 : fail(__LINE__, #condition))

static void fail(int line, const char *condition) {
  printf("FAIL line %d: %s (errno %d)\n", line, condition, errno);
  failures++;
}

static int open_socket(uint16_t type) {
  int fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, NETWORK_ORDER(type));
  CHECK(fd >= 0);
  return fd;
}

/* A frame of this type and with this number, as the MAC's interrupt brings it. */
static uint16_t arriving_type;
static uint8_t arriving_number;

static void arrive(void) {
  uint8_t frame[FRAME_BYTES] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9};
  frame[12] = (uint8_t)(arriving_type >> 8);
  frame[13] = (uint8_t)arriving_type;
  frame[14] = arriving_number;
  nic_arrive(frame, sizeof(frame));
}

static void interrupt_with(uint16_t type, uint8_t number) {
  arriving_type = type;
  arriving_number = number;
  port_interrupt(arrive);
}

/* ---- The calls of os.h ---------------------------------------------------------------------------------------------- */

static struct pkt_os_task *shown;

static void show_self(void *argument) {
  (void)argument;
  CHECK(pkt_os_self() == pkt_os_self());
  shown = pkt_os_self();
}

static void test_self(void) {
  port_task_join(port_task_start(show_self, NULL, 2));
  CHECK(shown != NULL && pkt_os_self() != NULL);
}

static unsigned counted;

static void count_locked(void *argument) {
  (void)argument;
  for (int i = 0; i < TURNS; i++) {
    pkt_os_lock();
    unsigned before = counted;
    if (i % 16 == 0)
      port_sleep(100); /* another task tries meanwhile */
    counted = before + 1;
    pkt_os_unlock();
  }
}

static void test_lock(void) {
  struct port_task *tasks[TASKS];
  counted = 0;
  for (unsigned i = 0; i < TASKS; i++)
    tasks[i] = port_task_start(count_locked, NULL, 1 + i);
  for (unsigned i = 0; i < TASKS; i++)
    port_task_join(tasks[i]);
  CHECK(counted == TASKS * TURNS);
}

static void test_clock(void) {
  uint64_t last = pkt_os_now(), start = last;
  for (int i = 0; i < 20000; i++) {
    uint64_t now = pkt_os_now();
    CHECK(now >= last);
    last = now;
  }
  port_sleep(SHORT_US);
  CHECK(pkt_os_now() - start >= SHORT_US);
  uint32_t sec, nsec, later_sec, later_nsec;
  pkt_os_time(&sec, &nsec);
  port_sleep(SHORT_US);
  pkt_os_time(&later_sec, &later_nsec);
  CHECK(nsec < 1000000000 && later_nsec < 1000000000);
  CHECK((uint64_t)(later_sec - sec) * 1000000000 + later_nsec - nsec >= SHORT_US * 1000ull);
}

/* pkt_os_wait() may return early, so it is called as the component does: until it is time. */
static void wait_until(uint64_t deadline) {
  while (pkt_os_now() < deadline)
    pkt_os_wait(deadline);
}

static void wake_shown(void *argument) {
  (void)argument;
  port_sleep(SHORT_US);
  pkt_os_lock();
  pkt_os_wake_task(shown);
  pkt_os_unlock();
}

static void wake_watcher(void) { pkt_os_wake(); }

static void test_wait(void) {
  uint64_t start = pkt_os_now();
  wait_until(start + SHORT_US);
  CHECK(pkt_os_now() - start >= SHORT_US);
  pkt_os_wait(0); /* long past */
  /* A wake-up that came before the wait counts, once. */
  pkt_os_lock();
  pkt_os_wake_task(pkt_os_self());
  pkt_os_wake_task(pkt_os_self());
  pkt_os_unlock();
  pkt_os_wait(UINT64_MAX);
  start = pkt_os_now();
  wait_until(start + SHORT_US);
  /* A wake-up ends the wait: by a task, and by an interrupt. No time-out does. */
  shown = pkt_os_self();
  struct port_task *task = port_task_start(wake_shown, NULL, 3);
  pkt_os_wait(UINT64_MAX);
  port_task_join(task);
  pkt_os_lock();
  pkt_os_watch(pkt_os_self());
  pkt_os_unlock();
  port_interrupt(wake_watcher);
  pkt_os_wait(UINT64_MAX);
  pkt_os_wake(); /* a driver may do it in a task */
  pkt_os_wait(UINT64_MAX);
  pkt_os_lock();
  pkt_os_watch(NULL);
  pkt_os_unlock();
  port_interrupt(wake_watcher);
}

/* ---- The component's calls ------------------------------------------------------------------------------------------ */

struct call {
  int fd;
  ptrdiff_t result;
  int error;
  uint8_t frame[FRAME_BYTES];
  atomic_bool began;
};

static void receive(void *argument) {
  struct call *call = argument;
  call->began = true;
  call->result = pktsock_recv(call->fd, call->frame, sizeof(call->frame), 0);
  call->error = errno;
}

/* Start a task that receives, and let it begin to wait. */
static struct port_task *start_receiving(struct call *call, int fd, unsigned priority) {
  call->fd = fd;
  call->began = false;
  struct port_task *task = port_task_start(receive, call, priority);
  while (!call->began)
    port_sleep(1000);
  port_sleep(SHORT_US);
  return task;
}

static void test_receive(void) {
  struct call call;
  int fd = open_socket(TYPE);
  for (unsigned priority = 1; priority <= 3; priority += 2) {
    struct port_task *task = start_receiving(&call, fd, priority);
    interrupt_with(OTHER_TYPE, 0);
    interrupt_with(TYPE, (uint8_t)priority);
    port_task_join(task);
    CHECK(call.result == FRAME_BYTES && call.frame[14] == priority);
  }
  CHECK(pktsock_close(fd) == 0);
}

static void test_timeout(void) {
  uint8_t frame[FRAME_BYTES];
  struct pktsock_pollfd poll = {.fd = open_socket(TYPE), .events = PKTSOCK_POLLIN};
  uint64_t start = pkt_os_now();
  CHECK(pktsock_poll(&poll, 1, LONG_US / 1000) == 0);
  CHECK(pkt_os_now() - start >= LONG_US);
  CHECK(pktsock_recv(poll.fd, frame, sizeof(frame), PKTSOCK_MSG_DONTWAIT) == -1 && errno == EAGAIN);
  CHECK(pktsock_close(poll.fd) == 0);
}

static void send_soon(void *argument) {
  int *fd = argument;
  uint8_t frame[FRAME_BYTES] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, TYPE >> 8, TYPE & 0xff};
  port_sleep(SHORT_US);
  CHECK(pktsock_send(*fd, frame, sizeof(frame), 0) == FRAME_BYTES);
}

static void bind_to_eth0(int fd, uint16_t type) {
  struct pktsock_sockaddr_ll address = {
      .sll_family = PKTSOCK_AF_PACKET, .sll_protocol = NETWORK_ORDER(type), .sll_ifindex = 1};
  CHECK(pktsock_bind(fd, (struct pktsock_sockaddr *)&address, sizeof(address)) == 0);
}

/* A task waits for what another task sends, in the tap of outgoing frames. */
static void test_tap(void) {
  struct call call;
  int tap = open_socket(3 /* ETH_P_ALL */), sender = open_socket(OTHER_TYPE);
  bind_to_eth0(sender, OTHER_TYPE);
  struct port_task *sending = port_task_start(send_soon, &sender, 3);
  struct port_task *task = start_receiving(&call, tap, 1);
  port_task_join(task);
  port_task_join(sending);
  CHECK(call.result == FRAME_BYTES);
  CHECK(pktsock_close(tap) == 0 && pktsock_close(sender) == 0);
}

static void test_close(void) {
  struct call call, next;
  int fd = open_socket(TYPE);
  struct port_task *task = start_receiving(&call, fd, 3);
  CHECK(pktsock_close(fd) == 0);
  /* The next socket has the same number, and the waiting call must not take its frames. */
  int again = open_socket(TYPE);
  CHECK(again == fd);
  port_task_join(task);
  CHECK(call.result == -1 && call.error == EBADF);
  task = start_receiving(&next, again, 1);
  interrupt_with(TYPE, 7);
  port_task_join(task);
  CHECK(next.result == FRAME_BYTES && next.frame[14] == 7);
  CHECK(pktsock_close(again) == 0);
}

static void test_stop(void) {
  struct call calls[2];
  int fd = open_socket(TYPE), other = open_socket(OTHER_TYPE);
  struct port_task *low = start_receiving(&calls[0], fd, 1), *high = start_receiving(&calls[1], other, 3);
  pktsock_stop();
  port_task_join(low);
  port_task_join(high);
  for (int i = 0; i < 2; i++)
    CHECK(calls[i].result == -1 && calls[i].error == EBADF);
  CHECK(pktsock_start_board() == 0);
}

static void open_and_close(void *argument) {
  uint16_t type = (uint16_t)(TYPE + (uintptr_t)argument);
  uint8_t frame[FRAME_BYTES] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, (uint8_t)(type >> 8), (uint8_t)type};
  for (int i = 0; i < TURNS; i++) {
    int fd = open_socket(type);
    bind_to_eth0(fd, type);
    CHECK(pktsock_send(fd, frame, sizeof(frame), 0) == FRAME_BYTES);
    CHECK(pktsock_recv(fd, frame, sizeof(frame), PKTSOCK_MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(pktsock_close(fd) == 0);
  }
}

static void test_many(void) {
  struct port_task *tasks[TASKS];
  for (uintptr_t i = 0; i < TASKS; i++)
    tasks[i] = port_task_start(open_and_close, (void *)i, 1 + (unsigned)i);
  for (unsigned i = 0; i < TASKS; i++)
    port_task_join(tasks[i]);
}

/* Tasks of one priority fail in different ways, again and again. Each keeps its own errno while the others run. */
static void fail_often(void *argument) {
  bool wrong_descriptor = argument != NULL;
  int fd = open_socket(TYPE);
  uint8_t frame[FRAME_BYTES];
  for (int i = 0; i < TURNS; i++) {
    ptrdiff_t n = pktsock_recv(wrong_descriptor ? -1 : fd, frame, sizeof(frame), PKTSOCK_MSG_DONTWAIT);
    if (i % 16 == 0)
      port_sleep(100);
    int error = errno;
    CHECK(n == -1 && error == (wrong_descriptor ? EBADF : EAGAIN));
  }
  CHECK(pktsock_close(fd) == 0);
}

static void test_errno(void) {
  static char wrong;
  struct port_task *tasks[TASKS];
  for (unsigned i = 0; i < TASKS; i++)
    tasks[i] = port_task_start(fail_often, i % 2 == 0 ? NULL : &wrong, 1);
  for (unsigned i = 0; i < TASKS; i++)
    port_task_join(tasks[i]);
}

/* Four tasks of different priorities wait, each for its own type, while an interrupt brings frames in turn. */
static atomic_uint taken[TASKS];

static void take_all(void *argument) {
  uintptr_t index = (uintptr_t)argument;
  int fd = open_socket((uint16_t)(TYPE + index));
  uint8_t frame[FRAME_BYTES];
  taken[index] = 0;
  for (unsigned i = 0; i < TURNS; i++) {
    CHECK(pktsock_recv(fd, frame, sizeof(frame), 0) == FRAME_BYTES && frame[14] == (uint8_t)(i + 1));
    taken[index] = i + 1;
  }
  CHECK(pktsock_close(fd) == 0);
}

static void test_turns(void) {
  struct port_task *tasks[TASKS];
  for (uintptr_t i = 0; i < TASKS; i++)
    tasks[i] = port_task_start(take_all, (void *)i, 1 + (unsigned)i);
  port_sleep(SHORT_US);
  for (unsigned turn = 1; turn <= TURNS; turn++) {
    for (unsigned i = 0; i < TASKS; i++)
      interrupt_with((uint16_t)(TYPE + i), (uint8_t)turn);
    for (unsigned i = 0; i < TASKS; i++)
      while (taken[i] < turn)
        port_sleep(100);
  }
  for (unsigned i = 0; i < TASKS; i++)
    port_task_join(tasks[i]);
}

static void test(const char *name, void (*run)(void)) {
  unsigned before = failures;
  run();
  printf("%s %s\n", failures == before ? "ok" : "FAILED", name);
}

int port_tests(void) {
  if (pkt_os_init() == -ENOMEM) { /* some systems have no memory at first */
    CHECK(pktsock_start_board() == -1 && errno == ENOMEM);
    CHECK(pkt_os_init() == 0);
  }
  test("a task knows itself", test_self);
  test("one task at a time holds the lock", test_lock);
  test("the clock runs, and never backwards", test_clock);
  test("a wait ends at its deadline and by a wake-up", test_wait);
  pktsock_stop(); /* some boards have started it */
  CHECK(pktsock_start_board() == 0);
  test("an interrupt wakes a waiting task", test_receive);
  test("a wait has a time-out", test_timeout);
  test("a task wakes a waiting task", test_tap);
  test("close() ends a waiting call, and its number is used again", test_close);
  test("a stop ends waiting calls", test_stop);
  test("tasks open, send, receive and close", test_many);
  test("each task has its errno", test_errno);
  test("each of four waiting tasks gets its frames", test_turns);
  pktsock_stop();
  printf("%u failures\n", failures);
  return (int)failures;
}
