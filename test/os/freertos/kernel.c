/* The stand-in for FreeRTOS V11 with several cores, beside tasks.c. Critical sections are spin locks: a task takes the lock of
 * tasks and then that of interrupt handlers, and a handler only the second. */
#include "FreeRTOS.h"
#include "semphr.h"
#include "task.h"

#include <pktsock/os.h>

static pthread_mutex_t task_lock = PTHREAD_MUTEX_INITIALIZER;

BaseType_t xPortIsInsideInterrupt(void) { return task_self() == NULL; }

void vTaskEnterCritical(void) {
  MUST(task_self() != NULL);
  if (masked() == 0)
    pthread_mutex_lock(&task_lock);
  mask();
}

void vTaskExitCritical(void) {
  MUST(task_self() != NULL);
  unmask();
  if (masked() == 0)
    pthread_mutex_unlock(&task_lock);
}

UBaseType_t vTaskEnterCriticalFromISR(void) {
  MUST(task_self() == NULL);
  mask();
  return 0;
}

void vTaskExitCriticalFromISR(UBaseType_t state) {
  MUST(task_self() == NULL && state == 0);
  unmask();
}

/* ---- What the port leaves to the integrator --------------------------------------------------------------------------- */

uint64_t pkt_os_now(void) { return system_us(); }

void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  uint64_t now = pkt_os_now();
  *sec = (uint32_t)(now / 1000000);
  *nsec = (uint32_t)(now % 1000000) * 1000;
}
