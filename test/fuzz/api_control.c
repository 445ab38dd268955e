/* ioctl(), fcntl(), poll(), select(), names, and what a packet socket does not have. */
#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/time.h>

#define MAX_POLLED 6

/* What SIOCADDMULTI added: as many as there are operations in a run. */
static struct ifreq added[128];
static unsigned added_count;

static const unsigned long requests[] = {
    FIONREAD,       FIONBIO,       SIOCOUTQ,     SIOCGSTAMP,    SIOCGSTAMPNS, SIOCGIFNAME,  SIOCGIFCONF,
    SIOCGIFFLAGS,   SIOCSIFFLAGS,  SIOCGIFADDR,  SIOCSIFADDR,   SIOCGIFMTU,   SIOCSIFMTU,   SIOCGIFBRDADDR,
    SIOCGIFNETMASK, SIOCSIFHWADDR, SIOCADDMULTI, SIOCGIFHWADDR, SIOCDELMULTI, SIOCGIFINDEX, SIOCETHTOOL,
};

static void name_interface(struct input *in, struct ifreq *request, uint8_t choice) {
  strcpy(request->ifr_name, choice & 1 ? "eth1" : "eth0");
  if (choice >= 0xe0)
    input_bytes(in, request->ifr_name, sizeof(request->ifr_name));
}

/* These requests point to a structure of their own. */
static bool has_data(unsigned long request) {
  return request == SIOCETHTOOL || request == SIOCSHWTSTAMP || request == SIOCGHWTSTAMP;
}

static void control(struct input *in, int fd) {
  union {
    struct ifreq request;
    uint64_t words[12];
  } argument;
  uint8_t choice = input_u8(in), how = input_u8(in);
  unsigned long request = choice < 0xf0 ? requests[choice % (sizeof(requests) / sizeof(requests[0]))] : input_u16(in);
  memset(&argument, 0, sizeof(argument));
  name_interface(in, &argument.request, how);
  if (request == SIOCSIFFLAGS)
    argument.request.ifr_flags =
        (short)(IFF_BROADCAST | IFF_MULTICAST | (how & 2 ? IFF_UP : 0) | (how & 4 ? IFF_PROMISC : 0) |
                (how & 8 ? IFF_ALLMULTI : 0) | (how & 0x40 ? input_u16(in) : 0));
  else if (request == SIOCADDMULTI || request == SIOCDELMULTI)
    memcpy(argument.request.ifr_hwaddr.sa_data, (uint8_t[]){1, 0, 0x5e, 0, 0, how >> 2 & 3}, 6);
  else if (request == SIOCGIFNAME || request == FIONBIO)
    argument.request.ifr_ifindex = how >> 1 & 3;
  if (request == FIONBIO)
    argument.words[0] = how & 1;
  else if (how & 0x20)
    input_bytes(in, &argument.request.ifr_hwaddr, 8);
  struct ethtool_ts_info data = {.cmd = ETHTOOL_GET_TS_INFO}; /* the longest of them */
  if (has_data(request)) {
    if (how & 0x20)
      memcpy(&data, &argument.request.ifr_hwaddr, 8);
    argument.request.ifr_data = how & 2 ? (void *)&data : NULL;
  }
  int result = pktsock_ioctl(fd, request, how == 0xdf ? NULL : &argument);
  EXPECT("ioctl", result, EBADF, EFAULT, EINVAL, ENOTTY, ENODEV, ENOENT, ENOBUFS, EADDRNOTAVAIL, EOPNOTSUPP, ERANGE);
  int32_t said;
  memcpy(&said, &argument, sizeof(said));
  MUST(result < 0 || request != FIONREAD || (said >= 0 && said <= MAX_FRAME), "FIONREAD says %d bytes", said);
  if (result == 0 && request == SIOCADDMULTI)
    added[added_count++] = argument.request;
}

void api_ioctl(struct input *in) {
  int fd = api_descriptor(in);
  uint8_t choice = input_u8(in);
  if (choice < 0xe0)
    return control(in, fd);
  if (choice >= 0xf8)
    return api_clock(in);
  int result = pktsock_fcntl(fd,
                             choice & 1   ? F_GETFL
                             : choice & 2 ? F_SETFL
                                          : (int)input_u8(in),
                             choice & 4 ? (long)O_NONBLOCK : 0l);
  EXPECT("fcntl", result, EBADF, EINVAL);
}

void api_delete_multicast(void) {
  while (added_count > 0)
    EXPECT("SIOCDELMULTI", pktsock_ioctl(world.bystander, SIOCDELMULTI, &added[--added_count]), ENOENT);
}

void api_forget_multicast(void) { added_count = 0; }

static int count_bits(const fd_set sets[3]) {
  int bits = 0;
  for (int set = 0; set < 3; set++)
    for (int fd = 0; fd < FD_SETSIZE; fd++)
      bits += FD_ISSET(fd, &sets[set]) != 0;
  return bits;
}

static void wait_by_select(struct input *in) {
  fd_set asked[3], told[3];
  struct timeval timeout = {0, input_u8(in)};
  for (int set = 0; set < 3; set++)
    FD_ZERO(&asked[set]);
  for (unsigned n = 0; n < MAX_POLLED; n++) {
    int fd = api_descriptor(in);
    uint8_t in_sets = input_u8(in);
    for (int set = 0; set < 3; set++)
      if (fd >= 0 && fd < FD_SETSIZE && (in_sets & 1 << set) != 0)
        FD_SET(fd, &asked[set]);
  }
  memcpy(told, asked, sizeof(told));
  int ready = pktsock_select(FD_SETSIZE, &told[0], &told[1], &told[2], &timeout);
  EXPECT("select", ready, EBADF, EINVAL, ENOMEM);
  for (int set = 0; set < 3; set++)
    for (int fd = 0; fd < FD_SETSIZE; fd++)
      MUST(!FD_ISSET(fd, &told[set]) || FD_ISSET(fd, &asked[set]),
           "select reports descriptor %d, which was not asked for", fd);
  MUST(ready < 0 || ready == count_bits(told), "select returned %d and reported %d", ready, count_bits(told));
}

void api_poll(struct input *in) {
  struct pollfd fds[MAX_POLLED];
  uint8_t choice = input_u8(in), open = 0;
  if ((choice & 0x3f) == 0x3e) {
    wait_by_select(in);
    return;
  }
  nfds_t count = choice % (MAX_POLLED + 1);
  int ready, wait = -1;
  for (nfds_t i = 0; i < count; i++) {
    fds[i] = (struct pollfd){api_descriptor(in), (short)input_u8(in), 0x7777};
    if (choice & 0x40)
      fds[i].events = (short)(fds[i].events << 8 | input_u8(in));
    if (open == 0 && pktsock_fcntl(fds[i].fd, F_GETFL) >= 0)
      open = 1, wait = fds[i].fd;
  }
  world.waiting = wait; /* without an open one it waits only for the time-out */
  int timeout = open == 0 || choice & 0x80 ? choice >> 3 & 7 : -1;
  EXPECT("poll", ready = pktsock_poll(choice == 0xff ? NULL : fds, count, timeout), ENOMEM, EFAULT);
  if (ready < 0 || choice == 0xff)
    return;
  int told = 0;
  for (nfds_t i = 0; i < count; i++) {
    short events = (short)(fds[i].events | POLLERR | POLLNVAL);
    MUST((fds[i].revents & ~events) == 0, "poll reported %#x when asked for %#x", fds[i].revents, fds[i].events);
    told += fds[i].revents != 0;
  }
  MUST(told == ready, "poll returned %d and reported %d", ready, told);
}

void api_names(struct input *in) {
  char name[IFNAMSIZ + 1] = "eth0";
  uint8_t choice = input_u8(in);
  if (choice & 1)
    input_bytes(in, name, IFNAMSIZ);
  unsigned index = pktsock_if_nametoindex(choice == 0xff ? NULL : name);
  if (index == 0)
    EXPECT("if_nametoindex", -1, ENODEV, EFAULT);
  else
    MUST(index <= world.nic_count, "if_nametoindex says %u", index);
  char back[IFNAMSIZ];
  if (pktsock_if_indextoname(choice >> 1 & 3, back) == NULL)
    EXPECT("if_indextoname", -1, ENXIO);
  struct if_nameindex *list = pktsock_if_nameindex();
  MUST(list != NULL && list[world.nic_count].if_index == 0, "if_nameindex does not end behind the last interface");
  pktsock_if_freenameindex(list);
  struct pktsock_counters counters;
  EXPECT("pktsock_counters", pktsock_counters(choice >> 3 & 3, choice == 0xfe ? NULL : &counters), ENODEV, EFAULT);
  struct pktsock_socket_counters socket_counters;
  EXPECT("pktsock_socket_counters", pktsock_socket_counters(api_descriptor(in), &socket_counters), EBADF);
}

/* What packet(7) does not have. */
void api_refused(struct input *in) {
  struct sockaddr_storage address;
  int fd = api_descriptor(in), result;
  socklen_t len = sizeof(address);
  switch (input_u8(in) % 5) {
  case 0: result = pktsock_connect(fd, (struct sockaddr *)&address, api_address(in, &address)); break;
  case 1: result = pktsock_listen(fd, input_u8(in)); break;
  case 2: result = pktsock_accept(fd, (struct sockaddr *)&address, &len); break;
  case 3: result = pktsock_getpeername(fd, (struct sockaddr *)&address, &len); break;
  default: result = pktsock_shutdown(fd, input_u8(in)); break;
  }
  EXPECT("what packet sockets do not have", result, EBADF, EOPNOTSUPP);
  MUST(result < 0, "what packet sockets do not have was done");
}
