/* What a membership of PACKET_MR_PROMISC does, as a program of NuttX's kind asks for it: without it frames for other hosts
 * stay outside, with it they come in as PACKET_OTHERHOST, dropped it ends.
 *
 * Three times it counts the frames for others until one comes for itself: before, with and after the membership. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ETH_P_EXPERIMENT 0x88b5

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

/* Prints how many frames for others came before one for us. */
static int count(int sd, const char *when) {
  static uint8_t buffer[ETH_FRAME_LEN];
  unsigned others = 0;
  struct sockaddr_ll from;
  printf("%s\n", when);
  do {
    socklen_t len = sizeof(from);
    if (recvfrom(sd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len) < 0)
      return -1;
    others += from.sll_pkttype == PACKET_OTHERHOST;
  } while (from.sll_pkttype != PACKET_HOST);
  printf("others %u\n", others);
  return 0;
}

int main(void) {
  struct sockaddr_ll addr;
  struct packet_mreq mreq;
  int sd = socket(AF_PACKET, SOCK_RAW, 0);
  memset(&addr, 0, sizeof(addr));
  addr.sll_family = AF_PACKET;
  addr.sll_ifindex = (int)if_nametoindex("eth0");
  addr.sll_protocol = htons(ETH_P_EXPERIMENT);
  if (sd < 0 || bind(sd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
    return fail("cannot open the socket");

  if (count(sd, "without") < 0)
    return fail("recvfrom");
  memset(&mreq, 0, sizeof(mreq));
  mreq.mr_ifindex = addr.sll_ifindex;
  mreq.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(sd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) < 0)
    return fail("PACKET_ADD_MEMBERSHIP");
  if (count(sd, "with") < 0)
    return fail("recvfrom");
  if (setsockopt(sd, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &mreq, sizeof(mreq)) < 0)
    return fail("PACKET_DROP_MEMBERSHIP");
  if (count(sd, "dropped") < 0)
    return fail("recvfrom");
  close(sd);
  printf("PASS\n");
  return 0;
}
