/* Waits for messages of an error queue in every way that poll(2) and select(2) have. Prints a line for each check, as "ok" or "no". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DELAY_US 30000

static int failures;

static void check(const char *what, int holds) {
  failures += !holds;
  printf("%s %s\n", holds ? "ok" : "no", what);
}

static int open_stamped(void) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88b5)};
  const int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  address.sll_ifindex = (int)if_nametoindex("eth0");
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) < 0)
    perror("a socket with stamps");
  return fd;
}

static void send_one(int fd) {
  static const unsigned char frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
  if (send(fd, frame, sizeof(frame), 0) != sizeof(frame))
    perror("send");
}

static void *send_later(void *fd) {
  usleep(DELAY_US);
  send_one(*(int *)fd);
  return NULL;
}

/* Receive a message. Returns the seconds of its stamp; -1 if there is none. */
static long message(int fd) {
  char bytes[200], control[256];
  struct iovec part = {bytes, sizeof(bytes)};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  if (recvmsg(fd, &m, MSG_ERRQUEUE) < 0)
    return -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
    if (c->cmsg_type == SCM_TIMESTAMPING) {
      struct scm_timestamping stamps;
      memcpy(&stamps, CMSG_DATA(c), sizeof(stamps));
      return stamps.ts[0].tv_sec;
    }
  return 0;
}

static int polled(int fd, short events, int timeout) {
  struct pollfd p = {fd, events, 0};
  return poll(&p, 1, timeout) < 0 ? -1 : p.revents;
}

/* The sets of select(2) in which the socket is ready, as bits: 1 readable, 2 writable, 4 exceptional. */
static int selected(int fd, int asked, struct timeval *limit) {
  fd_set sets[3];
  int bits = 0;
  for (int i = 0; i < 3; i++) {
    FD_ZERO(&sets[i]);
    if ((asked & 1 << i) != 0)
      FD_SET(fd, &sets[i]);
  }
  int n = select(fd + 1, &sets[0], &sets[1], &sets[2], limit);
  for (int i = 0; i < 3; i++)
    bits |= FD_ISSET(fd, &sets[i]) ? 1 << i : 0;
  return n < 0 ? -1 : n == __builtin_popcount((unsigned)bits) ? bits : -2;
}

/* Each of these waits until another thread sends. */
static void wait_for(int fd, const char *what, int (*wait)(int fd), int expected) {
  pthread_t sender;
  pthread_create(&sender, NULL, send_later, &fd);
  int got = wait(fd);
  check(what, got == expected);
  pthread_join(sender, NULL);
  check("... and the message is there", message(fd) > 0 && message(fd) < 0 && errno == EAGAIN);
  check("... and then no more", polled(fd, POLLIN | POLLPRI, 0) == 0);
}

static int poll_nothing(int fd) { return polled(fd, 0, -1); }
static int poll_readable(int fd) { return polled(fd, POLLIN, -1); }
static int poll_priority(int fd) { return polled(fd, POLLIN | POLLPRI, -1); }
static int select_readable(int fd) { return selected(fd, 1, NULL); }
/* Linux does not wake who asks for the third set alone. */
static int select_except(int fd) { return selected(fd, 5, NULL); }

static int poll_strictly(int fd) {
  struct pollfd p[] = {{-1, POLLIN, 0}, {fd, POLLIN, 0}, {STDERR_FILENO, 0, 0}};
  struct timespec limit = {30, 0};
  return ppoll(p, 3, &limit, NULL) == 1 ? p[1].revents : -1;
}

static int poll_in_child(int fd) {
  int status = 0;
  pid_t child = fork();
  if (child == 0)
    _exit(polled(dup(fd), 0, -1));
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

static void set_up(int fd, int up) {
  struct ifreq request = {.ifr_name = "eth0"};
  ioctl(fd, SIOCGIFFLAGS, &request);
  request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
    perror("SIOCSIFFLAGS");
}

static void beside_pending_error(int fd) {
  int error = 0, control = socket(AF_PACKET, SOCK_RAW, 0);
  socklen_t len = sizeof(error);
  send_one(fd);
  set_up(control, 0);
  check("a pending error and a message: POLLERR", polled(fd, 0, -1) == POLLERR);
  check("... the error first", recv(fd, &error, 1, MSG_DONTWAIT) < 0 && errno == ENETDOWN);
  check("... POLLERR stays for the message", polled(fd, 0, 0) == POLLERR);
  check("... which is no error", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0);
  check("... and is there", message(fd) > 0);
  check("... and then no more", polled(fd, POLLIN | POLLPRI, 0) == 0);
  set_up(control, 1);
  setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &len, sizeof(len));
  set_up(control, 0);
  check("a pending error: POLLPRI, too", polled(fd, POLLPRI, -1) == (POLLERR | POLLPRI));
  check("... until it was told", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == ENETDOWN);
  check("... and then no more", polled(fd, POLLIN | POLLPRI, 0) == 0);
  set_up(control, 1);
  close(control);
}

int main(void) {
  int fd = open_stamped(), one = 1;
  struct timeval limit = {0, DELAY_US}, none = {0, 0};
  check("no message", message(fd) < 0 && errno == EAGAIN && polled(fd, POLLIN | POLLPRI, 0) == 0);
  check("select() ends after its time", selected(fd, 5, &limit) == 0 && limit.tv_sec == 0 && limit.tv_usec == 0);
  wait_for(fd, "poll() for nothing", poll_nothing, POLLERR);
  wait_for(fd, "poll() for POLLIN", poll_readable, POLLERR);
  wait_for(fd, "poll() for POLLPRI", poll_priority, POLLERR);
  wait_for(fd, "ppoll() of several", poll_strictly, POLLERR);
  wait_for(fd, "poll() of a copy in another process", poll_in_child, POLLERR);
  wait_for(fd, "select(): readable", select_readable, 1);
  send_one(fd);
  check("select(): readable and writable", selected(fd, 7, &none) == 3);
  check("poll(): writable, too", polled(fd, POLLIN | POLLOUT, 0) == (POLLOUT | POLLERR) && message(fd) > 0);
  setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &one, sizeof(one));
  wait_for(fd, "SO_SELECT_ERR_QUEUE: poll() for POLLPRI", poll_priority, POLLERR | POLLPRI);
  wait_for(fd, "SO_SELECT_ERR_QUEUE: poll() for POLLIN", poll_readable, POLLERR);
  wait_for(fd, "SO_SELECT_ERR_QUEUE: select(): exceptional", select_except, 5);
  close(fd);
  fd = open_stamped();
  beside_pending_error(fd);
  close(fd);
  return failures != 0;
}
