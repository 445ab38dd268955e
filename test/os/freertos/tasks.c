/* The stand-in for FreeRTOS, and port.h on it. Where FreeRTOS asserts (configASSERT), it aborts. */
#include "../port.h"
#include "FreeRTOS.h"
#include "semphr.h"
#include "task.h"

#include <pktsock/os.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct stand_in_task {
  pthread_t thread;
  void (*run)(void *argument);
  void *argument;
  pthread_cond_t notified;
  uint32_t values[configTASK_NOTIFICATION_ARRAY_ENTRIES];
};

static pthread_mutex_t critical = PTHREAD_MUTEX_INITIALIZER; /* guards `values`, too */
static __thread struct stand_in_task *self;
static __thread unsigned depth; /* of critical sections */

static void must(bool condition) {
  if (!condition)
    abort();
}

/* ---- FreeRTOS ------------------------------------------------------------------------------------------------------- */

TaskHandle_t xTaskGetCurrentTaskHandle(void) {
  must(self != NULL);
  return self;
}

BaseType_t xPortIsInsideInterrupt(void) { return self == NULL; }

void stand_in_enter_critical(void) {
  if (depth++ == 0)
    pthread_mutex_lock(&critical);
}

void stand_in_exit_critical(void) {
  must(depth > 0);
  if (--depth == 0)
    pthread_mutex_unlock(&critical);
}

static void give(TaskHandle_t task, UBaseType_t index) {
  must(task != NULL && index < configTASK_NOTIFICATION_ARRAY_ENTRIES);
  stand_in_enter_critical();
  task->values[index]++;
  pthread_cond_signal(&task->notified);
  stand_in_exit_critical();
}

BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index) {
  must(self != NULL);
  give(task, index);
  return pdTRUE;
}

void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *switch_now) {
  must(self == NULL);
  give(task, index);
  *switch_now = pdTRUE;
}

uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear, TickType_t ticks) {
  must(self != NULL && depth == 0 && clear == pdTRUE);
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  uint64_t nsec = (uint64_t)until.tv_nsec + (uint64_t)ticks * (1000000000 / configTICK_RATE_HZ);
  until.tv_sec += (time_t)(nsec / 1000000000);
  until.tv_nsec = (long)(nsec % 1000000000);
  stand_in_enter_critical();
  int result = 0;
  while (self->values[index] == 0 && result == 0 && ticks != 0)
    result = ticks == portMAX_DELAY ? pthread_cond_wait(&self->notified, &critical)
                                    : pthread_cond_timedwait(&self->notified, &critical, &until);
  uint32_t value = self->values[index];
  self->values[index] = 0;
  stand_in_exit_critical();
  return value;
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory) {
  pthread_mutex_init(&memory->mutex, NULL);
  memory->holder = NULL;
  return memory;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks) {
  must(self != NULL && depth == 0 && ticks == portMAX_DELAY);
  pthread_mutex_lock(&semaphore->mutex);
  must(semaphore->holder == NULL);
  semaphore->holder = self;
  return pdTRUE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore) {
  must(semaphore->holder == self);
  semaphore->holder = NULL;
  pthread_mutex_unlock(&semaphore->mutex);
  return pdTRUE;
}

/* ---- What the port leaves to the integrator --------------------------------------------------------------------------- */

uint64_t pkt_os_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  uint64_t now = pkt_os_now();
  *sec = (uint32_t)(now / 1000000);
  *nsec = (uint32_t)(now % 1000000) * 1000;
}

/* ---- port.h ----------------------------------------------------------------------------------------------------------- */

static void *run_task(void *argument) {
  self = argument;
  self->run(self->argument);
  return NULL;
}

struct port_task *port_task_start(void (*run)(void *argument), void *argument, unsigned priority) {
  (void)priority;
  struct stand_in_task *task = calloc(1, sizeof(*task));
  task->run = run;
  task->argument = argument;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&task->notified, &attributes);
  must(pthread_create(&task->thread, NULL, run_task, task) == 0);
  return (struct port_task *)task;
}

void port_task_join(struct port_task *task) {
  struct stand_in_task *ended = (struct stand_in_task *)task;
  pthread_join(ended->thread, NULL);
  free(ended);
}

static void run_tests(void *argument) { *(int *)argument = port_tests(); }

int main(void) {
  int failed = 1;
  port_task_join(port_task_start(run_tests, &failed, 2));
  return failed != 0;
}
