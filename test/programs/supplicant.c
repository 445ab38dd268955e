/* An 802.1X supplicant (IEEE 802.1X, RFC 3748) in the shape of wpa_supplicant's layer-2 file for Linux and its wired driver: a
 * SOCK_DGRAM socket of EAPOL's EtherType, SIOCGIFINDEX, bind() and SIOCGIFHWADDR; a second socket that joins the group of port
 * access entities; SO_ATTACH_FILTER on payloads, sendto() and recvfrom() with sockaddr_ll, SIOCGIFADDR on a socket of PF_INET.
 *
 * It starts EAPOL, tells its identity, refuses a method, and ends when it is let in. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define ETH_ALEN 6
#define ETH_P_EAPOL 0x888e
#define IDENTITY "board"

enum { EAP_PACKET, EAPOL_START };
enum { REQUEST = 1, RESPONSE, SUCCESS, FAILURE };
enum { METHOD_IDENTITY = 1, METHOD_NAK = 3, METHOD_MD5 = 4, METHOD_TLS = 13 };

/* EAP packets only: the type is the second byte of the payload, which is what the filter of a SOCK_DGRAM socket sees. */
static struct sock_filter eap_filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, EAP_PACKET, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0xffff),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

static const uint8_t pae_group[ETH_ALEN] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03};

struct l2_packet {
  int fd;
  int ifindex;
  uint8_t own_addr[ETH_ALEN];
};

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

static int l2_packet_init(struct l2_packet *l2, const char *ifname) {
  struct ifreq ifr;
  struct sockaddr_ll ll;
  l2->fd = socket(PF_PACKET, SOCK_DGRAM, htons(ETH_P_EAPOL));
  if (l2->fd < 0)
    return -1;
  memset(&ifr, 0, sizeof(ifr));
  strncpy(ifr.ifr_name, ifname, sizeof(ifr.ifr_name) - 1);
  if (ioctl(l2->fd, SIOCGIFINDEX, &ifr) < 0)
    return -1;
  l2->ifindex = ifr.ifr_ifindex;
  memset(&ll, 0, sizeof(ll));
  ll.sll_family = PF_PACKET;
  ll.sll_ifindex = ifr.ifr_ifindex;
  ll.sll_protocol = htons(ETH_P_EAPOL);
  if (bind(l2->fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
    return -1;
  if (ioctl(l2->fd, SIOCGIFHWADDR, &ifr) < 0)
    return -1;
  memcpy(l2->own_addr, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
  struct sock_fprog program = {.len = sizeof(eap_filter) / sizeof(*eap_filter), .filter = eap_filter};
  return setsockopt(l2->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int join(const struct l2_packet *l2) {
  struct packet_mreq mreq = {.mr_ifindex = l2->ifindex, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};
  int fd = socket(PF_PACKET, SOCK_DGRAM, 0);
  memcpy(mreq.mr_address, pae_group, ETH_ALEN);
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) < 0)
    return -1;
  return fd;
}

/* The interface's IPv4 address: there is none yet, or nobody to ask. */
static int has_ip_addr(const char *ifname) {
  struct ifreq ifr;
  int s = socket(PF_INET, SOCK_DGRAM, 0);
  if (s < 0)
    return 0;
  memset(&ifr, 0, sizeof(ifr));
  strncpy(ifr.ifr_name, ifname, sizeof(ifr.ifr_name) - 1);
  int result = ioctl(s, SIOCGIFADDR, &ifr);
  close(s);
  return result == 0 && ((struct sockaddr_in *)&ifr.ifr_addr)->sin_family == AF_INET;
}

static int l2_packet_send(const struct l2_packet *l2, const uint8_t *dst_addr, const uint8_t *buf, size_t len) {
  struct sockaddr_ll ll;
  memset(&ll, 0, sizeof(ll));
  ll.sll_family = AF_PACKET;
  ll.sll_ifindex = l2->ifindex;
  ll.sll_protocol = htons(ETH_P_EAPOL);
  ll.sll_halen = ETH_ALEN;
  memcpy(ll.sll_addr, dst_addr, ETH_ALEN);
  return sendto(l2->fd, buf, len, 0, (struct sockaddr *)&ll, sizeof(ll)) == (ssize_t)len ? 0 : -1;
}

static int respond(const struct l2_packet *l2, const uint8_t *to, uint8_t id, uint8_t method, const char *data,
                   size_t len) {
  uint8_t buf[4 + 5 + 32] = {1, EAP_PACKET, 0, (uint8_t)(5 + len), RESPONSE, id, 0, (uint8_t)(5 + len), method};
  memcpy(buf + 9, data, len);
  return l2_packet_send(l2, to, buf, 9 + len);
}

/* 1: let in; 0: go on; -1: error or kept out. */
static int receive(const struct l2_packet *l2) {
  static const char wanted = METHOD_TLS;
  static uint8_t buf[1500];
  struct sockaddr_ll ll;
  socklen_t fromlen = sizeof(ll);
  memset(&ll, 0, sizeof(ll));
  ssize_t n = recvfrom(l2->fd, buf, sizeof(buf), 0, (struct sockaddr *)&ll, &fromlen);
  if (n < 0)
    return -1;
  size_t len = n < 4 ? 0 : (size_t)(buf[2] << 8 | buf[3]);
  const uint8_t *eap = buf + 4;
  if (len < 4 || len > (size_t)n - 4 || ll.sll_halen != ETH_ALEN || ll.sll_protocol != htons(ETH_P_EAPOL)) {
    printf("malformed\n");
    return 0;
  }
  switch (eap[0]) {
  case SUCCESS: return 1;
  case FAILURE: return errno = EACCES, -1;
  case REQUEST:
    if (len < 5)
      return 0;
    if (eap[4] == METHOD_IDENTITY)
      return respond(l2, ll.sll_addr, eap[1], METHOD_IDENTITY, IDENTITY, strlen(IDENTITY));
    printf("method %u refused\n", eap[4]);
    return respond(l2, ll.sll_addr, eap[1], METHOD_NAK, &wanted, 1);
  default: return 0;
  }
}

int main(void) {
  static const uint8_t start[] = {1, EAPOL_START, 0, 0};
  struct l2_packet l2;
  int group, result;
  if (l2_packet_init(&l2, "eth0") < 0 || (group = join(&l2)) < 0)
    return fail("cannot open the socket");
  printf("IP address: %s\n", has_ip_addr("eth0") ? "yes" : "no");
  if (l2_packet_send(&l2, pae_group, start, sizeof(start)) < 0)
    return fail("cannot start");
  do
    result = receive(&l2);
  while (result == 0);
  if (result < 0)
    return fail("not let in");
  close(group);
  close(l2.fd);
  printf("PASS\n");
  return 0;
}
