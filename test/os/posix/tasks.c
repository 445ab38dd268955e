/* port.h on POSIX threads; interrupts are calls from a thread of their own. */
#include "../port.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

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

void port_sleep(uint32_t us) {
  struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
  nanosleep(&time, NULL);
}

static void *run_handler(void *argument) {
  (*(void (**)(void))argument)();
  return NULL;
}

void port_interrupt(void (*handler)(void)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_handler, &handler) != 0)
    abort();
  pthread_join(thread, NULL);
}

int main(void) { return port_tests() != 0; }
