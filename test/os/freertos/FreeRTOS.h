/* FreeRTOS's calls that boards/os/freertos.c uses, as FreeRTOS V11 has them with two cores: a stand-in, not FreeRTOS
 * (../linux/system.h). */
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
#define configNUMBER_OF_CORES 2
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x60

#define PKTSOCK_OWN_CLOCK
#define PKTSOCK_OWN_INTERRUPTS

#endif
