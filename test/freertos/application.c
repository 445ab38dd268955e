/* task.h, and what lwIP asks of its operating system and Debian's lwIP does with threads that are no tasks. */
#include "FreeRTOS.h"
#include "task.h"

#include "../os/port.h"
#include "system.h"

#include <lwip/sys.h>
#include <pktsock/os_posix.h>
#include <stdlib.h>
#include <unistd.h>

/* Tasks begin when the scheduler does. */
static pthread_mutex_t scheduler = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t started = PTHREAD_COND_INITIALIZER;
static bool is_started;

struct created {
  TaskFunction_t run;
  void *argument;
};

static void run_when_started(void *argument) {
  struct created task = *(struct created *)argument;
  free(argument);
  pthread_mutex_lock(&scheduler);
  while (!is_started)
    pthread_cond_wait(&started, &scheduler);
  pthread_mutex_unlock(&scheduler);
  task.run(task.argument);
  MUST(!"a task of FreeRTOS must not return");
}

BaseType_t xTaskCreate(TaskFunction_t run, const char *name, uint32_t stack_words, void *argument, UBaseType_t priority,
                       TaskHandle_t *created) {
  struct created *task = malloc(sizeof(*task));
  MUST(task != NULL && name != NULL && stack_words > 0 && created == NULL);
  *task = (struct created){run, argument};
  port_task_start(run_when_started, task, (unsigned)priority);
  return pdPASS;
}

void vTaskDelete(TaskHandle_t task) {
  MUST(task == NULL && may_sleep());
  pthread_exit(NULL);
}

void vTaskStartScheduler(void) {
  pthread_mutex_lock(&scheduler);
  is_started = true;
  pthread_cond_broadcast(&started);
  pthread_mutex_unlock(&scheduler);
  for (;;)
    pause();
}

/* As in lwIP's port for FreeRTOS, its threads are tasks. */
sys_thread_t sys_thread_new(const char *name, lwip_thread_fn run, void *argument, int stack_bytes, int priority) {
  xTaskCreate(run, name, 1 + (uint32_t)stack_bytes / sizeof(uint32_t), argument, (UBaseType_t)priority, NULL);
  return NULL;
}

/* A task of FreeRTOS cannot wait in the driver: the driver's thread, which is no task, stands for its interrupt handler. */
void pkt_os_wait_in(const struct pkt_os_waiting *waiting) { (void)waiting; }
