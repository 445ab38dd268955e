/* os.h without an operating system. There is one task besides interrupt handlers, so the lock is empty; a wait sleeps until
 * the next interrupt. The family's arch.h has what differs between processor families. */
#include <pktsock/os.h>

#include "arch.h"
#include "board.h"

#include <errno.h>

/* The only task. */
static struct pkt_os_task { volatile bool woken; } task;

int pkt_os_init(void) { return 0; }

void pkt_os_lock(void) {}

void pkt_os_unlock(void) {}

struct pkt_os_task *pkt_os_self(void) {
  return &task;
}

void pkt_os_watch(struct pkt_os_task *watcher) {
  if (watcher != NULL)
    task.woken = false; /* the caller checks for earlier news itself */
}

void pkt_os_wait(uint64_t deadline) {
  while (!task.woken && arch_set_alarm(deadline)) {
    uint32_t irq = arch_irq_save(); /* a wake-up between the check and the sleep then ends the sleep */
    if (!task.woken)
      arch_wait_for_interrupt();
    arch_irq_restore(irq);
  }
  task.woken = false;
}

void pkt_os_wake_task(struct pkt_os_task *which) { which->woken = true; }

void pkt_os_wake(void) { task.woken = true; }

uint64_t pkt_os_now(void) { return arch_now_us(); }

/* Drivers can stamp frames, so this is in every image: 16 bits at a time it needs no 64-bit division, a large function. */
void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  uint64_t now = arch_now_us();
  uint32_t quotient = 0, rest = 0;
  for (unsigned shift = 64; shift > 0;) {
    shift -= 16;
    uint32_t part = rest << 16 | (uint16_t)(now >> 6 >> shift);
    quotient = quotient << 16 | part / (1000000 >> 6);
    rest = part % (1000000 >> 6);
  }
  *sec = quotient;
  *nsec = (rest << 6 | (now & 63)) * 1000;
}

uint32_t pkt_os_irq_save(void) { return arch_irq_save(); }

void pkt_os_irq_restore(uint32_t state) { arch_irq_restore(state); }

void pkt_os_irq_enable(unsigned irq) { arch_irq_enable(irq); }

void pkt_os_irq_disable(unsigned irq) { arch_irq_disable(irq); }

/* Descriptors 0 to 2 are the console. */
#define CONSOLE_LAST 2

ptrdiff_t pkt_os_read(int fd, void *buffer, size_t len) {
  if (fd != 0) {
    errno = EBADF;
    return -1;
  }
  char *bytes = buffer;
  size_t n = 0;
  while (n < len) {
    int c = board_console_read();
    if (c >= 0)
      bytes[n++] = (char)c;
    else if (n > 0)
      break;
  }
  return (ptrdiff_t)n;
}

ptrdiff_t pkt_os_write(int fd, const void *buffer, size_t len) {
  if (fd < 1 || fd > CONSOLE_LAST) {
    errno = EBADF;
    return -1;
  }
  board_console_write(buffer, (unsigned)len);
  return (ptrdiff_t)len;
}

int pkt_os_close(int fd) {
  (void)fd;
  errno = EBADF;
  return -1;
}

int pkt_os_fcntl(int fd, int command, long argument) {
  (void)command, (void)argument;
  errno = fd >= 0 && fd <= CONSOLE_LAST ? EINVAL : EBADF;
  return -1;
}

int pkt_os_ioctl(int fd, unsigned long request, void *argument) {
  (void)request, (void)argument;
  errno = fd >= 0 && fd <= CONSOLE_LAST ? ENOTTY : EBADF;
  return -1;
}
