/* The calls of CMSIS-RTOS2 that boards/os/cmsis_rtos2.c uses: a stand-in, not CMSIS-RTOS2 (../linux/system.h). */
#ifndef STAND_IN_CMSIS_OS2_H
#define STAND_IN_CMSIS_OS2_H

#include <stddef.h>
#include <stdint.h>

#define osWaitForever 0xFFFFFFFFU
#define osFlagsWaitAny 0x00000000U
#define osFlagsErrorTimeout 0xFFFFFFFEU
#define osFlagsErrorISR 0xFFFFFFFAU
#define osMutexPrioInherit 0x00000002U

typedef enum { osOK = 0, osErrorISR = -6 } osStatus_t;
typedef void *osThreadId_t;
typedef void *osMutexId_t;
typedef struct {
  const char *name;
  uint32_t attr_bits;
  void *cb_mem;
  uint32_t cb_size;
} osMutexAttr_t;

uint32_t osKernelGetTickCount(void);
uint32_t osKernelGetTickFreq(void);
uint32_t osKernelGetSysTimerCount(void);
uint32_t osKernelGetSysTimerFreq(void);
osThreadId_t osThreadGetId(void);
uint32_t osThreadFlagsSet(osThreadId_t thread, uint32_t flags);
uint32_t osThreadFlagsWait(uint32_t flags, uint32_t options, uint32_t timeout);
osMutexId_t osMutexNew(const osMutexAttr_t *attributes);
osStatus_t osMutexAcquire(osMutexId_t mutex, uint32_t timeout);
osStatus_t osMutexRelease(osMutexId_t mutex);

#define PKTSOCK_OWN_INTERRUPTS

#endif
