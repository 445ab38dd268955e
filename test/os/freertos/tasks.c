/* What the stand-ins for FreeRTOS and for ESP-IDF's share: notifications and mutexes. */
#include "FreeRTOS.h"
#include "semphr.h"
#include "task.h"

TaskHandle_t xTaskGetCurrentTaskHandle(void) {
  MUST(task_self() != NULL);
  return task_self();
}

static void give(TaskHandle_t task, UBaseType_t index) {
  MUST(task != NULL && index < configTASK_NOTIFICATION_ARRAY_ENTRIES);
  event_set(&task->events[index], 1);
}

BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index) {
  MUST(task_self() != NULL);
  give(task, index);
  return pdTRUE;
}

void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *switch_now) {
  MUST(task_self() == NULL);
  give(task, index);
  *switch_now = pdTRUE;
}

uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear, TickType_t ticks) {
  MUST(may_sleep() && clear == pdTRUE);
  uint64_t us = ticks == portMAX_DELAY ? UINT64_MAX : (uint64_t)ticks * (1000000 / configTICK_RATE_HZ);
  return event_take(&task_self()->events[index], 1, us);
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory) {
  lock_init(memory);
  return memory;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks) {
  MUST(ticks == portMAX_DELAY);
  lock_take(semaphore);
  return pdTRUE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore) {
  lock_give(semaphore);
  return pdTRUE;
}
