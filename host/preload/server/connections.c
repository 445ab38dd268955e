/* The connections from programs: which are packet sockets, and which of them are readable. */
#include "ring.h"

#include <pktsock/pktsock.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

struct connection connections[CONNECTIONS];

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

/* An interface that is down does not make a socket readable, as on Linux; the pending error does. */
bool connection_readable(struct connection *connection) {
  struct pktsock_pollfd fd = {.fd = connection->socket, .events = POLLIN};
  short wanted = POLLIN | POLLERR;
  bool has_frames = connection->ring != NULL && ring_fill(connection);
  if (connection->ring != NULL)
    wanted = POLLERR;
  return (pktsock_poll(&fd, 1, 0) > 0 && (fd.revents & wanted) != 0) || has_frames;
}

void connection_drop(struct connection *c) {
  close(c->fd);
  c->fd = -1;
  if (c->socket >= 0)
    pktsock_close(c->socket);
  ring_close(c);
}

/* Close the sockets whose last descriptor is closed, and discard what a program wrote past the library. */
void reap_connections(void) {
  char byte;
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
    if (c->fd < 0 || c->socket < 0)
      continue;
    ssize_t n;
    do
      n = recv(c->fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC);
    while (n > 0);
    if (n == 0 || errno != EAGAIN)
      connection_drop(c);
  }
}

bool connection_notify(struct connection *connection) {
  return send(connection->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

void notify_ready(void) {
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->fd >= 0 && c->socket >= 0 && connection_readable(c) && !c->reported)
      c->reported = connection_notify(c);
}
