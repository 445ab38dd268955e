/* A PPPoE client (RFC 2516) in the shape of rp-pppoe's if.c and its discovery: for each of the two EtherTypes a SOCK_RAW socket,
 * SO_BROADCAST, SIOCGIFHWADDR, SIOCGIFMTU and SIOCGIFINDEX, bind(); select() with a time-out, recv() and send().
 *
 * It looks for a concentrator, opens a session, sends an LCP echo request in it, and ends it when that was answered. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#define DISCOVERY 0x8863
#define SESSION 0x8864
#define TIMEOUT_S 10

enum { PADO = 0x07, PADI = 0x09, PADR = 0x19, PADS = 0x65, PADT = 0xa7 };
enum { SERVICE_NAME = 0x0101, HOST_UNIQ = 0x0103, AC_COOKIE = 0x0104 };

struct packet {
  struct ethhdr eth;
  uint8_t ver_type, code;
  uint16_t session, length; /* network order */
  uint8_t payload[128];
} __attribute__((packed));

#define HEADER offsetof(struct packet, payload)

static const uint8_t host_uniq[4] = {'p', 'k', 't', 's'};
static uint8_t own[ETH_ALEN], peer[ETH_ALEN];
static uint8_t cookie[16];
static size_t cookie_len;

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

static int open_interface(const char *name, uint16_t type) {
  struct ifreq ifr;
  struct sockaddr_ll sa;
  int on = 1, fd = socket(PF_PACKET, SOCK_RAW, htons(type));
  if (fd < 0)
    return -1;
  if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0)
    return -1;
  memset(&ifr, 0, sizeof(ifr));
  strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0 || ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
    return -1;
  memcpy(own, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
  if (ioctl(fd, SIOCGIFMTU, &ifr) < 0 || ifr.ifr_mtu < ETH_DATA_LEN)
    return -1;
  memset(&sa, 0, sizeof(sa));
  sa.sll_family = AF_PACKET;
  sa.sll_protocol = htons(type);
  if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
    return -1;
  sa.sll_ifindex = ifr.ifr_ifindex;
  return bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -1 : fd;
}

static size_t add_tag(struct packet *p, size_t at, unsigned type, const void *value, size_t len) {
  const uint8_t head[4] = {(uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(len >> 8), (uint8_t)len};
  memcpy(p->payload + at, head, sizeof(head));
  if (len > 0)
    memcpy(p->payload + at + sizeof(head), value, len);
  return at + sizeof(head) + len;
}

static int send_packet(int fd, uint16_t type, uint8_t code, uint16_t session, struct packet *p, size_t len) {
  memcpy(p->eth.h_dest, peer, ETH_ALEN);
  memcpy(p->eth.h_source, own, ETH_ALEN);
  p->eth.h_proto = htons(type);
  p->ver_type = 0x11;
  p->code = code;
  p->session = session;
  p->length = htons((uint16_t)len);
  return send(fd, p, HEADER + len, 0) < 0 && errno != ENOBUFS ? -1 : 0;
}

/* The next frame to us from the peer with this code; false after the time-out, or when the socket failed. */
static bool receive_packet(int fd, uint8_t code, struct packet *p, size_t *len) {
  for (;;) {
    struct timeval tv = {.tv_sec = TIMEOUT_S};
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(fd, &readable);
    if (select(fd + 1, &readable, NULL, NULL, &tv) <= 0)
      return false;
    ssize_t n = recv(fd, p, sizeof(*p), 0);
    if (n < 0)
      return false;
    *len = ntohs(p->length);
    if ((size_t)n < HEADER || *len > (size_t)n - HEADER || p->ver_type != 0x11 ||
        memcmp(p->eth.h_dest, own, ETH_ALEN) != 0)
      printf("malformed\n");
    else if (p->code == code)
      return true;
  }
}

/* Does the packet answer us? Remembers its cookie. */
static bool is_ours(const struct packet *p, size_t len) {
  bool ours = false;
  for (size_t at = 0; at + 4 <= len;) {
    unsigned type = (unsigned)p->payload[at] << 8 | p->payload[at + 1];
    size_t bytes = (size_t)p->payload[at + 2] << 8 | p->payload[at + 3];
    const uint8_t *value = p->payload + at + 4;
    if (at + 4 + bytes > len)
      return false;
    if (type == HOST_UNIQ)
      ours = bytes == sizeof(host_uniq) && memcmp(value, host_uniq, bytes) == 0;
    if (type == AC_COOKIE && bytes <= sizeof(cookie)) {
      memcpy(cookie, value, bytes);
      cookie_len = bytes;
    }
    at += 4 + bytes;
  }
  return ours;
}

static bool discover(int fd, uint16_t *session) {
  struct packet p;
  size_t len = add_tag(&p, add_tag(&p, 0, SERVICE_NAME, NULL, 0), HOST_UNIQ, host_uniq, sizeof(host_uniq));
  memset(peer, 0xff, ETH_ALEN);
  if (send_packet(fd, DISCOVERY, PADI, 0, &p, len) < 0)
    return false;
  do
    if (!receive_packet(fd, PADO, &p, &len))
      return false;
  while (!is_ours(&p, len));
  memcpy(peer, p.eth.h_source, ETH_ALEN);
  len = add_tag(&p, add_tag(&p, 0, SERVICE_NAME, NULL, 0), HOST_UNIQ, host_uniq, sizeof(host_uniq));
  len = add_tag(&p, len, AC_COOKIE, cookie, cookie_len);
  if (send_packet(fd, DISCOVERY, PADR, 0, &p, len) < 0)
    return false;
  do
    if (!receive_packet(fd, PADS, &p, &len))
      return false;
  while (!is_ours(&p, len));
  *session = p.session;
  return true;
}

int main(void) {
  static const uint8_t echo[] = {0xc0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0};
  struct packet p;
  size_t len;
  uint16_t session;
  int discovery = open_interface("eth0", DISCOVERY), data = open_interface("eth0", SESSION);
  if (discovery < 0 || data < 0)
    return fail("cannot open the interface");
  if (!discover(discovery, &session))
    return fail("no session");
  printf("session %u\n", ntohs(session));
  memcpy(p.payload, echo, sizeof(echo));
  if (send_packet(data, SESSION, 0, session, &p, sizeof(echo)) < 0 || !receive_packet(data, 0, &p, &len))
    return fail("no echo");
  if (p.session != session || len != sizeof(echo) || p.payload[2] != 10)
    return fail("a wrong echo");
  if (send_packet(discovery, DISCOVERY, PADT, session, &p, 0) < 0)
    return fail("cannot end the session");
  close(discovery);
  close(data);
  printf("PASS\n");
  return 0;
}
