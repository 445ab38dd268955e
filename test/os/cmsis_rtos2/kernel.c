/* The stand-in for CMSIS-RTOS2. Its system timer has wrapped when the test begins, and the count of ticks wraps during it. As with
 * RTX5, calls with masked interrupts are those of a handler: threads' calls then fail. */
#include "cmsis_os2.h"
#include "system.h"

#include <pktsock/os.h>

enum { TICK_HZ = 1000, TIMER_MHZ = 168 };

static uint64_t kernel_us(void) { return uptime_us(((uint64_t)UINT32_MAX - 2 * TICK_HZ) * (1000000 / TICK_HZ)); }

uint32_t osKernelGetTickCount(void) { return (uint32_t)(kernel_us() / (1000000 / TICK_HZ)); }

uint32_t osKernelGetTickFreq(void) { return TICK_HZ; }

uint32_t osKernelGetSysTimerCount(void) { return (uint32_t)(kernel_us() * TIMER_MHZ); }

uint32_t osKernelGetSysTimerFreq(void) { return TIMER_MHZ * 1000000; }

osThreadId_t osThreadGetId(void) { return task_self(); }

uint32_t osThreadFlagsSet(osThreadId_t thread, uint32_t flags) {
  MUST(thread != NULL && (flags & 1u << 31) == 0);
  event_set(&((struct task *)thread)->events[0], flags);
  return flags;
}

uint32_t osThreadFlagsWait(uint32_t flags, uint32_t options, uint32_t timeout) {
  MUST(options == osFlagsWaitAny && (flags & 1u << 31) == 0);
  if (!may_sleep())
    return osFlagsErrorISR;
  uint64_t us = timeout == osWaitForever ? UINT64_MAX : (uint64_t)timeout * (1000000 / TICK_HZ);
  uint32_t taken = event_take(&task_self()->events[0], flags, us);
  return taken != 0 ? taken : osFlagsErrorTimeout;
}

/* The kernel has no memory for the first two times. */
osMutexId_t osMutexNew(const osMutexAttr_t *attributes) {
  static unsigned tries;
  static struct lock lock;
  MUST(may_sleep() && attributes->attr_bits == osMutexPrioInherit && attributes->cb_mem == NULL);
  if (tries++ < 2)
    return NULL;
  lock_init(&lock);
  return &lock;
}

osStatus_t osMutexAcquire(osMutexId_t mutex, uint32_t timeout) {
  MUST(timeout == osWaitForever && mutex != NULL);
  lock_take(mutex);
  return osOK;
}

osStatus_t osMutexRelease(osMutexId_t mutex) {
  lock_give(mutex);
  return osOK;
}

/* ---- What the port leaves to the integrator --------------------------------------------------------------------------- */

uint32_t pkt_os_irq_save(void) {
  mask();
  return 0;
}

void pkt_os_irq_restore(uint32_t state) {
  (void)state;
  unmask();
}
