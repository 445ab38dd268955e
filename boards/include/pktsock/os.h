/* The edge to the operating system: a lock, tasks that sleep and are woken, two clocks. One file of boards/os
 * implements it for each kind of system; an integrator writes one for another.
 *
 * Contexts. "Task": a task that made a call of pktsock.h. "Any": also interrupt handlers, and with interrupts masked.
 *
 * Errors: none.
 * Source: this component's own contract.
 *
 * What else a port owes:
 *   - Interrupts. A handler that calls pkt_os_wake() must have a priority at which the system's functions for handlers
 *     may be called: with FreeRTOS on Cortex-M its number is at least configMAX_SYSCALL_INTERRUPT_PRIORITY. The NVIC's
 *     reset value 0 is not.
 *   - errno. Each task has its own: with FreeRTOS configUSE_NEWLIB_REENTRANT (newlib) or
 *     configUSE_C_RUNTIME_TLS_SUPPORT (picolibc); the first lines of each file of boards/os say it for its system.
 *     Otherwise a task may read the errno of another task's call.
 *   - Stack. A task that makes calls needs stack for the component in addition to its own use:
 *     pktsock_config.precompile in pktsock.h documents how much. Interrupt handlers never enter the module.
 *   - Tasks that end. A task must not be deleted while it is in a call, because other tasks hold a pointer to its
 *     stack. Close its descriptor: the call then fails with EBADF.
 *   - Several cores. Lock and unlock order memory as a mutex does. If a handler may run on another core than the tasks,
 *     the data that pkt_os_watch() and pkt_os_wake() share needs a spinlock; on one core masked interrupts are enough.
 *   - Priorities. The task that began to wait last sorts received frames (see pkt_os_watch()). A task with urgent
 *     frames waits until that one has run, so give tasks that share the component adjacent priorities. The lock needs
 *     priority inheritance. */
#ifndef PKT_OS_H
#define PKT_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Create what the functions below need. pktsock_start() calls it first, each time: after pktsock_stop() it has nothing
 * to do. Before it, one task may make calls of pktsock.h that take the lock: pkt_os_lock() returns at once while there
 * is no lock.
 *
 * Returns: 0, or a negative errno of the platform, with which pktsock_start() fails.
 * Errors: -ENOMEM (the system has no memory for a lock).
 * Context: task. */
int pkt_os_init(void);

/* Take and release the component's only lock, which is not recursive. It is held while the module runs one call and the
 * drivers carry out what that call asks for; no task sleeps while it holds it. On a system with a single task both may
 * be empty.
 *
 * Context: task. */
void pkt_os_lock(void);
void pkt_os_unlock(void);

/* The system's handle of a task; the component only passes the pointer on. Each task has one wake-up that can be
 * pending, like a binary semaphore or a FreeRTOS notification. */
struct pkt_os_task;

/* Get the calling task.
 *
 * Returns: its handle, valid until the task ends; never NULL.
 * Context: task. */
struct pkt_os_task *pkt_os_self(void);

/* Sleep until a wake-up of the calling task is pending, and take it, or until pkt_os_now() reaches `deadline` (in
 * microseconds; UINT64_MAX: for ever). A wake-up that came before the call counts. May return early: the caller checks
 * again.
 *
 * Context: task, without the lock. */
void pkt_os_wait(uint64_t deadline);

/* Make a wake-up of `task` pending. The task is in a call and cannot leave it meanwhile.
 *
 * Context: task, with the lock held. */
void pkt_os_wake_task(struct pkt_os_task *task);

/* Choose the task that pkt_os_wake() wakes from now on; NULL: no task. After this call the caller checks for what
 * arrived before it. When it returns, no pkt_os_wake() still uses the previous task.
 *
 * Context: task, with the lock held. */
void pkt_os_watch(struct pkt_os_task *task);

/* Wake the task of pkt_os_watch(), if there is one. A driver calls it once after each batch, when the ring entries are
 * written: frames were received or sent, or the link changed.
 *
 * Context: any. */
void pkt_os_wake(void);

/* Read the clock that time-outs are measured by. It never runs backwards, also advances while interrupts are masked
 * (drivers then wait on it, and a count of tick interrupts would hang them), and is read atomically: the result is
 * right even if a tick or a carry happens between reading the two words.
 *
 * Returns: microseconds since an arbitrary start.
 * Context: any. */
uint64_t pkt_os_now(void);

/* Read the wall clock, for SO_TIMESTAMP: seconds since 1970 (since the start if no clock was set) and nanoseconds, 0 to
 * 999999999.
 *
 * Context: any. */
void pkt_os_time(uint32_t *sec, uint32_t *nsec);

/* ---- For drivers with interrupt handlers ------------------------------------------------------------------------- */

/* Only drivers call these: a port whose drivers have no interrupt handlers may omit them. */

/* Mask interrupts, at least those whose handlers call a driver, and restore what was. Calls may nest. While interrupts
 * are masked, pkt_os_now() must keep counting: drivers wait for their hardware with it. A system with several cores
 * also takes a spin lock here.
 *
 * Returns: pkt_os_irq_save() the earlier state, which pkt_os_irq_restore() takes.
 * Context: any. */
uint32_t pkt_os_irq_save(void);
void pkt_os_irq_restore(uint32_t state);

/* Enable or disable one interrupt at the processor's interrupt controller. `irq` is the number from the driver's
 * config, in the port's own numbering (Cortex-M: the NVIC's, 0 is the first external interrupt). When
 * pkt_os_irq_disable() returns, the handler does not run and will not run.
 *
 * Context: task. */
void pkt_os_irq_enable(unsigned irq);
void pkt_os_irq_disable(unsigned irq);

/* ---- For descriptors that are not packet sockets ----------------------------------------------------------------- */

/* Carry out a call on a descriptor that is not a packet socket: the console on bare metal, the system's own elsewhere.
 * `len` is in bytes; the buffer and `argument` stay the caller's.
 *
 * Returns: bytes for read and write, otherwise what the system's call does; or -1 and errno.
 * Errors: the system's.
 * Context: task, without the lock; may wait.
 * Source: read(2), write(2), close(2), fcntl(2), ioctl(2). */
ptrdiff_t pkt_os_read(int fd, void *buffer, size_t len);
ptrdiff_t pkt_os_write(int fd, const void *buffer, size_t len);
int pkt_os_close(int fd);
int pkt_os_fcntl(int fd, int command, long argument);
int pkt_os_ioctl(int fd, unsigned long request, void *argument);

#ifdef __cplusplus
}
#endif

#endif
