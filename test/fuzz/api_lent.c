/* Frames lent in place: given back, sent, given back twice, by others, or never. */
#include "api.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_LENT 32
#define WRITTEN 0x3c

/* One that was lent; it stays here when it was given back, to be given back again. */
struct lent {
  int fd; /* -1: not lent any more */
  bool received;
  uint32_t sum;
  struct pktsock_frame frame;
};

static struct lent lent[MAX_LENT];
static unsigned count;
static bool forgotten; /* a record was overwritten: its frame is never given back by its name */

static uint32_t sum_of(const struct pktsock_frame *frame) {
  uint32_t sum = 2166136261u;
  for (size_t i = 0; i < frame->len; i++)
    sum = (sum ^ frame->data[i]) * 16777619u;
  return sum;
}

static void check(const struct lent *one) {
  MUST(one->fd < 0 || sum_of(&one->frame) == one->sum, "a frame that is lent has changed (%s)",
       one->received ? "received" : "to send");
}

void api_check_lent(void) {
  for (unsigned i = 0; i < count; i++)
    check(&lent[i]);
}

void api_forget_lent(int fd) {
  for (unsigned i = 0; i < count; i++)
    if (lent[i].fd == fd)
      lent[i].fd = -1;
}

void api_reset_lent(void) {
  count = 0;
  forgotten = false;
}

/* The component took a frame back from this socket: it must have been lent to it. */
static void taken_back(int fd, uint32_t handle) {
  unsigned i = 0;
  while (i < count && (lent[i].fd != fd || lent[i].frame.handle != handle))
    i++;
  MUST(i < count || forgotten, "a frame was taken back that this socket does not hold");
  if (i < count)
    lent[i].fd = -1;
}

void api_lend(struct input *in) {
  struct pktsock_frame frame = {0};
  int fd = api_descriptor(in);
  uint8_t choice = input_u8(in);
  int flags = choice & 2 ? 0 : MSG_DONTWAIT, result;
  bool received = (choice & 1) != 0;
  if (received && (choice & 4) != 0)
    flags |= PKTSOCK_EXCLUSIVE;
  if (choice >= 0xf0)
    flags = (int)input_u32(in);
  if (received)
    EXPECT("pktsock_peek", result = pktsock_peek(fd, &frame, flags), EAGAIN, EBADF, ENETDOWN, ENOBUFS, EINVAL);
  else
    EXPECT("pktsock_reserve", result = pktsock_reserve(fd, &frame, flags), EAGAIN, EBADF, ENXIO, ENETDOWN, ENOBUFS,
           EINVAL);
  if (result < 0)
    return;
  MUST(frame.len <= MAX_FRAME && frame.len >= PKT_ETH_HLEN, "a lent frame has %zu bytes", frame.len);
  bool exclusive = received && (flags & PKTSOCK_EXCLUSIVE) != 0;
  MUST(!frame.shared || (received && !exclusive), "a frame that no other socket may hold is shared");
  if (!received || !frame.shared)
    memset(frame.data, WRITTEN, frame.len); /* another holder of the frame would notice */
  for (unsigned i = 0; i < count; i++)
    MUST(lent[i].fd < 0 || (lent[i].received && received) || lent[i].frame.handle != frame.handle,
         "a frame is lent twice at the same time");
  unsigned at = count;
  if (count < MAX_LENT) {
    count++;
  } else {
    at = choice % MAX_LENT;
    forgotten |= lent[at].fd >= 0;
  }
  lent[at] = (struct lent){fd, received, sum_of(&frame), frame};
}

static void submit(int fd, struct pktsock_frame frame, size_t len) {
  frame.len = len;
  ssize_t n = pktsock_submit(fd, &frame);
  EXPECT("pktsock_submit", n, EINVAL, EMSGSIZE, EBUSY, EBADF, ENXIO, ENETDOWN);
  if (n < 0)
    return;
  MUST(n == (ssize_t)len, "pktsock_submit returned %zd of %zu", n, len);
  taken_back(fd, frame.handle);
}

void api_end_lending(struct input *in) {
  uint8_t choice = input_u8(in);
  struct lent forged = {.fd = -1, .frame = {NULL, 60, 0, false}}, *one = &forged;
  if (count != 0 && choice < 0xf0)
    one = &lent[input_u8(in) % count];
  else
    forged.frame.handle = input_u32(in);
  int fd = choice & 4 || one->fd < 0 ? api_descriptor(in) : one->fd;
  check(one);
  if (choice & 1) {
    submit(fd, one->frame, choice & 2 ? api_length(in) : one->frame.len);
    return;
  }
  int result = pktsock_release(fd, &one->frame);
  EXPECT("pktsock_release", result, EINVAL, EBADF);
  if (result < 0)
    return;
  taken_back(fd, one->frame.handle);
  result = pktsock_release(fd, &one->frame);
  MUST(result < 0 && errno == EINVAL, "a frame was taken back twice");
}
