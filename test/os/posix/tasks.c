/* port.h on POSIX threads. */
#include "../port.h"

#include <pthread.h>
#include <stdlib.h>

struct port_task {
  pthread_t thread;
  void (*run)(void *argument);
  void *argument;
};

static void *run_task(void *argument) {
  struct port_task *task = argument;
  task->run(task->argument);
  return NULL;
}

struct port_task *port_task_start(void (*run)(void *argument), void *argument, unsigned priority) {
  (void)priority; /* a process without privileges has none */
  struct port_task *task = malloc(sizeof(*task));
  *task = (struct port_task){.run = run, .argument = argument};
  if (pthread_create(&task->thread, NULL, run_task, task) != 0)
    abort();
  return task;
}

void port_task_join(struct port_task *task) {
  pthread_join(task->thread, NULL);
  free(task);
}

int main(void) { return port_tests() != 0; }
