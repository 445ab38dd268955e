/* os.h on NuttX 12, in a flat build, on one core or several.
 *
 * Kconfig: CONFIG_SCHED_THREAD_LOCAL (each task has a semaphore there), CONFIG_PRIORITY_INHERITANCE, and a clock that does not stand
 * still while interrupts are masked: CONFIG_SCHED_TICKLESS, or CONFIG_ARCH_PERF_EVENTS on a chip whose start calls up_perf_init().
 * errno per task is NuttX's own.
 *
 * Interrupts have NuttX's numbers; attach a driver's handler with irq_attach(), at a priority that critical sections mask (not a
 * high-priority, nested one). Descriptors that are not packet sockets are NuttX's: PKTSOCK_FIRST_DESCRIPTOR must be above them. */
#include <nuttx/config.h>

#include <nuttx/arch.h>
#include <nuttx/irq.h>
#include <nuttx/mutex.h>
#include <nuttx/semaphore.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <pktsock/os.h>

#ifndef CONFIG_SCHED_THREAD_LOCAL
#error "CONFIG_SCHED_THREAD_LOCAL is needed"
#endif
#if !defined(CONFIG_SCHED_TICKLESS) && !defined(CONFIG_ARCH_PERF_EVENTS) && !defined(PKTSOCK_OWN_CLOCK)
#error "CONFIG_SCHED_TICKLESS or CONFIG_ARCH_PERF_EVENTS is needed: the clock must run while interrupts are masked"
#endif

/* `woken` is guarded by critical sections, and true if the semaphore was posted and not taken. */
struct pkt_os_task {
  sem_t wakeup;
  bool made, woken;
};
static __thread struct pkt_os_task self;
static mutex_t lock = NXMUTEX_INITIALIZER;

/* The task of pkt_os_watch(), guarded by critical sections. */
static struct pkt_os_task *watcher;

int pkt_os_init(void) { return 0; }

void pkt_os_lock(void) { nxmutex_lock(&lock); }

void pkt_os_unlock(void) { nxmutex_unlock(&lock); }

struct pkt_os_task *pkt_os_self(void) {
  if (!self.made) {
    nxsem_init(&self.wakeup, 0, 0);
    nxsem_set_protocol(&self.wakeup, SEM_PRIO_NONE); /* no task holds it */
    self.made = true;
  }
  return &self;
}

/* A signal ends it early. */
void pkt_os_wait(uint64_t deadline) {
  struct pkt_os_task *task = pkt_os_self();
  struct timespec until = {.tv_sec = (time_t)(deadline / 1000000), .tv_nsec = (long)(deadline % 1000000) * 1000};
  int result =
      deadline == UINT64_MAX ? nxsem_wait(&task->wakeup) : nxsem_clockwait(&task->wakeup, CLOCK_MONOTONIC, &until);
  if (result < 0)
    return; /* what was posted meanwhile counts for the next wait */
  irqstate_t state = enter_critical_section();
  task->woken = false;
  leave_critical_section(state);
}

/* In a critical section. Once, so that the semaphore counts to one. */
static void wake(struct pkt_os_task *task) {
  if (task->woken)
    return;
  task->woken = true;
  nxsem_post(&task->wakeup);
}

void pkt_os_wake_task(struct pkt_os_task *task) {
  irqstate_t state = enter_critical_section();
  wake(task);
  leave_critical_section(state);
}

void pkt_os_watch(struct pkt_os_task *task) {
  irqstate_t state = enter_critical_section();
  watcher = task;
  leave_critical_section(state);
}

void pkt_os_wake(void) {
  irqstate_t state = enter_critical_section();
  if (watcher != NULL)
    wake(watcher); /* the last thing here: NuttX may switch tasks at once */
  leave_critical_section(state);
}

/* ---- Clock -------------------------------------------------------------------------------------------------------- */

#ifndef PKTSOCK_OWN_CLOCK

/* NuttX's clock, at the resolution of its ticks unless it is tickless, and between them the processor's counter. The counter runs
 * while interrupts are masked and ticks are late, but stands still while the processor sleeps. */
uint64_t pkt_os_now(void) {
  static uint64_t now;
  struct timespec time;
  irqstate_t state = enter_critical_section();
#ifdef CONFIG_ARCH_PERF_EVENTS
  static uint32_t counted;
  uint32_t count = (uint32_t)up_perf_gettime(), frequency = (uint32_t)up_perf_getfreq();
  uint64_t passed = (uint64_t)(count - counted) * 1000000 / frequency;
  counted += (uint32_t)((passed * frequency + 999999) / 1000000); /* the rest of a microsecond counts the next time */
  if (now != 0)
    now += passed;
#endif
  clock_gettime(CLOCK_MONOTONIC, &time);
  uint64_t us = (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
  if (us > now)
    now = us;
  us = now;
  leave_critical_section(state);
  return us;
}

void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  *sec = (uint32_t)time.tv_sec;
  *nsec = (uint32_t)time.tv_nsec;
}

#endif

/* ---- Interrupts --------------------------------------------------------------------------------------------------- */

uint32_t pkt_os_irq_save(void) { return (uint32_t)enter_critical_section(); }

void pkt_os_irq_restore(uint32_t state) { leave_critical_section((irqstate_t)state); }

void pkt_os_irq_enable(unsigned irq) { up_enable_irq((int)irq); }

void pkt_os_irq_disable(unsigned irq) { up_disable_irq((int)irq); }

/* ---- Descriptors that are not packet sockets ---------------------------------------------------------------------- */

ptrdiff_t pkt_os_read(int fd, void *buffer, size_t len) { return read(fd, buffer, len); }

ptrdiff_t pkt_os_write(int fd, const void *buffer, size_t len) { return write(fd, buffer, len); }

int pkt_os_close(int fd) { return close(fd); }

int pkt_os_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }

int pkt_os_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, (int)request, argument); }
