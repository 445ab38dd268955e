/* select(2) over pkt_poll(), for programs that do not use poll(). */
#include "component.h"
#include <pktsock/memory.h>
#include <pktsock/select.h>

/* The sets in the order of select()'s arguments, and the events of poll() that put a descriptor into each. */
enum { SETS = 3 };
static const short set_events[SETS] = {PKTSOCK_POLLIN | PKTSOCK_POLLERR, PKTSOCK_POLLOUT | PKTSOCK_POLLERR,
                                       PKTSOCK_POLLPRI};

static bool is_in(const fd_set *set, int fd) { return set != NULL && FD_ISSET(fd, set); }

/* Make one entry for each descriptor in any of the sets. Returns their number, or -EBADF. */
static int32_t gather(struct pktsock_pollfd *fds, int count, fd_set *const *sets) {
  int32_t entries = 0;
  for (int fd = 0; fd < count; fd++) {
    short events = 0;
    for (int set = 0; set < SETS; set++)
      if (is_in(sets[set], fd))
        events |= set_events[set];
    if (events == 0)
      continue;
    if (!pkt_is_ours(fd) || entries == PKTSOCK_DESCRIPTORS)
      return -PKT_EBADF;
    fds[entries++] = (struct pktsock_pollfd){.fd = fd, .events = events};
  }
  return entries;
}

/* Leave only ready descriptors in the sets. Returns the number of bits left, or -EBADF. */
static int32_t spread(const struct pktsock_pollfd *fds, int32_t entries, fd_set *const *sets) {
  int32_t bits = 0;
  for (int32_t i = 0; i < entries; i++)
    if ((fds[i].revents & PKTSOCK_POLLNVAL) != 0)
      return -PKT_EBADF;
  for (int32_t i = 0; i < entries; i++) {
    for (int set = 0; set < SETS; set++) {
      if (!is_in(sets[set], fds[i].fd))
        continue;
      if ((fds[i].revents & set_events[set]) != 0)
        bits++;
      else
        FD_CLR(fds[i].fd, sets[set]);
    }
  }
  return bits;
}

/* Like Linux, this refuses negative seconds and microseconds, and reports the time that is left. */
int pktsock_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout) {
  fd_set *const sets[SETS] = {readable, writable, exceptional};
  struct pktsock_pollfd fds[PKTSOCK_DESCRIPTORS];
  uint64_t deadline = UINT64_MAX;
  if (count < 0 || (timeout != NULL && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
    return pkt_fail(-PKT_EINVAL);
  int32_t entries = gather(fds, count < FD_SETSIZE ? count : FD_SETSIZE, sets);
  if (entries < 0)
    return pkt_fail(entries);
  if (timeout != NULL && (uint64_t)timeout->tv_sec < UINT32_MAX) {
    uint64_t us = (uint64_t)timeout->tv_sec * 1000000 + (uint64_t)timeout->tv_usec;
    deadline = us == 0 ? 0 : pkt_os_now() + us;
  }
  int32_t result = pkt_poll(fds, (unsigned long)entries, PKTSOCK_POLLNVAL, deadline);
  if (deadline != UINT64_MAX) {
    uint64_t now = pkt_os_now(), left = deadline > now ? deadline - now : 0;
    timeout->tv_sec = (time_t)(left / 1000000);
    timeout->tv_usec = (suseconds_t)(left % 1000000);
  }
  if (result >= 0)
    result = spread(fds, entries, sets);
  return result < 0 ? pkt_fail(result) : result;
}
