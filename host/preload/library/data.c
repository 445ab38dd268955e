/* Sending and receiving, under all names that the C library has for them. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int fail(int error) {
  errno = error;
  return -1;
}

/* The bytes of a vector, limited to what a message carries. */
static int32_t length_of(const struct iovec *vector, size_t count) {
  size_t len = 0;
  for (size_t i = 0; i < count; i++) {
    if (vector[i].iov_len > INT_MAX - len)
      return INT_MAX;
    len += vector[i].iov_len;
  }
  return (int32_t)len;
}

static socklen_t at_most(socklen_t len, socklen_t most) { return len < most ? len : most; }

/* ---- Sending ------------------------------------------------------------------------------------------------------- */

/* The interface of BOARD=linux takes every frame at once: a send never waits. */
static ssize_t give(int fd, uint32_t number, enum preload_call call, const struct msghdr *message, int flags) {
  uint32_t name = message->msg_name == NULL ? 0 : at_most(message->msg_namelen, PRELOAD_NAME);
  uint32_t control = message->msg_control == NULL ? 0 : (uint32_t)message->msg_controllen;
  int32_t len = length_of(message->msg_iov, message->msg_iovlen);
  struct preload_request request = {
      .call = call,
      .number = number,
      .arguments = {flags, (int32_t)message->msg_namelen, message->msg_name != NULL},
      .name = name,
      .control = control,
  };
  struct preload_answer answer;
  struct iovec out[2 + MAX_PARTS] = {{message->msg_name, name}, {message->msg_control, control}};
  if (len > PRELOAD_DATA)
    return fail(EMSGSIZE);
  if (message->msg_control != NULL && message->msg_controllen > PRELOAD_CONTROL)
    return fail(ENOBUFS);
  if (control != 0)
    library_has_queues = true; /* it may ask for a stamp */
  memcpy(out + 2, message->msg_iov, message->msg_iovlen * sizeof(*out));
  ssize_t sum = 0;
  do {
    int n = library_send(fd, &request, out, 2 + message->msg_iovlen, &answer);
    if (n < 0)
      return -1;
    sum += n;
  } while (answer.again != 0);
  return sum;
}

SERVED ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(sendmsg)(fd, message, flags);
  if (message == NULL)
    return fail(EFAULT);
  if (message->msg_iovlen > MAX_PARTS)
    return fail(EMSGSIZE);
  return give(fd, number, CALL_SENDMSG, message, flags);
}

SERVED ssize_t sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *address,
                      socklen_t address_len) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(sendto)(fd, buffer, len, flags, address, address_len);
  struct iovec part = {(void *)buffer, len};
  struct msghdr message = {.msg_name = (void *)address, .msg_namelen = address_len, .msg_iov = &part, .msg_iovlen = 1};
  return give(fd, number, CALL_SENDTO, &message, flags);
}

SERVED ssize_t send(int fd, const void *buffer, size_t len, int flags) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(send)(fd, buffer, len, flags);
  return sendto(fd, buffer, len, flags, NULL, 0);
}

SERVED ssize_t write(int fd, const void *buffer, size_t len) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(write)(fd, buffer, len);
  return sendto(fd, buffer, len, 0, NULL, 0);
}

SERVED ssize_t writev(int fd, const struct iovec *vector, int count) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(writev)(fd, vector, count);
  struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
  return count < 0 || count > MAX_PARTS ? fail(EINVAL) : give(fd, number, CALL_SENDMSG, &message, 0);
}

SERVED int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  if (library_number(fd) == 0)
    return NEXT(sendmmsg)(fd, messages, count, flags);
  unsigned done;
  for (done = 0; done < count; done++) {
    ssize_t n = sendmsg(fd, &messages[done].msg_hdr, flags);
    if (n < 0)
      break;
    messages[done].msg_len = (unsigned)n;
  }
  return done == 0 && count != 0 ? -1 : (int)done;
}

/* ---- Receiving ----------------------------------------------------------------------------------------------------- */

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Pause before the server is asked again, because the descriptor is readable for another reason than this call: a ring has
 * frames, or another task has received what there was. Returns false with EAGAIN after SO_RCVTIMEO, or with EINTR. */
static bool pause_until_next(int fd, int64_t began) {
  enum { PAUSE_MS = 10 };
  struct timeval limit = {0, 0};
  socklen_t len = sizeof(limit);
  NEXT(getsockopt)(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &len);
  int64_t limit_ms = (int64_t)limit.tv_sec * 1000 + limit.tv_usec / 1000;
  if ((limit.tv_sec != 0 || limit.tv_usec != 0) && milliseconds() - began >= limit_ms) {
    errno = EAGAIN;
    return false;
  }
  return NEXT(poll)(NULL, 0, PAUSE_MS) == 0;
}

/* Copy the frame's control messages, as Linux's put_cmsg(): what does not fit is cut, and MSG_CTRUNC says so. */
static void put_messages(const struct preload_frame *frame, struct msghdr *message) {
  size_t used = 0, room = message->msg_control == NULL ? 0 : message->msg_controllen;
  for (size_t at = 0; at + sizeof(struct cmsghdr) <= frame->control;) {
    struct cmsghdr header;
    memcpy(&header, frame->messages + at, sizeof(header));
    const size_t len = header.cmsg_len, left = room - used;
    if (left < sizeof(header)) {
      message->msg_flags |= MSG_CTRUNC;
      break;
    }
    if (left < len) {
      message->msg_flags |= MSG_CTRUNC;
      header.cmsg_len = left;
    }
    memcpy((uint8_t *)message->msg_control + used, &header, sizeof(header));
    memcpy((uint8_t *)message->msg_control + used + sizeof(header), frame->messages + at + sizeof(header),
           header.cmsg_len - sizeof(header));
    used += CMSG_ALIGN(len) < left ? CMSG_ALIGN(len) : left;
    at += CMSG_ALIGN(len);
  }
  message->msg_controllen = used;
}

/* A frame's bytes are in the caller's buffer, of `room` bytes: describe it. Returns what recvmsg(2) does. */
static ssize_t describe(const struct preload_frame *frame, size_t room, struct msghdr *message, int flags) {
  message->msg_flags = frame->flags;
  if (frame->len > room)
    message->msg_flags |= MSG_TRUNC;
  if (message->msg_name != NULL && frame->name != 0) {
    memcpy(message->msg_name, frame->address, at_most(message->msg_namelen, PRELOAD_NAME));
    message->msg_namelen = frame->name;
  } else {
    message->msg_namelen = 0;
  }
  put_messages(frame, message);
  return frame->len <= room || (flags & MSG_TRUNC) != 0 ? (ssize_t)frame->len : (ssize_t)room;
}

/* Ask the server what there is besides frames. Returns true if the caller must look again, false with errno. */
static bool ask_for_more(int fd, uint32_t number, int flags, int64_t began) {
  struct preload_request request = {.call = CALL_RECEIVE, .number = number, .arguments = {flags}};
  struct preload_answer answer = {.ring = 0};
  if (library_call(fd, &request, NULL, 0, &answer, NULL, 0) >= 0 || errno != EAGAIN)
    return false;
  if (answer.ring == 0)
    return true;
  if ((flags & MSG_DONTWAIT) != 0 || (NEXT(fcntl)(fd, F_GETFL) & O_NONBLOCK) != 0) {
    errno = EAGAIN;
    return false;
  }
  return pause_until_next(fd, began); /* the ring's frames make the descriptor readable */
}

/* MSG_ERRQUEUE: a call that never waits. The length is that in the caller's buffer, with MSG_TRUNC too. */
static ssize_t take_message(int fd, uint32_t number, struct msghdr *message, int flags) {
  struct preload_request request = {.call = CALL_MESSAGE, .number = number, .arguments = {flags}};
  struct preload_answer answer;
  struct preload_frame frame = {.len = 0};
  struct iovec in[1 + MAX_PARTS] = {{&frame, sizeof(frame)}};
  library_has_queues = true;
  memcpy(in + 1, message->msg_iov, message->msg_iovlen * sizeof(*in));
  if (library_call(fd, &request, NULL, 0, &answer, in, 1 + message->msg_iovlen) < 0)
    return -1;
  return describe(&frame, (size_t)length_of(message->msg_iov, message->msg_iovlen), message, flags & ~MSG_TRUNC);
}

/* Flags with which the connection's own recvmsg(2) does what a packet socket's does; the component judges others. */
#define USUAL_FLAGS (MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC)

static ssize_t take(int fd, uint32_t number, struct msghdr *message, int flags) {
  const int64_t began = milliseconds();
  const size_t room = (size_t)length_of(message->msg_iov, message->msg_iovlen);
  struct preload_frame frame;
  char byte;
  if ((flags & MSG_ERRQUEUE) != 0)
    return take_message(fd, number, message, flags);
  if (((flags & ~USUAL_FLAGS) != 0 || library_has_error(fd, number)) && !ask_for_more(fd, number, flags, began))
    return -1;
  for (;;) {
    struct iovec in[1 + MAX_PARTS] = {{&frame, sizeof(frame)}};
    struct msghdr received = {.msg_iov = in, .msg_iovlen = 1 + message->msg_iovlen};
    memcpy(in + 1, message->msg_iov, message->msg_iovlen * sizeof(*in));
    ssize_t n = NEXT(recvmsg)(fd, &received, flags & (MSG_PEEK | MSG_DONTWAIT));
    if (n == 0 || (n < 0 && errno == ECONNRESET))
      return library_server_has_ended();
    if (n < 0)
      return -1;
    if (n >= (ssize_t)sizeof(frame))
      return describe(&frame, room, message, flags);
    if ((flags & MSG_PEEK) != 0)
      NEXT(recv)(fd, &byte, 1, MSG_DONTWAIT);
    if (!ask_for_more(fd, number, flags, began))
      return -1;
  }
}

SERVED ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(recvmsg)(fd, message, flags);
  if (message == NULL)
    return fail(EFAULT);
  if (message->msg_iovlen > MAX_PARTS)
    return fail(EMSGSIZE);
  if ((int32_t)message->msg_namelen < 0)
    return fail(EINVAL);
  return take(fd, number, message, flags);
}

SERVED ssize_t recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *address, socklen_t *address_len) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(recvfrom)(fd, buffer, len, flags, address, address_len);
  if (address != NULL && address_len == NULL)
    return fail(EFAULT);
  if (address != NULL && (int32_t)*address_len < 0)
    return fail(EINVAL);
  struct iovec part = {buffer, len};
  struct msghdr message = {.msg_name = address, .msg_iov = &part, .msg_iovlen = 1};
  if (address != NULL)
    message.msg_namelen = *address_len;
  ssize_t n = take(fd, number, &message, flags);
  if (n >= 0 && address != NULL)
    *address_len = message.msg_namelen;
  return n;
}

SERVED ssize_t recv(int fd, void *buffer, size_t len, int flags) {
  if (library_number(fd) == 0)
    return NEXT(recv)(fd, buffer, len, flags);
  return recvfrom(fd, buffer, len, flags, NULL, NULL);
}

SERVED ssize_t read(int fd, void *buffer, size_t len) {
  if (library_number(fd) == 0)
    return NEXT(read)(fd, buffer, len);
  return recvfrom(fd, buffer, len, 0, NULL, NULL);
}

SERVED ssize_t readv(int fd, const struct iovec *vector, int count) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(readv)(fd, vector, count);
  struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
  return count < 0 || count > MAX_PARTS ? fail(EINVAL) : take(fd, number, &message, 0);
}

SERVED int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  if (library_number(fd) == 0)
    return NEXT(recvmmsg)(fd, messages, count, flags, timeout);
  unsigned done;
  for (done = 0; done < count; done++) {
    ssize_t n = recvmsg(fd, &messages[done].msg_hdr, flags & ~MSG_WAITFORONE);
    if (n < 0)
      break;
    messages[done].msg_len = (unsigned)n;
    if ((flags & MSG_WAITFORONE) != 0)
      flags |= MSG_DONTWAIT;
  }
  return done == 0 && count != 0 ? -1 : (int)done;
}

/* The compiler calls these instead of read() and related calls to check the buffer's size (_FORTIFY_SOURCE). */
SERVED ssize_t __read_chk(int fd, void *buffer, size_t len, size_t room) {
  return len > room ? (abort(), -1) : read(fd, buffer, len);
}

SERVED ssize_t __recv_chk(int fd, void *buffer, size_t len, size_t room, int flags) {
  return len > room ? (abort(), -1) : recv(fd, buffer, len, flags);
}

SERVED ssize_t __recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags, struct sockaddr *address,
                              socklen_t *address_len) {
  return len > room ? (abort(), -1) : recvfrom(fd, buffer, len, flags, address, address_len);
}
