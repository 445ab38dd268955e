/* Tests which tasks are woken (boards/pktsock/wait.c): several tasks wait in the component, interrupts and other tasks make
 * their sockets ready, and each task's wake-ups and entries into the engine are counted. Ends with 0 if all is well. */
#define _GNU_SOURCE /* pthread_timedjoin_np() */
#include "wake.h"
#include "../../boards/pktsock/component.h"
#include "board.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 10
#define ECHOES 300
#define TAPS 3
#define TAPPED 500
/* So many sockets that one call into the module takes 7 frames, and the backlog needs three. */
#define BACKLOG_SOCKETS 8
#define BACKLOG 15
#define TYPE_STRANGE 0x90b5 /* of frames for nobody; the low byte is that of TYPE */
/* Frames that the slowest tap may be behind: fewer than a queue holds, and than there are for sending. */
#define WINDOW 4
/* Much more than a wake-up takes, even under a sanitizer on a busy machine; the bug had 369 to 554 ms. */
#define LATENCY_US 50000

unsigned failures;
const uint8_t frame[FRAME_BYTES] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, TYPE >> 8, TYPE & 0xff};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* guards the tasks' counts and the variables below */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static __thread struct task *self;
static unsigned tapped[TAPS];
static uint64_t longest_us, sent_at[TAPPED];

/* ---- Watching the tasks ----------------------------------------------------------------------------------------------- */

void __wrap_pkt_os_wait(uint64_t deadline);
void __real_pkt_os_wait(uint64_t deadline);
int32_t __wrap_pkt_engine_call(struct pkt_engine *, const struct pkt_export *, uint32_t, uint32_t, uint32_t, uint32_t);
int32_t __real_pkt_engine_call(struct pkt_engine *, const struct pkt_export *, uint32_t, uint32_t, uint32_t, uint32_t);

static void note(bool asleep) {
  if (self == NULL)
    return;
  pthread_mutex_lock(&gate);
  self->asleep = asleep;
  self->wakes += !asleep;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&gate);
}

void __wrap_pkt_os_wait(uint64_t deadline) {
  note(true);
  __real_pkt_os_wait(deadline);
  note(false);
}

int32_t __wrap_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d) {
  if (self != NULL) {
    pthread_mutex_lock(&gate);
    self->entries++;
    pthread_mutex_unlock(&gate);
  }
  return __real_pkt_engine_call(engine, export, a, b, c, d);
}

static struct timespec limit(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += LIMIT_S;
  return time;
}

/* With the gate held. */
static void wait_for_change(const char *what) {
  struct timespec until = limit();
  if (pthread_cond_timedwait(&changed, &gate, &until) == 0)
    return;
  printf("%s: for %d seconds nothing happened\n", what, LIMIT_S);
  fflush(stdout);
  _exit(1);
}

static void *run_task(void *argument) {
  self = argument;
  self->run(self);
  return NULL;
}

void task_settle(struct task *task) {
  pthread_mutex_lock(&gate);
  while (!task->asleep)
    wait_for_change("going to sleep");
  pthread_mutex_unlock(&gate);
}

void task_count_anew(struct task *task) {
  pthread_mutex_lock(&gate);
  task->wakes = task->entries = 0;
  pthread_mutex_unlock(&gate);
}

void task_start(struct task *task, void (*run)(struct task *), int fd) {
  *task = (struct task){.run = run, .fd = fd};
  if (pthread_create(&task->thread, NULL, run_task, task) != 0)
    abort();
  task_settle(task);
  task_count_anew(task);
}

bool task_end(struct task *task) {
  struct timespec until = limit();
  return pthread_timedjoin_np(task->thread, NULL, &until) == 0;
}

int open_socket(int protocol) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol), .sll_ifindex = (int)if_nametoindex("eth0")};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    abort();
  return fd;
}

/* ---- The tests -------------------------------------------------------------------------------------------------------- */

static void receive_once(struct task *task) {
  uint8_t buffer[FRAME_BYTES];
  task->result = recv(task->fd, buffer, sizeof(buffer), 0);
  task->error = errno;
}

static void echo(struct task *task) {
  uint8_t buffer[FRAME_BYTES];
  while (recv(task->fd, buffer, sizeof(buffer), 0) > 0 && send(task->fd, buffer, sizeof(buffer), 0) > 0)
    ;
}

/* One socket is busy; the tasks on four others stay asleep: no wake-up, no entry into the engine. */
static void test_idle(void) {
  struct task idle[4], busy;
  pktsock_start_board();
  for (int i = 0; i < 4; i++)
    task_start(&idle[i], receive_once, open_socket(TYPE_OTHER + i));
  task_start(&busy, echo, open_socket(TYPE));
  unsigned wakes = 0, entries = 0;
  for (int i = 0; i < ECHOES; i++) {
    task_settle(&busy);
    task_count_anew(&busy);
    nic_arrive(frame, sizeof(frame));
    pthread_mutex_lock(&gate);
    while (busy.wakes == 0 || !busy.asleep)
      wait_for_change("an echo");
    wakes += busy.wakes, entries += busy.entries;
    pthread_mutex_unlock(&gate);
  }
  printf("busy: %d frames, %u wake-ups, %u entries into the engine\n", ECHOES, wakes, entries);
  CHECK(wakes <= ECHOES + ECHOES / 50, "%u wake-ups", wakes);
  CHECK(entries <= 4 * ECHOES, "%u entries", entries);
  for (int i = 0; i < 4; i++)
    CHECK(idle[i].wakes == 0 && idle[i].entries == 0, "idle %d: %u, %u", i, idle[i].wakes, idle[i].entries);
  pktsock_stop();
  CHECK(task_end(&busy), "the busy task sleeps on");
  for (int i = 0; i < 4; i++)
    CHECK(task_end(&idle[i]) && idle[i].result == -1 && idle[i].error == EBADF, "errno %d", idle[i].error);
}

/* The task that began to wait last watches for frames, also those of other tasks. It stays, leaves, or is cancelled, which does
 * not end its call. In each case the first task gets its frame. */
static void test_watcher(void) {
  enum { STAYS, CLOSED, TIMED_OUT, CANCELLED, WAYS };
  struct task first, watcher;
  for (int way = 0; way < WAYS; way++) {
    pktsock_start_board();
    int fd = open_socket(TYPE), other = open_socket(TYPE_OTHER);
    struct timeval short_time = {.tv_usec = 30000};
    if (way == TIMED_OUT)
      setsockopt(other, SOL_SOCKET, SO_RCVTIMEO, &short_time, sizeof(short_time));
    task_start(&first, receive_once, fd);
    task_start(&watcher, receive_once, other);
    if (way == CLOSED)
      close(other);
    if (way == CANCELLED)
      pthread_cancel(watcher.thread);
    bool leaves = way == CLOSED || way == TIMED_OUT;
    if (leaves)
      CHECK(task_end(&watcher) && watcher.error == (way == CLOSED ? EBADF : EAGAIN), "errno %d", watcher.error);
    nic_arrive(frame, sizeof(frame));
    CHECK(task_end(&first) && first.result == FRAME_BYTES, "way %d: result %ld", way, first.result);
    pktsock_stop();
    if (!leaves)
      CHECK(task_end(&watcher) && watcher.error == EBADF, "errno %d", watcher.error);
  }
}

static uint64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void tap(struct task *task) {
  uint8_t buffer[FRAME_BYTES];
  unsigned *count = &tapped[task->result];
  while (recv(task->fd, buffer, sizeof(buffer), 0) > 0) {
    pthread_mutex_lock(&gate);
    uint64_t us = now_us() - sent_at[(*count)++];
    if (us > longest_us)
      longest_us = us;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&gate);
  }
}

static unsigned slowest(void) {
  unsigned least = tapped[0];
  for (int i = 1; i < TAPS; i++)
    least = tapped[i] < least ? tapped[i] : least;
  return least;
}

/* Three tasks tap what one sends; each gets all of it at once. */
static void test_taps(void) {
  struct task taps[TAPS];
  pktsock_start_board();
  int sender = open_socket(0);
  for (int i = 0; i < TAPS; i++) {
    taps[i] = (struct task){.run = tap, .fd = open_socket(ETH_P_ALL), .result = i};
    if (pthread_create(&taps[i].thread, NULL, run_task, &taps[i]) != 0)
      abort();
    task_settle(&taps[i]);
  }
  for (unsigned i = 0; i < TAPPED; i++) {
    pthread_mutex_lock(&gate);
    while (i - slowest() >= WINDOW)
      wait_for_change("a tap");
    sent_at[i] = now_us();
    pthread_mutex_unlock(&gate);
    if (send(sender, frame, sizeof(frame), 0) != FRAME_BYTES)
      abort();
  }
  pthread_mutex_lock(&gate);
  while (slowest() < TAPPED)
    wait_for_change("the last frames");
  pthread_mutex_unlock(&gate);
  printf("taps: %d frames to each of %d, the slowest within %llu us\n", TAPPED, TAPS, (unsigned long long)longest_us);
  CHECK(longest_us < LATENCY_US, "%llu us", (unsigned long long)longest_us);
  pktsock_stop();
  for (int i = 0; i < TAPS; i++)
    CHECK(task_end(&taps[i]), "a tap sleeps on");
}

static void poll_once(struct task *task) {
  struct pollfd fds = {.fd = task->fd, .events = POLLIN};
  task->result = poll(&fds, 1, -1) == 1 ? FRAME_BYTES : -1;
}

/* More frames than one call into the module takes have come before the call; only the last one is for its socket, and no
 * interrupt follows. Calls that wait do not sleep while frames are left, and those that do not wait see all of them. */
static void test_backlog(void) {
  enum { RECV, POLL, RECV_NOW, POLL_NOW, FIONREAD_NOW, CALLS };
  for (int call = 0; call < CALLS; call++) {
    pktsock_start_board();
    int fd = open_socket(TYPE), length = 0;
    for (int i = 1; i < BACKLOG_SOCKETS; i++)
      open_socket(TYPE_OTHER);
    uint8_t strange[FRAME_BYTES], buffer[FRAME_BYTES];
    memcpy(strange, frame, sizeof(strange));
    strange[2 * ETH_ALEN] = TYPE_STRANGE >> 8;
    for (int i = 1; i < BACKLOG; i++)
      nic_arrive(strange, sizeof(strange));
    nic_arrive(frame, sizeof(frame));
    struct task task = {.run = call == RECV ? receive_once : poll_once, .fd = fd};
    struct pollfd fds = {.fd = fd, .events = POLLIN};
    if (call == RECV || call == POLL) {
      if (pthread_create(&task.thread, NULL, run_task, &task) != 0)
        abort();
      CHECK(task_end(&task), "call %d sleeps on", call);
    }
    if (call == RECV_NOW)
      task.result = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (call == POLL_NOW)
      task.result = poll(&fds, 1, 0) == 1 ? FRAME_BYTES : -1;
    if (call == FIONREAD_NOW)
      task.result = ioctl(fd, FIONREAD, &length) == 0 ? length : -1;
    CHECK(task.result == FRAME_BYTES, "call %d: %ld", call, task.result);
    pktsock_stop();
  }
}

int main(void) {
  pktsock_stop(); /* the boards of this family start before main() */
  test_idle();
  test_watcher();
  test_taps();
  test_backlog();
  test_pairs();
  printf("%u failures\n", failures);
  return failures != 0;
}
