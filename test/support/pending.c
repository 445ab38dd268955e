/* Takes the interface down again and again, while a frame waits: the pending error must make each socket readable and writable at
 * once, and come before the frame, which must not be lost. Argument: how often. Ends with 0 if it was so each time. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static int control;

static int open_bound(int protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons((unsigned short)protocol)};
  address.sll_ifindex = (int)if_nametoindex("eth0");
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

static void set_up(int up) {
  struct ifreq request = {.ifr_name = "eth0"};
  ioctl(control, SIOCGIFFLAGS, &request);
  request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  if (ioctl(control, SIOCSIFFLAGS, &request) < 0)
    perror("SIOCSIFFLAGS");
}

/* Returns the sets of select(2) with the socket as letters. */
static const char *selected(int fd) {
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(fd, &in);
  FD_SET(fd, &out);
  if (select(fd + 1, &in, &out, NULL, NULL) < 0)
    return "error";
  return FD_ISSET(fd, &in) ? FD_ISSET(fd, &out) ? "r w" : "r" : FD_ISSET(fd, &out) ? "w" : "";
}

/* `with`: the bits of how the socket is asked and what waits. Returns NULL or what is wrong. */
static const char *try(int sender, int with) {
  char frame[60] = {0}, got[100];
  int fd = open_bound(3);
  if (fd < 0)
    return "no socket";
  if ((with & 1) != 0 && send(sender, frame, sizeof(frame), 0) < 0)
    return "no frame";
  if ((with & 2) != 0 && recv(fd, got, sizeof(got), MSG_PEEK | MSG_DONTWAIT) < 0 && (with & 1) != 0)
    return "the frame is not there";
  set_up(0);
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  const short events = (short)(POLLOUT | POLLERR | ((with & 1) != 0 ? POLLIN : 0));
  if ((with & 4) != 0 && (poll(&p, 1, -1) != 1 || p.revents != events))
    return "poll()";
  if ((with & 4) == 0 && strcmp(selected(fd), "r w") != 0)
    return "select()";
  if (recv(fd, got, sizeof(got), MSG_DONTWAIT) >= 0 || errno != ENETDOWN)
    return "the error does not come first";
  if ((with & 1) != 0 && recv(fd, got, sizeof(got), MSG_DONTWAIT) != sizeof(frame))
    return "the frame is lost";
  if (recv(fd, got, sizeof(got), MSG_DONTWAIT) >= 0 || errno != EAGAIN)
    return "there is more";
  set_up(1);
  close(fd);
  return NULL;
}

int main(int argc, char **argv) {
  control = open_bound(0);
  int sender = open_bound(0), times = argc == 2 ? atoi(argv[1]) : 0;
  for (int i = 0; i < times; i++) {
    const char *wrong = try(sender, i % 8);
    if (wrong != NULL)
      return printf("%d: %s: %s\n", i, wrong, strerror(errno)), 1;
    int error;
    socklen_t len = sizeof(error);
    getsockopt(sender, SOL_SOCKET, SO_ERROR, &error, &len);
    getsockopt(control, SOL_SOCKET, SO_ERROR, &error, &len);
  }
  printf("%d times\n", times);
  return 0;
}
