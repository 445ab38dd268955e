/* The functions of wake.c for the tests: tasks that make one call and are observed in it. */
#ifndef WAKE_H
#define WAKE_H

#include "../support/test_nic.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TYPE 0x88b5       /* of frames for the waiting tasks */
#define TYPE_OTHER 0x88b6 /* of frames that are never sent */
#define FRAME_BYTES 60

extern unsigned failures;

#define CHECK(condition, ...)                                                                                          \
  ((condition)                                                                                                         \
       ? (void)0                                                                                                       \
       : (void)(failures++, printf("line %d: not %s: ", __LINE__, #condition), printf(__VA_ARGS__), putchar('\n')))

struct task {
  void (*run)(struct task *task);
  int fd;
  long result; /* of its call, */
  int error;   /* and errno */

  /* Since task_count_anew(): how often it woke up, and entered the engine. */
  unsigned wakes, entries;
  bool asleep;
  pthread_t thread;
};

/* Start a task, and wait until it sleeps in its call. */
void task_start(struct task *task, void (*run)(struct task *), int fd);

/* Wait until the task sleeps. */
void task_settle(struct task *task);

void task_count_anew(struct task *task);

/* Wait until the task's call has ended. Returns false if it has not, long after it should have. */
bool task_end(struct task *task);

/* A socket of that protocol on eth0. */
int open_socket(int protocol);

/* A frame of TYPE. */
extern const uint8_t frame[FRAME_BYTES];

/* pairs.c: each cause of a wake-up with each call that waits. */
void test_pairs(void);

#endif
