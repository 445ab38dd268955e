/* A DHCP client (RFC 2131) in the shape of busybox's udhcpc before it has an address: a SOCK_DGRAM socket of ETH_P_IP to
 * listen, with a filter of 9 instructions for UDP to its port and PACKET_AUXDATA, read with recvmsg(); for each packet that
 * it sends another socket, which it binds, uses once with sendto() to everybody, and closes. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define XID 0x1d2c3b4a
#define TRANSMISSIONS 5

enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5 };
enum { OPTION_LEASE = 51, OPTION_ADDRESS = 50, OPTION_TYPE = 53, OPTION_SERVER = 54, OPTION_END = 255 };

struct dhcp {
  uint8_t op, htype, hlen, hops;
  uint32_t xid;
  uint16_t secs, flags;
  uint8_t ciaddr[4], yiaddr[4], siaddr[4], giaddr[4], chaddr[16], sname[64], file[128];
  uint32_t cookie;
  uint8_t options[64];
} __attribute__((packed));

struct packet {
  struct iphdr ip;
  struct udphdr udp;
  struct dhcp dhcp;
} __attribute__((packed));

static uint8_t own[ETH_ALEN];
static int ifindex;
static unsigned dropped;

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

/* RFC 1071, over bytes as they lie. */
static uint16_t checksum(const void *bytes, size_t len) {
  const uint8_t *at = bytes;
  uint32_t sum = 0;
  for (size_t i = 0; i < len; i++)
    sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

/* UDP's checksum covers a header that is IP's but for ttl and check: they are what it has instead. */
static uint16_t udp_checksum(const struct packet *packet, size_t len) {
  static struct packet copy;
  memcpy(&copy, packet, sizeof(struct iphdr) + len);
  memset(&copy, 0, 8);
  copy.ip.protocol = IPPROTO_UDP;
  copy.ip.ttl = 0;
  copy.ip.check = htons((uint16_t)len);
  return checksum(&copy, sizeof(struct iphdr) + len);
}

static int open_listener(void) {
  static struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLIENT_PORT, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0x7fffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};
  struct ifreq ifr = {0};
  int on = 1, fd = socket(PF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
  strcpy(ifr.ifr_name, "eth0");
  if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
    return -1;
  ifindex = ifr.ifr_ifindex;
  struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = ifindex};
  if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0 || bind(fd, (struct sockaddr *)&sll, sizeof(sll)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0)
    return -1;
  memcpy(own, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
  return fd;
}

/* Broadcast a message of this type from 0.0.0.0, with what the server has offered, if anything. */
static int send_message(uint8_t type, const uint8_t *address, const uint8_t *server) {
  static struct packet packet;
  const uint16_t udp_len = sizeof(packet) - sizeof(packet.ip);
  memset(&packet, 0, sizeof(packet));
  struct dhcp *dhcp = &packet.dhcp;
  *dhcp = (struct dhcp){.op = 1, .htype = 1, .hlen = ETH_ALEN, .xid = htonl(XID), .cookie = htonl(0x63825363)};
  memcpy(dhcp->chaddr, own, ETH_ALEN);
  uint8_t *at = dhcp->options;
  *at++ = OPTION_TYPE, *at++ = 1, *at++ = type;
  if (address != NULL) {
    *at++ = OPTION_ADDRESS, *at++ = 4, memcpy(at, address, 4), at += 4;
    *at++ = OPTION_SERVER, *at++ = 4, memcpy(at, server, 4), at += 4;
  }
  *at = OPTION_END;
  packet.udp = (struct udphdr){.source = htons(CLIENT_PORT), .dest = htons(SERVER_PORT), .len = htons(udp_len)};
  packet.ip =
      (struct iphdr){.ihl = 5, .version = 4, .tot_len = htons(sizeof(packet)), .ttl = 64, .protocol = IPPROTO_UDP};
  packet.ip.daddr = 0xffffffff;
  packet.udp.check = udp_checksum(&packet, udp_len);
  packet.ip.check = checksum(&packet.ip, sizeof(packet.ip));

  struct sockaddr_ll to = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = ifindex, .sll_halen = ETH_ALEN};
  memset(to.sll_addr, 0xff, ETH_ALEN);
  int fd = socket(PF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
  if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
    return -1;
  ssize_t n = sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to));
  return close(fd) == 0 && n == (ssize_t)sizeof(packet) ? 0 : -1;
}

/* Returns 1 if the UDP checksum of the received packet is not computed yet, 0 if it is, or -1 without PACKET_AUXDATA. */
static int is_unready(struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    struct tpacket_auxdata aux;
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
      continue;
    memcpy(&aux, CMSG_DATA(c), sizeof(aux));
    return (aux.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
  }
  return -1;
}

/* 1: a message that is right and meant for us; 0: another; -1 and errno. */
static int receive(int fd, struct packet *packet) {
  union {
    char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct cmsghdr align;
  } control;
  struct iovec iov = {.iov_base = packet, .iov_len = sizeof(*packet)};
  struct msghdr message = {
      .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  memset(packet, 0, sizeof(*packet));
  ssize_t n = recvmsg(fd, &message, 0);
  if (n < 0)
    return -1;
  int unready = is_unready(&message);
  if (unready < 0)
    return errno = EPROTO, -1;
  size_t total = ntohs(packet->ip.tot_len), udp_len = total - sizeof(struct iphdr);
  uint16_t check = packet->udp.check;
  bool right = n >= (ssize_t)(sizeof(struct iphdr) + sizeof(struct udphdr)) && total <= (size_t)n &&
               packet->ip.ihl == 5 && packet->ip.version == 4 && packet->ip.protocol == IPPROTO_UDP &&
               packet->udp.dest == htons(CLIENT_PORT) && ntohs(packet->udp.len) == udp_len &&
               checksum(&packet->ip, sizeof(struct iphdr)) == 0;
  if (right && check != 0 && !unready)
    right = udp_checksum(packet, udp_len) == 0;
  const struct dhcp *dhcp = &packet->dhcp;
  if (right && dhcp->op == 2 && dhcp->xid == htonl(XID) && dhcp->cookie == htonl(0x63825363) &&
      memcmp(dhcp->chaddr, own, ETH_ALEN) == 0)
    return 1;
  dropped++;
  return 0;
}

/* The value of an option with `len` bytes, or NULL. */
static const uint8_t *option(const struct dhcp *dhcp, uint8_t code, uint8_t len) {
  const uint8_t *at = dhcp->options, *end = at + sizeof(dhcp->options);
  while (end - at >= 2 && at[0] != OPTION_END && at[1] <= end - at - 2) {
    if (at[0] == code && at[1] == len)
      return at + 2;
    at += at[0] == 0 ? 1 : 2 + at[1];
  }
  return NULL;
}

/* Sends until the server answers with a message of type `wanted`. */
static int ask(int fd, struct packet *packet, uint8_t type, const uint8_t *address, const uint8_t *server,
               uint8_t wanted) {
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  for (int i = 0; i < TRANSMISSIONS; i++) {
    if (send_message(type, address, server) < 0)
      return -1;
    int ready;
    while ((ready = poll(&poller, 1, 2000)) > 0) {
      int good = receive(fd, packet);
      const uint8_t *got = good > 0 ? option(&packet->dhcp, OPTION_TYPE, 1) : NULL;
      if (good < 0 || (got != NULL && *got == wanted))
        return good < 0 ? -1 : 0;
    }
  }
  return errno = ETIMEDOUT, -1;
}

int main(void) {
  static struct packet packet;
  uint8_t address[4], server[4];
  const uint8_t *id, *lease;
  int fd = open_listener();
  if (fd < 0)
    return fail("cannot listen");
  printf("ready\n");
  if (ask(fd, &packet, DISCOVER, NULL, NULL, OFFER) < 0)
    return fail("no offer");
  if ((id = option(&packet.dhcp, OPTION_SERVER, 4)) == NULL)
    return fail("an offer without server");
  memcpy(server, id, 4);
  memcpy(address, packet.dhcp.yiaddr, 4);
  if (ask(fd, &packet, REQUEST, address, server, ACK) < 0)
    return fail("no lease");
  if ((lease = option(&packet.dhcp, OPTION_LEASE, 4)) == NULL)
    return fail("a lease without time");
  address[3] = packet.dhcp.yiaddr[3];
  printf("lease of %u.%u.%u.%u from %u.%u.%u.%u for %u s, dropped %u\n", address[0], address[1], address[2], address[3],
         server[0], server[1], server[2], server[3], (unsigned)(lease[2] << 8 | lease[3]), dropped);
  close(fd);
  printf("PASS\n");
  return 0;
}
