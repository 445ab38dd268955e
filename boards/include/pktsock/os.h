/* The edge to the operating system: a lock, tasks that sleep and are woken, two clocks. One file of boards/os implements it
 * for each kind of system; an integrator writes one for another.
 *
 * Contexts. "Task": a task that made a call of pktsock.h. "Any": also interrupt handlers, and with interrupts masked.
 *
 * What else a port owes:
 *   - Interrupts. A handler that calls pkt_os_wake() must have a priority at which the system's functions for handlers may be
 *     called: with FreeRTOS on Cortex-M its number is at least configMAX_SYSCALL_INTERRUPT_PRIORITY. The NVIC's reset value
 *     0 is not.
 *   - errno. Each task has its own: with FreeRTOS configUSE_NEWLIB_REENTRANT (newlib) or configUSE_C_RUNTIME_TLS_SUPPORT
 *     (picolibc). Else a task may read the errno of another one's call.
 *   - Stack. A task that makes calls needs stack for the component beside its own: pktsock_config.precompile in pktsock.h says
 *     how much. Interrupt handlers never enter the module.
 *   - Tasks that end. A task must not be deleted while it is in a call: others hold a pointer to what lies on its stack. Close
 *     its descriptor; the call then ends with EBADF.
 *   - Several cores. Lock and unlock order memory as a mutex does. A handler may run on another core than the tasks: what
 *     pkt_os_watch() and pkt_os_wake() share then needs a spinlock; on one core masked interrupts are enough.
 *   - Priorities. A received frame is sorted by the task that began to wait last (see pkt_os_watch()). A task with urgent
 *     frames waits for that one to run: let tasks that share the component have priorities next to each other. The lock
 *     needs priority inheritance. */
#ifndef PKT_OS_H
#define PKT_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Make what the functions below need. pktsock_start() calls it before all else, also after pktsock_stop(): the second time
 * there is nothing to do. Task context. Until then calls of pktsock.h may take the lock, from one task: pkt_os_lock() then
 * returns at once if there is no lock yet. */
void pkt_os_init(void);

/* The one lock of the component, not recursive. The engine runs under it, nothing ever waits under it; it is held while the
 * module makes one call and drivers do what that asks for. On a system with a single task it may be empty. Task context. */
void pkt_os_lock(void);
void pkt_os_unlock(void);

/* A task, as the system knows it; the component only passes the pointer on. Each task has one wake-up that can be pending, as
 * a binary semaphore or a notification of FreeRTOS has. */
struct pkt_os_task;

/* The calling task; never NULL. Valid until the task ends. Task context. */
struct pkt_os_task *pkt_os_self(void);

/* Sleep until a wake-up of the calling task is pending, and take it; or until pkt_os_now() reaches `deadline` (UINT64_MAX: for
 * ever). A wake-up that came before the call counts. May return early: the caller looks again. Task context, without the
 * lock. */
void pkt_os_wait(uint64_t deadline);

/* Make a wake-up of that task pending. Task context, with the lock held: the task is in a call and cannot leave it
 * meanwhile. */
void pkt_os_wake_task(struct pkt_os_task *task);

/* From now on pkt_os_wake() wakes that task; NULL: none. The caller looks after this call for what came before. When it
 * returns, no pkt_os_wake() still uses the task that watched before. Task context, with the lock held. */
void pkt_os_watch(struct pkt_os_task *task);

/* The drivers have news: received frames, sent ones, a link that changed. Wakes the task that watches, if there is one. For
 * drivers: once after each batch, when the ring entries are written. Any context. */
void pkt_os_wake(void);

/* Microseconds since an arbitrary start. Never runs backwards, advances with interrupts masked too (drivers wait on it then: a
 * count of tick interrupts hangs them), and is read as a whole: a tick or a carry between the two words may not show.
 * Any context. */
uint64_t pkt_os_now(void);

/* Wall-clock time for SO_TIMESTAMP: seconds since 1970 (or since start, where no clock was set) and nanoseconds. Any
 * context. */
void pkt_os_time(uint32_t *sec, uint32_t *nsec);

/* ---- For drivers with interrupt handlers -------------------------------------------------------------------------- */

/* Only drivers call these, so a port whose drivers have no interrupt handlers may leave them out. */

/* Mask interrupts: at least those whose handlers call a driver. Returns the earlier state, which pkt_os_irq_restore()
 * takes. Calls may nest. Any context. While interrupts are masked, pkt_os_now() must keep counting: drivers wait for their
 * hardware with it. A system with several cores also takes a spin lock here. */
uint32_t pkt_os_irq_save(void);
void pkt_os_irq_restore(uint32_t state);

/* Enable or disable one interrupt at the processor's interrupt controller. `irq` is the number from the driver's config, in
 * the port's own numbering (Cortex-M: the NVIC's, 0 is the first external interrupt). When pkt_os_irq_disable() returns,
 * the handler does not run and will not run. Task context. */
void pkt_os_irq_enable(unsigned irq);
void pkt_os_irq_disable(unsigned irq);

/* ---- For descriptors that are not packet sockets ------------------------------------------------------------------ */

/* read(2), write(2), close(2), fcntl(2) and ioctl(2) on descriptors that are not packet sockets: the console's on bare
 * metal, the system's elsewhere. -1 and errno on failure. */
ptrdiff_t pkt_os_read(int fd, void *buffer, size_t len);
ptrdiff_t pkt_os_write(int fd, const void *buffer, size_t len);
int pkt_os_close(int fd);
int pkt_os_fcntl(int fd, int command, long argument);
int pkt_os_ioctl(int fd, unsigned long request, void *argument);

#ifdef __cplusplus
}
#endif

#endif
