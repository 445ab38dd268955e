/* Three sockets and a pool of two frames, under `pktsock run`: the oldest frame of the first one is reclaimed for the third, while
 * it already lies on the first one's connection. Prints what the first one received. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define TYPE 0x88b5

static int open_for(int protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons((unsigned short)protocol)};
  address.sll_ifindex = (int)if_nametoindex("eth0");
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

static int has_frame(int fd) {
  struct pollfd p = {fd, POLLIN, 0};
  return poll(&p, 1, 5000) == 1;
}

/* Returns the byte behind the header of the next frame; -1 if there is none after a while. */
static int receive(int fd) {
  unsigned char frame[100];
  return has_frame(fd) && recv(fd, frame, sizeof(frame), MSG_DONTWAIT) > 14 ? frame[14] : -1;
}

static void say(const char *line) {
  puts(line);
  fflush(stdout);
}

int main(void) {
  int first = open_for(TYPE), second = open_for(TYPE + 1), third = open_for(TYPE + 2);
  say("open");
  if (!has_frame(first))
    return 1;
  say("one");
  if (receive(third) < 0 || receive(second) < 0)
    return 1;
  say("again");
  if (receive(second) < 0) /* it came after another one for the first socket */
    return 1;
  int one = receive(first), two = receive(first);
  printf("received %d, %d\n", one, two);
  return 0;
}
