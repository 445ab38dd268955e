/* config.h says what this is. */
#ifndef STAND_IN_NUTTX_SEMAPHORE_H
#define STAND_IN_NUTTX_SEMAPHORE_H

#include "system.h"
#include <time.h>

typedef struct event sem_t;
#define SEM_PRIO_NONE 0

int nxsem_init(sem_t *sem, int shared, unsigned value);
int nxsem_set_protocol(sem_t *sem, int protocol);
int nxsem_wait(sem_t *sem);
int nxsem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until);
int nxsem_post(sem_t *sem);

#endif
