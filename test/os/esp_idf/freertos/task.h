/* FreeRTOS.h says what this is. */
#ifndef STAND_IN_ESP_IDF_TASK_H
#define STAND_IN_ESP_IDF_TASK_H

#include "../../freertos/task.h"
#include "FreeRTOS.h"

typedef struct {
  unsigned depth;
} portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED                                                                                   \
  { 0 }

BaseType_t xPortInIsrContext(void);
void vPortEnterCritical(portMUX_TYPE *mux, BaseType_t in_handler);
void vPortExitCritical(portMUX_TYPE *mux, BaseType_t in_handler);

#undef taskENTER_CRITICAL
#undef taskEXIT_CRITICAL
#define taskENTER_CRITICAL(mux) vPortEnterCritical(mux, pdFALSE)
#define taskEXIT_CRITICAL(mux) vPortExitCritical(mux, pdFALSE)
#define taskENTER_CRITICAL_ISR(mux) vPortEnterCritical(mux, pdTRUE)
#define taskEXIT_CRITICAL_ISR(mux) vPortExitCritical(mux, pdTRUE)
#define portENTER_CRITICAL_SAFE(mux) vPortEnterCritical(mux, xPortInIsrContext())
#define portEXIT_CRITICAL_SAFE(mux) vPortExitCritical(mux, xPortInIsrContext())

#endif
