/* os.h on CMSIS-RTOS2 2.1 or newer, on one core: Keil RTX5, or the layer of another kernel (FreeRTOS's in CubeMX projects, ...).
 *
 * Each thread has flags of its own; flag PKTSOCK_THREAD_FLAG is the component's. The mutex comes from the kernel's memory: if
 * there is none, pktsock_start() fails with ENOMEM. errno per thread is the C library's: newlib's reentrancy with a FreeRTOS
 * layer (configUSE_NEWLIB_REENTRANT), Arm's library with RTX5 (the pack's retargeting: OS_THREAD_LIBSPACE_NUM counts the threads
 * that use it).
 *
 * Call pktsock_start() in a thread: before osKernelInitialize() there is no mutex, and before osKernelStart() no clock.
 *
 * Set the priority of the MAC's interrupt before pktsock_start() (NVIC_SetPriority()): below a FreeRTOS layer it is one at which
 * FreeRTOS may be called. CMSIS-RTOS2 masks no interrupts; this file does on a Cortex-M. Elsewhere, and for a clock or files of
 * your own, rtos.h has macros. */
#include <cmsis_os2.h>

#include "clock.h"
#include "rtos.h"

#ifndef PKTSOCK_THREAD_FLAG
#define PKTSOCK_THREAD_FLAG (1u << 30)
#endif

static osMutexId_t lock;

/* The task of pkt_os_watch(); guarded by masked interrupts. */
static osThreadId_t watcher;

int pkt_os_init(void) {
  static const osMutexAttr_t attributes = {.name = "pktsock", .attr_bits = osMutexPrioInherit};
  if (lock == NULL)
    lock = osMutexNew(&attributes);
  return lock != NULL ? 0 : -ENOMEM;
}

void pkt_os_lock(void) {
  if (lock != NULL)
    osMutexAcquire(lock, osWaitForever);
}

void pkt_os_unlock(void) {
  if (lock != NULL)
    osMutexRelease(lock);
}

struct pkt_os_task *pkt_os_self(void) {
  return (struct pkt_os_task *)osThreadGetId();
}

void pkt_os_wait(uint64_t deadline) {
  osThreadFlagsWait(PKTSOCK_THREAD_FLAG, osFlagsWaitAny, ticks_until(deadline, osKernelGetTickFreq(), osWaitForever));
}

void pkt_os_wake_task(struct pkt_os_task *task) { osThreadFlagsSet((osThreadId_t)task, PKTSOCK_THREAD_FLAG); }

void pkt_os_watch(struct pkt_os_task *task) {
  uint32_t state = pkt_os_irq_save();
  watcher = (osThreadId_t)task;
  pkt_os_irq_restore(state);
}

/* Handlers may set flags, and a thread with masked interrupts is like one. */
void pkt_os_wake(void) {
  uint32_t state = pkt_os_irq_save();
  if (watcher != NULL)
    osThreadFlagsSet(watcher, PKTSOCK_THREAD_FLAG);
  pkt_os_irq_restore(state);
}

#ifndef PKTSOCK_OWN_CLOCK

uint64_t pkt_os_now(void) {
  uint32_t state = pkt_os_irq_save();
  uint64_t now = us_by_counter(widened(osKernelGetTickCount()), osKernelGetTickFreq(), osKernelGetSysTimerCount(),
                               osKernelGetSysTimerFreq());
  pkt_os_irq_restore(state);
  return now;
}

#endif
