/* The server of `pktsock run`: runs the component (BOARD=linux) and answers the preloaded library; see protocol.h.
 *
 * usage: server.elf KEY IFNAME IFINDEX (private | shared) [ADDRESS/PREFIX]
 * It prints "ready" when programs can start. After a line on its standard input it ends as soon as no packet socket
 * is open; at the end of its standard input it ends at once. */
#define _GNU_SOURCE
#include "ring.h"

#include <pktsock/os.h>
#include <pktsock/pktsock.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

static int listener, wakeups;
static char address_prefix[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

static void __attribute__((noreturn)) give_up(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* Returns the number in the name that the program's end is bound to, or 0. */
static uint32_t number_of(int fd) {
  struct sockaddr_un peer = {.sun_family = AF_UNSPEC};
  socklen_t len = sizeof(peer);
  size_t prefix = strlen(address_prefix);
  if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
      len != offsetof(struct sockaddr_un, sun_path) + 1 + prefix + 8 ||
      memcmp(peer.sun_path + 1, address_prefix, prefix) != 0)
    return 0;
  char digits[9] = {0};
  memcpy(digits, peer.sun_path + 1 + prefix, 8);
  return (uint32_t)strtoul(digits, NULL, 16);
}

/* Make the connection a packet socket, if the component has a free one. */
static void open_socket(struct connection *c, const struct preload_request *request, struct preload_answer *answer) {
  c->number = number_of(c->fd);
  c->socket = pktsock_socket(AF_PACKET, request->arguments[0] | SOCK_NONBLOCK, request->arguments[1]);
  answer->result = c->socket < 0 ? -1 : 0;
  answer->error = c->socket < 0 ? errno : 0;
}

/* Send the answer with `len` bytes of data, and with `descriptor` unless it is -1. */
static bool answer(int fd, void *bytes, size_t len, int descriptor) {
  union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
  } control = {{CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
  struct iovec part = {bytes, len};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (descriptor >= 0) {
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof(control);
  }
  return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* Serve a request over a connection that is not a packet socket. */
static void serve(struct connection *c) {
  static union {
    struct preload_request request;
    uint8_t bytes[sizeof(struct preload_request) + PRELOAD_DATA + PRELOAD_NAME + IFNAMSIZ];
  } in;
  static struct {
    struct preload_answer answer;
    uint8_t data[PRELOAD_DATA];
  } out;
  ssize_t n = recv(c->fd, in.bytes, sizeof(in.bytes) - IFNAMSIZ, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n < (ssize_t)sizeof(in.request)) {
    connection_drop(c);
    return;
  }
  reap_connections();
  size_t len = 0;
  int descriptor = -1;
  memset(&out.answer, 0, sizeof(out.answer));
  if (in.request.call == CALL_SOCKET) {
    open_socket(c, &in.request, &out.answer);
  } else {
    struct connection *socket = connection_of(in.request.number);
    len = server_call(socket, &in.request, in.bytes + sizeof(in.request), (size_t)n - sizeof(in.request), &out.answer,
                      out.data);
    if (in.request.call == CALL_MMAP && out.answer.result == 0)
      descriptor = ring_descriptor(socket);
  }
  /* Sockets that the call made readable are reported before the program goes on. A socket's first message is the answer
   * below. */
  if (in.request.call != CALL_SOCKET)
    notify_ready();
  if (!answer(c->fd, &out, sizeof(out.answer) + len, descriptor) || c->socket < 0)
    connection_drop(c);
}

static void accept_one(void) {
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->fd < 0) {
      *c = (struct connection){.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), .socket = -1};
      return;
    }
}

/* Wakes the loop below when the driver has news. No other task waits in a call, because the loop's calls never wait. */
static void *watch(void *nothing) {
  const uint64_t one = 1;
  pkt_os_lock();
  pkt_os_watch(pkt_os_self());
  pkt_os_unlock();
  while (write(wakeups, &one, sizeof(one)) >= 0)
    pkt_os_wait(UINT64_MAX);
  return nothing;
}

static void listen_at(const char *key) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t len = strlen(key);
  pthread_t thread;
  if (len + sizeof("/01234567") > sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    give_up("the key");
  }
  memcpy(address.sun_path + 1, key, len);
  snprintf(address_prefix, sizeof(address_prefix), "%s/", key);
  listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (listener < 0 ||
      bind(listener, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)) < 0 ||
      listen(listener, CONNECTIONS) < 0)
    give_up("the server's socket");
  wakeups = eventfd(0, EFD_CLOEXEC);
  if (wakeups < 0 || (errno = pthread_create(&thread, NULL, watch, NULL)) != 0)
    give_up("the server's thread");
}

/* One turn: wait, then serve each connection that has a request. Returns false at the end of the standard input. */
static bool turn(bool *ending) {
  struct pollfd fds[3 + CONNECTIONS] = {{STDIN_FILENO, POLLIN, 0}, {wakeups, POLLIN, 0}, {-1, POLLIN, 0}};
  for (int i = 0; i < CONNECTIONS; i++) {
    fds[3 + i] = (struct pollfd){connections[i].fd, POLLIN, 0};
    if (connections[i].fd < 0)
      fds[2].fd = listener; /* there is room for one more */
  }
  if (poll(fds, 3 + CONNECTIONS, -1) < 0)
    return errno == EINTR;
  uint64_t count;
  char line[64];
  if (fds[1].revents != 0 && read(wakeups, &count, sizeof(count)) < 0)
    return false;
  if (fds[0].revents != 0) {
    if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
      return false;
    *ending = true;
  }
  for (int i = 0; i < CONNECTIONS; i++)
    if (fds[3 + i].revents != 0 && connections[i].socket < 0)
      serve(&connections[i]);
  reap_connections();
  if (fds[2].revents != 0)
    accept_one();
  notify_ready();
  return true;
}

int main(int argc, char **argv) {
  if (argc != 5 && argc != 6) {
    fprintf(stderr, "usage: %s KEY IFNAME IFINDEX (private | shared) [ADDRESS/PREFIX]\n", argv[0]);
    return 2;
  }
  unsigned index = (unsigned)strtoul(argv[3], NULL, 10);
  if (!view_set(argv[2], index, argv[5])) {
    fprintf(stderr, "%s is not an address like 192.0.2.2/24\n", argv[5]);
    return 2;
  }
  if (strcmp(argv[4], "private") == 0 && !stand_in_make(argv[2], index))
    give_up("the private network");
  for (int i = 0; i < CONNECTIONS; i++)
    connections[i].fd = connections[i].socket = -1;
  listen_at(argv[1]);
  printf("ready\n");
  fflush(stdout);
  bool ending = false;
  while (turn(&ending) && !(ending && any_socket() < 0))
    ;
  return 0;
}
