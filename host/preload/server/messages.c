/* The error queue of a socket: its messages, and how programs wait for them. A descriptor of AF_UNIX cannot show POLLERR and go on,
 * but the end of a pipe for writing does while no end for reading is open. The library polls that end beside the socket. */
#define _GNU_SOURCE
#include "server.h"

#include <pktsock/pktsock.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The ends of a connection's pipe. */
enum { READING = 0, WRITING = 1 };

int messages_descriptor(struct connection *c) {
  if (c->queue[WRITING] < 0 && pipe2(c->queue, O_CLOEXEC | O_NONBLOCK) < 0)
    return -1;
  return c->queue[WRITING];
}

static void close_end(int *end) {
  if (*end >= 0)
    close(*end);
  *end = -1;
}

void messages_show(struct connection *c, bool any) {
  char path[sizeof("/proc/self/fd/") + 11];
  if (any)
    close_end(&c->queue[READING]);
  if (any || c->queue[WRITING] < 0 || c->queue[READING] >= 0)
    return;
  snprintf(path, sizeof(path), "/proc/self/fd/%d", c->queue[WRITING]);
  c->queue[READING] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

size_t messages_receive(struct connection *c, int flags, uint8_t *out) {
  struct preload_frame head = {.len = 0};
  struct pktsock_iovec part = {out + sizeof(head), PRELOAD_FRAME};
  struct pktsock_msghdr message = {
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = head.messages,
      .msg_controllen = sizeof(head.messages),
  };
  ssize_t n = pktsock_recvmsg(c->socket, &message, flags | MSG_ERRQUEUE | MSG_DONTWAIT);
  if (n < 0)
    return 0;
  head.len = (uint32_t)n;
  head.flags = message.msg_flags;
  head.control = (uint32_t)message.msg_controllen;
  memcpy(out, &head, sizeof(head));
  return sizeof(head) + (size_t)n;
}

void messages_close(struct connection *c) {
  close_end(&c->queue[READING]);
  close_end(&c->queue[WRITING]);
}
