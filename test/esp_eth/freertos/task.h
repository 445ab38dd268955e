/* ../esp_eth.h says what this is. */
#ifndef STAND_IN_ESP_ETH_TASK_H
#define STAND_IN_ESP_ETH_TASK_H

#include "../../os/esp_idf/freertos/task.h"

#define pdPASS pdTRUE
#define ulTaskNotifyTake(clear, ticks) ulTaskNotifyTakeIndexed(0, clear, ticks)
#define xTaskNotifyGive(task) xTaskNotifyGiveIndexed(task, 0)

BaseType_t xTaskCreate(void (*run)(void *argument), const char *name, uint32_t stack, void *argument,
                       UBaseType_t priority, TaskHandle_t *task);
void vTaskDelay(TickType_t ticks);

#endif
