/* A PROFINET device in the shape of p-net's Ethernet driver: several SOCK_RAW sockets, two of them of the same EtherType,
 * with SO_RCVTIMEO and SO_SNDTIMEO of 1 us, SO_DONTROUTE and SO_PRIORITY; SIOCSIFFLAGS for the groups; poll() over all, recv()
 * with MSG_DONTWAIT; what is sent cyclically carries a VLAN tag.
 *
 * It answers DCP Identify and takes its IP address from DCP Set; once it gets cyclic data it answers each frame with the
 * data inverted, until the controller's data status says stop. Its third socket announces it by LLDP. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ETH_P_PNIO 0x8892
#define STATION "pump-3"
#define FRAME_ID_SET 0xfefd
#define FRAME_ID_IDENTIFY 0xfefe
#define FRAME_ID_IDENTIFIED 0xfeff
#define FRAME_ID_CYCLIC 0x8000
#define DATA_BYTES 40
#define STATUS_RUN 0x10

enum { DCP, CYCLIC, LLDP, SOCKETS };

static int sockets[SOCKETS];
static uint8_t own[ETH_ALEN], ip[4];
static unsigned answered, not_for_us;
static bool stopped;

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

static unsigned get16(const uint8_t *at) { return (unsigned)(at[0] << 8 | at[1]); }

static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

/* A socket of an EtherType; of PROFINET it takes the frames with an ID from `first` to `last`. */
static int open_socket(const char *name, uint16_t type, unsigned first, unsigned last, int priority) {
  struct timeval timeout = {.tv_sec = 0, .tv_usec = 1};
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 14),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog filter = {.len = sizeof(code) / sizeof(*code), .filter = code};
  struct ifreq ifr = {0};
  int one = 1, fd = socket(PF_PACKET, SOCK_RAW, htons(type));
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &one, sizeof(one)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)) < 0 ||
      (type == ETH_P_PNIO && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0))
    return -1;
  strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
    return -1;
  struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_ifindex = ifr.ifr_ifindex, .sll_protocol = htons(type)};
  if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
    return -1;
  ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_ALLMULTI | IFF_BROADCAST);
  if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 || ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
    return -1;
  memcpy(own, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
  return bind(fd, (struct sockaddr *)&sll, sizeof(sll)) < 0 ? -1 : fd;
}

/* A DCP block with this option and suboption, or NULL. */
static const uint8_t *block_of(const uint8_t *at, const uint8_t *end, uint8_t option, uint8_t suboption) {
  while (end - at >= 4) {
    unsigned len = get16(at + 2);
    if (len > (unsigned)(end - at) - 4)
      return NULL;
    if (at[0] == option && at[1] == suboption)
      return at;
    at += 4 + len + len % 2;
  }
  return NULL;
}

/* Frame ID, service, type, transaction, delay, length, blocks: from byte 14 on. */
static int answer_dcp(const uint8_t *frame, size_t len) {
  static uint8_t reply[60];
  const uint8_t *blocks = frame + 26, *end = blocks + (len > 26 ? get16(frame + 24) : 0);
  if (end > frame + len)
    return not_for_us++, 0;
  const uint8_t *name = block_of(blocks, end, 2, 2), *address = block_of(blocks, end, 1, 2);
  bool identify = get16(frame + 14) == FRAME_ID_IDENTIFY, set = get16(frame + 14) == FRAME_ID_SET;
  bool ours = name != NULL && get16(name + 2) == strlen(STATION) && memcmp(name + 4, STATION, strlen(STATION)) == 0;
  if (set && frame[16] == 4 && address != NULL && get16(address + 2) >= 6 && memcmp(frame, own, ETH_ALEN) == 0)
    memcpy(ip, address + 6, sizeof(ip));
  else if (!identify || frame[16] != 5 || !ours)
    return not_for_us++, 0;
  memset(reply, 0, sizeof(reply));
  memcpy(reply, frame + ETH_ALEN, ETH_ALEN);
  memcpy(reply + ETH_ALEN, own, ETH_ALEN);
  put16(reply + 12, ETH_P_PNIO);
  put16(reply + 14, set ? FRAME_ID_SET : FRAME_ID_IDENTIFIED);
  reply[16] = frame[16];
  reply[17] = 1; /* success */
  memcpy(reply + 18, frame + 18, 4);
  if (set) { /* control response: option and suboption, no error */
    const uint8_t done[] = {5, 4, 0, 3, 1, 2, 0, 0};
    put16(reply + 24, sizeof(done));
    memcpy(reply + 26, done, sizeof(done));
  } else {
    const uint8_t start[] = {2, 2, 0, sizeof(STATION) - 1 + 2, 0, 0};
    put16(reply + 24, sizeof(start) + sizeof(STATION) - 1);
    memcpy(reply + 26, start, sizeof(start));
    memcpy(reply + 26 + sizeof(start), STATION, sizeof(STATION) - 1);
  }
  answered++;
  return send(sockets[DCP], reply, sizeof(reply), 0) == (ssize_t)sizeof(reply) ? 0 : -1;
}

/* Frame ID, data, cycle counter, data status, transfer status: from byte 14 on; the tag is not there any more. */
static int answer_cyclic(const uint8_t *frame, size_t len) {
  static uint8_t reply[ETH_HLEN + 4 + 2 + DATA_BYTES + 4];
  static uint16_t counter;
  if (len < 16 + DATA_BYTES + 4 || memcmp(frame, own, ETH_ALEN) != 0)
    return not_for_us++, 0;
  memcpy(reply, frame + ETH_ALEN, ETH_ALEN);
  memcpy(reply + ETH_ALEN, own, ETH_ALEN);
  put16(reply + 12, ETHERTYPE_VLAN);
  put16(reply + 14, 6 << 13);
  put16(reply + 16, ETH_P_PNIO);
  put16(reply + 18, FRAME_ID_CYCLIC);
  for (int i = 0; i < DATA_BYTES; i++)
    reply[20 + i] = (uint8_t)~frame[16 + i];
  put16(reply + 20 + DATA_BYTES, counter += 32);
  reply[22 + DATA_BYTES] = 0x35;
  stopped = (frame[16 + DATA_BYTES + 2] & STATUS_RUN) == 0;
  answered++;
  return send(sockets[CYCLIC], reply, sizeof(reply), 0) == (ssize_t)sizeof(reply) ? 0 : -1;
}

static int announce(void) {
  uint8_t frame[] = {1, 0x80, 0xc2, 0, 0, 0x0e, 0, 0, 0, 0,   0, 0, 0x88, 0xcc, 2, 7, 4,
                     0, 0,    0,    0, 0, 0,    4, 2, 7, '1', 6, 2, 0,    20,   0, 0};
  memcpy(frame + ETH_ALEN, own, ETH_ALEN);
  memcpy(frame + 17, own, ETH_ALEN);
  return send(sockets[LLDP], frame, sizeof(frame), 0) == (ssize_t)sizeof(frame) ? 0 : -1;
}

int main(void) {
  static uint8_t frame[ETH_FRAME_LEN];
  sockets[DCP] = open_socket("eth0", ETH_P_PNIO, 0xfefc, 0xfeff, 0);
  sockets[CYCLIC] = open_socket("eth0", ETH_P_PNIO, 0x8000, 0xbfff, 6);
  sockets[LLDP] = open_socket("eth0", ETH_P_LLDP, 0, 0, 0);
  struct pollfd fds[SOCKETS];
  for (int i = 0; i < SOCKETS; i++) {
    if (sockets[i] < 0)
      return fail("cannot open a socket");
    fds[i] = (struct pollfd){.fd = sockets[i], .events = POLLIN};
  }
  if (recv(sockets[CYCLIC], frame, sizeof(frame), 0) >= 0 || errno != EAGAIN)
    return fail("recv() with a time-out");
  if (announce() < 0)
    return fail("cannot announce");
  printf("ready\n");

  unsigned neighbours = 0;
  while (!stopped) {
    ssize_t n;
    if (poll(fds, SOCKETS, 10000) <= 0)
      return fail("poll");
    while ((n = recv(sockets[DCP], frame, sizeof(frame), MSG_DONTWAIT)) > 0)
      if (answer_dcp(frame, (size_t)n) < 0)
        return fail("cannot answer DCP");
    while ((n = recv(sockets[CYCLIC], frame, sizeof(frame), MSG_DONTWAIT)) > 0)
      if (answer_cyclic(frame, (size_t)n) < 0)
        return fail("cannot answer cyclic data");
    while ((n = recv(sockets[LLDP], frame, sizeof(frame), MSG_DONTWAIT)) > 0)
      neighbours++;
  }
  printf("answered %u, not for us %u, neighbours %u, ip %u.%u.%u.%u\n", answered, not_for_us, neighbours, ip[0], ip[1],
         ip[2], ip[3]);
  for (int i = 0; i < SOCKETS; i++)
    close(sockets[i]);
  printf("PASS\n");
  return 0;
}
