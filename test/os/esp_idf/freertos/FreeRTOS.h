/* The calls of ESP-IDF's FreeRTOS that boards/os/freertos.c uses: a stand-in, not ESP-IDF (../../linux/system.h). */
#ifndef STAND_IN_ESP_IDF_FREERTOS_H
#define STAND_IN_ESP_IDF_FREERTOS_H

#include "../../freertos/FreeRTOS.h"

#undef PKTSOCK_OWN_CLOCK
#undef PKTSOCK_OWN_INTERRUPTS

#endif
