/* FreeRTOS's calls that boards/os/freertos.c uses, on POSIX threads: a stand-in, not FreeRTOS. A task is a thread; a thread that
 * is no task stands for an interrupt handler. Priorities have no effect. A critical section is one lock for all. */
#ifndef STAND_IN_FREERTOS_H
#define STAND_IN_FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef long BaseType_t;
typedef unsigned long UBaseType_t;

#define pdFALSE 0
#define pdTRUE 1
#define portMAX_DELAY UINT32_MAX
#define configTICK_RATE_HZ 1000
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 2
#define configNUMBER_OF_CORES 1

#define PKTSOCK_OWN_CLOCK
#define PKTSOCK_OWN_INTERRUPTS

#endif
