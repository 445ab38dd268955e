/* The stand-in for ThreadX. */
#include "../port.h"
#include "tx_api.h"

#include <pktsock/os.h>

UINT tx_mutex_create(TX_MUTEX *mutex, CHAR *name, UINT inherit) {
  MUST(may_sleep() && name != NULL && inherit == TX_INHERIT);
  lock_init(mutex);
  return TX_SUCCESS;
}

UINT tx_mutex_get(TX_MUTEX *mutex, ULONG wait) {
  MUST(wait == TX_WAIT_FOREVER);
  lock_take(mutex);
  return TX_SUCCESS;
}

UINT tx_mutex_put(TX_MUTEX *mutex) {
  lock_give(mutex);
  return TX_SUCCESS;
}

/* ThreadX refuses a semaphore that was created before; this one is never created twice. */
UINT tx_semaphore_create(TX_SEMAPHORE *semaphore, CHAR *name, ULONG count) {
  static unsigned created;
  MUST(may_sleep() && name != NULL && count == 0);
  mask();
  MUST(++created <= PKTSOCK_TASKS);
  unmask();
  event_init(semaphore);
  return TX_SUCCESS;
}

UINT tx_semaphore_get(TX_SEMAPHORE *semaphore, ULONG wait) {
  uint64_t us = wait == TX_WAIT_FOREVER ? UINT64_MAX : (uint64_t)wait * (1000000 / TX_TIMER_TICKS_PER_SECOND);
  return event_take(semaphore, 1, us) != 0 ? TX_SUCCESS : TX_NO_INSTANCE;
}

UINT tx_semaphore_ceiling_put(TX_SEMAPHORE *semaphore, ULONG ceiling) {
  MUST(ceiling == 1);
  event_set(semaphore, 1);
  return TX_SUCCESS;
}

/* In an interrupt handler ThreadX returns the interrupted thread: the port must not ask there. */
TX_THREAD *tx_thread_identify(void) {
  MUST(task_self() != NULL);
  return task_self();
}

UINT tx_thread_sleep(ULONG ticks) {
  MUST(may_sleep());
  port_sleep(ticks * (1000000 / TX_TIMER_TICKS_PER_SECOND));
  return TX_SUCCESS;
}

/* ---- What the port leaves to the integrator --------------------------------------------------------------------------- */

uint64_t pkt_os_now(void) { return system_us(); }

void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  uint64_t now = pkt_os_now();
  *sec = (uint32_t)(now / 1000000);
  *nsec = (uint32_t)(now % 1000000) * 1000;
}

uint32_t pkt_os_irq_save(void) {
  mask();
  return 0;
}

void pkt_os_irq_restore(uint32_t state) {
  (void)state;
  unmask();
}
