/* The calls of Zephyr that boards/os/zephyr.c uses: a stand-in, not Zephyr (../../linux/system.h). */
#ifndef STAND_IN_ZEPHYR_KERNEL_H
#define STAND_IN_ZEPHYR_KERNEL_H

#include "system.h"

#define CONFIG_THREAD_LOCAL_STORAGE 1
#define CONFIG_SYS_CLOCK_TICKS_PER_SEC 10000

typedef struct {
  uint64_t us;
} k_timeout_t;
#define K_FOREVER ((k_timeout_t){UINT64_MAX})
#define K_USEC(us_) ((k_timeout_t){us_})

struct k_sem {
  struct event event;
};
struct k_mutex {
  struct lock lock;
};
struct k_spinlock {
  struct task *holder;
};
typedef struct {
  int key;
} k_spinlock_key_t;

int k_sem_init(struct k_sem *sem, unsigned initial, unsigned limit);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);
int k_mutex_init(struct k_mutex *mutex);
int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex *mutex);
bool k_is_in_isr(void);
void k_sched_lock(void);
void k_sched_unlock(void);
int64_t k_uptime_ticks(void);
uint32_t k_cycle_get_32(void);
int sys_clock_hw_cycles_per_sec(void);
k_spinlock_key_t k_spin_lock(struct k_spinlock *lock);
void k_spin_unlock(struct k_spinlock *lock, k_spinlock_key_t key);

unsigned irq_lock(void);
void irq_unlock(unsigned key);
void irq_enable(unsigned irq);
void irq_disable(unsigned irq);

#endif
