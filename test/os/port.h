/* What the tests of a port (port.c) need of the system beside os.h. Each system has a folder here with these functions. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

/* Tasks of which more urgent ones have a higher number, 1 to 4. */
struct port_task;
struct port_task *port_task_start(void (*run)(void *argument), void *argument, unsigned priority);
/* Wait until the task has ended, and forget it. */
void port_task_join(struct port_task *task);

/* Let other tasks run for at least so many microseconds. */
void port_sleep(uint32_t us);

/* Run `handler` in an interrupt, or where the system has none in what stands for it, and return when it has run. */
void port_interrupt(void (*handler)(void));

/* The tests, in a task of priority 2. Returns the number of failures. */
int port_tests(void);

#endif
