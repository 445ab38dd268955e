/* recvmsg(2) and sendmsg(2), readv(2) and writev(2): the calls with several buffers. */
#include "component.h"

#include <netpacket/packet.h>
#include <string.h>

/* As many buffers as one call takes. */
#define MOST_BUFFERS 64

/* The bytes of a vector, or -1 when it is not a valid one. */
static int64_t vector_len(const struct iovec *vector, size_t count) {
  uint64_t len = 0;
  if (count > MOST_BUFFERS || (vector == NULL && count != 0))
    return -1;
  for (size_t i = 0; i < count; i++) {
    if (vector[i].iov_base == NULL && vector[i].iov_len != 0)
      return -1;
    if (vector[i].iov_len > INT32_MAX || (len += vector[i].iov_len) > INT32_MAX)
      return -1;
  }
  return (int64_t)len;
}

static void vector_buffer(const struct iovec *vector, size_t count) {
  pkt_buffer(NULL, 0);
  pkt_component.rest = vector;
  pkt_component.rest_count = (int)count;
}

ssize_t pktsock_recvmsg(int fd, struct msghdr *message, int flags) {
  if (message == NULL)
    return pkt_fail(-(int32_t)PKT_EFAULT);
  if (message->msg_iovlen > MOST_BUFFERS)
    return pkt_fail(-(int32_t)PKT_EMSGSIZE);
  int64_t len = vector_len(message->msg_iov, message->msg_iovlen);
  if (len < 0)
    return pkt_fail(-(int32_t)PKT_EFAULT);
  struct pkt_wait wait = {.begun = false};
  uint32_t socket;
  int32_t n;
  do {
    socket = pkt_wait_enter(&wait, fd);
    n = -(int32_t)PKT_EBADF;
    if (socket != 0) {
      vector_buffer(message->msg_iov, message->msg_iovlen);
      n = pkt_call(PKT_CALL_receiveFrom, socket, (uint32_t)len, (uint32_t)flags | PKT_WANT_NAME, 0);
      if (n >= 0) {
        memcpy(&message->msg_flags, pkt_exchange() + PKT_EXCHANGE_MSG_FLAGS, sizeof(message->msg_flags));
        message->msg_controllen = 0;
        if (message->msg_name != NULL) {
          socklen_t room = message->msg_namelen;
          memcpy(message->msg_name, pkt_exchange(), room < PKT_SLL_BYTES ? room : PKT_SLL_BYTES);
        }
        message->msg_namelen = message->msg_name != NULL ? PKT_SLL_BYTES : 0;
      }
    }
  } while (pkt_wait_leave(&wait, socket, n, flags, PKT_SOCKET_RCVTIMEO));
  return n < 0 ? pkt_fail(n) : n;
}

ssize_t pktsock_sendmsg(int fd, const struct msghdr *message, int flags) {
  if (message == NULL)
    return pkt_fail(-(int32_t)PKT_EFAULT);
  if (message->msg_iovlen > MOST_BUFFERS)
    return pkt_fail(-(int32_t)PKT_EMSGSIZE);
  int64_t len = vector_len(message->msg_iov, message->msg_iovlen);
  if (len < 0)
    return pkt_fail(-(int32_t)PKT_EFAULT);
  struct pkt_wait wait = {.begun = false};
  uint32_t socket;
  int32_t n;
  do {
    socket = pkt_wait_enter(&wait, fd);
    n = -(int32_t)PKT_EBADF;
    if (socket != 0) {
      vector_buffer(message->msg_iov, message->msg_iovlen);
      if (message->msg_name == NULL) {
        n = pkt_call(PKT_CALL_send, socket, (uint32_t)len, 0, 0);
      } else {
        socklen_t name_len = message->msg_namelen;
        memcpy(pkt_exchange(), message->msg_name, name_len < PKT_SLL_BYTES ? name_len : PKT_SLL_BYTES);
        n = pkt_call(PKT_CALL_sendTo, socket, (uint32_t)len, name_len, 0);
      }
      pkt_kick();
    }
  } while (pkt_wait_leave(&wait, socket, n, flags, PKT_SOCKET_SNDTIMEO));
  return n < 0 ? pkt_fail(n) : n;
}

ssize_t pktsock_readv(int fd, const struct iovec *vector, int count) {
  struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
  return count < 0 ? pkt_fail(-(int32_t)PKT_EINVAL) : pktsock_recvmsg(fd, &message, 0);
}

ssize_t pktsock_writev(int fd, const struct iovec *vector, int count) {
  struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
  return count < 0 ? pkt_fail(-(int32_t)PKT_EINVAL) : pktsock_sendmsg(fd, &message, 0);
}
