/* socket(2), bind(2), the calls that packet sockets refuse, and options. */
#include "library.h"

#include <errno.h>
#include <linux/filter.h>
#include <unistd.h>

#define TYPE_MASK 0xf

SERVED int socket(int domain, int type, int protocol) {
  if (domain != AF_PACKET || library_interface_count == 0)
    return NEXT(socket)(domain, type, protocol);
  return library_open(type & TYPE_MASK, type & ~TYPE_MASK, protocol);
}

/* The server closes the socket with the last descriptor. This waits, so that the program's next call finds it closed. */
SERVED int close(int fd) {
  uint32_t number = library_number(fd);
  int result = NEXT(close)(fd);
  if (number != 0) {
    struct preload_request request = {.call = CALL_NOTHING};
    struct preload_answer answer;
    int error = errno;
    library_call(-1, &request, NULL, 0, &answer, NULL, 0);
    errno = error;
  }
  return result;
}

/* A call whose only data is an address for the component. */
static int give_address(int fd, uint32_t number, enum preload_call call, const struct sockaddr *address,
                        socklen_t len) {
  struct preload_request request = {.call = call, .number = number, .arguments = {(int32_t)len}};
  struct preload_answer answer;
  struct iovec out = {(void *)address, len < PRELOAD_NAME ? len : PRELOAD_NAME};
  return library_call(fd, &request, &out, 1, &answer, NULL, 0);
}

static int refused(int fd, uint32_t number, enum preload_call call) {
  struct preload_request request = {.call = call, .number = number};
  struct preload_answer answer;
  return library_call(fd, &request, NULL, 0, &answer, NULL, 0);
}

SERVED int bind(int fd, const struct sockaddr *address, socklen_t len) {
  uint32_t number = library_number(fd);
  return number != 0 ? give_address(fd, number, CALL_BIND, address, len) : NEXT(bind)(fd, address, len);
}

SERVED int connect(int fd, const struct sockaddr *address, socklen_t len) {
  uint32_t number = library_number(fd);
  return number != 0 ? refused(fd, number, CALL_CONNECT) : NEXT(connect)(fd, address, len);
}

SERVED int listen(int fd, int backlog) {
  uint32_t number = library_number(fd);
  return number != 0 ? refused(fd, number, CALL_LISTEN) : NEXT(listen)(fd, backlog);
}

SERVED int accept(int fd, struct sockaddr *address, socklen_t *len) {
  uint32_t number = library_number(fd);
  return number != 0 ? refused(fd, number, CALL_ACCEPT) : NEXT(accept)(fd, address, len);
}

SERVED int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags) {
  uint32_t number = library_number(fd);
  return number != 0 ? refused(fd, number, CALL_ACCEPT) : NEXT(accept4)(fd, address, len, flags);
}

SERVED int shutdown(int fd, int how) {
  uint32_t number = library_number(fd);
  return number != 0 ? refused(fd, number, CALL_SHUTDOWN) : NEXT(shutdown)(fd, how);
}

SERVED int getpeername(int fd, struct sockaddr *address, socklen_t *len) {
  uint32_t number = library_number(fd);
  return number != 0 ? refused(fd, number, CALL_GETPEERNAME) : NEXT(getpeername)(fd, address, len);
}

/* A call that returns at most `*len` bytes of data, and their number in `*len`. */
static int take_value(int fd, struct preload_request *request, void *value, socklen_t *len) {
  struct preload_answer answer;
  struct iovec both = {value, (int32_t)*len < 0 ? 0 : *len < PRELOAD_DATA ? *len : PRELOAD_DATA};
  int n = library_call(fd, request, &both, 1, &answer, &both, 1); /* some options read the value first */
  if (n >= 0)
    *len = (socklen_t)n;
  return n < 0 ? -1 : 0;
}

SERVED int getsockname(int fd, struct sockaddr *address, socklen_t *len) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(getsockname)(fd, address, len);
  if (address == NULL || len == NULL) {
    errno = EFAULT;
    return -1;
  }
  struct preload_request request = {.call = CALL_GETSOCKNAME, .number = number, .arguments = {(int32_t)*len}};
  return take_value(fd, &request, address, len);
}

SERVED int getsockopt(int fd, int level, int name, void *value, socklen_t *len) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(getsockopt)(fd, level, name, value, len);
  if (value == NULL || len == NULL) {
    errno = EFAULT;
    return -1;
  }
  struct preload_request request = {
      .call = CALL_GETSOCKOPT, .number = number, .arguments = {level, name, (int32_t)*len}};
  return take_value(fd, &request, value, len);
}

/* The library's blocking calls wait in the kernel, so it must know the time-outs too. */
static void share_timeout(int fd, int name, const void *value, socklen_t len) {
  if (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
    NEXT(setsockopt)(fd, SOL_SOCKET, name, value, len);
}

SERVED int setsockopt(int fd, int level, int name, const void *value, socklen_t len) {
  uint32_t number = library_number(fd);
  if (number == 0)
    return NEXT(setsockopt)(fd, level, name, value, len);
  struct preload_request request = {
      .call = CALL_SETSOCKOPT, .number = number, .arguments = {level, name, (int32_t)len}};
  struct preload_answer answer;
  struct iovec out = {(void *)value, len < PRELOAD_DATA ? len : PRELOAD_DATA};
  if ((int32_t)len < 0)
    out.iov_len = 0;
  if (level == SOL_SOCKET && name == SO_ATTACH_FILTER && value != NULL && len == sizeof(struct sock_fprog)) {
    const struct sock_fprog *program = value;
    size_t bytes = program->len * sizeof(struct sock_filter);
    out = (struct iovec){program->filter, program->filter != NULL && program->len <= BPF_MAXINSNS ? bytes : 0};
    request.arguments[3] = program->len;
  }
  if (level == SOL_SOCKET && (name == SO_TIMESTAMPING || name == SO_SELECT_ERR_QUEUE))
    library_has_queues = true;
  int result = library_call(fd, &request, &out, 1, &answer, NULL, 0);
  if (result == 0 && level == SOL_SOCKET)
    share_timeout(fd, name, value, len);
  return result;
}
