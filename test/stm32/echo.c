/* The application of the STM32 tests: sends every frame of EtherType 0x88b5 back with its addresses swapped, by the copying
 * calls or in place, and does what a character from the console says:
 *
 *   h g      hold: leave received frames alone; go on
 *   z x      echo in place (zero copy); echo by recv() and send()
 *   m M      join the multicast addresses 01:00:5e:00:00:01 to 05; leave them
 *   n        join ten more, 01:00:5e:00:00:11 to 1a
 *   u        receive the unicast address 02:00:00:00:00:77 too
 *   p P a A  promiscuous on, off; all multicast on, off
 *   e        echo frames of any EtherType
 *   b        for 15 ms neither sleep nor poll(), as a program that must answer at once does
 *   r        print whether the interface has a carrier
 *   c        print the counters
 *   k        print the time of the MAC's clock
 *   s + -    set that clock to 1700000000.9 s; add 2.7 s; take 3.3 s away
 *   f F 0    let it run 1000000 ppb faster, slower; neither
 *   t        spoil linear memory, so that the module traps at the next call */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "board.h"
#include <pktsock/layout.h>
#include <pktsock/mac.h>
#include <pktsock/os.h>
#include <pktsock/pktsock.h>

#define ETH_P_TEST 0x88b5

static int sd, ifindex;
static bool holding, in_place = true;

static void swap_addresses(uint8_t *frame) {
  uint8_t destination[ETH_ALEN];
  memcpy(destination, frame, ETH_ALEN);
  memcpy(frame, frame + ETH_ALEN, ETH_ALEN);
  memcpy(frame + ETH_ALEN, destination, ETH_ALEN);
}

static bool echo_in_place(void) {
  struct pktsock_frame frame;
  if (pktsock_peek(sd, &frame, MSG_DONTWAIT) < 0)
    return false;
  swap_addresses(frame.data);
  if (pktsock_submit(sd, &frame) < 0)
    pktsock_release(sd, &frame);
  return true;
}

static bool echo_by_copy(void) {
  static uint8_t bytes[1600];
  ssize_t n = recv(sd, bytes, sizeof(bytes), MSG_DONTWAIT);
  if (n < 0)
    return false;
  swap_addresses(bytes);
  send(sd, bytes, (size_t)n, 0);
  return true;
}

static void member(int option, unsigned short type, const uint8_t *address) {
  struct packet_mreq request = {.mr_ifindex = ifindex, .mr_type = type, .mr_alen = address != NULL ? ETH_ALEN : 0};
  if (address != NULL)
    memcpy(request.mr_address, address, ETH_ALEN);
  if (setsockopt(sd, SOL_PACKET, option, &request, sizeof(request)) < 0)
    printf("membership refused\n");
}

static void groups(int option, uint8_t from, uint8_t to) {
  uint8_t address[ETH_ALEN] = {1, 0, 0x5e, 0, 0, 0};
  for (address[5] = from; address[5] <= to; address[5]++)
    member(option, PACKET_MR_MULTICAST, address);
}

static void print_counters(void) {
  struct pktsock_counters c;
  pktsock_counters((unsigned)ifindex, &c);
  printf("rx %lu tx %lu no_frame %lu pool_empty %lu short %lu long %lu errors %lu tx_errors %lu faults %lu traps %lu "
         "restarts %lu\n",
         (unsigned long)c.rx_frames, (unsigned long)c.tx_frames, (unsigned long)c.rx_no_frame,
         (unsigned long)c.rx_pool_empty, (unsigned long)c.rx_too_short, (unsigned long)c.rx_too_long,
         (unsigned long)c.rx_errors, (unsigned long)c.tx_errors, (unsigned long)c.ring_faults, (unsigned long)c.traps,
         (unsigned long)c.mac_restarts);
}

static void print_carrier(void) {
  struct ifreq request = {.ifr_name = "eth0"};
  ioctl(sd, SIOCGIFFLAGS, &request);
  printf("running %d\n", (request.ifr_flags & IFF_RUNNING) != 0);
}

static const char *name_of(int error) {
  return error == 0            ? "ok"
         : error == EIO        ? "EIO"
         : error == EINVAL     ? "EINVAL"
         : error == ERANGE     ? "ERANGE"
         : error == EFAULT     ? "EFAULT"
         : error == ENODEV     ? "ENODEV"
         : error == EOPNOTSUPP ? "EOPNOTSUPP"
                               : "?";
}

static void print_result(int result) { printf("clock %s\n", name_of(result < 0 ? errno : 0)); }

static void print_clock(void) {
  struct timespec now;
  int result = pktsock_clock_gettime((unsigned)ifindex, &now);
  if (result < 0)
    print_result(result);
  else
    printf("clock %llu.%09lu\n", (unsigned long long)now.tv_sec, (unsigned long)now.tv_nsec);
}

static bool echo_one(void) { return in_place ? echo_in_place() : echo_by_copy(); }

static void be_busy(void) {
  for (uint64_t end = pkt_os_now() + 15000; pkt_os_now() < end;)
    echo_one();
}

static void take(unsigned short protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = ifindex};
  if (bind(sd, (struct sockaddr *)&address, sizeof(address)) < 0)
    board_exit(1);
}

static void obey(int c) {
  static const uint8_t unicast[ETH_ALEN] = {2, 0, 0, 0, 0, 0x77};
  switch (c) {
  case 'h':
  case 'g': holding = c == 'h'; break;
  case 'z':
  case 'x': in_place = c == 'z'; break;
  case 'm': groups(PACKET_ADD_MEMBERSHIP, 1, 5); break;
  case 'M': groups(PACKET_DROP_MEMBERSHIP, 1, 5); break;
  case 'n': groups(PACKET_ADD_MEMBERSHIP, 0x11, 0x1a); break;
  case 'u': member(PACKET_ADD_MEMBERSHIP, PACKET_MR_UNICAST, unicast); break;
  case 'p':
  case 'P': member(c == 'p' ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, PACKET_MR_PROMISC, NULL); break;
  case 'a':
  case 'A': member(c == 'a' ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, PACKET_MR_ALLMULTI, NULL); break;
  case 'e': take(ETH_P_ALL); break;
  case 'b': be_busy(); break;
  case 'r': print_carrier(); break;
  case 'c': print_counters(); break;
  case 'k': print_clock(); break;
  case 's': print_result(pktsock_clock_settime((unsigned)ifindex, &(struct timespec){1700000000, 900000000})); break;
  case '+': print_result(pktsock_clock_step((unsigned)ifindex, 2700000000)); break;
  case '-': print_result(pktsock_clock_step((unsigned)ifindex, -3300000000)); break;
  case 'f':
  case 'F': print_result(pktsock_clock_adjust((unsigned)ifindex, c == 'f' ? 1000000 : -1000000)); break;
  case '0': print_result(pktsock_clock_adjust((unsigned)ifindex, 0)); break;
  case 't': memset(board_mac(0)->memory, 0xff, offsetof(struct pkt_control, exchange)); break;
  }
  printf("did %c\n", c);
}

int main(void) {
  ifindex = (int)if_nametoindex("eth0");
  sd = socket(AF_PACKET, SOCK_RAW, 0);
  if (sd < 0)
    board_exit(1);
  take(ETH_P_TEST);
  printf("echo is ready\n");
  for (;;) {
    struct pollfd fd = {.fd = sd, .events = holding ? 0 : POLLIN};
    int c = board_console_read();
    if (c >= 0)
      obey(c);
    else
      poll(&fd, 1, 20);
    while (!holding && echo_one()) {
    }
  }
}
