/* poll(2), select(2) and related calls. The kernel waits, because the descriptor of a packet socket is readable exactly
 * while there is something to receive. The kernel cannot know whether that is an error, nor that the program has emptied a
 * ring in shared memory, which it does without a call. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

/* Returns poll(2)'s events of a packet socket: 0 if the descriptor is not one, POLLERR if the server has ended. Makes the
 * server update whether the descriptor is readable. */
static short ask(int fd) {
  struct preload_request request = {.call = CALL_POLL, .number = fd < 0 ? 0 : library_number(fd)};
  struct preload_answer answer;
  int error = errno, events = 0;
  if (request.number != 0)
    events = library_call(fd, &request, NULL, 0, &answer, NULL, 0);
  errno = error;
  return events < 0 ? POLLERR : (short)events;
}

static void before_polling(const struct pollfd *fds, nfds_t count) {
  if (!library_has_rings || fds == NULL)
    return;
  for (nfds_t i = 0; i < count; i++)
    ask(fds[i].fd);
}

/* Returns true if the descriptor is readable because of one frame and nothing else. */
static bool has_one_frame(int fd) {
  char byte;
  int all = 0, error = errno;
  ssize_t first = NEXT(recv)(fd, &byte, 1, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  bool one = first >= (ssize_t)sizeof(struct preload_frame) && NEXT(ioctl)(fd, FIONREAD, &all) == 0 && all == first;
  errno = error;
  return one;
}

/* An error makes the descriptor readable, so report POLLERR too. */
static int after_polling(struct pollfd *fds, nfds_t count, int ready) {
  for (nfds_t i = 0; ready > 0 && i < count; i++) {
    if ((fds[i].revents & POLLIN) == 0 || library_number(fds[i].fd) == 0 || has_one_frame(fds[i].fd))
      continue;
    short events = ask(fds[i].fd);
    if ((events & POLLERR) != 0)
      fds[i].revents = (short)((fds[i].revents & ~POLLIN) | (events & (fds[i].events | POLLERR)));
  }
  return ready;
}

SERVED int poll(struct pollfd *fds, nfds_t count, int timeout) {
  before_polling(fds, count);
  return after_polling(fds, count, NEXT(poll)(fds, count, timeout));
}

SERVED int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  before_polling(fds, count);
  return after_polling(fds, count, NEXT(ppoll)(fds, count, timeout, mask));
}

static void before_selecting(int count, fd_set *readable) {
  if (!library_has_rings || readable == NULL)
    return;
  for (int fd = 0; fd < count; fd++)
    if (FD_ISSET(fd, readable))
      ask(fd);
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

/* What an epoll(7) instance contains is not known here: all rings may be in it. */
static void before_epoll(void) {
  for (int i = 0; library_has_rings && i < MAX_RINGS; i++)
    if (library_rings[i] >= 0)
      ask(library_rings[i]);
}

SERVED int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout) {
  before_epoll();
  return NEXT(epoll_wait)(epoll, events, room, timeout);
}

SERVED int epoll_pwait(int epoll, struct epoll_event *events, int room, int timeout, const sigset_t *mask) {
  before_epoll();
  return NEXT(epoll_pwait)(epoll, events, room, timeout, mask);
}

/* The compiler calls this instead of poll() to check the vector's size (_FORTIFY_SOURCE). */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
SERVED int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room) {
  before_polling(fds, count);
  return after_polling(fds, count, NEXT(__poll_chk)(fds, count, timeout, room));
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room);
SERVED int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t room) {
  before_polling(fds, count);
  return after_polling(fds, count, NEXT(__ppoll_chk)(fds, count, timeout, mask, room));
}
