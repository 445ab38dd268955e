/* The calls of ThreadX that boards/os/threadx.c uses: a stand-in, not ThreadX (../linux/system.h). */
#ifndef STAND_IN_TX_API_H
#define STAND_IN_TX_API_H

#include "system.h"

typedef char CHAR;
typedef unsigned UINT;
typedef uint32_t ULONG;
typedef struct task TX_THREAD;
typedef struct lock TX_MUTEX;
typedef struct event TX_SEMAPHORE;

#define TX_SUCCESS 0x00
#define TX_NO_INSTANCE 0x0D
#define TX_CEILING_EXCEEDED 0x21
#define TX_INHERIT 1
#define TX_WAIT_FOREVER 0xFFFFFFFFu
#define TX_TIMER_TICKS_PER_SECOND 1000

UINT tx_mutex_create(TX_MUTEX *mutex, CHAR *name, UINT inherit);
UINT tx_mutex_get(TX_MUTEX *mutex, ULONG wait);
UINT tx_mutex_put(TX_MUTEX *mutex);
UINT tx_semaphore_create(TX_SEMAPHORE *semaphore, CHAR *name, ULONG count);
UINT tx_semaphore_get(TX_SEMAPHORE *semaphore, ULONG wait);
UINT tx_semaphore_ceiling_put(TX_SEMAPHORE *semaphore, ULONG ceiling);
TX_THREAD *tx_thread_identify(void);
UINT tx_thread_sleep(ULONG ticks);

/* Two threads of the test find no place for a semaphore. */
#define PKTSOCK_TASKS 3
#define PKTSOCK_OWN_CLOCK
#define PKTSOCK_OWN_INTERRUPTS

#endif
