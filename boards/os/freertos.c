/* os.h on FreeRTOS 10.4 or newer, on one core or several, and on ESP-IDF's FreeRTOS.
 *
 * FreeRTOSConfig.h: configSUPPORT_STATIC_ALLOCATION, configUSE_MUTEXES and configUSE_TASK_NOTIFICATIONS 1,
 * configTASK_NOTIFICATION_ARRAY_ENTRIES 2 or more (notification PKTSOCK_NOTIFICATION is the component's), and errno per task
 * (os.h). ESP-IDF has errno per task; menuconfig calls the entries FREERTOS_TASK_NOTIFICATION_ARRAY_ENTRIES.
 *
 * What FreeRTOS does not have, this file has for one Cortex-M: a clock from the tick and SysTick, and the NVIC. Elsewhere define
 * PKTSOCK_OWN_CLOCK or PKTSOCK_OWN_INTERRUPTS, or PKTSOCK_OWN_FILES (rtos.h). On ESP-IDF the clock is esp_timer's, and
 * pkt_os_irq_enable() and pkt_os_irq_disable() are yours if a driver of boards/mac has an interrupt handler. */
#ifdef ESP_PLATFORM

#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/semphr.h>
#include <freertos/task.h>

#define PKTSOCK_OWN_INTERRUPTS
static portMUX_TYPE sections = portMUX_INITIALIZER_UNLOCKED;
#define ENTER_CRITICAL() taskENTER_CRITICAL(&sections)
#define EXIT_CRITICAL() taskEXIT_CRITICAL(&sections)
#define ENTER_CRITICAL_FROM_ISR() (taskENTER_CRITICAL_ISR(&sections), 0u)
#define EXIT_CRITICAL_FROM_ISR(state) ((void)(state), taskEXIT_CRITICAL_ISR(&sections))
#define IS_INSIDE_INTERRUPT() xPortInIsrContext()

#else

#include <FreeRTOS.h>
#include <semphr.h>
#include <task.h>

#if configNUMBER_OF_CORES > 1 && !(defined(PKTSOCK_OWN_CLOCK) && defined(PKTSOCK_OWN_INTERRUPTS))
#error                                                                                                                 \
    "Several cores: define PKTSOCK_OWN_CLOCK and PKTSOCK_OWN_INTERRUPTS; masked interrupts do not keep the other core out"
#endif
/* With several cores FreeRTOS itself takes its spin locks here: a handler on one core keeps tasks on the other out. */
#define ENTER_CRITICAL() taskENTER_CRITICAL()
#define EXIT_CRITICAL() taskEXIT_CRITICAL()
#define ENTER_CRITICAL_FROM_ISR() taskENTER_CRITICAL_FROM_ISR()
#define EXIT_CRITICAL_FROM_ISR(state) taskEXIT_CRITICAL_FROM_ISR(state)
#define IS_INSIDE_INTERRUPT() xPortIsInsideInterrupt()
/* Priority 0, the NVIC's reset value, is above configMAX_SYSCALL_INTERRUPT_PRIORITY, where no call of FreeRTOS is allowed. */
#define PKTSOCK_INTERRUPT_PRIORITY configMAX_SYSCALL_INTERRUPT_PRIORITY

#endif

#include "clock.h"
#include "rtos.h"

#ifndef PKTSOCK_NOTIFICATION
#define PKTSOCK_NOTIFICATION 1
#endif
#if configTASK_NOTIFICATION_ARRAY_ENTRIES <= PKTSOCK_NOTIFICATION
#error "FreeRTOSConfig.h: configTASK_NOTIFICATION_ARRAY_ENTRIES must be greater than PKTSOCK_NOTIFICATION"
#endif

static StaticSemaphore_t lock_memory;
static SemaphoreHandle_t lock;

/* The task of pkt_os_watch(); guarded by critical sections. */
static TaskHandle_t watcher;

int pkt_os_init(void) {
  if (lock == NULL)
    lock = xSemaphoreCreateMutexStatic(&lock_memory);
  return 0;
}

void pkt_os_lock(void) {
  if (lock != NULL)
    xSemaphoreTake(lock, portMAX_DELAY);
}

void pkt_os_unlock(void) {
  if (lock != NULL)
    xSemaphoreGive(lock);
}

struct pkt_os_task *pkt_os_self(void) {
  return (struct pkt_os_task *)xTaskGetCurrentTaskHandle();
}

void pkt_os_wait(uint64_t deadline) {
  TickType_t ticks = (TickType_t)ticks_until(deadline, configTICK_RATE_HZ, portMAX_DELAY);
  ulTaskNotifyTakeIndexed(PKTSOCK_NOTIFICATION, pdTRUE, ticks);
}

void pkt_os_wake_task(struct pkt_os_task *task) { xTaskNotifyGiveIndexed((TaskHandle_t)task, PKTSOCK_NOTIFICATION); }

void pkt_os_watch(struct pkt_os_task *task) {
  ENTER_CRITICAL();
  watcher = (TaskHandle_t)task;
  EXIT_CRITICAL();
}

void pkt_os_wake(void) {
  if (IS_INSIDE_INTERRUPT()) {
    BaseType_t switch_now = pdFALSE;
    UBaseType_t state = ENTER_CRITICAL_FROM_ISR();
    if (watcher != NULL)
      vTaskNotifyGiveIndexedFromISR(watcher, PKTSOCK_NOTIFICATION, &switch_now);
    EXIT_CRITICAL_FROM_ISR(state);
    portYIELD_FROM_ISR(switch_now);
  } else {
    ENTER_CRITICAL();
    if (watcher != NULL)
      xTaskNotifyGiveIndexed(watcher, PKTSOCK_NOTIFICATION); /* a switch of tasks waits for the end of the section */
    EXIT_CRITICAL();
  }
}

/* ---- ESP-IDF ------------------------------------------------------------------------------------------------------ */

#ifdef ESP_PLATFORM

#ifndef PKTSOCK_OWN_CLOCK
uint64_t pkt_os_now(void) { return (uint64_t)esp_timer_get_time(); }
#endif

/* The spin lock counts how often its core has taken it. */
uint32_t pkt_os_irq_save(void) {
  portENTER_CRITICAL_SAFE(&sections);
  return 0;
}

void pkt_os_irq_restore(uint32_t state) {
  (void)state;
  portEXIT_CRITICAL_SAFE(&sections);
}

/* ---- A clock for Cortex-M ------------------------------------------------------------------------------------------ */

#elif !defined(PKTSOCK_OWN_CLOCK)

#if configUSE_16_BIT_TICKS || 1000000 % configTICK_RATE_HZ
#error "The clock needs ticks of 32 bits and of whole microseconds: or define PKTSOCK_OWN_CLOCK"
#endif

static uint32_t count_ticks(void) { return (uint32_t)xTaskGetTickCountFromISR(); }

uint64_t pkt_os_now(void) {
  uint32_t state = pkt_os_irq_save();
  uint64_t now = us_by_systick(count_ticks, 1000000 / configTICK_RATE_HZ, configCPU_CLOCK_HZ / 1000000);
  pkt_os_irq_restore(state);
  return now;
}

#endif
