/* The stand-in for ESP-IDF's FreeRTOS, beside ../freertos/tasks.c. A spin lock is taken as often as it is released, by one core. */
#include "esp_timer.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

BaseType_t xPortInIsrContext(void) { return task_self() == NULL; }

void vPortEnterCritical(portMUX_TYPE *mux, BaseType_t in_handler) {
  MUST(in_handler == xPortInIsrContext());
  mask();
  mux->depth++;
}

void vPortExitCritical(portMUX_TYPE *mux, BaseType_t in_handler) {
  MUST(in_handler == xPortInIsrContext() && mux->depth > 0);
  mux->depth--;
  unmask();
}

int64_t esp_timer_get_time(void) { return (int64_t)system_us(); }
