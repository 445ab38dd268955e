/* esp_eth.h says what this is. */
#ifndef STAND_IN_ESP_EVENT_H
#define STAND_IN_ESP_EVENT_H

#include "esp_eth.h"

typedef const char *esp_event_base_t;
#define ETH_EVENT "ETH_EVENT"
#define ESP_EVENT_ANY_ID (-1)
typedef void (*esp_event_handler_t)(void *argument, esp_event_base_t base, int32_t event, void *data);

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t event, esp_event_handler_t handler, void *argument);
esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t event, esp_event_handler_t handler);

#endif
