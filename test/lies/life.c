/* What an application can do. Results are checked for what holds even if the module lies: a call returns -1 or what fits into
 * the buffer. The buffers are as long as the calls are told, each in an allocation of its own. */
#include "lies.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pktsock/select.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define ETH_P_ALL_N 0x0300
#define ETH_P_IP_N 0x0008

static uint8_t *small, *large; /* of SMALL and LARGE bytes */
enum { SMALL = 20, LARGE = 256 };

/* A result of a call: -1, or 0 to `most`. */
static long in(long result, long most) {
  if (result < -1 || result > most)
    finding("a call returned what it cannot");
  return result;
}

static void report(const char *who, const char *sentence) {
  if (strlen(who) >= IFNAMSIZ || strlen(sentence) > 200)
    finding("a report is no sentence");
  traps += strcmp(who, "pktsock") == 0;
}

static void link_changed(unsigned ifindex, bool up) { (void)ifindex, (void)up; }

static uint32_t stack_address(unsigned ifindex, unsigned long request) { return ifindex + (uint32_t)request; }

static int open_bound(int type, uint16_t protocol, int ifindex) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = protocol, .sll_ifindex = ifindex};
  int fd = (int)in(pktsock_socket(AF_PACKET, type, protocol), PKTSOCK_FIRST_DESCRIPTOR + 63);
  in(pktsock_bind(fd, (struct pktsock_sockaddr *)&address, sizeof(address)), 0);
  return fd;
}

static void set(int fd, int level, int name, const void *value, socklen_t len) {
  in(pktsock_setsockopt(fd, level, name, value, len), 0);
}

static void set_int(int fd, int level, int name, int value) { set(fd, level, name, &value, sizeof(value)); }

static void get(int fd, int level, int name) {
  for (socklen_t room = 0; room <= SMALL; room += SMALL) {
    pktsock_socklen_t len = room;
    in(pktsock_getsockopt(fd, level, name, small, &len), 0);
    if (len > room)
      finding("getsockopt() says more than there was room for");
  }
}

static void attach(int fd, bool tests) {
  struct sock_filter simple[] = {{BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
                                 {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x0800},
                                 {BPF_RET | BPF_K, 0, 0, 100},
                                 {BPF_RET | BPF_K, 0, 0, 0}};
  struct sock_filter computed[] = {{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0},
                                   {BPF_ALU | BPF_DIV | BPF_K, 0, 0, 3},
                                   {BPF_ST, 0, 0, 2},
                                   {BPF_LDX | BPF_W | BPF_MEM, 0, 0, 2},
                                   {BPF_LD | BPF_B | BPF_IND, 0, 0, 1},
                                   {BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0},
                                   {BPF_RET | BPF_A, 0, 0, 0}};
  struct sock_fprog program = {.len = tests ? 4 : 7, .filter = tests ? simple : computed};
  set(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void membership(int fd, int name, int type, uint8_t last) {
  struct packet_mreq request = {
      .mr_ifindex = 1, .mr_type = (unsigned short)type, .mr_alen = 6, .mr_address = {1, 0, 0x5e, 0, 0, last}};
  set(fd, SOL_PACKET, name, &request, sizeof(request));
}

static void control(int fd, unsigned long request, const char *name) {
  struct ifreq *argument = calloc(1, sizeof(*argument));
  if (argument == NULL)
    abort();
  strcpy(argument->ifr_name, name);
  if (request == SIOCGIFNAME)
    argument->ifr_ifindex = name[3] - '0' + 1;
  if (request == SIOCADDMULTI || request == SIOCDELMULTI)
    memcpy(argument->ifr_hwaddr.sa_data, "\1\0\x5e\0\0\7", 6);
  if (request == SIOCSIFFLAGS)
    argument->ifr_flags = (short)(IFF_BROADCAST | IFF_MULTICAST | (name[0] == 'e' && name[3] == '0' ? 0 : IFF_UP));
  int result = (int)in(pktsock_ioctl(fd, request, argument), 0);
  if (result == 0 && request == SIOCGIFNAME && strnlen(argument->ifr_name, IFNAMSIZ) == IFNAMSIZ)
    finding("an interface's name has no end");
  free(argument);
}

static void up(int fd, const char *name) {
  struct ifreq request = {.ifr_flags = IFF_BROADCAST | IFF_MULTICAST | IFF_UP};
  strcpy(request.ifr_name, name);
  in(pktsock_ioctl(fd, SIOCSIFFLAGS, &request), 0);
}

static void controls(int fd) {
  static const unsigned long requests[] = {SIOCGIFNAME,    SIOCGIFFLAGS, SIOCGIFADDR,   SIOCGIFMTU,   SIOCGIFBRDADDR,
                                           SIOCGIFNETMASK, SIOCADDMULTI, SIOCGIFHWADDR, SIOCDELMULTI, SIOCGIFINDEX};
  for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
    control(fd, requests[i], i & 1 ? "eth1" : "eth0");
  int *bytes = malloc(sizeof(*bytes));
  struct ifreq *list = malloc(2 * sizeof(*list));
  struct timespec *time = malloc(sizeof(*time));
  if (bytes == NULL || list == NULL || time == NULL)
    abort();
  if (in(pktsock_ioctl(fd, FIONREAD, bytes), 0) == 0)
    in(*bytes, 1 << 16);
  if (in(pktsock_ioctl(fd, SIOCOUTQ, bytes), 0) == 0)
    in(*bytes, 1 << 16);
  in(pktsock_ioctl(fd, SIOCGSTAMPNS, time), 0);
  in(pktsock_ioctl(fd, SIOCGSTAMP, time), 0);
  struct ifconf interfaces = {.ifc_len = 2 * sizeof(*list), .ifc_req = list};
  in(pktsock_ioctl(fd, SIOCGIFCONF, &interfaces), 0);
  in(pktsock_fcntl(fd, F_GETFL, 0L), O_RDWR | O_NONBLOCK);
  free(bytes), free(list), free(time);
}

static void names(void) {
  char *name = malloc(IFNAMSIZ);
  if (name == NULL)
    abort();
  pktsock_if_nametoindex("eth1");
  if (pktsock_if_indextoname(1, name) != NULL && strnlen(name, IFNAMSIZ) == IFNAMSIZ)
    finding("an interface's name has no end");
  struct pktsock_if_nameindex *all = pktsock_if_nameindex();
  for (struct pktsock_if_nameindex *one = all; one != NULL && one->if_index != 0; one++)
    in((long)strlen(one->if_name), IFNAMSIZ - 1);
  if (all != NULL)
    pktsock_if_freenameindex(all);
  free(name);
}

static void receive(int fd) {
  struct sockaddr_ll *address = malloc(sizeof(*address));
  pktsock_socklen_t len = sizeof(*address);
  if (address == NULL)
    abort();
  in(pktsock_recv(fd, large, LARGE, MSG_DONTWAIT), LARGE);
  in(pktsock_recv(fd, small, SMALL, MSG_DONTWAIT | MSG_PEEK), SMALL);
  in(pktsock_recv(fd, small, SMALL, MSG_DONTWAIT | MSG_TRUNC), 1 << 11);
  in(pktsock_recvfrom(fd, small, SMALL, MSG_DONTWAIT, (struct pktsock_sockaddr *)address, &len), SMALL);
  in(pktsock_getsockname(fd, (struct pktsock_sockaddr *)address, &len), 0);
  in(len, sizeof(*address));
  free(address);
}

static void receive_message(int fd) {
  struct pktsock_iovec vector[2] = {{small, SMALL}, {large, LARGE}};
  uint8_t *message_control = malloc(64);
  struct sockaddr_ll *address = malloc(sizeof(*address));
  if (message_control == NULL || address == NULL)
    abort();
  struct pktsock_msghdr message = {.msg_name = address,
                                   .msg_namelen = sizeof(*address),
                                   .msg_iov = vector,
                                   .msg_iovlen = 2,
                                   .msg_control = message_control,
                                   .msg_controllen = 64};
  in(pktsock_recvmsg(fd, &message, MSG_DONTWAIT), SMALL + LARGE);
  in((long)message.msg_controllen, 64);
  free(message_control), free(address);
}

static void send_all_ways(int fd) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = ETH_P_IP_N, .sll_ifindex = 1, .sll_halen = 6};
  struct pktsock_iovec vector[2] = {{small, SMALL}, {large, 100}};
  struct pktsock_msghdr message = {
      .msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = vector, .msg_iovlen = 2};
  in(pktsock_send(fd, large, 100, MSG_DONTWAIT), 100);
  in(pktsock_sendto(fd, large, 60, MSG_DONTWAIT, (struct pktsock_sockaddr *)&address, sizeof(address)), 60);
  in(pktsock_sendmsg(fd, &message, MSG_DONTWAIT), SMALL + 100);
  message.msg_name = NULL;
  message.msg_namelen = 0;
  in(pktsock_sendmsg(fd, &message, MSG_DONTWAIT), SMALL + 100);
}

/* All of a lent frame may be read and written. */
static void touch(const struct pktsock_frame *frame) {
  uint8_t *data = frame->data;
  for (size_t i = 0; i < frame->len; i++)
    data[i] ^= 1;
}

static void lend(int fd) {
  struct pktsock_frame frame;
  for (int flags = 0; flags <= PKTSOCK_EXCLUSIVE; flags += PKTSOCK_EXCLUSIVE)
    if (in(pktsock_peek(fd, &frame, MSG_DONTWAIT | flags), 0) == 0) {
      touch(&frame);
      in(pktsock_release(fd, &frame), 0);
    }
  for (int i = 0; i < 2; i++)
    if (in(pktsock_reserve(fd, &frame, MSG_DONTWAIT), 0) == 0) {
      touch(&frame);
      frame.len = 80;
      if (i == 0)
        in(pktsock_submit(fd, &frame), 80);
      else
        in(pktsock_release(fd, &frame), 0);
    }
}

static void wait_for(int fd, int other) {
  struct pollfd polled[2] = {{fd, POLLIN, 0}, {other, POLLOUT, 0}};
  in(pktsock_poll((struct pktsock_pollfd *)polled, 2, 0), 2);
  in(pktsock_poll((struct pktsock_pollfd *)polled, 2, 3), 2);
  polled[1].events = 0;
  in(pktsock_poll((struct pktsock_pollfd *)polled, 2, 3), 2);
  fd_set readable;
  struct timeval time = {0, 2000};
  FD_ZERO(&readable);
  if (fd >= 0)
    FD_SET(fd, &readable);
  in(pktsock_select(fd + 1, &readable, NULL, NULL, &time), 1);
  if (fd >= 0)
    FD_SET(fd, &readable);
  time = (struct timeval){0, 2000};
  in(pktsock_select(fd + 1, NULL, NULL, &readable, &time), 1);
}

static void block(int fd) {
  struct timeval time = {0, 3000};
  set(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  set(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
  get(fd, SOL_SOCKET, SO_RCVTIMEO);
  for (int i = 0; i < 5; i++)
    in(pktsock_recv(fd, small, SMALL, 0), SMALL);
  for (int i = 0; i < 5; i++)
    in(pktsock_send(fd, large, 60, 0), 60);
}

static void count(int fd) {
  struct pktsock_counters counters;
  struct pktsock_socket_counters socket_counters;
  in(pktsock_counters(1, &counters), 0);
  in(pktsock_counters(2, &counters), 0);
  in(pktsock_socket_counters(fd, &socket_counters), 0);
}

static int start(const uint8_t *wasm, size_t wasm_size) {
  struct pktsock_config config = {
      .wasm = wasm,
      .wasm_size = wasm_size,
      .macs = nics,
      .mac_count = NICS,
      .report = report,
      .link = link_changed,
      .prealloc_conns = 3,
      .alloc_conns = 1,
      .max_conns = 5,
      .frames = 6,
      .frame_size = 256,
      .frame_align = 4,
      .tx_frames = 2,
      .rx_reserve = 1,
      .stack_reserve = 1,
      .queue_frames = 4,
      .heap_size = 2048,
  };
  nic_reset();
  return (int)in(pktsock_start(&config), 0);
}

static void arrive(unsigned count, unsigned kind) {
  for (unsigned i = 0; i < count; i++)
    nic_arrive(i & 1, i + kind);
}

void live(const uint8_t *wasm, size_t wasm_size, void (*middle)(void)) {
  if (small == NULL)
    small = calloc(1, SMALL), large = calloc(1, LARGE);
  if (start(wasm, wasm_size) != 0) {
    refused++;
    pktsock_stop();
    return;
  }
  pktsock_stack_address(stack_address);
  int all = open_bound(SOCK_RAW, ETH_P_ALL_N, 1), ip = open_bound(SOCK_DGRAM, ETH_P_IP_N, 0);
  int stack = (int)in(pktsock_stack(2), PKTSOCK_FIRST_DESCRIPTOR + 63), third = open_bound(SOCK_RAW, ETH_P_IP_N, 2);
  up(all, "eth0"), up(all, "eth1");
  set_int(all, SOL_PACKET, PACKET_AUXDATA, 1);
  set_int(all, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set_int(ip, SOL_SOCKET, SO_RCVBUF, 600);
  set_int(third, SOL_SOCKET, SO_SNDBUF, 300);
  attach(ip, true);
  attach(third, false);
  membership(all, PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST, 1);
  membership(ip, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, 0);
  arrive(6, 0);
  receive(all);
  receive(ip);
  arrive(8, 3);
  if (middle != NULL)
    middle();
  receive_message(all);
  send_all_ways(all);
  send_all_ways(third);
  lend(all);
  lend(stack);
  wait_for(all, third);
  arrive(5, 1);
  receive_message(stack);
  controls(all);
  names();
  count(ip);
  nic_complete();
  get(all, SOL_PACKET, PACKET_STATISTICS);
  get(ip, SOL_SOCKET, SO_RCVBUF);
  get(ip, SOL_SOCKET, SO_ATTACH_FILTER);
  block(third);
  block(all);
  arrive(4, 2);
  membership(all, PACKET_DROP_MEMBERSHIP, PACKET_MR_MULTICAST, 1);
  set(ip, SOL_SOCKET, SO_DETACH_FILTER, NULL, 0);
  control(ip, SIOCSIFFLAGS, "eth0");
  receive(ip);
  in(pktsock_close(all), 0);
  int again = open_bound(SOCK_RAW, ETH_P_ALL_N, 0);
  nic_complete();
  in(pktsock_close(ip), 0);
  in(pktsock_close(stack), 0);
  in(pktsock_close(third), 0);
  in(pktsock_close(again), 0);
  pktsock_stop();
}
