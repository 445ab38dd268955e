/* Checks what a packet socket must support because it is a descriptor, on the Linux kernel's sockets and, with `pktsock run`,
 * on ours. The frames are the program's own, which a socket for ETH_P_ALL sees as outgoing frames. Prints a line for each
 * check and ends with 0 if all held. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TYPE 0x88b5

static int failures, sender;

static void check(const char *what, int held) {
  printf("%s: %s\n", held ? "ok" : "FAILED", what);
  failures += !held;
}

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static int open_bound(int type, int protocol) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)if_nametoindex("eth0")};
  int fd = socket(AF_PACKET, type, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    give_up("a packet socket");
  return fd;
}

/* A frame that the tap sees; its last byte is `mark`. */
static void send_frame(uint8_t mark) {
  uint8_t frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, TYPE >> 8, TYPE & 255, [59] = mark};
  if (send(sender, frame, sizeof(frame), 0) != sizeof(frame))
    give_up("send");
}

/* Returns the mark of the next frame, or -1. */
static int receive(int fd) {
  uint8_t frame[100];
  return recv(fd, frame, sizeof(frame), 0) == 60 ? frame[59] : -1;
}

static int polls(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static int ppolls(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  return ppoll(&p, 1, &(struct timespec){0, 0}, NULL) < 0 ? -1 : p.revents;
}

static int selects(int fd) {
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(fd, &in);
  FD_SET(fd, &out);
  if (select(fd + 1, &in, &out, NULL, &(struct timeval){0, 0}) < 0)
    return -1;
  return (FD_ISSET(fd, &in) ? POLLIN : 0) | (FD_ISSET(fd, &out) ? POLLOUT : 0);
}

static int pselects(int fd) {
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(fd, &in);
  FD_SET(fd, &out);
  if (pselect(fd + 1, &in, &out, NULL, &(struct timespec){0, 0}, NULL) < 0)
    return -1;
  return (FD_ISSET(fd, &in) ? POLLIN : 0) | (FD_ISSET(fd, &out) ? POLLOUT : 0);
}

static int epolls(int fd) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT};
  int epoll = epoll_create1(0), n;
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 || (n = epoll_wait(epoll, &event, 1, 0)) < 0)
    return -1;
  close(epoll);
  return n == 0 ? 0 : (int)event.events;
}

/* Level-triggered: readable exactly while there is something to receive, with every call. */
static void check_readiness(int tap, const char *name, int (*ask)(int)) {
  int before = ask(tap);
  send_frame(1), send_frame(2);
  int two = ask(tap), again = ask(tap), first = receive(tap), one = ask(tap), second = receive(tap), none = ask(tap);
  char what[64];
  snprintf(what, sizeof(what), "%s sees a frame until it is received", name);
  check(what, before == POLLOUT && two == (POLLIN | POLLOUT) && again == two && one == two && none == POLLOUT &&
                  first == 1 && second == 2);
}

static void check_with_others(int tap) {
  int pipes[2];
  if (pipe(pipes) < 0)
    give_up("pipe");
  struct pollfd p[] = {{pipes[0], POLLIN, 0}, {tap, POLLIN, 0}};
  send_frame(3);
  int n = poll(p, 2, 1000);
  check("poll() over a pipe and a packet socket", n == 1 && p[0].revents == 0 && p[1].revents == POLLIN);
  receive(tap);
  if (write(pipes[1], "x", 1) != 1)
    give_up("write");
  n = poll(p, 2, 1000);
  check("poll() the other way round", n == 1 && p[0].revents == POLLIN && p[1].revents == 0);
  close(pipes[0]), close(pipes[1]);
}

static int is_packet_socket(int fd) {
  struct sockaddr_storage name;
  socklen_t len = sizeof(name);
  return getsockname(fd, (struct sockaddr *)&name, &len) == 0 && name.ss_family == AF_PACKET;
}

static void check_copies(int tap) {
  int copy = dup(tap), high = dup2(tap, 40), higher = dup3(tap, 41, O_CLOEXEC), fcntled = fcntl(tap, F_DUPFD, 50);
  send_frame(4), send_frame(5);
  int same = receive(copy) == 4 && receive(high) == 5;
  send_frame(6), send_frame(7);
  check("dup, dup2, dup3 and F_DUPFD are the same socket", same && receive(higher) == 6 && receive(fcntled) == 7);
  check("dup3's O_CLOEXEC", fcntl(higher, F_GETFD) == FD_CLOEXEC && fcntl(high, F_GETFD) == 0);
  fcntl(copy, F_SETFL, O_NONBLOCK);
  check("copies share O_NONBLOCK", (fcntl(tap, F_GETFL) & O_NONBLOCK) != 0 && receive(tap) < 0 && errno == EAGAIN);
  fcntl(copy, F_SETFL, 0);
  close(copy), close(high), close(higher), close(fcntled);
  send_frame(8);
  check("closing copies leaves the socket open", receive(tap) == 8);
}

/* The exit status of a child, or -1. */
static int reap(pid_t child) {
  int status;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_processes(int tap, char *self) {
  send_frame(9), send_frame(10);
  pid_t child = fork();
  if (child == 0)
    _exit(receive(tap));
  check("a child receives from the socket it inherits", reap(child) == 9);
  check("and its parent the rest", receive(tap) == 10 && polls(tap) == POLLOUT);
  if ((child = fork()) == 0) {
    char number[12];
    snprintf(number, sizeof(number), "%d", tap);
    execl(self, self, number, NULL);
    _exit(1);
  }
  check("a socket survives exec", reap(child) == 0);
}

static void check_passing(int tap) {
  int pair[2], passed = tap;
  char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
  struct iovec part = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
    give_up("socketpair");
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(header), &passed, sizeof(passed));
  if (sendmsg(pair[0], &message, 0) != 1 || recvmsg(pair[1], &message, 0) != 1)
    give_up("passing a descriptor");
  memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(passed));
  send_frame(11);
  check("a descriptor that came over a socket", passed != tap && is_packet_socket(passed) && receive(passed) == 11);
  close(passed), close(pair[0]), close(pair[1]);
}

static void on_alarm(int signal) { (void)signal; }

static void set_alarm(int flags, int milliseconds) {
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
  struct itimerval timer = {.it_value = {0, milliseconds * 1000}};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &timer, NULL);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check_waiting(int tap) {
  set_alarm(0, 30);
  check("a signal ends a blocking recv()", receive(tap) < 0 && errno == EINTR);
  set_alarm(SA_RESTART, 30);
  pid_t child = fork();
  if (child == 0) {
    usleep(100000);
    send_frame(12);
    _exit(0);
  }
  check("SA_RESTART goes on with it", receive(tap) == 12 && reap(child) == 0);
  struct timeval time = {0, 50000};
  setsockopt(tap, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  double began = now();
  check("SO_RCVTIMEO ends it", receive(tap) < 0 && errno == EAGAIN && now() - began >= 0.05);
  time.tv_usec = 0;
  setsockopt(tap, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  int on = 1, off = 0;
  check("FIONBIO",
        ioctl(tap, FIONBIO, &on) == 0 && receive(tap) < 0 && errno == EAGAIN && ioctl(tap, FIONBIO, &off) == 0);
}

static void check_messages(int tap) {
  uint8_t bytes[2][60];
  struct iovec parts[2] = {{bytes[0], 60}, {bytes[1], 60}};
  struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = &parts[0], .msg_iovlen = 1}},
                                {.msg_hdr = {.msg_iov = &parts[1], .msg_iovlen = 1}}};
  send_frame(13), send_frame(14);
  int n = recvmmsg(tap, messages, 2, MSG_WAITFORONE, NULL);
  check("recvmmsg()", n == 2 && messages[1].msg_len == 60 && bytes[0][59] == 13 && bytes[1][59] == 14);
  n = sendmmsg(sender, messages, 2, 0);
  check("sendmmsg()", n == 2 && receive(tap) == 13 && receive(tap) == 14);
  struct iovec halves[2] = {{bytes[0], 20}, {bytes[0] + 20, 40}};
  n = (int)writev(sender, halves, 2);
  memset(bytes, 0, sizeof(bytes));
  check("writev() and readv()", n == 60 && readv(tap, halves, 2) == 60 && bytes[0][59] == 13);
  check("write() and read()", write(sender, bytes[0], 60) == 60 && read(tap, bytes[1], 60) == 60 && bytes[1][59] == 13);
}

static int received;

static void *receive_many(void *tap) {
  uint8_t frame[100];
  for (;;) {
    if (recv(*(int *)tap, frame, sizeof(frame), 0) != 60)
      return NULL;
    __atomic_fetch_add(&received, 1, __ATOMIC_SEQ_CST);
    if (frame[59] == 255)
      return NULL;
  }
}

static void check_threads(int tap) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++)
    pthread_create(&threads[i], NULL, receive_many, &tap);
  double began = now();
  for (int i = 0; i < 200; i++) {
    send_frame(16);
    while (__atomic_load_n(&received, __ATOMIC_SEQ_CST) <= i && now() - began < 20)
      usleep(100);
  }
  send_frame(255), send_frame(255);
  for (int i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  check("two threads receive each frame once", received == 202 && polls(tap) == POLLOUT);
}

static void check_kind(int tap) {
  struct stat stat;
  check("fstat() tells of a socket", fstat(tap, &stat) == 0 && S_ISSOCK(stat.st_mode));
  check("isatty() does not take it for a terminal", !isatty(tap));
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  check("SOCK_CLOEXEC and SOCK_NONBLOCK",
        fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_RDWR));
  close(fd);
  int opened = 0;
  for (int i = 0; i < 100; i++) {
    fd = socket(AF_PACKET, SOCK_RAW, 0);
    opened += fd >= 0 && close(fd) == 0;
  }
  check("a closed socket is free for the next", opened == 100);
}

int main(int argc, char **argv) {
  if (argc == 2)
    return is_packet_socket(atoi(argv[1])) ? 0 : 1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  sender = open_bound(SOCK_RAW, TYPE);
  int tap = open_bound(SOCK_RAW, ETH_P_ALL);
  check_readiness(tap, "poll()", polls);
  check_readiness(tap, "ppoll()", ppolls);
  check_readiness(tap, "select()", selects);
  check_readiness(tap, "pselect()", pselects);
  check_readiness(tap, "epoll_wait()", epolls);
  check_with_others(tap);
  check_copies(tap);
  check_processes(tap, argv[0]);
  check_passing(tap);
  check_waiting(tap);
  check_messages(tap);
  check_kind(tap);
  check_threads(tap);
  return failures == 0 ? 0 : 1;
}
