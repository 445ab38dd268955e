/* Interfaces: netdevice(7)'s requests, if_nametoindex(3) and its family, getifaddrs(3). The component
 * answers requests about the board's interface, on any descriptor. Requests for all interfaces return this one only, or
 * the kernel's list if the kernel has a stand-in for it (see server/stand_in.c). Requests about another interface, by name
 * or index, reach the kernel, unless they are made on a packet socket. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

/* The size of the argument of a request for the component; 0 if the request is for the kernel. */
static size_t argument_size(unsigned long request) {
  switch (request) {
  case FIONREAD:
  case SIOCOUTQ: return sizeof(int);
  case SIOCGSTAMP: return sizeof(struct timeval);
  case SIOCGSTAMPNS: return sizeof(struct timespec);
  default: return request >= SIOCGIFNAME && request <= SIOCETHTOOL && request != SIOCGIFCONF ? sizeof(struct ifreq) : 0;
  }
}

/* The high byte of what ioctl(2) can ask of a socket alone. */
#define SOCKET_REQUESTS 0x89

static int request_of(int fd, uint32_t number, unsigned long request, void *argument, size_t size) {
  struct preload_request call = {.call = CALL_IOCTL, .number = number, .arguments = {(int32_t)request}};
  struct preload_answer answer;
  struct iovec part = {argument, size};
  return library_call(fd, &call, &part, 1, &answer, &part, 1);
}

/* Returns true if a request that is not made on a packet socket asks about the board's interface. */
static bool names_ours(unsigned long request, const struct ifreq *argument) {
  if (request < SIOCGIFNAME || request > SIOCETHTOOL || argument == NULL)
    return false;
  if (request == SIOCGIFNAME)
    return (unsigned)argument->ifr_ifindex == library_ifindex;
  return strncmp(argument->ifr_name, library_ifname, IFNAMSIZ) == 0;
}

/* Ask about our interface without a socket. Returns false if the component has no answer. */
static bool ask(unsigned long request, struct ifreq *answer) {
  int error = errno;
  memset(answer, 0, sizeof(*answer));
  memcpy(answer->ifr_name, library_ifname, IFNAMSIZ);
  bool said = request_of(-1, 0, request, answer, sizeof(*answer)) >= 0;
  errno = error;
  return said;
}

/* Returns true if the kernel has a stand-in for our interface. */
static bool kernel_has_ours(void) {
  int error = errno;
  bool has = NEXT(if_nametoindex)(library_ifname) == library_ifindex;
  errno = error;
  return has;
}

/* SIOCGIFCONF lists interfaces that have an IPv4 address. */
static int list_addresses(struct ifconf *list) {
  struct ifreq entry;
  int len = ask(SIOCGIFADDR, &entry) ? (int)sizeof(entry) : 0;
  if (list->ifc_req != NULL) {
    if (list->ifc_len < len)
      len = 0;
    memcpy(list->ifc_req, &entry, (size_t)len);
  }
  list->ifc_len = len;
  return 0;
}

static bool is_socket(int fd) {
  int type, error = errno;
  socklen_t len = sizeof(type);
  bool yes = NEXT(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
  errno = error;
  return yes;
}

/* A request about our interface on a descriptor of another kind. If the component knows no IPv4 address, a
 * stand-in answers requests for one. */
static int request_of_ours(int fd, unsigned long request, struct ifreq *argument) {
  int result = request_of(-1, 0, request, argument, sizeof(*argument));
  if (result < 0 && (errno == EADDRNOTAVAIL || errno == EOPNOTSUPP) && kernel_has_ours())
    return NEXT(ioctl)(fd, request, argument);
  return result;
}

SERVED int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  request &= UINT32_MAX; /* some callers extend the sign */
  size_t size = library_ifname[0] == '\0' ? 0 : argument_size(request);
  uint32_t number = library_number(fd);
  if (number != 0 && size != 0)
    return request_of(fd, number, request, argument, size);
  if (library_ifname[0] != '\0' && is_socket(fd)) {
    if (request == SIOCGIFCONF && argument != NULL && !kernel_has_ours())
      return list_addresses(argument);
    if (number == 0 && names_ours(request, argument))
      return request_of_ours(fd, request, argument);
    if (number != 0 && request != SIOCGIFCONF && request >> 8 == SOCKET_REQUESTS) {
      errno = ENOTTY; /* the kernel would answer about its own interfaces */
      return -1;
    }
  }
  return NEXT(ioctl)(fd, request, argument);
}

SERVED unsigned int if_nametoindex(const char *name) {
  if (library_ifindex != 0 && strcmp(name, library_ifname) == 0)
    return library_ifindex;
  return NEXT(if_nametoindex)(name);
}

SERVED char *if_indextoname(unsigned int index, char name[IF_NAMESIZE]) {
  if (library_ifindex != 0 && index == library_ifindex)
    return strcpy(name, library_ifname);
  return NEXT(if_indextoname)(index, name);
}

/* The list and each name are blocks that the C library's if_freenameindex() frees. */
SERVED struct if_nameindex *if_nameindex(void) {
  if (library_ifindex == 0 || kernel_has_ours())
    return NEXT(if_nameindex)();
  struct if_nameindex *list = calloc(2, sizeof(*list));
  char *name = strdup(library_ifname);
  if (list == NULL || name == NULL) {
    free(list), free(name);
    errno = ENOBUFS;
    return NULL;
  }
  list[0] = (struct if_nameindex){library_ifindex, name};
  return list;
}

/* getifaddrs() returns one block, which the C library's freeifaddrs() frees. */
struct addresses {
  struct ifaddrs list[2];
  char name[IFNAMSIZ];
  struct sockaddr_ll link, everyone;
  struct sockaddr_in address, netmask, broadcast;
};

static void put_link(struct addresses *a, unsigned flags) {
  struct ifreq hwaddr;
  a->link = (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_ifindex = (int)library_ifindex, .sll_halen = 6};
  if (ask(SIOCGIFHWADDR, &hwaddr)) {
    a->link.sll_hatype = hwaddr.ifr_hwaddr.sa_family;
    memcpy(a->link.sll_addr, hwaddr.ifr_hwaddr.sa_data, 6);
  }
  a->everyone = a->link;
  memset(a->everyone.sll_addr, 0xff, 6);
  a->list[0] = (struct ifaddrs){
      .ifa_name = a->name,
      .ifa_flags = flags,
      .ifa_addr = (struct sockaddr *)&a->link,
      .ifa_broadaddr = (struct sockaddr *)&a->everyone,
  };
}

static void put_address(struct addresses *a, unsigned flags) {
  struct ifreq address, netmask, broadcast;
  if (!ask(SIOCGIFADDR, &address) || !ask(SIOCGIFNETMASK, &netmask) || !ask(SIOCGIFBRDADDR, &broadcast))
    return;
  memcpy(&a->address, &address.ifr_addr, sizeof(a->address));
  memcpy(&a->netmask, &netmask.ifr_netmask, sizeof(a->netmask));
  memcpy(&a->broadcast, &broadcast.ifr_broadaddr, sizeof(a->broadcast));
  a->list[0].ifa_next = &a->list[1];
  a->list[1] = (struct ifaddrs){
      .ifa_name = a->name,
      .ifa_flags = flags,
      .ifa_addr = (struct sockaddr *)&a->address,
      .ifa_netmask = (struct sockaddr *)&a->netmask,
      .ifa_broadaddr = (struct sockaddr *)&a->broadcast,
  };
}

SERVED int getifaddrs(struct ifaddrs **list) {
  struct ifreq flags;
  if (library_ifindex == 0 || kernel_has_ours())
    return NEXT(getifaddrs)(list);
  struct addresses *a = calloc(1, sizeof(*a));
  if (a == NULL)
    return -1;
  memcpy(a->name, library_ifname, IFNAMSIZ);
  unsigned bits = ask(SIOCGIFFLAGS, &flags) ? (unsigned short)flags.ifr_flags : 0;
  put_link(a, bits);
  put_address(a, bits);
  *list = a->list;
  return 0;
}
