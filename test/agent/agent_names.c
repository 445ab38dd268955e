/* Names of constants for the agent. A name that the shipped headers lack does not compile. */
#include "agent.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct name {
  const char *name;
  long value;
};

#define NAME(constant)                                                                                                 \
  { #constant, constant }

static const struct name names[] = {
    NAME(AF_UNSPEC),
    NAME(AF_UNIX),
    NAME(AF_INET),
    NAME(AF_INET6),
    NAME(AF_PACKET),
    NAME(SOCK_STREAM),
    NAME(SOCK_DGRAM),
    NAME(SOCK_RAW),
    NAME(SOCK_SEQPACKET),
    NAME(SOCK_PACKET),
    NAME(SOCK_NONBLOCK),
    NAME(SOCK_CLOEXEC),
    NAME(MSG_OOB),
    NAME(MSG_PEEK),
    NAME(MSG_DONTROUTE),
    NAME(MSG_CTRUNC),
    NAME(MSG_TRUNC),
    NAME(MSG_DONTWAIT),
    NAME(MSG_WAITALL),
    NAME(MSG_ERRQUEUE),
    NAME(MSG_NOSIGNAL),
    NAME(SOL_SOCKET),
    NAME(SO_DEBUG),
    NAME(SO_REUSEADDR),
    NAME(SO_TYPE),
    NAME(SO_ERROR),
    NAME(SO_DONTROUTE),
    NAME(SO_BROADCAST),
    NAME(SO_SNDBUF),
    NAME(SO_RCVBUF),
    NAME(SO_KEEPALIVE),
    NAME(SO_PRIORITY),
    NAME(SO_LINGER),
    NAME(SO_RCVLOWAT),
    NAME(SO_RCVTIMEO),
    NAME(SO_SNDTIMEO),
    NAME(SO_BINDTODEVICE),
    NAME(SO_ATTACH_FILTER),
    NAME(SO_DETACH_FILTER),
    NAME(SO_TIMESTAMP),
    NAME(SO_ACCEPTCONN),
    NAME(SO_SNDBUFFORCE),
    NAME(SO_RCVBUFFORCE),
    NAME(SO_TIMESTAMPNS),
    NAME(SO_TIMESTAMPING),
    NAME(SO_PROTOCOL),
    NAME(SO_DOMAIN),
    NAME(SO_RXQ_OVFL),
    NAME(SO_LOCK_FILTER),
    NAME(SO_SELECT_ERR_QUEUE),
    NAME(SO_BPF_EXTENSIONS),
    NAME(SHUT_RD),
    NAME(SHUT_WR),
    NAME(SHUT_RDWR),
    NAME(SOL_PACKET),
    NAME(PACKET_ADD_MEMBERSHIP),
    NAME(PACKET_DROP_MEMBERSHIP),
    NAME(PACKET_RX_RING),
    NAME(PACKET_STATISTICS),
    NAME(PACKET_AUXDATA),
    NAME(PACKET_ORIGDEV),
    NAME(PACKET_VERSION),
    NAME(PACKET_HDRLEN),
    NAME(PACKET_RESERVE),
    NAME(PACKET_TX_RING),
    NAME(PACKET_LOSS),
    NAME(PACKET_TIMESTAMP),
    NAME(PACKET_FANOUT),
    NAME(PACKET_QDISC_BYPASS),
    NAME(PACKET_IGNORE_OUTGOING),
    NAME(FIONREAD),
    NAME(FIONBIO),
    NAME(SIOCGSTAMP),
    NAME(SIOCGSTAMPNS),
    NAME(SIOCGIFNAME),
    NAME(SIOCGIFCONF),
    NAME(SIOCGIFFLAGS),
    NAME(SIOCSIFFLAGS),
    NAME(SIOCGIFADDR),
    NAME(SIOCSIFADDR),
    NAME(SIOCGIFDSTADDR),
    NAME(SIOCGIFBRDADDR),
    NAME(SIOCGIFNETMASK),
    NAME(SIOCGIFMTU),
    NAME(SIOCSIFMTU),
    NAME(SIOCSIFHWADDR),
    NAME(SIOCGIFHWADDR),
    NAME(SIOCADDMULTI),
    NAME(SIOCDELMULTI),
    NAME(SIOCGIFINDEX),
    NAME(SIOCETHTOOL),
    NAME(SIOCSHWTSTAMP),
    NAME(SIOCGHWTSTAMP),
    NAME(F_GETFD),
    NAME(F_SETFD),
    NAME(FD_CLOEXEC),
    NAME(F_GETFL),
    NAME(F_SETFL),
    NAME(O_NONBLOCK),
    NAME(POLLIN),
    NAME(POLLPRI),
    NAME(POLLOUT),
    NAME(POLLERR),
    NAME(POLLHUP),
    NAME(POLLNVAL),
    NAME(POLLRDNORM),
    NAME(POLLWRNORM),
};

/* All errno values that the agent's calls may answer; a board's C library may lack some. */
static const struct name errors[] = {
    NAME(EPERM),           NAME(ENOENT),          NAME(EIO),          NAME(ENXIO),
    NAME(EBADF),           NAME(EAGAIN),          NAME(ENOMEM),       NAME(EACCES),
    NAME(EFAULT),          NAME(EBUSY),           NAME(EEXIST),       NAME(ENODEV),
    NAME(EINVAL),          NAME(EMFILE),          NAME(ENOTTY),       NAME(EDOM),
    NAME(ERANGE),          NAME(ENOTSOCK),        NAME(EDESTADDRREQ), NAME(EMSGSIZE),
    NAME(ENOPROTOOPT),     NAME(EPROTONOSUPPORT), NAME(EOPNOTSUPP),   NAME(EAFNOSUPPORT),
    NAME(EADDRINUSE),      NAME(ENETDOWN),        NAME(ENETUNREACH),  NAME(ENOBUFS),
    NAME(EISCONN),         NAME(ENOTCONN),        NAME(ETIMEDOUT),    NAME(EADDRNOTAVAIL),
    NAME(EINPROGRESS),
#ifdef ESOCKTNOSUPPORT
    NAME(ESOCKTNOSUPPORT),
#endif
#ifdef ENOIOCTLCMD
    NAME(ENOIOCTLCMD),
#endif
};

bool agent_constant(const char *name, size_t len, long *value) {
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strlen(names[i].name) == len && !memcmp(names[i].name, name, len)) {
      *value = names[i].value;
      return true;
    }
  }
  return false;
}

const char *agent_errno_name(int error) {
  for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++)
    if (errors[i].value == error)
      return errors[i].name;
  return NULL;
}
