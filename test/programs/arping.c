/* Asks for a host by ARP (RFC 826), in the shape of iputils' arping: the device is found by getifaddrs(), the target by
 * inet_aton(); a SOCK_DGRAM socket of no protocol, SIOCGIFINDEX and SIOCGIFFLAGS, bind() to ETH_P_ARP, getsockname() for the own address and its length, sendto() with that address changed to
 * everybody's, recvfrom() with the sender's. Once answered it asks that host alone. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ether.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT 3

static struct in_addr source, target;
static struct sockaddr_ll me, he;
static unsigned sent, received, broadcast, ignored;

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

/* The first interface that can ask: with a hardware address and its broadcast address, and not the loopback. */
static int find_device(char *device) {
  struct ifaddrs *list, *at;
  if (getifaddrs(&list) < 0)
    return -1;
  for (at = list; at != NULL; at = at->ifa_next) {
    const struct sockaddr_ll *ll = (const struct sockaddr_ll *)at->ifa_addr;
    if (ll == NULL || ll->sll_family != AF_PACKET || (at->ifa_flags & (IFF_UP | IFF_LOOPBACK)) != IFF_UP)
      continue;
    const struct sockaddr_ll *all = (const struct sockaddr_ll *)at->ifa_broadaddr;
    struct ether_addr everybody;
    if (ll->sll_hatype != ARPHRD_ETHER || ll->sll_halen != ETH_ALEN || all == NULL ||
        ll->sll_ifindex != (int)if_nametoindex(at->ifa_name) || ether_aton_r("ff:FF:ff:ff:ff:ff", &everybody) == NULL ||
        memcmp(all->sll_addr, &everybody, ETH_ALEN) != 0)
      continue;
    strcpy(device, at->ifa_name);
    printf("from %s at %s\n", device, ether_ntoa((const struct ether_addr *)ll->sll_addr));
    break;
  }
  freeifaddrs(list);
  return at != NULL ? 0 : (errno = ENODEV, -1);
}

static int open_socket(const char *device) {
  struct ifreq ifr;
  int fd = socket(PF_PACKET, SOCK_DGRAM, 0);
  if (fd < 0)
    return -1;
  memset(&ifr, 0, sizeof(ifr));
  snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
  if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
    return -1;
  me.sll_ifindex = ifr.ifr_ifindex;
  if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
    return -1;
  if ((ifr.ifr_flags & IFF_UP) == 0 || (ifr.ifr_flags & (IFF_NOARP | IFF_LOOPBACK)) != 0)
    return errno = ENETDOWN, -1;
  me.sll_family = AF_PACKET;
  me.sll_protocol = htons(ETH_P_ARP);
  if (bind(fd, (struct sockaddr *)&me, sizeof(me)) < 0)
    return -1;
  socklen_t len = sizeof(me);
  if (getsockname(fd, (struct sockaddr *)&me, &len) < 0)
    return -1;
  if (me.sll_halen != ETH_ALEN || len != offsetof(struct sockaddr_ll, sll_addr) + me.sll_halen)
    return errno = EPROTO, -1;
  he = me;
  memset(he.sll_addr, 0xff, he.sll_halen);
  return fd;
}

static int ask(int fd) {
  uint8_t buffer[256], *at = buffer;
  struct arphdr header = {
      .ar_hrd = htons(me.sll_hatype), .ar_pro = htons(ETH_P_IP), .ar_hln = me.sll_halen, .ar_pln = 4};
  header.ar_op = htons(ARPOP_REQUEST);
  memcpy(at, &header, sizeof(header)), at += sizeof(header);
  memcpy(at, me.sll_addr, ETH_ALEN), at += ETH_ALEN;
  memcpy(at, &source, 4), at += 4;
  memcpy(at, he.sll_addr, ETH_ALEN), at += ETH_ALEN;
  memcpy(at, &target, 4), at += 4;
  ssize_t n = sendto(fd, buffer, (size_t)(at - buffer), 0, (struct sockaddr *)&he, sizeof(he));
  if (n != at - buffer)
    return -1;
  sent++;
  return 0;
}

/* True when it is the answer. */
static bool take(const uint8_t *packet, size_t len, const struct sockaddr_ll *from) {
  struct arphdr header;
  const uint8_t *addresses = packet + sizeof(header);
  if (len < sizeof(header) + 20)
    return false;
  memcpy(&header, packet, sizeof(header));
  if (from->sll_pkttype != PACKET_HOST && from->sll_pkttype != PACKET_BROADCAST &&
      from->sll_pkttype != PACKET_MULTICAST)
    return false;
  if (header.ar_op != htons(ARPOP_REPLY) || header.ar_hrd != htons(from->sll_hatype) ||
      header.ar_pro != htons(ETH_P_IP) || header.ar_pln != 4 || header.ar_hln != from->sll_halen ||
      memcmp(addresses + ETH_ALEN, &target, 4) != 0 || memcmp(addresses + ETH_ALEN + 4, me.sll_addr, ETH_ALEN) != 0 ||
      memcmp(addresses + 2 * ETH_ALEN + 4, &source, 4) != 0)
    return false;
  broadcast += from->sll_pkttype != PACKET_HOST;
  printf("answer from %s at %02x:%02x:%02x:%02x:%02x:%02x\n", inet_ntoa(target), addresses[0], addresses[1],
         addresses[2], addresses[3], addresses[4], addresses[5]);
  memcpy(he.sll_addr, addresses, ETH_ALEN);
  received++;
  return true;
}

int main(void) {
  uint8_t packet[128];
  char device[IFNAMSIZ];
  if (!inet_aton("192.0.2.2", &source) || !inet_aton("192.0.2.1", &target) || inet_aton("192.0.2.256", &source))
    return fail("inet_aton");
  if (find_device(device) < 0)
    return fail("no device");
  int fd = open_socket(device);
  if (fd < 0)
    return fail("cannot open the socket");
  printf("ready\n");
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  for (int i = 0; i < COUNT; i++) {
    if (ask(fd) < 0)
      return fail("sendto");
    for (bool answered = false; !answered;) {
      if (poll(&poller, 1, 10000) <= 0)
        return fail("no answer");
      struct sockaddr_ll from = {0};
      socklen_t len = sizeof(from);
      ssize_t n = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &len);
      if (n < 0)
        return fail("recvfrom");
      answered = take(packet, (size_t)n, &from);
      ignored += !answered;
    }
  }
  printf("sent %u, received %u, %u of them broadcast, ignored %u\n", sent, received, broadcast, ignored);
  close(fd);
  printf("PASS\n");
  return 0;
}
