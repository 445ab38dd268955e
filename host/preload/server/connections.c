/* The connections from programs: which are packet sockets, and which of them are readable. */
#define _GNU_SOURCE
#include "server.h"

#include <pktsock/host_nic.h>
#include <pktsock/pktsock.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct connection connections[CONNECTIONS];

/* A frame as the connection carries it. */
struct sent {
  struct preload_frame frame;
  uint8_t bytes[PRELOAD_FRAME];
};
/* What was sent last over each connection. */
static struct sent heads[CONNECTIONS];

struct connection *connection_of(uint32_t number) {
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->fd >= 0 && c->socket >= 0 && c->number == number)
      return c;
  return NULL;
}

int any_socket(void) {
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->fd >= 0 && c->socket >= 0)
      return c->socket;
  return -1;
}

/* Frames in the component's queue. */
static uint32_t queued(const struct connection *c) {
  struct pktsock_socket_counters counters;
  return pktsock_socket_counters(c->socket, &counters) == 0 ? counters.packets - c->received : 0;
}

/* Returns true if there is a pending error, or a message in the error queue. An interface that is down does not make a socket
 * readable, as on Linux. The component sorts what was received meanwhile, so ask this before queued(). */
static bool has_errors(const struct connection *c) {
  struct pktsock_pollfd fd = {.fd = c->socket, .events = 0};
  return pktsock_poll(&fd, 1, 0) > 0 && (fd.revents & POLLERR) != 0;
}

/* Tell pending errors from messages: the former are kept here. Returns true if there is one. */
static bool look_for_errors(struct connection *c) {
  bool messages = has_errors(c);
  int error = 0;
  socklen_t len = sizeof(error);
  if (messages && pktsock_getsockopt(c->socket, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error != 0) {
    c->error = error;
    messages = has_errors(c);
  }
  messages_show(c, messages || c->error != 0);
  return c->error != 0;
}

ssize_t connection_receive(struct connection *c, struct pktsock_msghdr *message, int flags) {
  for (int i = 0; i < 2; i++) {
    ssize_t n = pktsock_recvmsg(c->socket, message, flags | MSG_DONTWAIT);
    if (n >= 0 || errno == EAGAIN)
      return n;
    c->error = errno;
  }
  return -1;
}

int connection_take_error(struct connection *c) {
  int error = c->error;
  c->error = 0;
  return error;
}

/* Take the first frame out of the queue. */
static bool discard_head(struct connection *c) {
  struct pktsock_msghdr message = {.msg_name = NULL};
  if (connection_receive(c, &message, 0) < 0)
    return false;
  c->received++;
  return true;
}

/* Describe the frame that is first in the queue, and stays there. Returns the length of the message, or 0 if there is none. */
static size_t describe_head(struct connection *c, struct sent *head) {
  struct pktsock_iovec part = {head->bytes, sizeof(head->bytes)};
  struct pktsock_msghdr message = {
      .msg_name = head->frame.address,
      .msg_namelen = sizeof(head->frame.address),
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = head->frame.messages,
      .msg_controllen = sizeof(head->frame.messages),
  };
  memset(&head->frame, 0, sizeof(head->frame));
  ssize_t n = connection_receive(c, &message, MSG_PEEK);
  if (n < 0)
    return 0;
  view_address_to_program(head->frame.address, message.msg_namelen);
  head->frame.len = (uint32_t)n;
  head->frame.flags = message.msg_flags;
  head->frame.name = message.msg_namelen;
  head->frame.control = (uint32_t)message.msg_controllen;
  return sizeof(head->frame) + (size_t)n;
}

/* Find out whether the component still has the frame on the connection. A pool that is too small takes the last frame of a socket
 * for one that has none. */
static void find_reclaimed(struct connection *c) {
  static struct sent now;
  struct pktsock_socket_counters counters;
  if (!c->framed || c->reclaimed || pktsock_socket_counters(c->socket, &counters) < 0 ||
      counters.pool_empty == c->pool_empty)
    return;
  c->pool_empty = counters.pool_empty;
  const size_t len = describe_head(c, &now);
  c->reclaimed = len == 0 || memcmp(&now, &heads[c - connections], len) != 0;
}

/* Returns true if there are frames besides the one on the connection. */
static bool has_frames(struct connection *c) {
  find_reclaimed(c);
  return queued(c) > (c->framed && !c->reclaimed ? 1 : 0);
}

/* connection_has_more(), which also finds out whether there is an error. */
static bool has_more(struct connection *c, bool *error) {
  /* A ring empties the queue before the component sorts more into it. */
  const bool has_ring = c->rings.rx.memory != NULL, in_ring = has_ring && rings_receive(c);
  *error = look_for_errors(c);
  if (has_ring && queued(c) != 0)
    c->rings.behind = true;
  return *error || in_ring || (!has_ring && has_frames(c));
}

bool connection_has_more(struct connection *c) {
  bool error;
  return has_more(c, &error);
}

/* The bytes on a connection that the program has not taken. */
static int untaken(const struct connection *c) {
  int bytes = 0;
  ioctl(c->fd, SIOCOUTQ, &bytes);
  return bytes;
}

void connection_update(struct connection *c) {
  if (!c->framed && !c->reported)
    return;
  int left = untaken(c);
  if (c->framed && left < c->sent) {
    find_reclaimed(c);
    if (c->reclaimed)
      c->undropped++;
    else
      discard_head(c);
    c->framed = c->reclaimed = false;
  }
  if (left == 0)
    c->reported = false;
}

static bool put(struct connection *c, const void *message, size_t len) {
  if (send(c->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    return false;
  int left = untaken(c);
  c->sent = left > 0 ? left : 1; /* it was taken at once */
  return true;
}

/* Send the frame that is first in the queue. */
static bool put_frame(struct connection *c) {
  struct sent *head = &heads[c - connections];
  struct pktsock_socket_counters counters;
  const size_t len = describe_head(c, head);
  if (len == 0 || pktsock_socket_counters(c->socket, &counters) < 0)
    return false;
  c->pool_empty = counters.pool_empty;
  return put(c, head, len);
}

/* Tell the program what there is to receive. */
static void notify(struct connection *c) {
  bool error, more = has_more(c, &error);
  if (more && c->rings.rx.memory == NULL && !c->framed && !c->reported && !error) {
    c->framed = put_frame(c);
    more = has_frames(c);
  }
  if (more && !c->reported)
    c->reported = put(c, "", 1);
  if (c->answers != NULL)
    __atomic_store_n(&c->answers->error, error, __ATOMIC_RELEASE);
}

/* Frames that have come were not sorted for all sockets. */
static bool is_behind;

/* Frames that the interfaces have received. */
static uint32_t arrivals(void) {
  struct pktsock_counters of;
  uint32_t sum = 0;
  for (unsigned i = 1; pktsock_counters(i, &of) == 0; i++)
    sum += of.rx_frames;
  return sum;
}

void update_all(void) {
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->fd >= 0 && c->socket >= 0)
      connection_update(c);
}

void notify_ready(void) {
  update_all(); /* a program that was answered goes on at once, and takes frames */
  const uint32_t before = arrivals();
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->fd >= 0 && c->socket >= 0)
      notify(c);
  /* A call receives frames for any socket, and nothing else wakes this process for them. */
  is_behind = arrivals() != before;
}

uint64_t notify_deadline(void) {
  uint64_t first = is_behind ? 0 : UINT64_MAX;
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
    const uint64_t deadline = c->fd >= 0 && c->socket >= 0 ? rings_deadline(&c->rings) : UINT64_MAX;
    if (deadline < first)
      first = deadline;
  }
  return first;
}

void connection_purge(struct connection *c) {
  uint32_t left = queued(c); /* what comes meanwhile goes to the ring */
  c->framed = c->reclaimed = c->reported = false;
  while (left > 0 && discard_head(c))
    left--;
}

int answers_descriptor(struct connection *c) {
  if (c->answers != NULL)
    return c->answers_fd;
  int fd = sealed_memory("answers", sizeof(*c->answers));
  void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*c->answers), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    if (fd >= 0)
      close(fd);
    errno = ENOMEM;
    return -1;
  }
  c->answers = memory;
  return c->answers_fd = fd;
}

int sealed_memory(const char *name, size_t size) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0)
    return -1;
  if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    return fd;
  close(fd);
  return -1;
}

void connection_answer(struct connection *c, const struct preload_answer *answer) {
  if (c->answers == NULL)
    return; /* nobody can wait for it */
  c->answers->answer = *answer;
  __atomic_store_n(&c->answers->turn, ++c->turn, __ATOMIC_RELEASE);
  syscall(SYS_futex, &c->answers->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Drops of the sockets that are closed. */
static uint64_t queue_full, pool_empty, ring_full;

static void count_drops(const struct connection *c) {
  struct pktsock_socket_counters counters;
  ring_full += c->rings.dropped_ever;
  if (pktsock_socket_counters(c->socket, &counters) < 0)
    return;
  queue_full += counters.queue_full;
  pool_empty += counters.pool_empty - c->undropped;
}

void report_drops(void) {
  struct pktsock_counters of = {0}, one;
  for (unsigned i = 1; pktsock_counters(i, &one) == 0; i++) {
    of.rx_no_frame += one.rx_no_frame;
    of.rx_too_short += one.rx_too_short;
    of.rx_too_long += one.rx_too_long;
    of.rx_iface_down += one.rx_iface_down;
    of.tx_errors += one.tx_errors;
  }
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->fd >= 0 && c->socket >= 0)
      count_drops(c);
  const struct {
    const char *reason;
    uint64_t frames;
  } all[] = {
      {"a socket's queue was full", queue_full},
      {"a packet ring was full", ring_full},
      {"the sockets held all frames of the pool", pool_empty},
      {"no frame was free to receive into", of.rx_no_frame},
      {"the UDP cable's descriptor was full", host_nic_overruns()},
      {"shorter than a header", of.rx_too_short},
      {"longer than a frame", of.rx_too_long},
      {"the interface was down", of.rx_iface_down},
      {"the cable did not take it", of.tx_errors},
  };
  for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
    if (all[i].frames != 0)
      fprintf(stderr, "pktsock run: %llu frames dropped: %s\n", (unsigned long long)all[i].frames, all[i].reason);
}

void connection_drop(struct connection *c) {
  close(c->fd);
  c->fd = -1;
  if (c->socket >= 0) {
    count_drops(c);
    pktsock_close(c->socket);
  }
  rings_close(&c->rings);
  messages_close(c);
  if (c->answers == NULL)
    return;
  __atomic_store_n(&c->answers->closed, 1, __ATOMIC_RELEASE);
  munmap(c->answers, sizeof(*c->answers));
  close(c->answers_fd);
  c->answers = NULL;
}

/* Close the sockets whose last descriptor is closed. Requests stay. */
void reap_connections(void) {
  char byte;
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
    ssize_t n = c->fd >= 0 && c->socket >= 0 ? recv(c->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) : 1;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
      connection_drop(c);
  }
}
