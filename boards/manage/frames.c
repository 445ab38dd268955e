/* The management protocol over Ethernet: each frame of its EtherType has one message. */
#include "message.h"

#include <pktsock/pktsock.h>

#include <string.h>

/* Requests answered in one call. The limit keeps a flood from starving the application. */
#define BURST 8

int pktsock_manage_open(struct pktsock_manage *manage, unsigned ifindex) {
  struct pktsock_sockaddr_ll address;
  memset(&address, 0, sizeof(address));
  address.sll_family = PKTSOCK_AF_PACKET;
  const uint8_t protocol[] = {PKTSOCK_MANAGE_PROTOCOL >> 8, PKTSOCK_MANAGE_PROTOCOL & 0xff};
  memcpy(&address.sll_protocol, protocol, sizeof(protocol));
  address.sll_ifindex = (int)ifindex;
  manage->fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_DGRAM, 0);
  if (manage->fd >= 0 && pktsock_bind(manage->fd, (struct pktsock_sockaddr *)&address, sizeof(address)) < 0) {
    pktsock_close(manage->fd);
    manage->fd = -1;
  }
  return manage->fd;
}

/* Who does not know the address of a board yet may ask all of them who they are. */
static bool is_for_us(const struct pktsock_sockaddr_ll *from, const uint8_t *request, ptrdiff_t size) {
  bool greets = size >= MANAGE_HEADER && request[4] == MANAGE_HELLO;
  bool is_group = (from->sll_addr[0] & 1) != 0;
  return !is_group &&
         (from->sll_pkttype == PKTSOCK_PACKET_HOST || (from->sll_pkttype == PKTSOCK_PACKET_BROADCAST && greets));
}

void pktsock_manage_receive(struct pktsock_manage *manage) {
  static uint8_t request[PKTSOCK_MANAGE_REQUEST], answer[PKTSOCK_MANAGE_ANSWER];
  for (unsigned i = 0; i < BURST; i++) {
    struct pktsock_sockaddr_ll from;
    pktsock_socklen_t from_len = sizeof(from);
    ptrdiff_t n = pktsock_recvfrom(manage->fd, request, sizeof(request), PKTSOCK_MSG_DONTWAIT,
                                   (struct pktsock_sockaddr *)&from, &from_len);
    if (n < 0)
      return;
    if (!is_for_us(&from, request, n))
      continue;
    size_t size = pktsock_manage_answer(manage, request, (size_t)n, sizeof(request), answer);
    /* `from` has interface, protocol and destination. If there is no room, the request comes again. */
    if (size != 0)
      (void)pktsock_sendto(manage->fd, answer, size, PKTSOCK_MSG_DONTWAIT, (struct pktsock_sockaddr *)&from,
                           sizeof(from));
  }
}
