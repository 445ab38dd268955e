/* The edge to the operating system: a lock, a wait with time-out, a wake-up from interrupts, two clocks. One file of this
 * directory implements it for each kind of system (os_baremetal.c, os_posix.c); an integrator writes one for another. */
#ifndef PKT_OS_H
#define PKT_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one lock of the component, task context only, not recursive. The engine runs under it and nothing ever waits
 * under it. On a system with a single task it may be empty. */
void pkt_os_lock(void);
void pkt_os_unlock(void);

/* The number of wake-ups so far. Read it before looking for work, pass it to pkt_os_wait(): a wake-up between the two is
 * then not lost. Any context. */
uint32_t pkt_os_ticket(void);

/* Sleep until a wake-up after `ticket`, or until pkt_os_now() reaches `deadline` (UINT64_MAX: for ever). Task context,
 * without the lock. May return early; the caller looks again. */
void pkt_os_wait(uint32_t ticket, uint64_t deadline);

/* Wake every waiting task. Any context, interrupt handlers included. */
void pkt_os_wake(void);

/* Microseconds since an arbitrary start, monotonic. Any context. */
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

#endif
