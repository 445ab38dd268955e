/* The stand-in for Zephyr. Its cycles wrap during the test. */
#include <zephyr/kernel.h>

#include <errno.h>

enum { CYCLES_PER_US = 120 };

/* A semaphore that a thread gave under a spin lock switches no threads; nor does the end of that lock. */
static __thread bool must_switch;
static __thread unsigned scheduler_locks;

int k_sem_init(struct k_sem *sem, unsigned initial, unsigned limit) {
  MUST(initial == 0 && limit == 1);
  event_init(&sem->event);
  return 0;
}

int k_sem_take(struct k_sem *sem, k_timeout_t timeout) {
  MUST(scheduler_locks == 0);
  return event_take(&sem->event, 1, timeout.us) != 0 ? 0 : -EAGAIN;
}

void k_sem_give(struct k_sem *sem) {
  must_switch = task_self() != NULL && masked() > 0;
  event_set(&sem->event, 1);
}

int k_mutex_init(struct k_mutex *mutex) {
  lock_init(&mutex->lock);
  return 0;
}

int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout) {
  MUST(timeout.us == UINT64_MAX && scheduler_locks == 0);
  lock_take(&mutex->lock);
  return 0;
}

int k_mutex_unlock(struct k_mutex *mutex) {
  lock_give(&mutex->lock);
  return 0;
}

bool k_is_in_isr(void) { return task_self() == NULL; }

void k_sched_lock(void) {
  MUST(task_self() != NULL);
  scheduler_locks++;
}

void k_sched_unlock(void) {
  MUST(scheduler_locks > 0);
  scheduler_locks--;
  must_switch = false;
}

k_spinlock_key_t k_spin_lock(struct k_spinlock *lock) {
  mask();
  MUST(lock->holder == NULL);
  lock->holder = task_self();
  return (k_spinlock_key_t){0};
}

void k_spin_unlock(struct k_spinlock *lock, k_spinlock_key_t key) {
  (void)key;
  MUST(lock->holder == task_self());
  lock->holder = NULL;
  MUST(!must_switch || scheduler_locks > 0);
  unmask();
}

static uint64_t kernel_cycles(void) { return uptime_us(((1ull << 32) - 60000000) / CYCLES_PER_US) * CYCLES_PER_US; }

int64_t k_uptime_ticks(void) {
  return (int64_t)(kernel_cycles() / (CYCLES_PER_US * (1000000 / CONFIG_SYS_CLOCK_TICKS_PER_SEC)));
}

uint32_t k_cycle_get_32(void) { return (uint32_t)kernel_cycles(); }

int sys_clock_hw_cycles_per_sec(void) { return CYCLES_PER_US * 1000000; }

unsigned irq_lock(void) {
  mask();
  return 0;
}

void irq_unlock(unsigned key) {
  (void)key;
  unmask();
}

/* The test's MAC has no interrupt of a controller. */
void irq_enable(unsigned irq) { MUST(irq == 0); }

void irq_disable(unsigned irq) { MUST(irq == 0); }
