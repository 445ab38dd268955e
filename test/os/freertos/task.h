/* FreeRTOS.h says what this is. */
#ifndef STAND_IN_TASK_H
#define STAND_IN_TASK_H

#include "FreeRTOS.h"

typedef struct stand_in_task *TaskHandle_t;

TaskHandle_t xTaskGetCurrentTaskHandle(void);
BaseType_t xPortIsInsideInterrupt(void);
uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index);
void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *switch_now);
void stand_in_enter_critical(void);
void stand_in_exit_critical(void);

#define taskENTER_CRITICAL() stand_in_enter_critical()
#define taskEXIT_CRITICAL() stand_in_exit_critical()
#define taskENTER_CRITICAL_FROM_ISR() (stand_in_enter_critical(), 0ul)
#define taskEXIT_CRITICAL_FROM_ISR(state) ((void)(state), stand_in_exit_critical())
#define portYIELD_FROM_ISR(now) ((void)(now))

#endif
