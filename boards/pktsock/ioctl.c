/* ioctl(2) as netdevice(7) lists it, and fcntl(2). */
#include "component.h"

#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>

/* The interface that a request names, or NULL; with the lock held. */
static struct pkt_iface *named(const struct ifreq *request) {
  char name[IFNAMSIZ + 1] = {0};
  memcpy(name, request->ifr_name, IFNAMSIZ - 1);
  if (!pkt_put_name(name))
    return NULL;
  int32_t index = pkt_call(PKT_CALL_ifaceIndex, 0, 0, 0, 0);
  return index > 0 ? pkt_iface_of((uint32_t)index) : NULL;
}

/* SIOCSIFFLAGS: up and down, promiscuous, all multicast. What the hardware decides is passed over, as on Linux; what
 * cannot be changed is an error. */
static int32_t set_flags(struct pkt_iface *iface, uint32_t flags) {
  const uint32_t settable = IFF_UP | IFF_PROMISC | IFF_ALLMULTI, decided = IFF_RUNNING | IFF_BROADCAST;
  uint32_t change = (iface->flags ^ flags) & 0xffff & ~decided;
  if ((change & ~settable) != 0)
    return -PKT_EINVAL;
  return pkt_call(PKT_CALL_setIfaceFlags, pkt_offset_of(iface), iface->flags ^ change, 0, 0);
}

/* SIOCGSTAMP and SIOCGSTAMPNS: when the last frame was received. A time that nobody took is now, as on Linux. */
static int32_t get_stamp(uint32_t socket, unsigned long request, void *argument) {
  int32_t result = pkt_call(PKT_CALL_lastStamp, socket, 0, 0, 0);
  if (result < 0)
    return result;
  uint32_t stamp[2];
  memcpy(stamp, pkt_exchange(), sizeof(stamp));
  if (stamp[0] == 0)
    pkt_os_time(&stamp[0], &stamp[1]);
  if (request == SIOCGSTAMP)
    *(struct timeval *)argument = (struct timeval){.tv_sec = stamp[0], .tv_usec = stamp[1] / 1000};
  else
    *(struct timespec *)argument = (struct timespec){.tv_sec = stamp[0], .tv_nsec = (long)stamp[1]};
  return 0;
}

/* Requests about an interface; with the lock held. */
static int32_t about_interface(unsigned long request, struct ifreq *r) {
  struct pkt_iface *iface = request == SIOCGIFNAME ? pkt_iface_of((uint32_t)r->ifr_ifindex) : named(r);
  if (iface == NULL)
    return -PKT_ENODEV;
  switch (request) {
  case SIOCGIFINDEX: r->ifr_ifindex = (int)iface->index; return 0;
  case SIOCGIFNAME: memcpy(r->ifr_name, iface->name, IFNAMSIZ); return 0;
  case SIOCGIFMTU: r->ifr_mtu = (int)iface->mtu; return 0;
  case SIOCGIFFLAGS: {
    bool up = (iface->flags & IFF_UP) != 0;
    r->ifr_flags = (short)(up ? iface->flags : iface->flags & ~(uint32_t)IFF_RUNNING);
    return 0;
  }
  case SIOCSIFFLAGS: return set_flags(iface, (uint16_t)r->ifr_flags);
  case SIOCADDMULTI:
  case SIOCDELMULTI:
    if (r->ifr_hwaddr.sa_family != AF_UNSPEC)
      return -PKT_EINVAL;
    memcpy(pkt_exchange(), r->ifr_hwaddr.sa_data, PKT_ETH_ALEN);
    return pkt_call(PKT_CALL_setMulticast, pkt_offset_of(iface), request == SIOCADDMULTI, 0, 0);
  case SIOCGIFADDR:
  case SIOCGIFBRDADDR:
  case SIOCGIFNETMASK: return pkt_get_inet(iface, request, r);
  case SIOCETHTOOL:
  case SIOCSIFADDR:
  case SIOCSIFMTU:
  case SIOCSIFHWADDR: return -PKT_EOPNOTSUPP;
  case SIOCGIFHWADDR:
    memset(&r->ifr_hwaddr, 0, sizeof(r->ifr_hwaddr));
    r->ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(r->ifr_hwaddr.sa_data, iface->hwaddr, PKT_ETH_ALEN);
    return 0;
  default: return -PKT_ENOTTY;
  }
}

static bool is_known(unsigned long request) {
  switch (request) {
  case FIONBIO:
  case FIONREAD:
  case SIOCOUTQ:
  case SIOCGSTAMP:
  case SIOCGSTAMPNS: return true;
  default: return request >= SIOCGIFNAME && request <= SIOCETHTOOL;
  }
}

static int32_t request_of(uint32_t socket, unsigned long request, void *argument) {
  struct pkt_socket *s = pkt_at(socket);
  if (argument == NULL || !is_known(request))
    return is_known(request) ? -PKT_EFAULT : -PKT_ENOTTY;
  switch (request) {
  case FIONBIO: s->nonblock = *(int *)argument != 0; return 0;
  case FIONREAD: {
    int32_t n = pkt_call(PKT_CALL_bytesReadable, socket, 0, 0, 0);
    if (n >= 0)
      *(int *)argument = n;
    return n < 0 ? n : 0;
  }
  case SIOCOUTQ: *(int *)argument = pkt_call(PKT_CALL_bytesUnsent, socket, 0, 0, 0); return 0;
  case SIOCGSTAMP:
  case SIOCGSTAMPNS: return get_stamp(socket, request, argument);
  case SIOCGIFCONF: return pkt_list_inet(argument);
  default: return about_interface(request, argument);
  }
}

int pktsock_ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (!pkt_is_ours(fd))
    return pkt_os_ioctl(fd, request, argument);
  pkt_os_lock();
  pkt_service_drivers(); /* the link may have changed */
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = socket != 0 ? request_of(socket, request, argument) : -PKT_EBADF;
  pkt_update_filters();
  pkt_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}

int pktsock_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  long argument = va_arg(arguments, long);
  va_end(arguments);
  if (!pkt_is_ours(fd))
    return pkt_os_fcntl(fd, command, argument);
  pkt_os_lock();
  uint32_t offset = pkt_socket_of(fd);
  int32_t result = -PKT_EBADF;
  if (offset != 0) {
    struct pkt_socket *socket = pkt_at(offset);
    result = -PKT_EINVAL;
    if (command == F_GETFL) {
      result = O_RDWR | (socket->nonblock != 0 ? O_NONBLOCK : 0);
    } else if (command == F_SETFL) {
      socket->nonblock = (argument & O_NONBLOCK) != 0;
      result = 0;
    }
  }
  pkt_os_unlock();
  return result < 0 ? pkt_fail(result) : result;
}
