/* A GOOSE subscriber (IEC 61850-8-1) in the shape of libiec61850's: a SOCK_RAW socket of ETH_P_ALL with a filter of 4
 * instructions for the EtherType and a membership of the group, bound when it first receives; poll(), and then recvfrom()
 * with MSG_DONTWAIT until nothing is left.
 *
 * It prints each new state, and how many states or repetitions it has missed, until state LAST_STATE. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ETH_P_GOOSE 0x88b8
#define APPID 0x1000
#define LAST_STATE 9

static const uint8_t group[ETH_ALEN] = {0x01, 0x0c, 0xcd, 0x01, 0x00, 0x01};
static int sd;
static bool bound;
static struct sockaddr_ll address;
static uint32_t state, sequence;
static unsigned frames, other_group, other_type, other_application, malformed;

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

static int open_socket(const char *interface) {
  struct sock_filter code[] = {
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ETH_P_GOOSE},
      {BPF_RET | BPF_K, 0, 0, 0x40000},
      {BPF_RET | BPF_K, 0, 0, 0},
  };
  struct sock_fprog filter = {.len = sizeof(code) / sizeof(*code), .filter = code};
  struct ifreq ifr;
  sd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (sd == -1 || setsockopt(sd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == -1)
    return -1;
  memset(&ifr, 0, sizeof(ifr));
  strncpy(ifr.ifr_name, interface, IFNAMSIZ - 1);
  if (ioctl(sd, SIOCGIFINDEX, &ifr) == -1)
    return -1;
  address = (struct sockaddr_ll){
      .sll_family = PF_PACKET,
      .sll_protocol = htons(ETH_P_ALL),
      .sll_ifindex = ifr.ifr_ifindex,
      .sll_hatype = ARPHRD_ETHER,
      .sll_pkttype = PACKET_HOST | PACKET_MULTICAST,
      .sll_halen = ETH_ALEN,
  };
  struct packet_mreq mreq = {.mr_ifindex = ifr.ifr_ifindex, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};
  memcpy(mreq.mr_address, group, ETH_ALEN);
  return setsockopt(sd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq));
}

/* Does not wait. 0: nothing there. */
static ssize_t receive(uint8_t *frame, size_t room) {
  if (!bound && bind(sd, (struct sockaddr *)&address, sizeof(address)) < 0)
    return -1;
  bound = true;
  ssize_t n = recvfrom(sd, frame, room, MSG_DONTWAIT, NULL, NULL);
  return n < 0 && errno == EAGAIN ? 0 : n;
}

/* The unsigned number with this tag in a sequence of BER elements. False: it is not there, or an element runs over. */
static bool find_number(const uint8_t *at, const uint8_t *end, uint8_t tag, uint32_t *number) {
  while (end - at >= 2) {
    uint8_t found = at[0], bytes = at[1];
    at += 2;
    if (bytes > end - at)
      return false;
    if (found == tag && bytes <= 4) {
      for (*number = 0; bytes > 0; bytes--)
        *number = *number << 8 | *at++;
      return true;
    }
    at += bytes;
  }
  return false;
}

static void take(const uint8_t *frame, size_t len) {
  frames++;
  if (memcmp(frame, group, ETH_ALEN) != 0) {
    other_group++;
    return;
  }
  if (len < 26 || frame[12] != ETH_P_GOOSE >> 8 || frame[13] != (ETH_P_GOOSE & 0xff)) {
    other_type++;
    return;
  }
  if ((frame[14] << 8 | frame[15]) != APPID) {
    other_application++;
    return;
  }
  size_t length = (size_t)(frame[16] << 8 | frame[17]); /* from the APPID on */
  const uint8_t *pdu = frame + 22;
  uint32_t new_state, new_sequence;
  if (length < 10 || length > len - 14 || pdu[0] != 0x61 || pdu[1] != length - 10 ||
      !find_number(pdu + 2, pdu + 2 + pdu[1], 0x85, &new_state) ||
      !find_number(pdu + 2, pdu + 2 + pdu[1], 0x86, &new_sequence)) {
    malformed++;
    return;
  }
  if (new_state != state)
    printf("state %u, missed %u\n", (unsigned)new_state, (unsigned)(new_state - state - 1 + new_sequence));
  else if (new_sequence != sequence + 1)
    printf("repetition %u, missed %u\n", (unsigned)new_sequence, (unsigned)(new_sequence - sequence - 1));
  state = new_state;
  sequence = new_sequence;
}

int main(void) {
  static uint8_t frame[ETH_FRAME_LEN + 4];
  if (open_socket("eth0") < 0)
    return fail("cannot open the socket");
  struct pollfd handles[] = {{.fd = sd, .events = POLLIN}};
  ssize_t n = receive(frame, sizeof(frame));
  if (n != 0)
    return fail("the first look at the socket");
  printf("ready\n");
  while (state < LAST_STATE) {
    int ready = poll(handles, 1, 10000);
    if (ready <= 0)
      return fail("poll");
    while ((n = receive(frame, sizeof(frame))) > 0)
      take(frame, (size_t)n);
    if (n < 0)
      return fail("recvfrom");
  }
  printf("frames %u, other group %u, other type %u, other application %u, malformed %u\n", frames, other_group,
         other_type, other_application, malformed);
  close(sd);
  printf("PASS\n");
  return 0;
}
