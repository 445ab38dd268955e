/* The stand-in for FreeRTOS on one Cortex-M3: FreeRTOS.h says what it is. The program's own stack is the idle task's. Where
 * FreeRTOS asserts (configASSERT), it prints the line and ends. */
#include "FreeRTOS.h"
#include "board.h"
#include "semphr.h"
#include "task.h"

#include <picotls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYST_CSR REGISTER(0xe000e010)
#define SYST_RVR REGISTER(0xe000e014)
#define SYST_CVR REGISTER(0xe000e018)
#define NVIC_IPR(irq) (((volatile uint8_t *)0xe000e400)[irq])
#define ICSR REGISTER(0xe000ed04)
#define ICSR_PENDSVSET (1u << 28)
#define VTOR REGISTER(0xe000ed08)
#define SHPR3 REGISTER(0xe000ed20) /* priorities of PendSV and SysTick */
#define LOWEST 0xffu

#define MUST(condition) ((condition) ? (void)0 : fail(__LINE__))

static void fail(int line) {
  printf("FAIL kernel.c line %d\n", line);
  board_exit(1);
}

static struct stand_in_task idle = {.next = &idle};
struct stand_in_task *stand_in_current = &idle;
static bool running;
static volatile TickType_t ticks_now;
static unsigned depth; /* of critical sections, of the running task */

/* ---- Masks ------------------------------------------------------------------------------------------------------------ */

static uint32_t exception_number(void) {
  uint32_t number;
  __asm__ volatile("mrs %0, ipsr" : "=r"(number));
  return number;
}

BaseType_t xPortIsInsideInterrupt(void) { return exception_number() != 0; }

void vPortSetBASEPRI(UBaseType_t state) { __asm__ volatile("msr basepri, %0" ::"r"(state) : "memory"); }

UBaseType_t ulPortRaiseBASEPRI(void) {
  UBaseType_t state;
  __asm__ volatile("mrs %0, basepri" : "=r"(state)::"memory");
  __asm__ volatile("msr basepri, %0\n\tisb" ::"r"(configMAX_SYSCALL_INTERRUPT_PRIORITY) : "memory");
  return state;
}

void vPortEnterCritical(void) {
  MUST(!xPortIsInsideInterrupt());
  ulPortRaiseBASEPRI();
  depth++;
}

void vPortExitCritical(void) {
  MUST(depth > 0);
  if (--depth == 0)
    vPortSetBASEPRI(0);
}

/* ---- Switching tasks ---------------------------------------------------------------------------------------------------- */

void stand_in_yield(void) {
  ICSR = ICSR_PENDSVSET;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* The most urgent ready task, and of several the next after the present one. */
__attribute__((used)) static void choose_task(void) {
  UBaseType_t state = ulPortRaiseBASEPRI();
  struct stand_in_task *best = NULL, *at = stand_in_current;
  do {
    at = at->next;
    if (at->state == READY && (best == NULL || at->priority > best->priority))
      best = at;
  } while (at != stand_in_current);
  stand_in_current = best;
  _set_tls(best->thread_local_data);
  vPortSetBASEPRI(state);
}

__attribute__((naked)) static void switch_tasks(void) {
  __asm__ volatile("mrs r0, psp\n\t"
                   "stmdb r0!, {r4-r11}\n\t"
                   "ldr r1, =stand_in_current\n\t"
                   "ldr r2, [r1]\n\t"
                   "str r0, [r2]\n\t"
                   "push {r1, lr}\n\t"
                   "bl choose_task\n\t"
                   "pop {r1, lr}\n\t"
                   "ldr r2, [r1]\n\t"
                   "ldr r0, [r2]\n\t"
                   "ldmia r0!, {r4-r11}\n\t"
                   "msr psp, r0\n\t"
                   "bx lr");
}

static void tick(void) {
  UBaseType_t state = ulPortRaiseBASEPRI();
  ticks_now++;
  for (struct stand_in_task *at = idle.next; at != &idle; at = at->next) {
    if (at->state != READY && at->state != ENDED && at->has_deadline && at->deadline == ticks_now)
      at->state = READY;
  }
  vPortSetBASEPRI(state);
  stand_in_yield(); /* the end of a time slice */
}

/* In a critical section: sleep until another makes the task ready. */
static void block(int state, TickType_t ticks) {
  MUST(depth == 1 && stand_in_current != &idle);
  stand_in_current->has_deadline = ticks != portMAX_DELAY;
  stand_in_current->deadline = ticks_now + ticks;
  stand_in_current->state = state;
  stand_in_yield(); /* at the end of the section */
  vPortExitCritical();
  vPortEnterCritical();
}

static void make_ready(struct stand_in_task *task) {
  task->state = READY;
  if (running)
    stand_in_yield();
}

/* ---- Tasks ------------------------------------------------------------------------------------------------------------ */

TaskHandle_t xTaskCreateStatic(void (*run)(void *argument), const char *name, uint32_t words, void *argument,
                               UBaseType_t priority, StackType_t *stack, StaticTask_t *memory) {
  (void)name;
  *memory = (struct stand_in_task){.priority = (unsigned)priority, .base = (unsigned)priority};
  memory->thread_local_data = malloc(_tls_size());
  MUST(memory->thread_local_data != NULL);
  _init_tls(memory->thread_local_data);
  /* As after an interrupt: r4 to r11; r0 to r3, r12, lr, pc, xPSR. */
  uint32_t *sp = stack + (words & ~1u) - 16;
  memset(sp, 0, 64);
  sp[8] = (uint32_t)argument;
  sp[14] = (uint32_t)run & ~1u;
  sp[15] = 1u << 24;
  memory->sp = sp;
  vPortEnterCritical();
  memory->next = idle.next;
  idle.next = memory;
  make_ready(memory);
  vPortExitCritical();
  return memory;
}

void vTaskDelete(TaskHandle_t task) {
  MUST(task == NULL);
  vPortEnterCritical();
  block(ENDED, portMAX_DELAY);
}

void vTaskDelay(TickType_t ticks) {
  vPortEnterCritical();
  if (ticks > 0)
    block(SLEEPS, ticks);
  vPortExitCritical();
}

TaskHandle_t xTaskGetCurrentTaskHandle(void) { return stand_in_current; }

TickType_t xTaskGetTickCountFromISR(void) { return ticks_now; }

/* The vectors of PendSV and SysTick are the family's: a copy of the table has the kernel's. */
void vTaskStartScheduler(void) {
  static _Alignas(512) uintptr_t vectors[16 + 64];
  const volatile uintptr_t *table = (const volatile uintptr_t *)(uintptr_t)VTOR;
  for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
    vectors[i] = table[i];
  vectors[14] = (uintptr_t)switch_tasks;
  vectors[15] = (uintptr_t)tick;
  VTOR = (uint32_t)vectors;
  SHPR3 = LOWEST << 24 | LOWEST << 16;
  SYST_RVR = configCPU_CLOCK_HZ / configTICK_RATE_HZ - 1;
  SYST_CVR = 0;
  SYST_CSR = 7;
  idle.thread_local_data = malloc(_tls_size());
  _init_tls(idle.thread_local_data);
  running = true;
  stand_in_yield();
  for (;;)
    __asm__ volatile("wfi");
}

/* ---- Notifications -------------------------------------------------------------------------------------------------------- */

uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear, TickType_t ticks) {
  struct stand_in_task *self = stand_in_current;
  MUST(index < configTASK_NOTIFICATION_ARRAY_ENTRIES && !xPortIsInsideInterrupt() && depth == 0);
  vPortEnterCritical();
  if (self->values[index] == 0 && ticks > 0) {
    self->index = index;
    block(WAITS_FOR_NOTIFICATION, ticks);
  }
  uint32_t value = self->values[index];
  if (value > 0)
    self->values[index] = clear ? 0 : value - 1;
  vPortExitCritical();
  return value;
}

static void notify(TaskHandle_t task, UBaseType_t index) {
  MUST(task != NULL && index < configTASK_NOTIFICATION_ARRAY_ENTRIES);
  task->values[index]++;
  if (task->state == WAITS_FOR_NOTIFICATION && task->index == index)
    make_ready(task);
}

BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index) {
  vPortEnterCritical();
  notify(task, index);
  vPortExitCritical();
  return pdTRUE;
}

void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *switch_now) {
  uint32_t number = exception_number();
  MUST(number >= 16 && NVIC_IPR(number - 16) >= configMAX_SYSCALL_INTERRUPT_PRIORITY);
  UBaseType_t state = ulPortRaiseBASEPRI();
  notify(task, index);
  *switch_now = pdTRUE;
  vPortSetBASEPRI(state);
}

/* ---- Mutexes ---------------------------------------------------------------------------------------------------------- */

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory) {
  memory->holder = NULL;
  return memory;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks) {
  struct stand_in_task *self = stand_in_current;
  MUST(ticks == portMAX_DELAY && !xPortIsInsideInterrupt() && depth == 0);
  vPortEnterCritical();
  while (semaphore->holder != NULL) {
    MUST(semaphore->holder != self);
    if (semaphore->holder->priority < self->priority)
      semaphore->holder->priority = self->priority;
    self->semaphore = semaphore;
    block(WAITS_FOR_SEMAPHORE, ticks);
  }
  semaphore->holder = self;
  vPortExitCritical();
  return pdTRUE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore) {
  struct stand_in_task *self = stand_in_current;
  vPortEnterCritical();
  MUST(semaphore->holder == self);
  semaphore->holder = NULL;
  self->priority = self->base;
  for (struct stand_in_task *at = idle.next; at != &idle; at = at->next)
    if (at->state == WAITS_FOR_SEMAPHORE && at->semaphore == semaphore)
      make_ready(at);
  vPortExitCritical();
  return pdTRUE;
}
