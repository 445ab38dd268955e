/* A PTP port (IEEE 1588, over Ethernet) in the shape of linuxptp's raw.c and sk.c: an event socket and a general socket of no
 * protocol, SO_PRIORITY, bind() to ETH_P_ALL, SO_BINDTODEVICE, a filter by message type, memberships of two groups, time stamps by
 * SO_TIMESTAMPING, or by SO_TIMESTAMPNS where there is none; poll(), recvmsg() with control messages, and after sending the
 * error queue.
 *
 * It answers peer delay requests in two steps, and follows a master's Sync and Follow_Up. */
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

enum { SYNC = 0, PDELAY_REQ = 2, PDELAY_RESP = 3, FOLLOW_UP = 8, PDELAY_RESP_FOLLOW_UP = 10 };
enum { EVENT, GENERAL, SOCKETS };
/* Places in a message. */
enum { TYPE = 0, LENGTH = 2, SOURCE = 20, SEQUENCE = 30, STAMP = 34, REQUESTING = 44, RESP_BYTES = 54 };

static const uint8_t ptp_group[ETH_ALEN] = {0x01, 0x1b, 0x19, 0, 0, 0},
                     p2p_group[ETH_ALEN] = {0x01, 0x80, 0xc2, 0, 0, 0x0e};
static uint8_t own[ETH_ALEN];
static int timestamping;

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
  if (ioctl(fd, SIOCGIFINDEX, &ifreq) < 0 || setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)) < 0)
    return -1;
  memset(&addr, 0, sizeof(addr));
  addr.sll_ifindex = ifreq.ifr_ifindex;
  addr.sll_family = AF_PACKET;
  addr.sll_protocol = htons(ETH_P_ALL);
  if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0)
    return -1;
  return configure(fd, event, addr.sll_ifindex) < 0 ? -1 : fd;
}

static int start_stamps(int fd) {
  int on = 1, flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  timestamping = setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0;
  if (timestamping)
    return setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &on, sizeof(on));
  return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

/* A message and its time; the time is 0 when there is none. */
static ssize_t receive(int fd, uint8_t *buf, size_t room, struct timespec *time, int flags) {
  char control[256];
  struct iovec iov = {buf, room};
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  ssize_t n = recvmsg(fd, &msg, flags);
  memset(time, 0, sizeof(*time));
  if (n < 0)
    return n;
  for (struct cmsghdr *cm = CMSG_FIRSTHDR(&msg); cm != NULL; cm = CMSG_NXTHDR(&msg, cm)) {
    if (cm->cmsg_level != SOL_SOCKET)
      continue;
    if (cm->cmsg_type == SO_TIMESTAMPING && cm->cmsg_len >= CMSG_LEN(sizeof(struct scm_timestamping)))
      memcpy(time, &((struct scm_timestamping *)CMSG_DATA(cm))->ts[0], sizeof(*time));
    if (cm->cmsg_type == SO_TIMESTAMPNS && cm->cmsg_len >= CMSG_LEN(sizeof(*time)))
      memcpy(time, CMSG_DATA(cm), sizeof(*time));
  }
  return n;
}

static bool is_set(const struct timespec *time) { return time->tv_sec != 0 || time->tv_nsec != 0; }

/* The time at which the frame that was sent left. */
static int sent_at(int fd, struct timespec *time) {
  uint8_t buf[256];
  struct pollfd pfd = {fd, POLLPRI, 0};
  if (!timestamping) { /* the stack has none: the time is now */
    memset(time, 0, sizeof(*time));
    return 0;
  }
  if (poll(&pfd, 1, 1000) < 1 || !(pfd.revents & (POLLPRI | POLLERR)))
    return -1;
  return receive(fd, buf, sizeof(buf), time, MSG_ERRQUEUE) < 0 || !is_set(time) ? -1 : 0;
}

static void put_time(uint8_t *at, const struct timespec *time) {
  uint64_t sec = (uint64_t)time->tv_sec;
  for (int i = 0; i < 6; i++)
    at[i] = (uint8_t)(sec >> (8 * (5 - i)));
  for (int i = 0; i < 4; i++)
    at[6 + i] = (uint8_t)((uint32_t)time->tv_nsec >> (8 * (3 - i)));
}

static int send_response(int fd, uint8_t type, const uint8_t *request, const struct timespec *time) {
  uint8_t frame[ETH_HLEN + RESP_BYTES] = {0}, *message = frame + ETH_HLEN;
  struct ethhdr *hdr = (struct ethhdr *)frame;
  memcpy(hdr->h_dest, p2p_group, ETH_ALEN);
  memcpy(hdr->h_source, own, ETH_ALEN);
  hdr->h_proto = htons(ETH_P_1588);
  message[TYPE] = type;
  message[1] = 2; /* version */
  message[LENGTH + 1] = RESP_BYTES;
  memcpy(message + SOURCE, own, 3);
  message[SOURCE + 3] = 0xff;
  message[SOURCE + 4] = 0xfe;
  memcpy(message + SOURCE + 5, own + 3, 3);
  message[SOURCE + 9] = 1; /* port */
  memcpy(message + SEQUENCE, request + SEQUENCE, 2);
  put_time(message + STAMP, time);
  memcpy(message + REQUESTING, request + SOURCE, 10);
  return send(fd, frame, sizeof(frame), 0) == (ssize_t)sizeof(frame) ? 0 : -1;
}

int main(void) {
  static uint8_t frame[1500];
  const uint8_t *message = frame + ETH_HLEN;
  struct pollfd fds[SOCKETS];
  uint8_t synced[2] = {0};
  for (int i = 0; i < SOCKETS; i++) {
    fds[i] = (struct pollfd){open_socket("eth0", i == EVENT), POLLIN, 0};
    if (fds[i].fd < 0)
      return fail("cannot open the socket");
  }
  if (start_stamps(fds[EVENT].fd) < 0)
    return fail("no time stamps");
  printf("ready\n");
  for (bool followed = false; !followed;) {
    if (poll(fds, SOCKETS, 10000) <= 0)
      return fail("poll");
    for (int i = 0; i < SOCKETS; i++) {
      struct timespec time, left;
      if (!(fds[i].revents & POLLIN))
        continue;
      ssize_t n = receive(fds[i].fd, frame, sizeof(frame), &time, 0);
      if (n < ETH_HLEN + STAMP)
        return fail("a short message");
      unsigned type = message[TYPE] & 15;
      if (i == EVENT && !is_set(&time))
        return fail("no time stamp");
      if ((type < 8) != (i == EVENT))
        return fail("a message at the wrong socket");
      if (type == PDELAY_REQ) {
        if (send_response(fds[EVENT].fd, PDELAY_RESP, message, &time) < 0 || sent_at(fds[EVENT].fd, &left) < 0 ||
            send_response(fds[GENERAL].fd, PDELAY_RESP_FOLLOW_UP, message, &left) < 0)
          return fail("cannot answer");
      } else if (type == SYNC) {
        memcpy(synced, message + SEQUENCE, 2);
      } else if (type == FOLLOW_UP) {
        followed = memcmp(synced, message + SEQUENCE, 2) == 0;
        printf("sequence %u\n", message[SEQUENCE] << 8 | message[SEQUENCE + 1]);
      }
    }
  }
  for (int i = 0; i < SOCKETS; i++)
    close(fds[i].fd);
  printf("PASS\n");
  return 0;
}
