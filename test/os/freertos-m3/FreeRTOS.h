/* The calls of FreeRTOS that boards/os/freertos.c and tasks.c use, as a small kernel for one Cortex-M3 has them (kernel.c): a
 * stand-in, not FreeRTOS. Tasks, priorities, preemption, time slices and interrupts are real. */
#ifndef STAND_IN_FREERTOS_H
#define STAND_IN_FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef uint32_t StackType_t;
typedef long BaseType_t;
typedef unsigned long UBaseType_t;

#define pdFALSE 0
#define pdTRUE 1
#define portMAX_DELAY UINT32_MAX
#ifndef configTICK_RATE_HZ
#define configTICK_RATE_HZ 1000
#endif
#define configCPU_CLOCK_HZ (BOARD_CPU_MHZ * 1000000)
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x60
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 2
#define configNUMBER_OF_CORES 1
#define configUSE_16_BIT_TICKS 0

#endif
