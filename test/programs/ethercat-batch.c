/* An EtherCAT master that sends all frames of a cycle and then collects the answers, in the shape of KickCAT's Linux socket:
 * one SOCK_RAW socket, the same time-out both ways, SO_SNDBUF and SO_RCVBUF for 256 frames, SO_DONTROUTE, promiscuous,
 * SIOCETHTOOL for the interrupt coalescing where there is one.
 *
 * CYCLES times it sends FRAMES frames of DATAGRAMS datagrams each and counts the datagrams that came back worked on. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#define ETH_P_ECAT 0x88a4
#define MAX_FRAME_BYTES 1522
#define CYCLES 3
#define FRAMES 4
#define DATAGRAMS 3
#define DATA_BYTES 100
#define NOP 0
#define FPRD 4
#define FIRST_DATAGRAM 16
#define DATAGRAM_HEADER 10
#define DATAGRAM_BYTES (DATAGRAM_HEADER + DATA_BYTES + 2)
#define FRAME_BYTES (FIRST_DATAGRAM + DATAGRAMS * DATAGRAM_BYTES)
#define MORE 0x80

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

/* Without coalescing every frame interrupts at once, and there is nothing to set. */
static int set_coalescing(int fd, struct ifreq *ifr, unsigned usecs) {
  struct ethtool_coalesce coalesce = {.cmd = ETHTOOL_GCOALESCE};
  ifr->ifr_data = (char *)&coalesce;
  if (ioctl(fd, SIOCETHTOOL, ifr) < 0)
    return errno == EOPNOTSUPP ? 0 : -1;
  coalesce.cmd = ETHTOOL_SCOALESCE;
  coalesce.rx_coalesce_usecs = usecs;
  return ioctl(fd, SIOCETHTOOL, ifr);
}

static int open_socket(const char *interface, long timeout_us) {
  struct timeval timeout = {.tv_sec = timeout_us / 1000000, .tv_usec = timeout_us % 1000000};
  const int buffer_size = MAX_FRAME_BYTES * 256, dont_route = 1;
  struct ifreq ifr = {0};
  int fd = socket(PF_PACKET, SOCK_RAW, htons(ETH_P_ECAT));
  if (fd < 0)
    return -1;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof(buffer_size)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_size, sizeof(buffer_size)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &dont_route, sizeof(dont_route)) < 0)
    return -1;
  strncpy(ifr.ifr_name, interface, sizeof(ifr.ifr_name) - 1);
  if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
    return -1;
  struct sockaddr_ll link_layer = {
      .sll_family = AF_PACKET, .sll_ifindex = ifr.ifr_ifindex, .sll_protocol = htons(ETH_P_ECAT)};
  ifr.ifr_flags = 0;
  if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
    return -1;
  ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_PROMISC | IFF_BROADCAST);
  if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 || set_coalescing(fd, &ifr, 0) < 0)
    return -1;
  return bind(fd, (struct sockaddr *)&link_layer, sizeof(link_layer)) < 0 ? -1 : fd;
}

static int send_frame(int fd, uint8_t number) {
  static uint8_t frame[FRAME_BYTES];
  memset(frame, 0, sizeof(frame));
  memset(frame, 0xff, ETH_ALEN);
  frame[6] = 0x02, frame[11] = 0x01;
  frame[12] = ETH_P_ECAT >> 8, frame[13] = ETH_P_ECAT & 0xff;
  frame[14] = (FRAME_BYTES - FIRST_DATAGRAM) & 0xff, frame[15] = 0x10 | (FRAME_BYTES - FIRST_DATAGRAM) >> 8;
  for (uint8_t i = 0; i < DATAGRAMS; i++) {
    uint8_t *datagram = frame + FIRST_DATAGRAM + i * DATAGRAM_BYTES;
    datagram[0] = FPRD;
    datagram[1] = (uint8_t)(number * DATAGRAMS + i);
    datagram[2] = 0x01, datagram[3] = 0x10; /* slave 0x1001 */
    datagram[6] = DATA_BYTES, datagram[7] = i + 1 < DATAGRAMS ? MORE : 0;
  }
  return send(fd, frame, sizeof(frame), 0) == (ssize_t)sizeof(frame) ? 0 : -1;
}

/* How many datagrams of a frame the slave has worked on: it writes their index into each byte. */
static int datagrams_in(const uint8_t *frame, ssize_t len, unsigned long *seen) {
  int good = 0;
  for (const uint8_t *at = frame + FIRST_DATAGRAM; at + DATAGRAM_BYTES <= frame + len; at += DATAGRAM_BYTES) {
    const uint8_t *data = at + DATAGRAM_HEADER;
    good += at[0] == FPRD && data[0] == at[1] && data[DATA_BYTES - 1] == at[1] && data[DATA_BYTES] == 1;
    *seen |= 1ul << at[1];
    if ((at[7] & MORE) == 0)
      break;
  }
  return good;
}

int main(void) {
  static uint8_t frame[MAX_FRAME_BYTES];
  int fd = open_socket("eth0", 2000000);
  if (fd < 0)
    return fail("cannot open the socket");
  printf("ready\n");
  for (int cycle = 0; cycle < CYCLES; cycle++) {
    int good = 0, frames = 0;
    unsigned long seen = 0;
    for (uint8_t i = 0; i < FRAMES; i++)
      if (send_frame(fd, i) < 0)
        return fail("send");
    while (frames < FRAMES) {
      ssize_t n = recv(fd, frame, sizeof(frame), 0);
      if (n < 0 && errno == EAGAIN)
        break; /* this one is lost */
      if (n < 0)
        return fail("recv");
      frames++;
      good += datagrams_in(frame, n, &seen);
    }
    printf("cycle %d: %d frames, %d good datagrams, seen %lx\n", cycle, frames, good, seen);
  }
  close(fd);
  printf("PASS\n");
  return 0;
}
