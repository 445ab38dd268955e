/* setsockopt(2) and getsockopt(2). The time-outs are handled here, because the glue waits; the module handles the rest. */
#include "component.h"

static_assert(PKTSOCK_TRANSLATED_FILTER == PKT_TRANSLATED_FILTER, "the option of assembly/abi.ts");

#include <string.h>
#include <sys/time.h>

/* Convert the platform's struct timeval to microseconds in two words. 0 means no limit, as on Linux. */
static int32_t put_timeout(uint32_t *words, const void *value, pktsock_socklen_t len) {
  struct timeval time;
  if (len < sizeof(time))
    return -PKT_EINVAL;
  memcpy(&time, value, sizeof(time));
  if (time.tv_usec < 0 || time.tv_usec >= 1000000)
    return -PKT_EDOM;
  uint64_t us = 0;
  if (time.tv_sec < 0)
    us = 1; /* Linux: a negative time-out does not wait at all */
  else if ((uint64_t)time.tv_sec < UINT32_MAX)
    us = (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
  words[0] = (uint32_t)us;
  words[1] = (uint32_t)(us >> 32);
  return 0;
}

static int32_t get_timeout(const uint32_t *words, void *value, pktsock_socklen_t len) {
  uint64_t us = (uint64_t)words[1] << 32 | words[0];
  struct timeval time = {.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};
  pktsock_socklen_t n = len < sizeof(time) ? len : sizeof(time);
  if (n != 0)
    memcpy(value, &time, n);
  return (int32_t)n;
}

/* The words of a time-out option, or NULL for another option. */
static uint32_t *timeout_of(uint32_t socket, int level, int name) {
  struct pkt_socket *s = pkt_socket_at(socket);
  if (level != PKTSOCK_SOL_SOCKET)
    return NULL;
  return name == PKTSOCK_SO_RCVTIMEO ? s->receive_timeout : name == PKTSOCK_SO_SNDTIMEO ? s->send_timeout : NULL;
}

/* The module takes the program itself instead of the structure that points to it. */
static int32_t attach_filter(uint32_t socket, const struct pktsock_sock_fprog *program, pktsock_socklen_t len) {
  if (len != sizeof(*program) || program->filter == NULL)
    return -PKT_EINVAL;
  uint32_t bytes = program->len * (uint32_t)sizeof(struct pktsock_sock_filter);
  pkt_buffer(program->filter, bytes);
  return pkt_call(&pkt_export_setOption, socket, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_ATTACH_FILTER, bytes);
}

/* What this firmware was built without: the module may have it. */
static bool is_left_out(int level, int name) {
  if (level == PKTSOCK_SOL_PACKET)
    return !PKTSOCK_FILTER && name == PKTSOCK_TRANSLATED_FILTER;
  switch (level == PKTSOCK_SOL_SOCKET ? name : 0) {
  case PKTSOCK_SO_ATTACH_FILTER:
  case PKTSOCK_SO_DETACH_FILTER:
  case PKTSOCK_SO_LOCK_FILTER:
  case PKTSOCK_SO_BPF_EXTENSIONS: return !PKTSOCK_FILTER;
  case PKTSOCK_SO_TIMESTAMP:
  case PKTSOCK_SO_TIMESTAMPNS:
  case PKTSOCK_SO_TIMESTAMPING: return !PKTSOCK_TIMESTAMPS;
  default: return false;
  }
}

int32_t pkt_set_option(uint32_t socket, int level, int name, const void *value, pktsock_socklen_t len) {
  if (is_left_out(level, name))
    return -PKT_ENOPROTOOPT;
  uint32_t *timeout = timeout_of(socket, level, name);
  if (timeout != NULL)
    return put_timeout(timeout, value, len);
  if (PKTSOCK_FILTER && level == PKTSOCK_SOL_SOCKET && name == PKTSOCK_SO_ATTACH_FILTER)
    return attach_filter(socket, value, len);
  pkt_buffer(value, len);
  return pkt_call(&pkt_export_setOption, socket, (uint32_t)level, (uint32_t)name, len);
}

int pktsock_setsockopt(int fd, int level, int name, const void *value, pktsock_socklen_t len) {
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = pkt_no_socket(fd);
  if (socket != 0) {
    if ((int32_t)len < 0)
      result = -PKT_EINVAL;
    else if (value == NULL && len != 0)
      result = -PKT_EFAULT;
    else if ((result = pkt_set_option(socket, level, name, value, len)) >= 0)
      pkt_journal_option(fd, level, name, value, len);
    pkt_update_filters();
  }
  pkt_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}

int pktsock_getsockopt(int fd, int level, int name, void *value, pktsock_socklen_t *len) {
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = pkt_no_socket(fd);
  if (socket != 0) {
    const uint32_t *timeout = timeout_of(socket, level, name);
    if (len == NULL || (value == NULL && *len != 0)) {
      result = -PKT_EFAULT;
    } else if ((int32_t)*len < 0) {
      result = -PKT_EINVAL;
    } else if (is_left_out(level, name)) {
      result = -PKT_ENOPROTOOPT;
    } else if (timeout != NULL) {
      result = get_timeout(timeout, value, *len);
    } else {
      pkt_buffer(value, *len);
      result = pkt_call(&pkt_export_getOption, socket, (uint32_t)level, (uint32_t)name, *len);
      result = pkt_at_most(result, *len);
    }
    if (result >= 0)
      *len = (pktsock_socklen_t)result;
  }
  pkt_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}
