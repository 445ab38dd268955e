/* Answers each frame of a local EtherType. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ETH_P_ECHO 0x88b5 /* IEEE 802: for local experiments */

int main(void) {
  static unsigned char frame[ETH_FRAME_LEN];
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETH_P_ECHO),
      .sll_ifindex = (int)if_nametoindex("eth0"),
  };
  int sd = socket(AF_PACKET, SOCK_RAW, 0);
  if (sd < 0 || bind(sd, (struct sockaddr *)&address, sizeof(address)) < 0) {
    perror("packet socket");
    return 1;
  }
  printf("listening\n");

  for (;;) {
    struct sockaddr_ll from;
    socklen_t from_len = sizeof(from);
    ssize_t len = recvfrom(sd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &from_len);
    if (len < ETH_HLEN || from.sll_pkttype != PACKET_HOST)
      continue;
    memcpy(frame + ETH_ALEN, frame, ETH_ALEN); /* from us, ... */
    memcpy(frame, from.sll_addr, ETH_ALEN);    /* ... to the sender */
    if (send(sd, frame, (size_t)len, 0) < 0)
      perror("send");
  }
}
