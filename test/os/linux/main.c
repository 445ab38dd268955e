/* port.h on system.h, and the tests in a task of the system. */
#include "../port.h"
#include "system.h"

#include <time.h>

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
  MUST(pthread_create(&thread, NULL, run_handler, &handler) == 0);
  pthread_join(thread, NULL);
}

static void run_tests(void *argument) { *(int *)argument = port_tests(); }

int main(void) {
  int failed = 1;
  port_task_join(port_task_start(run_tests, &failed, 2));
  return failed != 0;
}
