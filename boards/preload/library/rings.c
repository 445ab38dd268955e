/* Packet rings in shared memory (see server/ring.c): mmap(2) of a packet socket, and the calls that wait. A program empties
 * its ring without any call that the server would notice, so it is told before the program waits. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <unistd.h>

static volatile bool has_rings;

SERVED void *mmap(void *address, size_t len, int protection, int flags, int fd, off_t offset) {
  uint32_t number = fd < 0 || (flags & MAP_ANONYMOUS) != 0 ? 0 : library_number(fd);
  if (number == 0)
    return NEXT(mmap)(address, len, protection, flags, fd, offset);
  struct preload_request request = {.call = CALL_MMAP, .number = number};
  int memory = library_descriptor(fd, &request);
  if (memory < 0)
    return MAP_FAILED;
  void *mapped = NEXT(mmap)(address, len, protection, flags, memory, offset);
  int error = errno;
  NEXT(close)(memory);
  errno = error;
  has_rings = true;
  return mapped;
}

SERVED void *mmap64(void *address, size_t len, int protection, int flags, int fd, off64_t offset) {
  return mmap(address, len, protection, flags, fd, offset);
}

/* The program is about to wait for this descriptor. */
static void before_waiting(int fd) {
  struct preload_request request = {.call = CALL_POLL, .number = fd < 0 ? 0 : library_number(fd)};
  struct preload_answer answer;
  int error = errno;
  if (request.number != 0)
    library_call(fd, &request, NULL, 0, &answer, NULL, 0);
  errno = error;
}

static void before_polling(const struct pollfd *fds, nfds_t count) {
  if (!has_rings || fds == NULL)
    return;
  for (nfds_t i = 0; i < count; i++)
    before_waiting(fds[i].fd);
}

SERVED int poll(struct pollfd *fds, nfds_t count, int timeout) {
  before_polling(fds, count);
  return NEXT(poll)(fds, count, timeout);
}

SERVED int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  before_polling(fds, count);
  return NEXT(ppoll)(fds, count, timeout, mask);
}

static void before_selecting(int count, fd_set *readable) {
  if (!has_rings || readable == NULL)
    return;
  for (int fd = 0; fd < count; fd++)
    if (FD_ISSET(fd, readable))
      before_waiting(fd);
}

SERVED int select(int count, fd_set *readable, fd_set *writable, fd_set *except, struct timeval *timeout) {
  before_selecting(count, readable);
  return NEXT(select)(count, readable, writable, except, timeout);
}

SERVED int pselect(int count, fd_set *readable, fd_set *writable, fd_set *except, const struct timespec *timeout,
                   const sigset_t *mask) {
  before_selecting(count, readable);
  return NEXT(pselect)(count, readable, writable, except, timeout, mask);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
SERVED int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room) {
  before_polling(fds, count);
  return NEXT(__poll_chk)(fds, count, timeout, room);
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room);
SERVED int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t room) {
  before_polling(fds, count);
  return NEXT(__ppoll_chk)(fds, count, timeout, mask, room);
}
