/* os.h on Zephyr 3.4 or newer, on one core or several, for threads in supervisor mode.
 *
 * prj.conf: CONFIG_THREAD_LOCAL_STORAGE=y (each thread has a semaphore there). errno per thread is Zephyr's own (CONFIG_ERRNO).
 * CONFIG_OBJ_CORE_SEM must be off: its list would keep the semaphores of threads that have ended.
 *
 * A driver's interrupt is connected with IRQ_CONNECT(), at any priority below zero-latency interrupts: those may not call the
 * kernel. PKTSOCK_OWN_FILES: see rtos.h. */
#include <zephyr/irq.h>
#include <zephyr/kernel.h>
#include <zephyr/spinlock.h>

#include "clock.h"
#define PKTSOCK_OWN_INTERRUPTS
#include "rtos.h"

#ifndef CONFIG_THREAD_LOCAL_STORAGE
#error "prj.conf: CONFIG_THREAD_LOCAL_STORAGE=y is needed"
#endif
#ifdef CONFIG_OBJ_CORE_SEM
#error "prj.conf: CONFIG_OBJ_CORE_SEM=n is needed"
#endif

struct pkt_os_task {
  struct k_sem wakeup;
  bool made;
};
static __thread struct pkt_os_task self;
static struct k_mutex lock;
static bool made;

/* The task of pkt_os_watch(), guarded by the spin lock. */
static struct pkt_os_task *watcher;
static struct k_spinlock watching;

int pkt_os_init(void) {
  if (!made)
    k_mutex_init(&lock);
  made = true;
  return 0;
}

void pkt_os_lock(void) {
  if (made)
    k_mutex_lock(&lock, K_FOREVER);
}

void pkt_os_unlock(void) {
  if (made)
    k_mutex_unlock(&lock);
}

struct pkt_os_task *pkt_os_self(void) {
  if (!self.made)
    k_sem_init(&self.wakeup, 0, 1);
  self.made = true;
  return &self;
}

/* A wait of more than an hour ends early: not every time-out has 64 bits. */
void pkt_os_wait(uint64_t deadline) {
  const uint64_t hour = 3600000000;
  uint64_t now = pkt_os_now(), us = deadline > now ? deadline - now : 0;
  k_timeout_t timeout = deadline == UINT64_MAX ? K_FOREVER : K_USEC(us < hour ? us : hour);
  k_sem_take(&pkt_os_self()->wakeup, timeout);
}

void pkt_os_wake_task(struct pkt_os_task *task) { k_sem_give(&task->wakeup); }

void pkt_os_watch(struct pkt_os_task *task) {
  k_spinlock_key_t key = k_spin_lock(&watching);
  watcher = task;
  k_spin_unlock(&watching, key);
}

/* The kernel does not switch threads under a spin lock, nor when it is released: a thread's call does at the end of the scheduler's
 * lock. */
void pkt_os_wake(void) {
  bool in_thread = !k_is_in_isr();
  if (in_thread)
    k_sched_lock();
  k_spinlock_key_t key = k_spin_lock(&watching);
  if (watcher != NULL)
    k_sem_give(&watcher->wakeup);
  k_spin_unlock(&watching, key);
  if (in_thread)
    k_sched_unlock();
}

/* With several cores irq_lock() is a lock of all of them. */
uint32_t pkt_os_irq_save(void) { return irq_lock(); }

void pkt_os_irq_restore(uint32_t state) { irq_unlock(state); }

void pkt_os_irq_enable(unsigned irq) { irq_enable(irq); }

void pkt_os_irq_disable(unsigned irq) { irq_disable(irq); }

#ifndef PKTSOCK_OWN_CLOCK

uint64_t pkt_os_now(void) {
  uint32_t state = irq_lock();
  uint64_t now = us_by_counter((uint64_t)k_uptime_ticks(), CONFIG_SYS_CLOCK_TICKS_PER_SEC, k_cycle_get_32(),
                               sys_clock_hw_cycles_per_sec());
  irq_unlock(state);
  return now;
}

#endif
