/* The server of `pktsock run`: runs the component (BOARD=linux) and answers the preloaded library; see protocol.h.
 *
 * usage: server.elf KEY (private | shared) IFNAME,IFINDEX[,ADDRESS/PREFIX] ...
 * with an argument for each of the component's interfaces.
 * It prints "ready" when programs can start. After a line on its standard input it ends as soon as no packet socket
 * is open; at the end of its standard input it ends at once. */
#define _GNU_SOURCE
#include "server.h"

#include <pktsock/host_nic.h>
#include <pktsock/pktsock.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

static int listener;
static char secret[PRELOAD_SECRET_BYTES];
/* What the descriptors of the loop below are; connection i is CONNECTION + i. */
enum { LISTENER = 0, INPUT = 1, CONNECTION = 2 };
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

/* A request, and what calls may write behind its data. */
static union {
  struct preload_request request;
  uint8_t bytes[sizeof(struct preload_request) + PRELOAD_DATA + IFNAMSIZ];
} in;
static struct {
  struct preload_answer answer;
  uint8_t data[PRELOAD_DATA];
} out;

/* Receive a request. Returns the length of its data; -1: nothing is there; -2: the connection has ended or carries
 * nonsense. */
static ssize_t next_request(const struct connection *c) {
  struct iovec part = {in.bytes, sizeof(struct preload_request) + PRELOAD_DATA};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  ssize_t n = recvmsg(c->fd, &message, MSG_DONTWAIT);
  memset(&out.answer, 0, sizeof(out.answer));
  if (n < 0 && errno == EAGAIN)
    return -1;
  if (n < (ssize_t)sizeof(in.request) || (message.msg_flags & MSG_TRUNC) != 0 ||
      memcmp(in.request.secret, secret, sizeof(secret)) != 0)
    return -2;
  return n - (ssize_t)sizeof(in.request);
}

static size_t make_call(struct connection *socket, size_t len) {
  return server_call(socket, &in.request, in.bytes + sizeof(in.request), len, &out.answer, out.data);
}

/* Serve a request over a connection that is not a packet socket. */
static void serve(struct connection *c) {
  ssize_t n = next_request(c);
  if (n < 0) {
    if (n == -2)
      connection_drop(c);
    return;
  }
  reap_connections();
  size_t len = 0;
  int descriptor = -1;
  if (in.request.call == CALL_SOCKET) {
    open_socket(c, &in.request, &out.answer);
  } else {
    struct connection *socket = connection_of(in.request.number);
    len = make_call(socket, (size_t)n);
    if (out.answer.result >= 0 && in.request.call == CALL_MMAP)
      descriptor = rings_give(socket, in.request.arguments[0])->fd;
    else if (out.answer.result == 0 && in.request.call == CALL_ANSWERS)
      descriptor = answers_descriptor(socket);
    else if (out.answer.result == 0 && in.request.call == CALL_QUEUE)
      descriptor = messages_descriptor(socket);
  }
  /* Sockets that the call made readable are reported before the program goes on. A socket's first message is the answer
   * below. */
  if (in.request.call != CALL_SOCKET)
    notify_ready();
  if (!answer(c->fd, &out, sizeof(out.answer) + len, descriptor) || c->socket < 0)
    connection_drop(c);
}

/* Serve a request to send over the socket's own connection. What else a program wrote there, past the library, is discarded. */
static void serve_socket(struct connection *c) {
  ssize_t n = next_request(c);
  if (n >= 0 && (in.request.call == CALL_SENDTO || in.request.call == CALL_SENDMSG)) {
    make_call(c, (size_t)n);
    notify_ready();
    connection_answer(c, &out.answer);
  } else if (n == -2) {
    reap_connections(); /* it may have ended */
  }
}

static void add(int fd, uint64_t which) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = HOST_NIC_OWN + which};
  if (epoll_ctl(host_nic_epoll(), EPOLL_CTL_ADD, fd, &event) < 0)
    give_up("the server's loop");
}

/* Returns true if the other end is root or the user of this process, and not some other user of the machine. */
static bool is_known(int fd) {
  struct ucred peer;
  socklen_t len = sizeof(peer);
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

/* The connection that the next one may replace: an unused one, or else the one that has waited longest for a request that
 * does not come, of other users first. */
static struct connection *room(void) {
  struct connection *oldest = NULL;
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
    if (c->fd < 0)
      return c;
    if (c->socket >= 0)
      continue;
    bool first = oldest == NULL || (oldest->known && !c->known);
    if (first || (oldest->known == c->known && (int32_t)(c->age - oldest->age) < 0))
      oldest = c;
  }
  if (oldest != NULL)
    connection_drop(oldest);
  return oldest;
}

static void accept_one(void) {
  static uint32_t age;
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  struct connection *c = fd < 0 ? NULL : room();
  if (c == NULL) {
    if (fd >= 0)
      close(fd);
    return;
  }
  *c = (struct connection){.fd = fd, .socket = -1, .age = age++, .known = is_known(fd), .queue = {-1, -1}};
  add(fd, CONNECTION + (uint64_t)(c - connections));
}

static void listen_at(const char *key) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t len = strlen(key);
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
  add(listener, LISTENER);
  add(STDIN_FILENO, INPUT);
}

/* One turn: wait, then serve each connection that has a request. Returns false at the end of the standard input. */
static bool turn(bool *ending) {
  enum { EVENTS = 32 };
  struct epoll_event events[EVENTS];
  int n = host_nic_wait(events, EVENTS, notify_deadline());
  bool accepts = false;
  char line[64];
  if (n < 0)
    return false;
  update_all();
  for (int i = 0; i < n; i++) {
    uint64_t which = events[i].data.u64 - HOST_NIC_OWN;
    if (which == INPUT) {
      if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
        return false;
      *ending = true;
    } else if (which == LISTENER) {
      accepts = true;
    } else {
      struct connection *c = &connections[which - CONNECTION];
      if (c->fd < 0)
        continue; /* it was dropped in this turn */
      if (c->socket < 0)
        serve(c);
      else
        serve_socket(c);
    }
  }
  if (accepts)
    accept_one();
  notify_ready();
  return true;
}

/* Make the interface that the program sees, and its stand-in in a private network. */
static void make_interface(unsigned which, char *text, bool is_private) {
  const char *name = strsep(&text, ","), *index = strsep(&text, ",");
  if (index == NULL || !view_set(which, name, (unsigned)strtoul(index, NULL, 10), text)) {
    fprintf(stderr, "%s cannot be an interface with the address %s\n", name, text == NULL ? "-" : text);
    exit(2);
  }
  if (is_private && !stand_in_add(name, (unsigned)strtoul(index, NULL, 10)))
    give_up("the private network");
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: %s KEY (private | shared) IFNAME,IFINDEX[,ADDRESS/PREFIX] ...\n", argv[0]);
    return 2;
  }
  const bool is_private = strcmp(argv[2], "private") == 0;
  if (is_private && !stand_in_network())
    give_up("the private network");
  for (int i = 3; i < argc; i++)
    make_interface((unsigned)(i - 3), argv[i], is_private);
  for (int i = 0; i < CONNECTIONS; i++)
    connections[i].fd = connections[i].socket = -1;
  const char *word = getenv(PRELOAD_SECRET);
  if (word == NULL || strlen(word) != sizeof(secret)) {
    fprintf(stderr, "%s must be a secret of %zu characters\n", PRELOAD_SECRET, sizeof(secret));
    return 2;
  }
  memcpy(secret, word, sizeof(secret));
  listen_at(argv[1]);
  printf("ready\n");
  fflush(stdout);
  bool ending = false;
  while (turn(&ending) && !(ending && any_socket() < 0))
    ;
  report_drops();
  return 0;
}
