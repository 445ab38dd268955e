/* An LLDP daemon (IEEE 802.1AB) in the shape of lldpd: it looks at all interfaces with if_nameindex(), SIOCGIFFLAGS,
 * SIOCGIFHWADDR and SIOCGIFMTU, opens a SOCK_RAW socket of ETH_P_ALL on one, with a locked filter of 25 instructions,
 * memberships of the groups, SO_PRIORITY, PACKET_ORIGDEV and PACKET_IGNORE_OUTGOING, non-blocking by fcntl(); then it waits
 * with poll(), reads with recvfrom() and writes with write().
 *
 * It prints who appears, changes and leaves; when its last neighbour has left it says good-bye and ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT 23
#define REFUSE 24
#define IF(at, value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, (yes) - (at)-1, (no) - (at)-1)
#define LOAD(size, offset) BPF_STMT(BPF_LD | BPF_##size | BPF_ABS, offset)

/* To a group: LLDP to one of its three, CDP, FDP or SONMP. */
static struct sock_filter filter[] = {
    LOAD(B, 0),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, REFUSE - 2),
    LOAD(H, 12),
    IF(3, ETH_P_LLDP, 4, 11),
    LOAD(W, 0),
    IF(5, 0x0180c200, 6, REFUSE),
    LOAD(H, 4),
    IF(7, 0x000e, ACCEPT, 8),
    IF(8, 0x0003, ACCEPT, 9),
    IF(9, 0x0000, ACCEPT, 10),
    BPF_STMT(BPF_RET | BPF_K, 0),
    LOAD(W, 0),
    IF(12, 0x01000ccc, 13, 15),
    LOAD(H, 4),
    IF(14, 0xcccc, ACCEPT, REFUSE),
    IF(15, 0x01e052cc, 16, 18),
    LOAD(H, 4),
    IF(17, 0xcccc, ACCEPT, REFUSE),
    IF(18, 0x01008100, 19, 22),
    LOAD(H, 4),
    IF(20, 0x0100, ACCEPT, 21),
    IF(21, 0x0101, ACCEPT, REFUSE),
    BPF_STMT(BPF_JMP | BPF_JA, REFUSE - 22 - 1),
    BPF_STMT(BPF_RET | BPF_K, 0x40000),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

static const uint8_t groups[][ETH_ALEN] = {
    {1, 0x80, 0xc2, 0, 0, 0x0e}, {1, 0x80, 0xc2, 0, 0, 0x03}, {1, 0x80, 0xc2, 0, 0, 0x00}};
static uint8_t own[ETH_ALEN];
static int mtu;
static unsigned frames, malformed;
static char neighbour[32];

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

/* The index of the one interface that is up and can multicast, or 0. */
static unsigned choose_interface(char *name) {
  unsigned index = 0;
  struct if_nameindex *list = if_nameindex();
  int fd = socket(PF_PACKET, SOCK_RAW, 0); /* of no protocol: to ask */
  for (struct if_nameindex *at = list; at != NULL && at->if_index != 0; at++) {
    struct ifreq ifr = {0};
    strncpy(ifr.ifr_name, at->if_name, IFNAMSIZ - 1);
    if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0 || (ifr.ifr_flags & IFF_LOOPBACK) != 0 || (ifr.ifr_flags & IFF_UP) == 0 ||
        ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
      continue;
    memcpy(own, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
    index = at->if_index;
    strcpy(name, at->if_name);
    mtu = ioctl(fd, SIOCGIFMTU, &ifr) < 0 ? -1 : ifr.ifr_mtu;
  }
  if_freenameindex(list);
  close(fd);
  return index;
}

static int open_socket(unsigned index) {
  int on = 1, priority = 7, fd = socket(PF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_ifindex = (int)index}; /* the protocol stays */
  struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter), .filter = filter};
  if (fd < 0 || bind(fd, (struct sockaddr *)&sll, sizeof(sll)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_ORIGDEV, &on, sizeof(on)) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
    return -1;
  for (unsigned i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
    struct packet_mreq mreq = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};
    memcpy(mreq.mr_address, groups[i], ETH_ALEN);
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) < 0)
      return -1;
  }
  int flags = fcntl(fd, F_GETFL, 0);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    return -1;
  /* The filter is locked: it can be neither detached nor replaced. */
  if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof(on)) == 0 || errno != EPERM)
    return -1;
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 || errno != EPERM ? -1 : fd;
}

/* Chassis, port, time to live and system name. */
static int announce(int fd, uint8_t ttl) {
  static const uint8_t header[] = {0x88, 0xcc, 2, 7, 4}, port[] = {4, 5, 5, 'e', 't', 'h', '0'},
                       name[] = {10, 3, 'd', 'u', 't'};
  uint8_t frame[64] = {0};
  size_t len = 0;
#define ADD(bytes, n) (memcpy(frame + len, bytes, n), len += (n))
  const uint8_t time[] = {6, 2, 0, ttl};
  ADD(groups[0], ETH_ALEN);
  ADD(own, ETH_ALEN);
  ADD(header, sizeof(header));
  ADD(own, ETH_ALEN);
  ADD(port, sizeof(port));
  ADD(time, sizeof(time));
  if (ttl != 0)
    ADD(name, sizeof(name));
  len += 2; /* end of LLDPDU */
  return write(fd, frame, len) == (ssize_t)len ? 0 : -1;
}

/* Print what is new. Returns true if the neighbour has left. */
static bool take(const uint8_t *frame, size_t len, const struct sockaddr_ll *from) {
  char name[sizeof(neighbour)] = "?";
  int ttl = -1;
  const uint8_t *at = frame + ETH_HLEN, *end = frame + len;
  frames++;
  while (end - at >= 2) {
    unsigned type = at[0] >> 1, bytes = (at[0] & 1u) << 8 | at[1];
    at += 2;
    if (type == 0)
      break;
    if (bytes > (unsigned)(end - at)) {
      malformed++;
      return false;
    }
    if (type == 3 && bytes == 2)
      ttl = at[0] << 8 | at[1];
    if (type == 5 && bytes < sizeof(name)) {
      memcpy(name, at, bytes);
      name[bytes] = '\0';
    }
    at += bytes;
  }
  if (ttl < 0 || from->sll_pkttype != PACKET_MULTICAST || from->sll_protocol != htons(ETH_P_LLDP)) {
    malformed++;
  } else if (ttl == 0) {
    printf("%s leaves\n", neighbour);
    return true;
  } else if (strcmp(neighbour, name) != 0) {
    printf("%s at %02x:%02x:%02x:%02x:%02x:%02x for %d s\n", name, from->sll_addr[0], from->sll_addr[1],
           from->sll_addr[2], from->sll_addr[3], from->sll_addr[4], from->sll_addr[5], ttl);
    strcpy(neighbour, name);
  }
  return false;
}

int main(void) {
  static uint8_t frame[ETH_FRAME_LEN + 4];
  char name[IF_NAMESIZE] = "";
  unsigned index = choose_interface(name);
  if (index == 0)
    return fail("no interface");
  int fd = open_socket(index);
  if (fd < 0)
    return fail("cannot open the socket");
  if (announce(fd, 120) < 0)
    return fail("cannot announce");
  printf("%s has an MTU of %d\nready\n", name, mtu);
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  for (bool left = false; !left;) {
    if (poll(&poller, 1, 10000) <= 0)
      return fail("poll");
    struct sockaddr_ll from;
    socklen_t from_len = sizeof(from);
    ssize_t n;
    while (!left && (n = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &from_len)) >= 0)
      left = take(frame, (size_t)n, &from);
    if (!left && errno != EAGAIN)
      return fail("recvfrom");
  }
  if (announce(fd, 0) < 0)
    return fail("cannot say good-bye");
  printf("frames %u, malformed %u\n", frames, malformed);
  close(fd);
  printf("PASS\n");
  return 0;
}
