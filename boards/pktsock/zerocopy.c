/* The zero-copy calls of pktsock.h, which lend frames in place. */
#include "component.h"

#if PKTSOCK_ZEROCOPY
static int32_t describe(struct pktsock_frame *frame, uint32_t handle, bool received) {
  const struct pkt_frame *f = pkt_bounds_frame(handle);
  if (f == NULL)
    return pkt_distrust();
  uint8_t *buffer = pkt_bounds_buffer(f);
  uint32_t start = f->mac - (uint32_t)(buffer - pkt_bounds.memory), size = pkt_bounds.frame_size;
  if (start > size || (received && f->len > size - start))
    return pkt_distrust();
  frame->handle = handle | pkt_bounds.generation;
  frame->data = buffer + start;
  frame->shared = f->refs > 1;
  frame->len = received ? f->len : size - start;
  return (int32_t)handle;
}

/* The offset of a frame, or one that is none if the frame was lent before the module was started again. */
static inline uint32_t lent_offset(const struct pktsock_frame *frame) { return frame->handle ^ pkt_bounds.generation; }

static int32_t peek_at(uint32_t socket, void *frame, bool exclusive) {
  int32_t n = pkt_call_here(pkt_not_received, &pkt_export_peek, INT32_MAX, socket, exclusive, 0);
  return n < 0 ? n : describe(frame, (uint32_t)n, true);
}

static int32_t peek(uint32_t socket, void *frame) { return peek_at(socket, frame, false); }

static int32_t peek_exclusive(uint32_t socket, void *frame) { return peek_at(socket, frame, true); }

static int32_t reserve(uint32_t socket, void *frame) {
  int32_t n = pkt_call(&pkt_export_reserve, socket, 0, 0, 0);
  return n < 0 ? n : describe(frame, (uint32_t)n, false);
}

static int lend(int fd, struct pktsock_frame *frame, int flags, int events, pkt_attempt *attempt) {
  if (frame == NULL)
    return pkt_fail(-PKT_EFAULT);
  if ((flags & ~PKTSOCK_MSG_DONTWAIT) != 0)
    return pkt_fail(-PKT_EINVAL);
  int32_t n = pkt_try(fd, flags, events, attempt, frame);
  return n < 0 ? pkt_fail(n) : 0;
}

int pktsock_peek(int fd, struct pktsock_frame *frame, int flags) {
  bool exclusive = (flags & PKTSOCK_EXCLUSIVE) != 0;
  return lend(fd, frame, flags & ~PKTSOCK_EXCLUSIVE, PKTSOCK_POLLIN | PKTSOCK_POLLERR,
              exclusive ? peek_exclusive : peek);
}

int pktsock_reserve(int fd, struct pktsock_frame *frame, int flags) {
  return lend(fd, frame, flags, PKTSOCK_POLLOUT, reserve);
}

ptrdiff_t pktsock_submit(int fd, const struct pktsock_frame *frame) {
  if (frame == NULL)
    return pkt_fail(-PKT_EFAULT);
  if (frame->len > UINT16_MAX)
    return pkt_fail(-PKT_EMSGSIZE);
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t n;
  if (PKT_UNLIKELY(socket == 0)) {
    n = pkt_no_socket(fd);
  } else {
    n = pkt_call_here(pkt_not_a_number, &pkt_export_submit, (uint32_t)frame->len, socket, lent_offset(frame),
                      (uint32_t)frame->len);
    pkt_kick();
  }
  pkt_unlock();
  if (n < 0)
    return pkt_fail(n);
  pkt_sent();
  return n;
}

int pktsock_release(int fd, const struct pktsock_frame *frame) {
  if (frame == NULL)
    return pkt_fail(-PKT_EFAULT);
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t n = socket != 0 ? pkt_call(&pkt_export_release, socket, lent_offset(frame), 0, 0) : pkt_no_socket(fd);
  pkt_unlock();
  return n < 0 ? pkt_fail(n) : 0;
}
#else
int pktsock_peek(int fd, struct pktsock_frame *frame, int flags) {
  (void)fd, (void)frame, (void)flags;
  return pkt_fail(-PKT_EOPNOTSUPP);
}

int pktsock_reserve(int fd, struct pktsock_frame *frame, int flags) {
  (void)fd, (void)frame, (void)flags;
  return pkt_fail(-PKT_EOPNOTSUPP);
}

ptrdiff_t pktsock_submit(int fd, const struct pktsock_frame *frame) {
  (void)fd, (void)frame;
  return pkt_fail(-PKT_EOPNOTSUPP);
}

int pktsock_release(int fd, const struct pktsock_frame *frame) {
  (void)fd, (void)frame;
  return pkt_fail(-PKT_EOPNOTSUPP);
}
#endif
