/* What boards/os/posix.c offers to drivers in addition to os.h. A driver whose hardware is a descriptor can let the
 * task that pkt_os_wake() would wake wait in the driver itself: the frame then wakes the task that takes it, without a
 * thread between them. */
#ifndef PKT_OS_POSIX_H
#define PKT_OS_POSIX_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pkt_os_waiting {
  /* Wait until pkt_os_now() reaches `deadline` (UINT64_MAX: for ever), until end() is called, or until the driver has
   * news; returns true if it has. May return early. Called by one task at a time. */
  bool (*wait)(uint64_t deadline);
  /* End the wait() that is under way, or else the next one. Any thread. */
  void (*end)(void);
};

/* Set how the task of pkt_os_watch() waits; NULL: as every other task.
 *
 * Errors: none.
 * Context: task, while no task waits.
 * Source: this component's own contract. */
void pkt_os_wait_in(const struct pkt_os_waiting *waiting);

#ifdef __cplusplus
}
#endif

#endif
