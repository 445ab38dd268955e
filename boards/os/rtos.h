/* What the ports of systems that count ticks and have no files share. Each includes it once, after its system's headers:
 *
 *   PKTSOCK_OWN_CLOCK        you write pkt_os_now() and pkt_os_time(), and not the port
 *   PKTSOCK_OWN_INTERRUPTS   you write pkt_os_irq_save(), ..._restore(), ..._enable() and ..._disable(); otherwise they are
 *                            those of one Cortex-M core. PKTSOCK_INTERRUPT_PRIORITY is then the byte that ..._enable() writes
 *                            into the NVIC's priority register; without it, the priority stays as you set it
 *   PKTSOCK_OWN_FILES        you write pkt_os_read(), pkt_os_write(), pkt_os_close(), pkt_os_fcntl() and pkt_os_ioctl();
 *                            otherwise there are no descriptors but those of packet sockets */
#ifndef PKT_OS_RTOS_H
#define PKT_OS_RTOS_H

#include <pktsock/os.h>

#include <errno.h>

/* The ticks to wait until pkt_os_now() reaches `deadline`: rounded up, and one more because the present tick has begun already.
 * `forever` is the system's number for a wait without an end; a wait that is too long for ticks ends early. */
static inline uint32_t ticks_until(uint64_t deadline, uint32_t ticks_per_second, uint32_t forever) {
  if (deadline == UINT64_MAX)
    return forever;
  uint64_t now = pkt_os_now();
  if (deadline <= now)
    return 0;
  uint64_t us = deadline - now, limit = forever / 2;
  if (us / 1000000 >= limit / ticks_per_second)
    return (uint32_t)limit;
  return (uint32_t)((us * ticks_per_second + 999999) / 1000000 + 1);
}

#ifndef PKTSOCK_OWN_CLOCK

void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  uint64_t now = pkt_os_now();
  *sec = (uint32_t)(now / 1000000);
  *nsec = (uint32_t)(now % 1000000) * 1000;
}

#endif

#ifndef PKTSOCK_OWN_INTERRUPTS

/* PRIMASK: tasks and handlers may use it, and calls may nest. */
uint32_t pkt_os_irq_save(void) {
  uint32_t state;
  __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
  return state;
}

void pkt_os_irq_restore(uint32_t state) { __asm__ volatile("msr primask, %0" ::"r"(state) : "memory"); }

void pkt_os_irq_enable(unsigned irq) {
#ifdef PKTSOCK_INTERRUPT_PRIORITY
  ((volatile uint8_t *)0xe000e400)[irq] = PKTSOCK_INTERRUPT_PRIORITY;
#endif
  ((volatile uint32_t *)0xe000e100)[irq / 32] = 1u << irq % 32;
}

void pkt_os_irq_disable(unsigned irq) {
  ((volatile uint32_t *)0xe000e180)[irq / 32] = 1u << irq % 32;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif

#ifndef PKTSOCK_OWN_FILES

static int no_descriptor(void) {
  errno = EBADF;
  return -1;
}

ptrdiff_t pkt_os_read(int fd, void *buffer, size_t len) {
  (void)fd, (void)buffer, (void)len;
  return no_descriptor();
}

ptrdiff_t pkt_os_write(int fd, const void *buffer, size_t len) {
  (void)fd, (void)buffer, (void)len;
  return no_descriptor();
}

int pkt_os_close(int fd) {
  (void)fd;
  return no_descriptor();
}

int pkt_os_fcntl(int fd, int command, long argument) {
  (void)fd, (void)command, (void)argument;
  return no_descriptor();
}

int pkt_os_ioctl(int fd, unsigned long request, void *argument) {
  (void)fd, (void)request, (void)argument;
  return no_descriptor();
}

#endif

#endif
