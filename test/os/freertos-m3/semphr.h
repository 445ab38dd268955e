/* FreeRTOS.h says what this is. */
#ifndef STAND_IN_SEMPHR_H
#define STAND_IN_SEMPHR_H

#include "task.h"

typedef struct stand_in_semaphore {
  TaskHandle_t holder;
} StaticSemaphore_t, *SemaphoreHandle_t;

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory);
BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore);

#endif
