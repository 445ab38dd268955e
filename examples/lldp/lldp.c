/* Tells the neighbours who is here, every 30 seconds, and prints who they are: LLDP (IEEE 802.1AB). */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#define ETHERTYPE_LLDP 0x88cc
#define INTERVAL_S 30
#define TTL_S 120
#define INTERFACE "eth0"

/* Types of TLVs. */
enum { END, CHASSIS_ID, PORT_ID, TIME_TO_LIVE, SYSTEM_NAME = 5 };
enum { CHASSIS_IS_MAC_ADDRESS = 4, PORT_IS_INTERFACE_NAME = 5 };

/* The nearest bridge: no bridge forwards it. */
static const unsigned char group[ETH_ALEN] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e};

static unsigned char *put(unsigned char *at, unsigned type, int subtype, const void *value, size_t len) {
  size_t whole = len + (subtype != 0);
  *at++ = (unsigned char)(type << 1 | whole >> 8);
  *at++ = (unsigned char)whole;
  if (subtype != 0)
    *at++ = (unsigned char)subtype;
  memcpy(at, value, len);
  return at + len;
}

/* `own` is what the socket is bound to, with our address. SOCK_DGRAM: the component writes the Ethernet header. */
static int speak(int sd, struct sockaddr_ll own) {
  unsigned char unit[128], *at = unit;
  const unsigned char ttl[] = {TTL_S >> 8, TTL_S};
  at = put(at, CHASSIS_ID, CHASSIS_IS_MAC_ADDRESS, own.sll_addr, ETH_ALEN);
  at = put(at, PORT_ID, PORT_IS_INTERFACE_NAME, INTERFACE, strlen(INTERFACE));
  at = put(at, TIME_TO_LIVE, 0, ttl, sizeof(ttl));
  at = put(at, SYSTEM_NAME, 0, "a board", strlen("a board"));
  at = put(at, END, 0, "", 0);
  memcpy(own.sll_addr, group, ETH_ALEN);
  return sendto(sd, unit, (size_t)(at - unit), 0, (struct sockaddr *)&own, sizeof(own)) < 0 ? -1 : 0;
}

static void hear(int sd) {
  unsigned char unit[ETH_DATA_LEN];
  struct sockaddr_ll from;
  socklen_t from_len = sizeof(from);
  ssize_t len = recvfrom(sd, unit, sizeof(unit), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
  if (len < 0)
    return;
  const unsigned char *at = unit, *end = unit + len, *name = NULL;
  unsigned name_len = 0, ttl = 0;
  while (end - at >= 2 && at[0] >> 1 != END) {
    unsigned type = at[0] >> 1, size = (at[0] & 1u) << 8 | at[1];
    at += 2;
    if (size > (size_t)(end - at))
      return; /* longer than the frame: not a unit */
    if (type == TIME_TO_LIVE && size >= 2)
      ttl = (unsigned)at[0] << 8 | at[1];
    if (type == SYSTEM_NAME)
      name = at, name_len = size;
    at += size;
  }
  printf("%.*s at %02x:%02x:%02x:%02x:%02x:%02x, for %u s\n", (int)name_len, name == NULL ? "" : (const char *)name,
         from.sll_addr[0], from.sll_addr[1], from.sll_addr[2], from.sll_addr[3], from.sll_addr[4], from.sll_addr[5],
         ttl);
}

int main(void) {
  struct sockaddr_ll own = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETHERTYPE_LLDP),
      .sll_ifindex = (int)if_nametoindex(INTERFACE),
  };
  socklen_t own_len = sizeof(own);
  struct packet_mreq member = {.mr_ifindex = own.sll_ifindex, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};
  memcpy(member.mr_address, group, ETH_ALEN);
  int sd = socket(AF_PACKET, SOCK_DGRAM, 0);
  if (sd < 0 || bind(sd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
      getsockname(sd, (struct sockaddr *)&own, &own_len) < 0 ||
      setsockopt(sd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member)) < 0 || speak(sd, own) < 0) {
    perror(INTERFACE);
    return 1;
  }
  printf("speaking\n");

  struct timeval left = {.tv_sec = INTERVAL_S};
  for (;;) {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(sd, &readable);
    int ready = select(sd + 1, &readable, NULL, NULL, &left); /* leaves in `left` what is left of the time */
    if (ready > 0)
      hear(sd);
    if (ready == 0) {
      left.tv_sec = INTERVAL_S;
      if (speak(sd, own) < 0)
        perror("speak");
    }
  }
}
