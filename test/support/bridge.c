/* Forwards what one of two interfaces receives to the other. Arguments: their names. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int open_port(const char *name) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  address.sll_ifindex = (int)if_nametoindex(name);
  struct packet_mreq all = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
    perror(name);
  return fd;
}

/* Returns 0 if the frame was forwarded, or needed not be. */
static int forward(int from, int to) {
  static unsigned char frame[2048];
  struct sockaddr_ll sender;
  socklen_t len = sizeof(sender);
  ssize_t n = recvfrom(from, frame, sizeof(frame), 0, (struct sockaddr *)&sender, &len);
  if (n < 0 || sender.sll_pkttype == PACKET_OUTGOING)
    return n < 0;
  return send(to, frame, (size_t)n, 0) != n;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  struct pollfd ports[2] = {{open_port(argv[1]), POLLIN, 0}, {open_port(argv[2]), POLLIN, 0}};
  printf("%s is %u, %s is %u\n", argv[1], if_nametoindex(argv[1]), argv[2], if_nametoindex(argv[2]));
  fflush(stdout);
  while (poll(ports, 2, -1) > 0)
    for (int i = 0; i < 2; i++)
      if (ports[i].revents != 0 && forward(ports[i].fd, ports[1 - i].fd) != 0)
        perror("forward");
  return 1;
}
