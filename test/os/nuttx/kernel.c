/* The stand-in for NuttX. Ticks are as long as NuttX's by default, its counter wraps during the test, and signals end some waits. */
#include <nuttx/config.h>

#include "system.h"
#include <errno.h>
#include <nuttx/arch.h>
#include <nuttx/irq.h>
#include <nuttx/mutex.h>
#include <nuttx/semaphore.h>

enum { TICK_US = 10000, COUNTS_PER_US = 100 };

int nxmutex_lock(mutex_t *mutex) {
  lock_take(mutex);
  return 0;
}

int nxmutex_unlock(mutex_t *mutex) {
  lock_give(mutex);
  return 0;
}

int nxsem_init(sem_t *sem, int shared, unsigned value) {
  MUST(shared == 0 && value == 0);
  event_init(sem);
  return 0;
}

int nxsem_set_protocol(sem_t *sem, int protocol) {
  MUST(sem != NULL && protocol == SEM_PRIO_NONE);
  return 0;
}

static bool is_signalled(void) {
  static __thread unsigned waits;
  return ++waits % 5 == 0;
}

int nxsem_wait(sem_t *sem) {
  if (is_signalled())
    return -EINTR;
  return event_take(sem, 1, UINT64_MAX) != 0 ? 0 : -EINTR;
}

/* NuttX's clock, between ticks. */
static uint64_t us_of_ticks(void) { return system_us() / TICK_US * TICK_US; }

int nxsem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until) {
  MUST(clock == CLOCK_MONOTONIC && until->tv_nsec < 1000000000);
  if (is_signalled())
    return -EINTR;
  uint64_t end = (uint64_t)until->tv_sec * 1000000 + (uint64_t)until->tv_nsec / 1000, now = us_of_ticks();
  return event_take(sem, 1, end > now ? end - now : 0) != 0 ? 0 : -ETIMEDOUT;
}

int nxsem_post(sem_t *sem) {
  mask();
  MUST(sem->value == 0); /* it would count to two */
  event_set(sem, 1);
  unmask();
  return 0;
}

irqstate_t enter_critical_section(void) {
  mask();
  return 0;
}

void leave_critical_section(irqstate_t state) {
  (void)state;
  unmask();
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  MUST(clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME);
  uint64_t us = clock == CLOCK_MONOTONIC ? us_of_ticks() : system_us();
  *time = (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
  return 0;
}

clock_t up_perf_gettime(void) {
  return (clock_t)(uptime_us(((1ull << 32) - 50000000) / COUNTS_PER_US) * COUNTS_PER_US);
}

unsigned long up_perf_getfreq(void) { return COUNTS_PER_US * 1000000; }

/* The test's MAC has no interrupt of a controller. */
void up_enable_irq(int irq) { MUST(irq == 0); }

void up_disable_irq(int irq) { MUST(irq == 0); }
