/* config.h says what this is. */
#ifndef STAND_IN_NUTTX_MUTEX_H
#define STAND_IN_NUTTX_MUTEX_H

#include "system.h"

typedef struct lock mutex_t;
#define NXMUTEX_INITIALIZER                                                                                            \
  { PTHREAD_MUTEX_INITIALIZER, NULL }

int nxmutex_lock(mutex_t *mutex);
int nxmutex_unlock(mutex_t *mutex);

#endif
