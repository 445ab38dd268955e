/* ioctl(2) as netdevice(7) lists it, and fcntl(2). */
#include "component.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

/* Returns the index of the interface that a request names, or a negative errno. With the lock held. */
static int32_t named(const struct pktsock_ifreq *request) {
  char name[PKTSOCK_IFNAMSIZ + 1] = {0};
  memcpy(name, request->ifr_ifrn.ifrn_name, PKTSOCK_IFNAMSIZ - 1);
  if (!pkt_put_name(name))
    return -PKT_ENODEV;
  return pkt_call(&pkt_export_ifaceIndex, 0, 0, 0, 0);
}

/* SIOCGSTAMP and SIOCGSTAMPNS: when the last frame was received. If it was not stamped, the time is now, as on Linux. */
static int32_t get_stamp(uint32_t socket, unsigned long request, void *argument) {
  int32_t result = pkt_call(&pkt_export_lastStamp, socket, 0, 0, 0);
  if (result < 0)
    return result;
  uint32_t stamp[2];
  memcpy(stamp, pkt_exchange(), sizeof(stamp));
  if (stamp[0] == 0)
    pkt_os_time(&stamp[0], &stamp[1]);
  if (request == PKTSOCK_SIOCGSTAMP)
    *(struct timeval *)argument = (struct timeval){.tv_sec = stamp[0], .tv_usec = stamp[1] / 1000};
  else
    *(struct timespec *)argument = (struct timespec){.tv_sec = stamp[0], .tv_nsec = (long)stamp[1]};
  return 0;
}

static int32_t request_flags(uint32_t index, uint32_t flags) {
  int32_t result = pkt_call(&pkt_export_requestIfaceFlags, pkt_offset_of(pkt_iface_of(index)), flags, 0, 0);
  if (result >= 0)
    pkt_journal_iface_flags(index, flags);
  return result;
}

static int32_t set_multicast(uint32_t index, bool on, const struct pktsock_sockaddr *address) {
  const uint8_t *bytes = (const uint8_t *)address->sa_data;
  if (address->sa_family != PKTSOCK_AF_UNSPEC)
    return -PKT_EINVAL;
  memcpy(pkt_exchange(), bytes, PKT_ETH_ALEN);
  int32_t result = pkt_call(&pkt_export_setMulticast, pkt_offset_of(pkt_iface_of(index)), on, 0, 0);
  if (result >= 0)
    pkt_journal_multicast(index, on, bytes);
  return result;
}

/* Requests about an interface; with the lock held. */
static int32_t about_interface(unsigned long request, struct pktsock_ifreq *r) {
  int32_t index = request == PKTSOCK_SIOCGIFNAME ? r->ifr_ifru.ifru_ivalue : named(r);
  if (request != PKTSOCK_SIOCGIFNAME && index < 0)
    return index;
  struct pkt_iface *iface = pkt_iface_of((uint32_t)index);
  if (iface == NULL)
    return -PKT_ENODEV;
  switch (request) {
  case PKTSOCK_SIOCGIFINDEX: r->ifr_ifru.ifru_ivalue = index; return 0;
  case PKTSOCK_SIOCGIFNAME: pkt_get_name((uint32_t)index, r->ifr_ifrn.ifrn_name); return 0;
  case PKTSOCK_SIOCGIFMTU: r->ifr_ifru.ifru_mtu = (int)iface->mtu; return 0;
  case PKTSOCK_SIOCGIFFLAGS: {
    bool up = (iface->flags & PKTSOCK_IFF_UP) != 0;
    r->ifr_ifru.ifru_flags = (short)(up ? iface->flags : iface->flags & ~(uint32_t)PKTSOCK_IFF_RUNNING);
    return 0;
  }
  case PKTSOCK_SIOCSIFFLAGS: return request_flags((uint32_t)index, (uint16_t)r->ifr_ifru.ifru_flags);
  case PKTSOCK_SIOCADDMULTI:
  case PKTSOCK_SIOCDELMULTI:
    return set_multicast((uint32_t)index, request == PKTSOCK_SIOCADDMULTI, &r->ifr_ifru.ifru_hwaddr);
  case PKTSOCK_SIOCGIFADDR:
  case PKTSOCK_SIOCGIFDSTADDR: /* without a point-to-point link its own, as on Linux */
  case PKTSOCK_SIOCGIFBRDADDR:
  case PKTSOCK_SIOCGIFNETMASK: return pkt_get_inet((uint32_t)index, request, r);
  case PKTSOCK_SIOCETHTOOL:
  case PKTSOCK_SIOCSHWTSTAMP:
  case PKTSOCK_SIOCGHWTSTAMP: return pkt_hw_stamps((uint32_t)index, request, r->ifr_ifru.ifru_data);
  case PKTSOCK_SIOCSIFADDR:
  case PKTSOCK_SIOCSIFMTU:
  case PKTSOCK_SIOCSIFHWADDR: return -PKT_EOPNOTSUPP;
  case PKTSOCK_SIOCGIFHWADDR:
    memset(&r->ifr_ifru.ifru_hwaddr, 0, sizeof(r->ifr_ifru.ifru_hwaddr));
    r->ifr_ifru.ifru_hwaddr.sa_family = PKTSOCK_ARPHRD_ETHER;
    memcpy(r->ifr_ifru.ifru_hwaddr.sa_data, iface->hwaddr, PKT_ETH_ALEN);
    return 0;
  default: return -PKT_ENOTTY;
  }
}

static bool is_known(unsigned long request) {
  switch (request) {
  case PKTSOCK_FIONBIO:
  case PKTSOCK_FIONREAD:
  case PKTSOCK_SIOCOUTQ: return true;
  case PKTSOCK_SIOCGSTAMP:
  case PKTSOCK_SIOCGSTAMPNS: return PKTSOCK_TIMESTAMPS;
  case PKTSOCK_SIOCSHWTSTAMP:
  case PKTSOCK_SIOCGHWTSTAMP: return true;
  default: return request >= PKTSOCK_SIOCGIFNAME && request <= PKTSOCK_SIOCETHTOOL;
  }
}

/* Let the module sort all frames that are here; the lock is released after each call, which takes a frame at least. */
static void sort_received(void) {
  for (unsigned calls = 0; calls < PKTSOCK_FRAMES && pkt_has_arrived(); calls++) {
    if (pkt_call(&pkt_export_service, 0, 0, 0, 0) != 0)
      return;
    pkt_unlock();
    pkt_os_lock();
  }
}

/* A number of bytes that an export returns. */
static int32_t get_bytes(const struct pkt_export *export, uint32_t socket, void *argument) {
  int32_t n = pkt_at_most(pkt_call(export, socket, 0, 0, 0), pkt_bounds.frame_count * pkt_bounds.frame_stride);
  if (n < 0)
    return n;
  *(int *)argument = n;
  return 0;
}

static void set_nonblock(int fd, bool on) {
  pkt_socket_at(pkt_socket_of(fd))->nonblock = on;
  pkt_journal_flag(fd, PKTSOCK_SOCK_NONBLOCK, on);
}

static int32_t request_of(int fd, uint32_t socket, unsigned long request, void *argument) {
  if (argument == NULL || !is_known(request))
    return is_known(request) ? -PKT_EFAULT : -PKT_ENOTTY;
  switch (request) {
  case PKTSOCK_FIONBIO: set_nonblock(fd, *(int *)argument != 0); return 0;
  case PKTSOCK_FIONREAD: return get_bytes(&pkt_export_bytesReadable, socket, argument);
  case PKTSOCK_SIOCOUTQ: return get_bytes(&pkt_export_bytesUnsent, socket, argument);
  case PKTSOCK_SIOCGSTAMP:
  case PKTSOCK_SIOCGSTAMPNS: return PKTSOCK_TIMESTAMPS ? get_stamp(socket, request, argument) : -PKT_ENOTTY;
  case PKTSOCK_SIOCGIFCONF: return pkt_list_inet(argument);
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
  if (request == PKTSOCK_FIONREAD)
    sort_received();
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = socket != 0 ? request_of(fd, socket, request, argument) : pkt_no_socket(fd);
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
  int32_t result = pkt_no_socket(fd);
  if (offset != 0) {
    struct pkt_socket *socket = pkt_socket_at(offset);
    result = -PKT_EINVAL;
    if (command == F_GETFL) {
      result = O_RDWR | (socket->nonblock != 0 ? O_NONBLOCK : 0);
    } else if (command == F_SETFL) {
      set_nonblock(fd, (argument & O_NONBLOCK) != 0);
      result = 0;
    } else if (command == F_GETFD) {
      result = (socket->options & PKT_OPTION_CLOEXEC) != 0 ? FD_CLOEXEC : 0;
    } else if (command == F_SETFD) {
      /* There is no exec(): what FD_CLOEXEC asks for holds. */
      socket->options &= ~PKT_OPTION_CLOEXEC;
      socket->options |= (argument & FD_CLOEXEC) != 0 ? PKT_OPTION_CLOEXEC : 0;
      pkt_journal_flag(fd, PKTSOCK_SOCK_CLOEXEC, (argument & FD_CLOEXEC) != 0);
      result = 0;
    }
  }
  pkt_os_unlock();
  return result < 0 ? pkt_fail(result) : result;
}
