/* system.h, and port.h on it. */
#include "system.h"
#include "../port.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t interrupts = PTHREAD_MUTEX_INITIALIZER;
static __thread struct task *self;
static __thread unsigned depth;

void stand_in_fail(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: %s\n", file, line, condition);
  abort();
}

struct task *task_self(void) {
  return self;
}

void mask(void) {
  if (depth++ == 0)
    pthread_mutex_lock(&interrupts);
}

void unmask(void) {
  MUST(depth > 0);
  if (--depth == 0)
    pthread_mutex_unlock(&interrupts);
}

unsigned masked(void) { return depth; }

bool may_sleep(void) { return self != NULL && depth == 0; }

uint64_t system_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t uptime_us(uint64_t begin) {
  static uint64_t start;
  mask();
  if (start == 0)
    start = system_us();
  uint64_t passed = system_us() - start;
  unmask();
  return begin + passed;
}

void event_init(struct event *event) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&event->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  event->value = 0;
}

uint32_t event_take(struct event *event, uint32_t bits, uint64_t us) {
  MUST(us == 0 || may_sleep());
  uint64_t end = us == UINT64_MAX ? UINT64_MAX : system_us() + us;
  struct timespec until = {.tv_sec = (time_t)(end / 1000000), .tv_nsec = (long)(end % 1000000) * 1000};
  mask();
  int result = 0;
  while ((event->value & bits) == 0 && result == 0 && us != 0)
    result = end == UINT64_MAX ? pthread_cond_wait(&event->changed, &interrupts)
                               : pthread_cond_timedwait(&event->changed, &interrupts, &until);
  uint32_t taken = event->value & bits;
  event->value &= ~bits;
  unmask();
  return taken;
}

void event_set(struct event *event, uint32_t bits) {
  mask();
  event->value |= bits;
  pthread_cond_signal(&event->changed);
  unmask();
}

void lock_init(struct lock *lock) {
  pthread_mutex_init(&lock->mutex, NULL);
  lock->holder = NULL;
}

void lock_take(struct lock *lock) {
  MUST(may_sleep());
  pthread_mutex_lock(&lock->mutex);
  MUST(lock->holder == NULL);
  lock->holder = self;
}

void lock_give(struct lock *lock) {
  MUST(self != NULL && lock->holder == self);
  lock->holder = NULL;
  pthread_mutex_unlock(&lock->mutex);
}

/* ---- port.h ----------------------------------------------------------------------------------------------------------- */

static void *run_task(void *argument) {
  self = argument;
  self->run(self->argument);
  return NULL;
}

/* The memory of a task that has ended is that of the next one, as in most firmware. */
enum { MAX_TASKS = 16 };
static struct task tasks[MAX_TASKS];

struct port_task *port_task_start(void (*run)(void *argument), void *argument, unsigned priority) {
  (void)priority; /* a process without privileges has none */
  struct task *task = tasks;
  mask();
  while (task < tasks + MAX_TASKS && task->run != NULL)
    task++;
  MUST(task < tasks + MAX_TASKS);
  task->run = run;
  unmask();
  task->argument = argument;
  for (unsigned i = 0; i < sizeof(task->events) / sizeof(task->events[0]); i++)
    event_init(&task->events[i]);
  MUST(pthread_create(&task->thread, NULL, run_task, task) == 0);
  return (struct port_task *)task;
}

void port_task_join(struct port_task *task) {
  struct task *ended = (struct task *)task;
  pthread_join(ended->thread, NULL);
  mask();
  ended->run = NULL;
  unmask();
}
