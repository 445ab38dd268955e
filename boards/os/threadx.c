/* os.h on ThreadX 6, on one core.
 *
 * ThreadX has no memory for each thread that a component could use, so there is a table: the first PKTSOCK_TASKS threads that wait
 * in a call have a semaphore each, for good. A thread that is created anew in the memory of an earlier one uses its semaphore.
 * Further threads work, but look at each tick.
 *
 * Call pktsock_start() in a thread: before tx_kernel_enter() there is no list of mutexes, and before the scheduler no clock.
 *
 * errno per thread is the C library's and the port's: with newlib TX_THREAD_EXTENSION_... fields that hold a struct _reent, with
 * IAR TX_ENABLE_IAR_LIBRARY_SUPPORT. ThreadX itself has none.
 *
 * The clock and the interrupts are those of a Cortex-M, whose SysTick calls ThreadX's timer; BOARD_CPU_MHZ is its frequency. The
 * application must not call tx_time_set(). Elsewhere, and for files of your own, rtos.h has macros. A port with
 * TX_PORT_USE_BASEPRI: define PKTSOCK_INTERRUPT_PRIORITY, or set the MAC's interrupt to a priority that ThreadX masks. */
#include <tx_api.h>

#include "clock.h"
#include "rtos.h"

#ifndef PKTSOCK_TASKS
#define PKTSOCK_TASKS 16
#endif
#if defined(TX_THREAD_SMP_MAX_CORES) && !defined(PKTSOCK_OWN_INTERRUPTS)
#error "Several cores: define PKTSOCK_OWN_INTERRUPTS; masked interrupts do not keep the other core out"
#endif

static TX_MUTEX lock;
static bool made;

/* Guarded by masked interrupts. The last one is that of threads which found no place. */
static struct pkt_os_task {
  TX_THREAD *thread;
  TX_SEMAPHORE wakeup;
} tasks[PKTSOCK_TASKS + 1];

/* The task of pkt_os_watch(), guarded by masked interrupts. */
static struct pkt_os_task *watcher;

int pkt_os_init(void) {
  static CHAR name[] = "pktsock";
  if (!made && tx_mutex_create(&lock, name, TX_INHERIT) != TX_SUCCESS)
    return -ENOMEM;
  made = true;
  return 0;
}

void pkt_os_lock(void) {
  if (made)
    tx_mutex_get(&lock, TX_WAIT_FOREVER);
}

void pkt_os_unlock(void) {
  if (made)
    tx_mutex_put(&lock);
}

struct pkt_os_task *pkt_os_self(void) {
  static CHAR name[] = "pktsock";
  TX_THREAD *thread = tx_thread_identify();
  unsigned i = 0;
  uint32_t state = pkt_os_irq_save();
  while (i < PKTSOCK_TASKS && tasks[i].thread != NULL && tasks[i].thread != thread)
    i++;
  bool is_new = i < PKTSOCK_TASKS && tasks[i].thread == NULL;
  if (is_new)
    tasks[i].thread = thread;
  pkt_os_irq_restore(state);
  if (is_new)
    tx_semaphore_create(&tasks[i].wakeup, name, 0);
  return &tasks[i];
}

void pkt_os_wait(uint64_t deadline) {
  struct pkt_os_task *task = pkt_os_self();
  ULONG ticks = ticks_until(deadline, TX_TIMER_TICKS_PER_SECOND, TX_WAIT_FOREVER);
  if (task != &tasks[PKTSOCK_TASKS])
    tx_semaphore_get(&task->wakeup, ticks);
  else if (ticks > 0)
    tx_thread_sleep(1);
}

static void wake(struct pkt_os_task *task) {
  if (task != &tasks[PKTSOCK_TASKS])
    tx_semaphore_ceiling_put(&task->wakeup, 1);
}

void pkt_os_wake_task(struct pkt_os_task *task) { wake(task); }

void pkt_os_watch(struct pkt_os_task *task) {
  uint32_t state = pkt_os_irq_save();
  watcher = task;
  pkt_os_irq_restore(state);
}

void pkt_os_wake(void) {
  uint32_t state = pkt_os_irq_save();
  if (watcher != NULL)
    wake(watcher); /* the last thing here: ThreadX may switch threads at once */
  pkt_os_irq_restore(state);
}

#ifndef PKTSOCK_OWN_CLOCK

#if 1000000 % TX_TIMER_TICKS_PER_SECOND
#error "The clock needs ticks of whole microseconds: or define PKTSOCK_OWN_CLOCK"
#endif

static uint32_t count_ticks(void) { return (uint32_t)tx_time_get(); }

uint64_t pkt_os_now(void) {
  uint32_t state = pkt_os_irq_save();
  uint64_t now = us_by_systick(count_ticks, 1000000 / TX_TIMER_TICKS_PER_SECOND, BOARD_CPU_MHZ);
  pkt_os_irq_restore(state);
  return now;
}

#endif
