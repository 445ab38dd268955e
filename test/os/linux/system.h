/* What the stand-ins for real systems share (test/os/NAME): threads, an interrupt mask, locks and events of POSIX threads. Tasks
 * run at the same time, as on several cores, and priorities have no effect. A thread that is no task stands for an interrupt
 * handler. Where a real system would assert or go wrong, must() aborts. */
#ifndef STAND_IN_SYSTEM_H
#define STAND_IN_SYSTEM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define MUST(condition) ((condition) ? (void)0 : stand_in_fail(__FILE__, __LINE__, #condition))
_Noreturn void stand_in_fail(const char *file, int line, const char *condition);

/* Events and masks are guarded by the one interrupt mask. */
struct event {
  pthread_cond_t changed;
  uint32_t value;
};

struct task {
  pthread_t thread;
  void (*run)(void *argument);
  void *argument;
  struct event events[2]; /* of the system, such as thread flags */
};

/* The calling task; NULL in an interrupt handler. */
struct task *task_self(void);

/* Keep interrupts and other tasks out. Calls nest; masked() returns how deep. */
void mask(void);
void unmask(void);
unsigned masked(void);

/* A task may sleep: it is no interrupt handler, and has not masked interrupts. */
bool may_sleep(void);

/* For ever: UINT64_MAX. */
void event_init(struct event *event);
/* Wait until one of `bits` of the value is set, for at most so many microseconds; clear and return those that are. In a task
 * that may sleep, or with 0 microseconds. */
uint32_t event_take(struct event *event, uint32_t bits, uint64_t us);
void event_set(struct event *event, uint32_t bits);

/* A lock of tasks, which is not recursive. */
struct lock {
  pthread_mutex_t mutex;
  struct task *holder;
};
void lock_init(struct lock *lock);
void lock_take(struct lock *lock);
void lock_give(struct lock *lock);

/* Microseconds of the monotonic clock, and those since the first call of all, which was at `begin`. */
uint64_t system_us(void);
uint64_t uptime_us(uint64_t begin);

#endif
