/* What an application calls of FreeRTOS beside what boards/os/freertos.c does: a stand-in (../os/linux/system.h). */
#ifndef STAND_IN_APPLICATION_H
#define STAND_IN_APPLICATION_H

#include "../os/freertos/task.h"

typedef void (*TaskFunction_t)(void *argument);

#define pdPASS pdTRUE
#define tskIDLE_PRIORITY ((UBaseType_t)0)

BaseType_t xTaskCreate(TaskFunction_t run, const char *name, uint32_t stack_words, void *argument, UBaseType_t priority,
                       TaskHandle_t *created);
/* Of the calling task, NULL, only. */
void vTaskDelete(TaskHandle_t task);
void vTaskStartScheduler(void);

#endif
