/* FreeRTOS.h says what this is. */
#ifndef STAND_IN_TASK_H
#define STAND_IN_TASK_H

#include "FreeRTOS.h"
#include <stdbool.h>

typedef struct stand_in_task {
  uint32_t *sp; /* first: the switch of tasks stores it */
  struct stand_in_task *next;
  unsigned priority, base; /* with what it has inherited, and its own */
  enum { READY, WAITS_FOR_NOTIFICATION, WAITS_FOR_SEMAPHORE, SLEEPS, ENDED } state;
  bool has_deadline;
  TickType_t deadline;
  UBaseType_t index; /* of the notification that it waits for */
  struct stand_in_semaphore *semaphore;
  uint32_t values[configTASK_NOTIFICATION_ARRAY_ENTRIES];
  void *thread_local_data;
} StaticTask_t, *TaskHandle_t;

TaskHandle_t xTaskCreateStatic(void (*run)(void *argument), const char *name, uint32_t words, void *argument,
                               UBaseType_t priority, StackType_t *stack, StaticTask_t *memory);
void vTaskDelete(TaskHandle_t task);
void vTaskDelay(TickType_t ticks);
void vTaskStartScheduler(void);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TickType_t xTaskGetTickCountFromISR(void);
BaseType_t xPortIsInsideInterrupt(void);
uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index);
void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *switch_now);
void vPortEnterCritical(void);
void vPortExitCritical(void);
UBaseType_t ulPortRaiseBASEPRI(void);
void vPortSetBASEPRI(UBaseType_t state);
void stand_in_yield(void);

#define taskENTER_CRITICAL() vPortEnterCritical()
#define taskEXIT_CRITICAL() vPortExitCritical()
#define taskENTER_CRITICAL_FROM_ISR() ulPortRaiseBASEPRI()
#define taskEXIT_CRITICAL_FROM_ISR(state) vPortSetBASEPRI(state)
#define portYIELD_FROM_ISR(now) ((now) ? stand_in_yield() : (void)0)

#endif
