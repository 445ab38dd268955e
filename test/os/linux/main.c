/* The tests of a port, in a task of the system. */
#include "../port.h"

static void run_tests(void *argument) { *(int *)argument = port_tests(); }

int main(void) {
  int failed = 1;
  port_task_join(port_task_start(run_tests, &failed, 2));
  return failed != 0;
}
