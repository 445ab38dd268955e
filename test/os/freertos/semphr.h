/* FreeRTOS.h says what this is. */
#ifndef STAND_IN_SEMPHR_H
#define STAND_IN_SEMPHR_H

#include "FreeRTOS.h"
#include "system.h"

typedef struct lock StaticSemaphore_t, *SemaphoreHandle_t;

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory);
BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore);

#endif
