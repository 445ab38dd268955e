/* A PTP slave (IEEE 1588 over Ethernet) in the shape of linuxptp's raw.c, sk.c and port.c: an event socket and a general socket of
 * no protocol, SO_PRIORITY, bind() to ETH_P_ALL, SO_BINDTODEVICE, a filter by message type, memberships of two groups, time
 * stamps by SO_TIMESTAMPING; poll(), recvmsg() with control messages, and after sending the error queue.
 *
 * It follows the first master that it hears, in two steps. It measures the delay end to end until a neighbour asks for the peer
 * delay, which it answers, and from then on peer to peer (linuxptp's delay_mechanism Auto). If the MAC stamps frames, it steers
 * the MAC's clock; otherwise a clock of its own, which begins as the stamps. */
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#if __has_include(<pktsock/pktsock.h>)
#include <pktsock/pktsock.h> /* the MAC's clock; on Linux it is a file */
#endif

enum {
  SYNC = 0,
  DELAY_REQ = 1,
  PDELAY_REQ = 2,
  PDELAY_RESP = 3,
  FOLLOW_UP = 8,
  DELAY_RESP = 9,
  PDELAY_RESP_FOLLOW_UP = 10
};
enum { EVENT, GENERAL, SOCKETS };
/* Places in a message. */
enum { TYPE = 0, LENGTH = 2, DOMAIN = 4, CORRECTION = 8, SOURCE = 20, SEQUENCE = 30, STAMP = 34, REQUESTING = 44 };
enum { ID_BYTES = 10, REQ_BYTES = 44, RESP_BYTES = 54, SYNCS = 60 };
#define NS_PER_S 1000000000

static const uint8_t ptp_group[ETH_ALEN] = {0x01, 0x1b, 0x19, 0, 0, 0},
                     p2p_group[ETH_ALEN] = {0x01, 0x80, 0xc2, 0, 0, 0x0e};
static uint8_t own[ETH_ALEN], own_id[ID_BYTES], master_id[ID_BYTES];
static int fds[SOCKETS], ifindex;
static bool hardware; /* the stamps are the MAC's */

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

/* PTP's EtherType, and bit 3 of the message type: clear for event messages. */
static int configure_filter(int fd, bool event) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_1588, 0, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 8, event, !event),
      BPF_STMT(BPF_RET | BPF_K, 1500),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog prg = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prg, sizeof(prg));
}

static int configure(int fd, bool event, int index) {
  struct packet_mreq mreq;
  if (configure_filter(fd, event) < 0)
    return -1;
  memset(&mreq, 0, sizeof(mreq));
  mreq.mr_ifindex = index;
  mreq.mr_type = PACKET_MR_MULTICAST;
  mreq.mr_alen = ETH_ALEN;
  memcpy(mreq.mr_address, ptp_group, ETH_ALEN);
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) < 0)
    return -1;
  memcpy(mreq.mr_address, p2p_group, ETH_ALEN);
  return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq));
}

static int open_socket(const char *name, bool event) {
  struct sockaddr_ll addr;
  struct ifreq ifreq;
  int priority = 4, fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0)
    return -1;
  memset(&ifreq, 0, sizeof(ifreq));
  strncpy(ifreq.ifr_name, name, sizeof(ifreq.ifr_name) - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &ifreq) < 0)
    return -1;
  memcpy(own, ifreq.ifr_hwaddr.sa_data, ETH_ALEN);
  memcpy(own_id, (uint8_t[]){own[0], own[1], own[2], 0xff, 0xfe, own[3], own[4], own[5], 0, 1}, ID_BYTES);
  if (ioctl(fd, SIOCGIFINDEX, &ifreq) < 0 || setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)) < 0)
    return -1;
  memset(&addr, 0, sizeof(addr));
  addr.sll_ifindex = ifindex = ifreq.ifr_ifindex;
  addr.sll_family = AF_PACKET;
  addr.sll_protocol = htons(ETH_P_ALL);
  if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0)
    return -1;
  return configure(fd, event, addr.sll_ifindex) < 0 ? -1 : fd;
}

/* Stamps by the MAC if it has a clock that this program can steer. */
static int start_stamps(int fd) {
  int on = 1, flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
#ifdef PKTSOCK_H
  struct hwtstamp_config config = {.tx_type = HWTSTAMP_TX_ON, .rx_filter = HWTSTAMP_FILTER_ALL};
  struct ifreq ifreq = {.ifr_name = "eth0"};
  ifreq.ifr_data = (void *)&config;
  hardware = ioctl(fd, SIOCSHWTSTAMP, &ifreq) == 0;
  if (hardware)
    flags = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
#endif
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) < 0)
    return -1;
  return setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &on, sizeof(on));
}

/* ---- The clock ---- */

/* The program's own clock, if the MAC has none: `local` at the stamp `raw`, and the rate from there on. */
static int64_t clock_raw, clock_local, clock_ppb;

static int64_t local_time(int64_t raw) {
  int64_t passed = raw - clock_raw;
  return hardware ? raw : clock_local + passed + passed * clock_ppb / NS_PER_S;
}

/* Move the clock and set its rate, at the stamp `raw`. */
static int steer(int64_t raw, int64_t step, int64_t ppb) {
#ifdef PKTSOCK_H
  if (hardware)
    return pktsock_clock_step((unsigned)ifindex, step) < 0 || pktsock_clock_adjust((unsigned)ifindex, (int32_t)ppb) < 0
               ? -1
               : 0;
#endif
  clock_local = local_time(raw) + step;
  clock_raw = raw;
  clock_ppb = ppb;
  return 0;
}

/* ---- Messages ---- */

/* A message and its stamp; 0 when there is none. */
static ssize_t receive(int fd, uint8_t *buf, size_t room, int64_t *raw, int flags) {
  char control[256];
  struct iovec iov = {buf, room};
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  ssize_t n = recvmsg(fd, &msg, flags);
  *raw = 0;
  if (n < 0)
    return n;
  for (struct cmsghdr *cm = CMSG_FIRSTHDR(&msg); cm != NULL; cm = CMSG_NXTHDR(&msg, cm)) {
    struct scm_timestamping stamps;
    if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SO_TIMESTAMPING || cm->cmsg_len < CMSG_LEN(sizeof(stamps)))
      continue;
    memcpy(&stamps, CMSG_DATA(cm), sizeof(stamps));
    *raw = (int64_t)stamps.ts[hardware ? 2 : 0].tv_sec * NS_PER_S + stamps.ts[hardware ? 2 : 0].tv_nsec;
  }
  return n;
}

/* When the frame that was just sent left; 0 when that is not known. */
static int64_t sent_at(int fd) {
  uint8_t buf[256];
  int64_t raw;
  struct pollfd pfd = {fd, POLLPRI, 0};
  if (poll(&pfd, 1, 1000) < 1 || !(pfd.revents & (POLLPRI | POLLERR)))
    return 0;
  return receive(fd, buf, sizeof(buf), &raw, MSG_ERRQUEUE) < 0 ? 0 : raw;
}

static uint64_t get(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++)
    value = value << 8 | at[i];
  return value;
}

static void put(uint8_t *at, uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0; value >>= 8)
    at[i] = (uint8_t)value;
}

/* A message's time, and its correction of a time, in nanoseconds. */
static int64_t time_in(const uint8_t *message) {
  return (int64_t)get(message + STAMP, 6) * NS_PER_S + (int64_t)get(message + STAMP + 6, 4);
}

static int64_t correction_in(const uint8_t *message) { return (int64_t)get(message + CORRECTION, 8) / 65536; }

/* `request`: the one that is answered, or NULL. Returns when it left if it is an event message, 1 if not, 0 if it failed. */
static int64_t transmit(uint8_t type, unsigned sequence, int64_t time, const uint8_t *request) {
  uint8_t frame[ETH_HLEN + RESP_BYTES] = {0}, *message = frame + ETH_HLEN;
  bool peer = type == PDELAY_REQ || type == PDELAY_RESP || type == PDELAY_RESP_FOLLOW_UP;
  size_t len = type == DELAY_REQ ? REQ_BYTES : RESP_BYTES;
  struct ethhdr *hdr = (struct ethhdr *)frame;
  memcpy(hdr->h_dest, peer ? p2p_group : ptp_group, ETH_ALEN);
  memcpy(hdr->h_source, own, ETH_ALEN);
  hdr->h_proto = htons(ETH_P_1588);
  message[TYPE] = type;
  message[1] = 2; /* version */
  put(message + LENGTH, len, 2);
  message[6] = type == PDELAY_RESP ? 2 : 0; /* in two steps */
  memcpy(message + SOURCE, own_id, ID_BYTES);
  put(message + SEQUENCE, sequence, 2);
  put(message + STAMP, (uint64_t)(time / NS_PER_S), 6);
  put(message + STAMP + 6, (uint64_t)(time % NS_PER_S), 4);
  if (request != NULL)
    memcpy(message + REQUESTING, request + SOURCE, ID_BYTES);
  int fd = fds[type < 8 ? EVENT : GENERAL];
  if (send(fd, frame, ETH_HLEN + len, 0) != (ssize_t)(ETH_HLEN + len))
    return 0;
  return type < 8 ? sent_at(fd) : 1;
}

/* ---- The port ---- */

/* The times of the standard, in nanoseconds, by the clock of the side that took them. */
static struct {
  unsigned sequence, count;
  int64_t raw, correction; /* of a Sync that waits for its Follow_Up; raw is 0 if none does */
  int64_t t1, t2;
} synced;

static struct {
  bool p2p, pending;
  unsigned sequence;
  int64_t t3;             /* when the request left */
  int64_t p2p_t2, p2p_t4; /* when it came, and when the response came */
  int64_t path;           /* what was measured */
} delay;

/* Set the clock by the offset, and its rate by how much faster the master's clock ran since the Sync before. */
static int synchronize(int64_t t1) {
  static int64_t ppb;
  int64_t t2 = local_time(synced.raw), offset = t2 - t1 - delay.path, passed = t2 - synced.t2;
  if (synced.count++ > 0 && passed > 0)
    ppb += (t1 - synced.t1 - passed) * NS_PER_S / passed / 2;
  synced.t1 = t1;
  synced.t2 = t2 - offset;
  delay.pending = false; /* its times were taken by the clock as it was */
  return steer(synced.raw, -offset, ppb);
}

/* An event's stamp, and what time that is by the clock. */
static void print_event(const char *what, unsigned sequence, int64_t raw) {
  int64_t local = local_time(raw);
  printf("%s %u %lu.%09lu %lu.%09lu\n", what, sequence, (unsigned long)(raw / NS_PER_S),
         (unsigned long)(raw % NS_PER_S), (unsigned long)(local / NS_PER_S), (unsigned long)(local % NS_PER_S));
}

static int request_delay(void) {
  int64_t raw = transmit(delay.p2p ? PDELAY_REQ : DELAY_REQ, ++delay.sequence, 0, NULL);
  delay.t3 = local_time(raw);
  delay.pending = true;
  print_event(delay.p2p ? "pdelay" : "delay", delay.sequence, raw);
  return raw == 0 ? -1 : 0;
}

/* Answer a neighbour's peer delay request. */
static int answer(const uint8_t *request, int64_t raw) {
  unsigned sequence = (unsigned)get(request + SEQUENCE, 2);
  int64_t left = transmit(PDELAY_RESP, sequence, local_time(raw), request);
  if (left == 0 || transmit(PDELAY_RESP_FOLLOW_UP, sequence, local_time(left), request) == 0)
    return -1;
  delay.p2p = true;
  return 0;
}

static bool is_answer(const uint8_t *message) {
  return delay.pending && get(message + SEQUENCE, 2) == delay.sequence &&
         memcmp(message + REQUESTING, own_id, ID_BYTES) == 0;
}

static bool is_from_master(const uint8_t *message) { return memcmp(message + SOURCE, master_id, ID_BYTES) == 0; }

static void measured(int64_t path) {
  delay.path = path;
  delay.pending = false;
  printf("path %ld\n", (long)path);
}

/* A message of PTP's domain 0, with its stamp if it is an event message. */
static int process(const uint8_t *message, int64_t raw) {
  static const uint8_t none[ID_BYTES];
  int64_t time = time_in(message), correction = correction_in(message);
  unsigned sequence = (unsigned)get(message + SEQUENCE, 2);
  switch (message[TYPE] & 15) {
  case SYNC:
    if (memcmp(master_id, none, ID_BYTES) == 0)
      memcpy(master_id, message + SOURCE, ID_BYTES);
    if (!is_from_master(message))
      return 0;
    synced.sequence = sequence;
    synced.raw = raw;
    synced.correction = correction;
    print_event("sync", sequence, raw);
    return 0;
  case FOLLOW_UP:
    if (!is_from_master(message) || synced.raw == 0 || sequence != synced.sequence)
      return 0;
    if (synchronize(time + correction + synced.correction) < 0)
      return -1;
    synced.raw = 0;
    return request_delay();
  case DELAY_RESP:
    if (is_from_master(message) && !delay.p2p && is_answer(message))
      measured((synced.t2 - synced.t1 + time - correction - delay.t3) / 2);
    return 0;
  case PDELAY_REQ: return answer(message, raw);
  case PDELAY_RESP:
    if (delay.p2p && is_answer(message)) {
      delay.p2p_t2 = time + correction;
      delay.p2p_t4 = local_time(raw);
      print_event("presp", sequence, raw);
    }
    return 0;
  case PDELAY_RESP_FOLLOW_UP:
    if (delay.p2p && is_answer(message))
      measured((delay.p2p_t4 - delay.t3 - (time + correction - delay.p2p_t2)) / 2);
    return 0;
  }
  return 0;
}

int main(void) {
  static uint8_t frame[1500];
  const uint8_t *message = frame + ETH_HLEN;
  struct pollfd pfds[SOCKETS];
  for (int i = 0; i < SOCKETS; i++) {
    fds[i] = open_socket("eth0", i == EVENT);
    pfds[i] = (struct pollfd){fds[i], POLLIN, 0};
    if (fds[i] < 0)
      return fail("cannot open the socket");
  }
  if (start_stamps(fds[EVENT]) < 0)
    return fail("no time stamps");
  printf("ready\n");
  while (synced.count < SYNCS) {
    if (poll(pfds, SOCKETS, 10000) <= 0)
      return fail("poll");
    for (int i = 0; i < SOCKETS; i++) {
      int64_t raw;
      if (!(pfds[i].revents & POLLIN))
        continue;
      ssize_t n = receive(fds[i], frame, sizeof(frame), &raw, 0);
      unsigned type = message[TYPE] & 15;
      if (n < ETH_HLEN + (type == SYNC || type == DELAY_REQ || type == FOLLOW_UP ? REQ_BYTES : RESP_BYTES))
        return fail("a short message");
      if ((type < 8) != (i == EVENT))
        return fail("a message at the wrong socket");
      if (i == EVENT && raw == 0)
        return fail("no time stamp");
      if (message[DOMAIN] == 0 && process(message, raw) < 0)
        return fail("cannot answer");
    }
  }
  for (int i = 0; i < SOCKETS; i++)
    close(fds[i]);
  printf("PASS\n");
  return 0;
}
