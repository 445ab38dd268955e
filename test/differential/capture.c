/* Captures frames with sockets on both ends of a veth pair.
 *
 * Standard input: the number of sockets, for each "SIDE TYPE PROTOCOL" (SIDE: 0 sends, 1 receives), then a frame a line, as
 * hexadecimal digits. Standard output, a line for each frame: the errno of send(), then for each frame that a socket received
 * " SOCKET:RETURNED:FLAGS:ADDRESS:AUXDATA:BYTES", the last three as hexadecimal digits. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_BYTES 2048
#define MAX_SOCKETS 16
#define ROOM 1600
/* IEEE 802's second local experimental EtherType: the frame behind the one that is compared. */
#define MARKER 0x88b6

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(int type, int protocol, int index) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol), .sll_ifindex = index};
  int fd = socket(AF_PACKET, type, 0), on = 1;
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    die("socket");
  return fd;
}

static void hex(const void *bytes, size_t len) {
  for (size_t i = 0; i < len; i++)
    printf("%02x", ((const uint8_t *)bytes)[i]);
}

/* Prints what the socket has received. */
static void show(int number, int fd) {
  for (;;) {
    uint8_t bytes[ROOM], control[256];
    struct sockaddr_ll address = {0};
    struct iovec vector = {bytes, sizeof(bytes)};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = sizeof(address),
                             .msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    if (n < 0)
      return;
    if (address.sll_protocol == htons(MARKER))
      continue;
    printf(" %d:%zd:%d:", number, n, message.msg_flags);
    hex(&address, sizeof(address));
    printf(":");
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c != NULL)
      hex(CMSG_DATA(c), sizeof(struct tpacket_auxdata));
    printf(":");
    hex(bytes, (size_t)n);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: capture SENDING-INDEX RECEIVING-INDEX\n");
    return 2;
  }
  int index[] = {atoi(argv[1]), atoi(argv[2])};
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  if (sched_setaffinity(0, sizeof(first), &first) < 0) /* frames keep their order */
    die("sched_setaffinity");
  int sender = open_socket(SOCK_RAW, 0, index[0]), witness = open_socket(SOCK_RAW, MARKER, index[1]);
  int sockets[MAX_SOCKETS], count;
  if (scanf("%d", &count) != 1 || count > MAX_SOCKETS)
    return 2;
  for (int i = 0; i < count; i++) {
    int side, type, protocol;
    if (scanf("%d %d %d", &side, &type, &protocol) != 3)
      return 2;
    sockets[i] = open_socket(type, protocol, index[side != 0]);
  }
  static char line[2 * MAX_BYTES + 1];
  while (scanf("%4096s", line) == 1) {
    uint8_t frame[MAX_BYTES], marker[60] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, MARKER >> 8, MARKER & 0xff};
    size_t len = strlen(line) / 2;
    for (size_t i = 0; i < len; i++)
      sscanf(line + 2 * i, "%2hhx", &frame[i]);
    printf("%d", send(sender, frame, len, 0) < 0 ? errno : 0);
    struct pollfd fds = {.fd = witness, .events = POLLIN};
    if (send(sender, marker, sizeof(marker), 0) < 0 || poll(&fds, 1, 5000) != 1 || recv(witness, marker, 60, 0) < 0)
      die("a frame did not come through");
    for (int i = 0; i < count; i++)
      show(i, sockets[i]);
    printf("\n");
  }
  return 0;
}
