/* poll(2), select(2) and related calls. The kernel waits, because the descriptor of a packet socket is readable exactly
 * while there is something to receive. The kernel cannot know whether that is an error, nor that the program has emptied a
 * ring in shared memory, which it does without a call. Messages of error queues do not make it readable: for them poll(2) and
 * select(2) wait on a second descriptor, of the server. epoll(7) does not. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

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

volatile bool library_has_queues;

/* Returns the descriptor that shows POLLERR while there is a message or an error, or -1 if it is no packet socket. Keeps errno. */
static int queue_of(int fd) {
  int error = errno, descriptor = -1;
  struct preload_request request = {.call = CALL_QUEUE, .number = fd < 0 ? 0 : library_number(fd)};
  if (request.number != 0 && library_descriptor(fd, &request, &descriptor) < 0)
    descriptor = -1;
  errno = error;
  return descriptor;
}

/* The most sockets whose error queues are polled, and the most descriptors beside those: they are copied. */
enum { MAX_QUEUES = 64, MAX_POLLED = 4096 };

/* ppoll(2) that looks into error queues, too. */
static int poll_queues(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  struct pollfd all[count + MAX_QUEUES];
  nfds_t socket_of[MAX_QUEUES], queues = 0;
  memcpy(all, fds, count * sizeof(*fds));
  for (nfds_t i = 0; i < count && queues < MAX_QUEUES; i++) {
    const int queue = queue_of(fds[i].fd);
    if (queue < 0)
      continue;
    all[count + queues] = (struct pollfd){.fd = queue};
    socket_of[queues++] = i;
  }
  const int result = NEXT(ppoll)(all, count + queues, timeout, mask), error = errno;
  for (nfds_t i = 0; i < queues; i++) {
    struct pollfd *socket = &all[socket_of[i]];
    NEXT(close)(all[count + i].fd);
    if (result <= 0 || (all[count + i].revents & POLLERR) == 0)
      continue;
    socket->revents |= POLLERR;
    if ((socket->events & POLLPRI) != 0)
      socket->revents |= ask(socket->fd) & POLLPRI;
  }
  errno = error;
  if (result < 0)
    return result;
  int ready = 0;
  for (nfds_t i = 0; i < count; i++) {
    fds[i].revents = all[i].revents;
    ready += fds[i].revents != 0;
  }
  return ready;
}

/* Must the server be asked before a call waits? */
static bool must_ask(void) { return library_has_rings || library_has_queues; }

/* Signals wait while the server is asked, and then end the kernel's wait with EINTR: one that came in between would not, and a
 * program that waits for it would wait for ever. */
static void hold_signals(sigset_t *before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, before);
}

static void release_signals(const sigset_t *before) {
  int error = errno;
  pthread_sigmask(SIG_SETMASK, before, NULL);
  errno = error;
}

static int poll_all(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  const bool queues = library_has_queues && fds != NULL && count != 0 && count <= MAX_POLLED;
  sigset_t before;
  if (!must_ask())
    return after_polling(fds, count, NEXT(ppoll)(fds, count, timeout, mask));
  hold_signals(&before);
  before_polling(fds, count);
  int ready = (queues ? poll_queues : NEXT(ppoll))(fds, count, timeout, mask != NULL ? mask : &before);
  release_signals(&before);
  return after_polling(fds, count, ready);
}

SERVED int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  return poll_all(fds, count, timeout, mask);
}

SERVED int poll(struct pollfd *fds, nfds_t count, int timeout) {
  const struct timespec limit = {timeout / 1000, timeout % 1000 * 1000000};
  return poll_all(fds, count, timeout < 0 ? NULL : &limit, NULL);
}

/* The sets of select(2), each with what it asks poll(2) and what makes a descriptor ready. */
enum { SETS = 3 };
struct sets {
  fd_set *of[SETS]; /* or NULL */
};
static const short asked_by[SETS] = {POLLIN, POLLOUT, POLLPRI};
static const short ready_in[SETS] = {POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI};

static bool has(const struct sets *sets, int i, int fd) { return sets->of[i] != NULL && FD_ISSET(fd, sets->of[i]); }

/* Returns how many bits are left in the sets; -1 and EBADF if a descriptor is none. */
static int put_ready(const struct pollfd *fds, nfds_t count, const struct sets *sets) {
  int bits = 0;
  for (nfds_t n = 0; n < count; n++)
    if ((fds[n].revents & POLLNVAL) != 0) {
      errno = EBADF;
      return -1;
    }
  for (nfds_t n = 0; n < count; n++)
    for (int i = 0; i < SETS; i++) {
      if (!has(sets, i, fds[n].fd))
        continue;
      if ((fds[n].revents & ready_in[i]) != 0)
        bits++;
      else
        FD_CLR(fds[n].fd, sets->of[i]);
    }
  return bits;
}

/* pselect(2) that asks the server, by poll(2). */
static int select_by_poll(int count, const struct sets *sets, const struct timespec *timeout, const sigset_t *mask) {
  struct pollfd fds[FD_SETSIZE];
  nfds_t used = 0;
  for (int fd = 0; fd < count; fd++) {
    struct pollfd asked = {.fd = fd};
    for (int i = 0; i < SETS; i++)
      asked.events |= has(sets, i, fd) ? asked_by[i] : 0;
    if (asked.events != 0)
      fds[used++] = asked;
  }
  return poll_all(fds, used, timeout, mask) < 0 ? -1 : put_ready(fds, used, sets);
}

/* The time that is left of `limit` since `began`, as Linux writes it to the argument of select(2). */
static struct timeval left_of(struct timeval limit, const struct timespec *began) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t passed = (int64_t)(now.tv_sec - began->tv_sec) * 1000000 + (now.tv_nsec - began->tv_nsec) / 1000,
                left = (int64_t)limit.tv_sec * 1000000 + limit.tv_usec - passed;
  return left <= 0 ? (struct timeval){0, 0} : (struct timeval){left / 1000000, left % 1000000};
}

SERVED int select(int count, fd_set *readable, fd_set *writable, fd_set *except, struct timeval *timeout) {
  if (!must_ask() || count < 0 || count > FD_SETSIZE)
    return NEXT(select)(count, readable, writable, except, timeout);
  const struct sets sets = {{readable, writable, except}};
  if (timeout == NULL)
    return select_by_poll(count, &sets, NULL, NULL);
  const struct timespec limit = {timeout->tv_sec + timeout->tv_usec / 1000000, timeout->tv_usec % 1000000 * 1000};
  struct timespec began;
  clock_gettime(CLOCK_MONOTONIC, &began);
  const int bits = select_by_poll(count, &sets, &limit, NULL);
  *timeout = left_of(*timeout, &began);
  return bits;
}

SERVED int pselect(int count, fd_set *readable, fd_set *writable, fd_set *except, const struct timespec *timeout,
                   const sigset_t *mask) {
  const struct sets sets = {{readable, writable, except}};
  if (!must_ask() || count < 0 || count > FD_SETSIZE)
    return NEXT(pselect)(count, readable, writable, except, timeout, mask);
  return select_by_poll(count, &sets, timeout, mask);
}

/* What an epoll(7) instance contains is not known here: all rings may be in it. */
SERVED int epoll_pwait(int epoll, struct epoll_event *events, int room, int timeout, const sigset_t *mask) {
  sigset_t before;
  if (!library_has_rings)
    return NEXT(epoll_pwait)(epoll, events, room, timeout, mask);
  hold_signals(&before);
  for (int i = 0; i < MAX_RINGS; i++)
    if (library_rings[i] >= 0)
      ask(library_rings[i]);
  int ready = NEXT(epoll_pwait)(epoll, events, room, timeout, mask != NULL ? mask : &before);
  release_signals(&before);
  return ready;
}

SERVED int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout) {
  return epoll_pwait(epoll, events, room, timeout, NULL);
}

/* The compiler calls these instead of poll() and ppoll() to check the vector's size (_FORTIFY_SOURCE). */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
SERVED int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room) {
  return room / sizeof(*fds) < count ? (abort(), -1) : poll(fds, count, timeout);
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room);
SERVED int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t room) {
  return room / sizeof(*fds) < count ? (abort(), -1) : poll_all(fds, count, timeout, mask);
}
