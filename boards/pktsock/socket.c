/* socket(2), bind(2), send(2), recv(2) and close(2): each is one call into the module, under the lock. */
#include "component.h"

#include <errno.h>
#include <string.h>

/* The longest address that Linux accepts. */
#define MAX_ADDRESS sizeof(struct pktsock_sockaddr_storage)

#define FAIL(error) pkt_fail(-PKT_##error)

static_assert(sizeof(struct pktsock_sockaddr_ll) == PKT_SLL_BYTES, "pktsock_sockaddr_ll is not as long as Linux's");
static_assert(offsetof(struct pktsock_sockaddr_ll, sll_addr) == PKT_SLL_ADDR, "sll_addr is not where Linux has it");

bool pkt_is_ours(int fd) { return (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR < PKT_MAX_DESCRIPTORS; }

int pktsock_socket(int domain, int type, int protocol) {
  if (domain != PKTSOCK_AF_PACKET)
    return FAIL(EAFNOSUPPORT);
  pkt_os_lock();
  int32_t result = -PKT_ENETDOWN;
  if (pkt_bounds_full())
    result = -PKT_ENOBUFS;
  else if (pkt_component.control != NULL)
    result = pkt_bounds_open(pkt_call(&pkt_export_openSocket, (uint32_t)type, (uint16_t)protocol, 0, 0), -1);
  if (result >= 0)
    pkt_journal_open(result, type, (uint16_t)protocol);
  pkt_os_unlock();
  return result < 0 ? pkt_fail(result) : result;
}

int pktsock_stack(unsigned ifindex) {
  pkt_os_lock();
  int32_t result = pkt_has_ended() ? -EIO : -PKT_ENODEV;
  if (pkt_bounds_full())
    result = -PKT_ENOBUFS;
  else if (pkt_iface_of(ifindex) != NULL)
    result = pkt_bounds_open(pkt_call(&pkt_export_openStack, ifindex, 0, 0, 0), -1);
  if (result >= 0)
    pkt_journal_stack(result, ifindex);
  pkt_unlock();
  return result < 0 ? pkt_fail(result) : result;
}

int pktsock_close(int fd) {
  if (!pkt_is_ours(fd))
    return pkt_os_close(fd);
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = socket != 0 ? 0 : pkt_no_socket(fd);
  if (result != -PKT_EBADF) { /* before the module is asked: a trap in that must not open it again */
    pkt_journal_close(fd);
    pkt_bounds_close(fd);
    pkt_wake_closed(fd);
    result = 0;
  }
  if (socket != 0) {
    pkt_call(&pkt_export_closeSocket, socket, 0, 0, 0);
    pkt_update_filters();
  }
  pkt_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}

uint32_t pkt_put_address(const void *address, pktsock_socklen_t len) {
  if (len != 0)
    memcpy(pkt_exchange(), address, len < PKT_SLL_BYTES ? len : PKT_SLL_BYTES);
  return len;
}

void pkt_get_address(void *address, pktsock_socklen_t *len, pktsock_socklen_t there) {
  memcpy(address, pkt_exchange(), *len < there ? *len : there);
  *len = there;
}

int pktsock_bind(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len) {
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = pkt_no_socket(fd);
  if (socket != 0) {
    if (address_len > MAX_ADDRESS)
      result = -PKT_EINVAL;
    else if (address == NULL && address_len != 0)
      result = -PKT_EFAULT;
    else if ((result = pkt_call(&pkt_export_bindSocket, socket, pkt_put_address(address, address_len), 0, 0)) >= 0)
      pkt_journal_bind(fd, (const void *)address);
  }
  pkt_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}

int pktsock_getsockname(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len) {
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = pkt_no_socket(fd);
  if (socket != 0) {
    if (address == NULL || address_len == NULL)
      result = -PKT_EFAULT;
    else if ((int32_t)*address_len < 0)
      result = -PKT_EINVAL;
    else if ((result = pkt_call(&pkt_export_socketName, socket, 0, 0, 0)) >= 0)
      pkt_get_address(address, address_len, (pktsock_socklen_t)pkt_at_most(result, PKT_SLL_BYTES));
  }
  pkt_os_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}

/* Calls that packet sockets do not have fail as on Linux. */
static int refuse(int fd, int32_t error) {
  pkt_os_lock();
  if (pkt_socket_of(fd) == 0)
    error = pkt_no_socket(fd);
  pkt_os_unlock();
  return pkt_fail(error);
}

int pktsock_getpeername(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len) {
  (void)address, (void)address_len;
  return refuse(fd, -PKT_EOPNOTSUPP);
}

int pktsock_connect(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len) {
  (void)address, (void)address_len;
  return refuse(fd, -PKT_EOPNOTSUPP);
}

int pktsock_listen(int fd, int backlog) {
  (void)backlog;
  return refuse(fd, -PKT_EOPNOTSUPP);
}

int pktsock_accept(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len) {
  (void)address, (void)address_len;
  return refuse(fd, -PKT_EOPNOTSUPP);
}

int pktsock_shutdown(int fd, int how) {
  (void)how;
  return refuse(fd, -PKT_EOPNOTSUPP);
}

/* ---- Receiving ---------------------------------------------------------------------------------------------------- */

int32_t pkt_receive_from(uint32_t socket, size_t len, int flags, bool described) {
  if ((flags & PKT_WANT_NAME) != 0)
    return -PKT_EINVAL;
  int32_t n =
      pkt_call(&pkt_export_receiveFrom, socket, pkt_len(len), (uint32_t)flags | (described ? PKT_WANT_NAME : 0), 0);
  bool whole = (flags & PKTSOCK_MSG_TRUNC) != 0; /* the result is the frame's length */
  return pkt_not_received(n, whole ? pkt_bounds.frame_size : pkt_len(len));
}

struct receipt {
  void *buffer;
  size_t len;
  int flags;
  struct pktsock_sockaddr *address; /* NULL: not asked for */
  pktsock_socklen_t *address_len;
};

static int32_t receive(uint32_t socket, void *call) {
  const struct receipt *r = call;
  uint32_t len = pkt_len(r->len);
  pkt_buffer(r->buffer, r->len);
  return pkt_call_here(pkt_not_received, &pkt_export_receive, len, socket, len, 0);
}

/* The same with flags or for the address. */
static int32_t receive_from(uint32_t socket, void *call) {
  const struct receipt *r = call;
  pkt_buffer(r->buffer, r->len);
  int32_t n = pkt_receive_from(socket, r->len, r->flags, r->address != NULL);
  if (n < 0 || r->address == NULL)
    return n;
  if ((r->flags & PKTSOCK_MSG_ERRQUEUE) != 0)
    *r->address_len = 0;
  else
    pkt_get_address(r->address, r->address_len, PKT_SLL_BYTES);
  return n;
}

ptrdiff_t pktsock_recv(int fd, void *buffer, size_t len, int flags) {
  return pktsock_recvfrom(fd, buffer, len, flags, NULL, NULL);
}

ptrdiff_t pktsock_recvfrom(int fd, void *buffer, size_t len, int flags, struct pktsock_sockaddr *address,
                           pktsock_socklen_t *address_len) {
  struct receipt receipt = {buffer, len, flags, address, address_len};
  if ((buffer == NULL && len != 0) || (address != NULL && address_len == NULL))
    return FAIL(EFAULT);
  if (address != NULL && (int32_t)*address_len < 0)
    return FAIL(EINVAL);
  bool plain = (flags & ~PKTSOCK_MSG_DONTWAIT) == 0 && address == NULL;
  int32_t n = pkt_try(fd, flags, PKTSOCK_POLLIN | PKTSOCK_POLLERR, plain ? receive : receive_from, &receipt);
  return n < 0 ? pkt_fail(n) : n;
}

/* ---- Sending ------------------------------------------------------------------------------------------------------ */

struct dispatch {
  const void *buffer;
  uint32_t len;
  const struct pktsock_sockaddr *address; /* NULL: the address that the socket is bound to */
  pktsock_socklen_t address_len;
};

static inline int32_t dispatch(uint32_t socket, const void *buffer, uint32_t len) {
  pkt_buffer(buffer, len);
  int32_t n = pkt_call_here(pkt_not_a_number, &pkt_export_send, len, socket, len, 0);
  pkt_kick();
  return n;
}

static int32_t dispatch_to(uint32_t socket, void *call) {
  const struct dispatch *d = call;
  if (d->address == NULL)
    return dispatch(socket, d->buffer, d->len);
  pkt_buffer(d->buffer, d->len);
  int32_t n = pkt_call(&pkt_export_sendTo, socket, d->len, pkt_put_address(d->address, d->address_len), 0);
  n = pkt_at_most(n, d->len);
  pkt_kick();
  return n;
}

ptrdiff_t pktsock_sendto(int fd, const void *buffer, size_t len, int flags, const struct pktsock_sockaddr *address,
                         pktsock_socklen_t address_len) {
  if (buffer == NULL && len != 0)
    return FAIL(EFAULT);
  if (len > INT32_MAX)
    return FAIL(EMSGSIZE);
  if (address != NULL && address_len > MAX_ADDRESS)
    return FAIL(EINVAL);
  struct dispatch call = {buffer, (uint32_t)len, address, address_len};
  int32_t n = pkt_try(fd, flags, PKTSOCK_POLLOUT | PKTSOCK_POLLERR, dispatch_to, &call);
  if (n < 0)
    return pkt_fail(n);
  pkt_sent();
  return n;
}

/* Sending without an address seldom waits: try that first, and leave all else to sendto(2). */
ptrdiff_t pktsock_send(int fd, const void *buffer, size_t len, int flags) {
  int32_t n = -PKT_EAGAIN;
  if (buffer != NULL && len <= INT32_MAX) {
    pkt_os_lock();
    uint32_t socket = pkt_socket_of(fd);
    if (socket != 0)
      n = dispatch(socket, buffer, (uint32_t)len);
    pkt_unlock();
  }
  if (PKT_UNLIKELY(n < 0))
    return n == -PKT_EAGAIN ? pktsock_sendto(fd, buffer, len, flags, NULL, 0) : pkt_fail(n);
  pkt_sent();
  return n;
}

ptrdiff_t pktsock_read(int fd, void *buffer, size_t len) {
  return pkt_is_ours(fd) ? pktsock_recv(fd, buffer, len, 0) : pkt_os_read(fd, buffer, len);
}

ptrdiff_t pktsock_write(int fd, const void *buffer, size_t len) {
  return pkt_is_ours(fd) ? pktsock_send(fd, buffer, len, 0) : pkt_os_write(fd, buffer, len);
}
