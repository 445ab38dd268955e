/* os.h on FreeRTOS 10.4 or newer, on one core or several.
 *
 * FreeRTOSConfig.h: configSUPPORT_STATIC_ALLOCATION, configUSE_MUTEXES and configUSE_TASK_NOTIFICATIONS 1,
 * configTASK_NOTIFICATION_ARRAY_ENTRIES 2 or more (notification PKTSOCK_NOTIFICATION is the component's), and errno per task
 * (os.h).
 *
 * What FreeRTOS does not have, this file has for Cortex-M: a clock from the tick and SysTick, and the NVIC. Elsewhere define
 * PKTSOCK_OWN_CLOCK or PKTSOCK_OWN_INTERRUPTS, and write pkt_os_now() and pkt_os_time(), or pkt_os_irq_enable() and
 * pkt_os_irq_disable(). With PKTSOCK_OWN_FILES you write pkt_os_read(), pkt_os_write(), pkt_os_close(), pkt_os_fcntl() and
 * pkt_os_ioctl(); otherwise there are no descriptors but those of packet sockets. */
#include <pktsock/os.h>

#include <FreeRTOS.h>
#include <errno.h>
#include <semphr.h>
#include <task.h>

#ifndef PKTSOCK_NOTIFICATION
#define PKTSOCK_NOTIFICATION 1
#endif
#if configTASK_NOTIFICATION_ARRAY_ENTRIES <= PKTSOCK_NOTIFICATION
#error "FreeRTOSConfig.h: configTASK_NOTIFICATION_ARRAY_ENTRIES must be greater than PKTSOCK_NOTIFICATION"
#endif
#if configNUMBER_OF_CORES > 1 && !(defined(PKTSOCK_OWN_CLOCK) && defined(PKTSOCK_OWN_INTERRUPTS))
#error                                                                                                                 \
    "Several cores: define PKTSOCK_OWN_CLOCK and PKTSOCK_OWN_INTERRUPTS; masked interrupts do not keep the other core out"
#endif

static StaticSemaphore_t lock_memory;
static SemaphoreHandle_t lock;

/* The task of pkt_os_watch(); guarded by critical sections. */
static TaskHandle_t watcher;

void pkt_os_init(void) {
  if (lock == NULL)
    lock = xSemaphoreCreateMutexStatic(&lock_memory);
}

void pkt_os_lock(void) {
  if (lock != NULL)
    xSemaphoreTake(lock, portMAX_DELAY);
}

void pkt_os_unlock(void) {
  if (lock != NULL)
    xSemaphoreGive(lock);
}

struct pkt_os_task *pkt_os_self(void) {
  return (struct pkt_os_task *)xTaskGetCurrentTaskHandle();
}

/* Rounded up, and one more because the present tick has begun already. A wait that is too long for FreeRTOS ends early. */
static TickType_t ticks_until(uint64_t deadline) {
  if (deadline == UINT64_MAX)
    return portMAX_DELAY;
  uint64_t now = pkt_os_now();
  if (deadline <= now)
    return 0;
  uint64_t us = deadline - now, limit = portMAX_DELAY / 2;
  if (us / 1000000 >= limit / configTICK_RATE_HZ)
    return (TickType_t)limit;
  return (TickType_t)((us * configTICK_RATE_HZ + 999999) / 1000000 + 1);
}

void pkt_os_wait(uint64_t deadline) { ulTaskNotifyTakeIndexed(PKTSOCK_NOTIFICATION, pdTRUE, ticks_until(deadline)); }

void pkt_os_wake_task(struct pkt_os_task *task) { xTaskNotifyGiveIndexed((TaskHandle_t)task, PKTSOCK_NOTIFICATION); }

void pkt_os_watch(struct pkt_os_task *task) {
  taskENTER_CRITICAL();
  watcher = (TaskHandle_t)task;
  taskEXIT_CRITICAL();
}

void pkt_os_wake(void) {
  if (xPortIsInsideInterrupt()) {
    BaseType_t switch_now = pdFALSE;
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    if (watcher != NULL)
      vTaskNotifyGiveIndexedFromISR(watcher, PKTSOCK_NOTIFICATION, &switch_now);
    taskEXIT_CRITICAL_FROM_ISR(state);
    portYIELD_FROM_ISR(switch_now);
  } else {
    taskENTER_CRITICAL();
    if (watcher != NULL)
      xTaskNotifyGiveIndexed(watcher, PKTSOCK_NOTIFICATION); /* a switch of tasks waits for the end of the section */
    taskEXIT_CRITICAL();
  }
}

/* ---- Clock -------------------------------------------------------------------------------------------------------- */

#ifndef PKTSOCK_OWN_CLOCK

#if configUSE_16_BIT_TICKS || 1000000 % configTICK_RATE_HZ
#error "The clock needs ticks of 32 bits and of whole microseconds: or define PKTSOCK_OWN_CLOCK"
#endif
#define SYSTICK ((volatile uint32_t *)0xe000e010) /* control, reload value, current value */
#define ICSR (*(volatile uint32_t *)0xe000ed04)
#define ICSR_PENDSTSET (1u << 26)

/* FreeRTOS counts ticks in 32 bits, and not while interrupts are masked. One that is due shows as a pending interrupt. */
uint64_t pkt_os_now(void) {
  static uint32_t last_tick, wraps;
  static uint64_t latest;
  uint32_t masked = pkt_os_irq_save();
  uint32_t cycles = SYSTICK[2], tick = (uint32_t)xTaskGetTickCountFromISR();
  if (ICSR & ICSR_PENDSTSET) {
    cycles = SYSTICK[2];
    tick++;
  }
  wraps += tick < last_tick && last_tick - tick > UINT32_MAX / 2;
  last_tick = tick;
  uint64_t now = ((uint64_t)wraps << 32 | tick) * (1000000 / configTICK_RATE_HZ);
  now += (SYSTICK[1] - cycles) / (configCPU_CLOCK_HZ / 1000000);
  /* The counter may start anew a moment before the interrupt is pending. */
  if (now < latest)
    now = latest;
  latest = now;
  pkt_os_irq_restore(masked);
  return now;
}

void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  uint64_t now = pkt_os_now();
  *sec = (uint32_t)(now / 1000000);
  *nsec = (uint32_t)(now % 1000000) * 1000;
}

#endif

/* ---- Interrupts --------------------------------------------------------------------------------------------------- */

#ifndef PKTSOCK_OWN_INTERRUPTS

/* PRIMASK: tasks and handlers may use it, and calls may nest. */
uint32_t pkt_os_irq_save(void) {
  uint32_t state;
  __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
  return state;
}

void pkt_os_irq_restore(uint32_t state) { __asm__ volatile("msr primask, %0" ::"r"(state) : "memory"); }

/* Priority 0, the NVIC's reset value, is above configMAX_SYSCALL_INTERRUPT_PRIORITY, where no call of FreeRTOS is allowed. */
void pkt_os_irq_enable(unsigned irq) {
  ((volatile uint8_t *)0xe000e400)[irq] = configMAX_SYSCALL_INTERRUPT_PRIORITY;
  ((volatile uint32_t *)0xe000e100)[irq / 32] = 1u << irq % 32;
}

void pkt_os_irq_disable(unsigned irq) {
  ((volatile uint32_t *)0xe000e180)[irq / 32] = 1u << irq % 32;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif

/* ---- Descriptors that are not packet sockets ---------------------------------------------------------------------- */

#ifndef PKTSOCK_OWN_FILES

static int no_descriptor(void) {
  errno = EBADF;
  return -1;
}

ptrdiff_t pkt_os_read(int fd, void *buffer, size_t len) {
  (void)fd, (void)buffer, (void)len;
  return no_descriptor();
}

ptrdiff_t pkt_os_write(int fd, const void *buffer, size_t len) {
  (void)fd, (void)buffer, (void)len;
  return no_descriptor();
}

int pkt_os_close(int fd) {
  (void)fd;
  return no_descriptor();
}

int pkt_os_fcntl(int fd, int command, long argument) {
  (void)fd, (void)command, (void)argument;
  return no_descriptor();
}

int pkt_os_ioctl(int fd, unsigned long request, void *argument) {
  (void)fd, (void)request, (void)argument;
  return no_descriptor();
}

#endif
