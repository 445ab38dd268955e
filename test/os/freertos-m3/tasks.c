/* port.h on FreeRTOS, or on the stand-in beside it, for one Cortex-M. */
#include "../port.h"
#include "board.h"

#include <FreeRTOS.h>
#include <stdio.h>
#include <task.h>

enum { MAX_TASKS = 64, STACK_WORDS = 768 };

/* The memory of a task is not used again: FreeRTOS may still need it when the task has ended. */
static struct port_task {
  StaticTask_t memory;
  StackType_t stack[STACK_WORDS];
  void (*run)(void *argument);
  void *argument;
  TaskHandle_t starter;
  volatile bool ended;
} tasks[MAX_TASKS];
static unsigned started;

static void run_task(void *argument) {
  struct port_task *task = argument;
  task->run(task->argument);
  task->ended = true;
  xTaskNotifyGiveIndexed(task->starter, 0);
  vTaskDelete(NULL);
}

static struct port_task *start(void (*run)(void *argument), void *argument, unsigned priority, TaskHandle_t starter) {
  if (started == MAX_TASKS) {
    printf("FAIL: more than %d tasks\n", MAX_TASKS);
    board_exit(1);
  }
  struct port_task *task = &tasks[started++];
  task->run = run;
  task->argument = argument;
  task->starter = starter;
  xTaskCreateStatic(run_task, "test", STACK_WORDS, task, priority, task->stack, &task->memory);
  return task;
}

struct port_task *port_task_start(void (*run)(void *argument), void *argument, unsigned priority) {
  return start(run, argument, priority, xTaskGetCurrentTaskHandle());
}

void port_task_join(struct port_task *task) {
  while (!task->ended)
    ulTaskNotifyTakeIndexed(0, pdTRUE, portMAX_DELAY);
}

/* A tick has begun already. */
void port_sleep(uint32_t us) { vTaskDelay(us / (1000000 / configTICK_RATE_HZ) + 2); }

static void run_tests(void *argument) {
  (void)argument;
  board_exit(port_tests() != 0);
}

int main(void) {
  start(run_tests, NULL, 2, NULL);
  vTaskStartScheduler();
  return 1;
}
