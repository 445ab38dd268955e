/* Makes calls on packet sockets under `pktsock run` that get no answer: recv() on a socket with a ring, and calls whose server
 * has ended. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_MS 100

static int fd;
static pid_t server;

static int bound_socket(void) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(3)};
  address.sll_ifindex = (int)if_nametoindex("eth0");
  int s = socket(AF_PACKET, SOCK_RAW, 0);
  return bind(s, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : s;
}

static void say(const char *call, long result) {
  printf("%s %s\n", call, result < 0 ? strerrorname_np(errno) : "0");
  fflush(stdout);
}

static void nothing(int signal) { (void)signal; }

/* A signal comes after WAIT_MS, and restarts no call. */
static void signal_later(void) {
  struct sigaction action = {.sa_handler = nothing};
  struct itimerval timer = {.it_value = {0, WAIT_MS * 1000}};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &timer, NULL);
}

static int beside_ring(void) {
  struct tpacket_req ring = {.tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2};
  int version = TPACKET_V2;
  char frame[60] = {0}, byte;
  struct timeval limit = {0, WAIT_MS * 1000}, none = {0, 0};
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) < 0)
    return 1;
  send(bound_socket(), frame, sizeof(frame), 0);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  if (poll(&wait, 1, 5000) != 1)
    return 1;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  say("recv", recv(fd, &byte, 1, MSG_TRUNC));
  fcntl(fd, F_SETFL, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  say("waiting recv", recv(fd, &byte, 1, MSG_TRUNC));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
  signal_later();
  say("interrupted recv", recv(fd, &byte, 1, MSG_TRUNC));
  return 0;
}

/* The server is held, so that the next call is under way when it is killed. */
static void kill_later(int hold) {
  if (hold)
    kill(server, SIGSTOP);
  if (fork() != 0)
    return;
  usleep(WAIT_MS * 1000);
  kill(server, SIGKILL);
  _exit(0);
}

/* In a child: send SIGALRM to the parent while it waits for the server, which is held until then. */
static void signal_while_asking(void) {
  char path[64], text[32] = "";
  const pid_t parent = getppid();
  snprintf(path, sizeof(path), "/proc/%d/syscall", (int)parent);
  for (int ms = 0; ms < 10000 && atoi(text) != SYS_recvmsg; ms++) {
    FILE *file = fopen(path, "r");
    if (file != NULL && fgets(text, sizeof(text), file) == NULL)
      text[0] = '\0';
    if (file != NULL)
      fclose(file);
    usleep(1000);
  }
  kill(parent, SIGALRM);
  kill(server, SIGCONT);
}

/* A signal that comes while poll() asks the server must end it, too. */
static int interrupted_poll(void) {
  struct tpacket_req ring = {.tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2};
  struct sigaction action = {.sa_handler = nothing};
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) < 0 ||
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED)
    return 1;
  sigaction(SIGALRM, &action, NULL);
  kill(server, SIGSTOP);
  if (fork() == 0) {
    signal_while_asking();
    _exit(0);
  }
  say("poll", poll(&wait, 1, 20000));
  return 0;
}

static int killed_under(const char *name) {
  char frame[60] = {0};
  int option = 1;
  if (strcmp(name, "under a later send") == 0)
    say("send", send(fd, frame, sizeof(frame), 0) - (ssize_t)sizeof(frame));
  kill_later(1);
  if (strcmp(name, "under close") == 0)
    say("close", close(fd));
  else if (strcmp(name, "under setsockopt") == 0)
    say("setsockopt", setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &option, sizeof(option)));
  else if (strcmp(name, "under socket") == 0)
    say("socket", socket(AF_PACKET, SOCK_RAW, 0));
  else
    say("send", send(fd, frame, sizeof(frame), 0));
  return 0;
}

static void call(const char *name) {
  char frame[60] = {0};
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  if (strcmp(name, "poll") == 0) {
    int n = poll(&wait, 1, 5000);
    printf("poll %d %s\n", n, wait.revents & POLLERR ? "POLLERR" : "");
    fflush(stdout);
  } else if (strcmp(name, "recv") == 0)
    say(name, recv(fd, frame, sizeof(frame), 0));
  else
    say(name, send(fd, frame, sizeof(frame), 0));
}

int main(int argc, char **argv) {
  struct ucred peer;
  socklen_t len = sizeof(peer);
  fd = bound_socket();
  if (argc != 2 || fd < 0)
    return 2;
  if (strcmp(argv[1], "ring") == 0)
    return beside_ring();
  if (syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
    return 2;
  server = peer.pid;
  if (strcmp(argv[1], "signal") == 0)
    return interrupted_poll();
  if (strncmp(argv[1], "under", 5) == 0)
    return killed_under(argv[1]);
  if (strcmp(argv[1], "send") == 0) {
    struct pollfd ended = {.fd = fd, .events = 0};
    kill(server, SIGKILL);
    syscall(SYS_poll, &ended, 1, 5000);
  } else {
    kill_later(0);
  }
  call(argv[1]);
  call(argv[1]);
  say("close", close(fd));
  return 0;
}
