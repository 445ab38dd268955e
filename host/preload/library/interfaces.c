/* Interfaces: netdevice(7)'s requests, if_nametoindex(3) and its family, getifaddrs(3). The component
 * answers requests about the board's interfaces, on any descriptor. Requests for all interfaces return these only, or
 * the kernel's list if the kernel has a stand-in for them (see server/stand_in.c). Requests about another interface, by name
 * or index, reach the kernel, unless they are made on a packet socket. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Is this a request about an interface, with a struct ifreq? */
static bool is_about_interface(unsigned long request) {
  return (request >= SIOCGIFNAME && request <= SIOCETHTOOL && request != SIOCGIFCONF) || request == SIOCSHWTSTAMP ||
         request == SIOCGHWTSTAMP;
}

/* The size of what the struct ifreq of a request points to, which goes along with it. */
static size_t data_size(unsigned long request, const void *data) {
  uint32_t command;
  if (data == NULL)
    return 0;
  if (request == SIOCSHWTSTAMP || request == SIOCGHWTSTAMP)
    return sizeof(struct hwtstamp_config);
  if (request != SIOCETHTOOL)
    return 0;
  memcpy(&command, data, sizeof(command));
  return command == ETHTOOL_GET_TS_INFO ? sizeof(struct ethtool_ts_info) : sizeof(command);
}

/* The size of the argument of a request for the component; 0 if the request is for the kernel. */
static size_t argument_size(unsigned long request) {
  switch (request) {
  case FIONREAD:
  case SIOCOUTQ: return sizeof(int);
  case SIOCGSTAMP: return sizeof(struct timeval);
  case SIOCGSTAMPNS: return sizeof(struct timespec);
  default: return is_about_interface(request) ? sizeof(struct ifreq) : 0;
  }
}

/* The high byte of what ioctl(2) can ask of a socket alone. */
#define SOCKET_REQUESTS 0x89

static int request_of(int fd, uint32_t number, unsigned long request, void *argument, size_t size) {
  struct preload_request call = {.call = CALL_IOCTL, .number = number, .arguments = {(int32_t)request}};
  struct preload_answer answer;
  struct iovec parts[] = {{argument, size}, {NULL, 0}};
  if (argument == NULL || !is_about_interface(request))
    return library_call(fd, &call, parts, 1, &answer, parts, 1);
  struct ifreq *about = argument, copy = *about;
  bool has_data = request == SIOCETHTOOL || request == SIOCSHWTSTAMP || request == SIOCGHWTSTAMP;
  if (has_data)
    parts[1] = (struct iovec){about->ifr_data, data_size(request, about->ifr_data)};
  int result = library_call(fd, &call, parts, has_data ? 2 : 1, &answer, parts, has_data ? 2 : 1);
  if (has_data)
    about->ifr_data = copy.ifr_data; /* the server has another one */
  return result;
}

static const struct interface *named(const char *name) {
  for (unsigned i = 0; i < library_interface_count; i++)
    if (strncmp(name, library_interfaces[i].name, IFNAMSIZ) == 0)
      return &library_interfaces[i];
  return NULL;
}

static const struct interface *numbered(unsigned index) {
  for (unsigned i = 0; i < library_interface_count; i++)
    if (library_interfaces[i].index == index)
      return &library_interfaces[i];
  return NULL;
}

/* Returns true if a request that is not made on a packet socket asks about an interface of the board. */
static bool names_ours(unsigned long request, const struct ifreq *argument) {
  if (!is_about_interface(request) || argument == NULL)
    return false;
  return (request == SIOCGIFNAME ? numbered((unsigned)argument->ifr_ifindex) : named(argument->ifr_name)) != NULL;
}

/* Ask about an interface without a socket. Returns false if the component has no answer. */
static bool ask(const struct interface *interface, unsigned long request, struct ifreq *answer) {
  int error = errno;
  memset(answer, 0, sizeof(*answer));
  memcpy(answer->ifr_name, interface->name, IFNAMSIZ);
  bool said = request_of(-1, 0, request, answer, sizeof(*answer)) >= 0;
  errno = error;
  return said;
}

/* Returns true if the kernel has stand-ins for our interfaces. */
static bool kernel_has_ours(void) {
  int error = errno;
  bool has = NEXT(if_nametoindex)(library_interfaces[0].name) == library_interfaces[0].index;
  errno = error;
  return has;
}

/* SIOCGIFCONF lists interfaces that have an IPv4 address. */
static int list_addresses(struct ifconf *list) {
  int len = 0;
  for (unsigned i = 0; i < library_interface_count; i++) {
    struct ifreq entry;
    if (!ask(&library_interfaces[i], SIOCGIFADDR, &entry))
      continue;
    if (list->ifc_req != NULL && list->ifc_len - len < (int)sizeof(entry))
      break;
    if (list->ifc_req != NULL)
      memcpy((char *)list->ifc_req + len, &entry, sizeof(entry));
    len += (int)sizeof(entry);
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

/* Ask the kernel about a stand-in. */
static int request_of_kernel(unsigned long request, struct ifreq *argument) {
  int fd = NEXT(socket)(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  int result = NEXT(ioctl)(fd, request, argument), error = errno;
  NEXT(close)(fd);
  errno = error;
  return result;
}

/* A request about one of ours. If the component knows no IPv4 address, a stand-in answers requests for one. `number`: of the packet
 * socket; 0: on a descriptor of another kind. */
static int request_of_ours(int fd, uint32_t number, unsigned long request, struct ifreq *argument) {
  int result = request_of(number != 0 ? fd : -1, number, request, argument, sizeof(*argument));
  bool may_ask = errno == EADDRNOTAVAIL || (number == 0 && errno == EOPNOTSUPP);
  if (result < 0 && may_ask && kernel_has_ours())
    return request_of_kernel(request, argument);
  return result;
}

SERVED int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  request &= UINT32_MAX; /* some callers extend the sign */
  size_t size = library_interface_count == 0 ? 0 : argument_size(request);
  uint32_t number = library_number(fd);
  if (number != 0 && size != 0)
    return size == sizeof(struct ifreq) && names_ours(request, argument)
               ? request_of_ours(fd, number, request, argument)
               : request_of(fd, number, request, argument, size);
  if (library_interface_count != 0 && is_socket(fd)) {
    if (request == SIOCGIFCONF && argument != NULL && !kernel_has_ours())
      return list_addresses(argument);
    if (number == 0 && names_ours(request, argument))
      return request_of_ours(fd, 0, request, argument);
    if (number != 0 && request != SIOCGIFCONF && request >> 8 == SOCKET_REQUESTS) {
      errno = ENOTTY; /* the kernel would answer about its own interfaces */
      return -1;
    }
  }
  return NEXT(ioctl)(fd, request, argument);
}

SERVED unsigned int if_nametoindex(const char *name) {
  const struct interface *ours = named(name);
  return ours != NULL ? ours->index : NEXT(if_nametoindex)(name);
}

SERVED char *if_indextoname(unsigned int index, char name[IF_NAMESIZE]) {
  const struct interface *ours = numbered(index);
  return ours != NULL ? strcpy(name, ours->name) : NEXT(if_indextoname)(index, name);
}

/* The list and each name are blocks that the C library's if_freenameindex() frees. */
SERVED struct if_nameindex *if_nameindex(void) {
  if (library_interface_count == 0 || kernel_has_ours())
    return NEXT(if_nameindex)();
  struct if_nameindex *list = calloc(library_interface_count + 1, sizeof(*list));
  for (unsigned i = 0; list != NULL && i < library_interface_count; i++) {
    list[i] = (struct if_nameindex){library_interfaces[i].index, strdup(library_interfaces[i].name)};
    if (list[i].if_name == NULL) {
      if_freenameindex(list);
      list = NULL;
    }
  }
  if (list == NULL)
    errno = ENOBUFS;
  return list;
}

/* getifaddrs() returns one block, which the C library's freeifaddrs() frees. First come all link-layer addresses. */
struct addresses {
  struct ifaddrs list[2 * PRELOAD_INTERFACES];
  unsigned count;
  struct one {
    char name[IFNAMSIZ];
    struct sockaddr_ll link, everyone;
    struct sockaddr_in address, netmask, broadcast;
  } of[PRELOAD_INTERFACES];
};

static void add(struct addresses *a, struct ifaddrs entry) {
  if (a->count != 0)
    a->list[a->count - 1].ifa_next = &a->list[a->count];
  a->list[a->count++] = entry;
}

static unsigned flags_of(const struct interface *interface) {
  struct ifreq flags;
  return ask(interface, SIOCGIFFLAGS, &flags) ? (unsigned short)flags.ifr_flags : 0;
}

static void add_link(struct addresses *a, const struct interface *interface, struct one *one) {
  struct ifreq hwaddr;
  one->link = (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_ifindex = (int)interface->index, .sll_halen = 6};
  if (ask(interface, SIOCGIFHWADDR, &hwaddr)) {
    one->link.sll_hatype = hwaddr.ifr_hwaddr.sa_family;
    memcpy(one->link.sll_addr, hwaddr.ifr_hwaddr.sa_data, 6);
  }
  one->everyone = one->link;
  memset(one->everyone.sll_addr, 0xff, 6);
  add(a, (struct ifaddrs){
             .ifa_name = one->name,
             .ifa_flags = flags_of(interface),
             .ifa_addr = (struct sockaddr *)&one->link,
             .ifa_broadaddr = (struct sockaddr *)&one->everyone,
         });
}

static void add_address(struct addresses *a, const struct interface *interface, struct one *one) {
  struct ifreq address, netmask, broadcast;
  if (!ask(interface, SIOCGIFADDR, &address) || !ask(interface, SIOCGIFNETMASK, &netmask) ||
      !ask(interface, SIOCGIFBRDADDR, &broadcast))
    return;
  memcpy(&one->address, &address.ifr_addr, sizeof(one->address));
  memcpy(&one->netmask, &netmask.ifr_netmask, sizeof(one->netmask));
  memcpy(&one->broadcast, &broadcast.ifr_broadaddr, sizeof(one->broadcast));
  add(a, (struct ifaddrs){
             .ifa_name = one->name,
             .ifa_flags = flags_of(interface),
             .ifa_addr = (struct sockaddr *)&one->address,
             .ifa_netmask = (struct sockaddr *)&one->netmask,
             .ifa_broadaddr = (struct sockaddr *)&one->broadcast,
         });
}

SERVED int getifaddrs(struct ifaddrs **list) {
  if (library_interface_count == 0 || kernel_has_ours())
    return NEXT(getifaddrs)(list);
  struct addresses *a = calloc(1, sizeof(*a));
  if (a == NULL)
    return -1;
  for (unsigned i = 0; i < library_interface_count; i++) {
    memcpy(a->of[i].name, library_interfaces[i].name, IFNAMSIZ);
    add_link(a, &library_interfaces[i], &a->of[i]);
  }
  for (unsigned i = 0; i < library_interface_count; i++)
    add_address(a, &library_interfaces[i], &a->of[i]);
  *list = a->list;
  return 0;
}
