/* Shows what tasks that wait for frames of their own cost a task that echoes; test/wake.test.ts counts it. A digit from the
 * console is the number of waiting tasks, 0 to 4; their sockets are open in any case. A frame of LAST bytes ends it.
 *
 * The tasks take turns as under FreeRTOS at equal priorities: a wake-up makes a task ready, and it runs when the one before
 * it waits. They replace the only task of boards/os/baremetal.c (--wrap). */
#include "arch.h"
#include "board.h"
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pktsock/os.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/socket.h>

#define LAST 15
#define IDLE 4
#define OTHER_PROTOCOL 0x9000
#define STACK_BYTES 1280 /* the functions of the module that a waiting task needs are compiled before */
#define MARK(name) __asm__ volatile(".global mark_" #name "\nmark_" #name ":" ::: "memory")

struct pkt_os_task {
  volatile bool woken;
  jmp_buf context;
  int fd;
};

/* The first one is main()'s. */
static struct pkt_os_task tasks[1 + IDLE], *volatile watcher;
static struct pkt_os_task *current = tasks;
static uint64_t stacks[IDLE][STACK_BYTES / sizeof(uint64_t)];
static unsigned count = 1;

struct pkt_os_task *__wrap_pkt_os_self(void);
void __wrap_pkt_os_watch(struct pkt_os_task *task);
void __wrap_pkt_os_wait(uint64_t deadline);
void __wrap_pkt_os_wake_task(struct pkt_os_task *task);
void __wrap_pkt_os_wake(void);

struct pkt_os_task *__wrap_pkt_os_self(void) {
  return current;
}

void __wrap_pkt_os_watch(struct pkt_os_task *task) { watcher = task; }

void __wrap_pkt_os_wake_task(struct pkt_os_task *task) { task->woken = true; }

void __wrap_pkt_os_wake(void) {
  if (watcher != NULL)
    watcher->woken = true;
}

/* Returns a task that is ready, preferably the current one; sleeps until there is one. */
static struct pkt_os_task *next_task(void) {
  for (;;) {
    arch_set_alarm(UINT64_MAX);
    uint32_t irq = arch_irq_save();
    for (unsigned i = 0; i < count; i++) {
      struct pkt_os_task *task = &tasks[((unsigned)(current - tasks) + i) % count];
      if (task->woken) {
        arch_irq_restore(irq);
        return task;
      }
    }
    arch_wait_for_interrupt();
    arch_irq_restore(irq);
  }
}

/* No call of this program has a time-out. */
void __wrap_pkt_os_wait(uint64_t deadline) {
  (void)deadline;
  struct pkt_os_task *next = next_task();
  if (next != current && setjmp(current->context) == 0) {
    current = next;
    longjmp(next->context, 1);
  }
  current->woken = false;
}

static int open_socket(uint16_t protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
  uint8_t byte;
  address.sll_ifindex = (int)if_nametoindex("eth0");
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
    printf("idle: no socket\n");
    board_exit(1);
  }
  recv(fd, &byte, 1, MSG_DONTWAIT);
  return fd;
}

/* The waiting tasks' function; they never get a frame. */
static void __attribute__((noreturn, used)) wait_for_ever(void) {
  uint8_t byte;
  recv(current->fd, &byte, 1, 0);
  printf("idle: a task that waits for nothing got something\n");
  board_exit(1);
}

/* Run `task` on its own stack until it waits. */
static void begin(struct pkt_os_task *task, uint64_t *stack_end) {
  if (setjmp(current->context) != 0)
    return;
  current->woken = true; /* it continues when the task waits */
  current = task;
  __asm__ volatile("mov sp, %0\n\tb wait_for_ever" ::"r"(stack_end) : "memory");
}

int main(void) {
  static uint8_t buffer[ETH_FRAME_LEN] __attribute__((aligned(4)));
  int idle, c, fd = open_socket(ETH_P_ALL);
  for (int i = 0; i < IDLE; i++)
    tasks[1 + i].fd = open_socket(OTHER_PROTOCOL);
  printf("idle: how many?\n");
  while ((c = board_console_read()) < 0) {
  }
  idle = c - '0';
  for (int i = 0; i < idle && i < IDLE; i++) {
    count++;
    begin(&tasks[1 + i], stacks[i] + sizeof(stacks[i]) / sizeof(uint64_t));
    current->woken = false;
  }
  printf("idle: ready\n");
  for (;;) {
    ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
    MARK(received);
    if (n == LAST)
      return 0;
    MARK(send);
    n = send(fd, buffer, (size_t)n, 0);
    MARK(sent);
    if (n < 0) {
      printf("idle: send\n");
      return 1;
    }
  }
}
