/* socket(2) and its family for systems that have none. Numbers and layouts are Linux's; what each call does stands in
 * packet(7) and boards/include/pktsock/pktsock.h. */
#ifndef PKT_SYS_SOCKET_H
#define PKT_SYS_SOCKET_H

#include <pkt_redirect.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef uint32_t socklen_t;
typedef uint16_t sa_family_t;

struct sockaddr {
  sa_family_t sa_family;
  char sa_data[14];
};

struct sockaddr_storage {
  sa_family_t ss_family;
  uint32_t ss_align_[31];
};

struct msghdr {
  void *msg_name;
  socklen_t msg_namelen;
  struct iovec *msg_iov;
  size_t msg_iovlen;
  void *msg_control;
  size_t msg_controllen;
  int msg_flags;
};

struct cmsghdr {
  size_t cmsg_len;
  int cmsg_level;
  int cmsg_type;
};

#define CMSG_ALIGN(len) (((len) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define CMSG_DATA(cmsg) ((unsigned char *)((struct cmsghdr *)(cmsg) + 1))
#define CMSG_SPACE(len) (CMSG_ALIGN(len) + CMSG_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_LEN(len) (CMSG_ALIGN(sizeof(struct cmsghdr)) + (len))
#define CMSG_FIRSTHDR(msg)                                                                                             \
  ((msg)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(msg)->msg_control : (struct cmsghdr *)0)
#define CMSG_NXTHDR(msg, cmsg) pkt_cmsg_next_(msg, cmsg)

static inline struct cmsghdr *pkt_cmsg_next_(struct msghdr *msg, struct cmsghdr *cmsg) {
  unsigned char *end = (unsigned char *)msg->msg_control + msg->msg_controllen;
  unsigned char *next = (unsigned char *)cmsg + CMSG_ALIGN(cmsg->cmsg_len);
  if (cmsg->cmsg_len < sizeof(struct cmsghdr) || next + sizeof(struct cmsghdr) > end)
    return NULL;
  return (struct cmsghdr *)next;
}

struct linger {
  int l_onoff;
  int l_linger;
};

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define PF_PACKET AF_PACKET

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_PACKET 10
#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000

#define MSG_OOB 0x01
#define MSG_PEEK 0x02
#define MSG_DONTROUTE 0x04
#define MSG_CTRUNC 0x08
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MSG_WAITALL 0x100
#define MSG_ERRQUEUE 0x2000
#define MSG_NOSIGNAL 0x4000

#define SOL_SOCKET 1
#define SO_DEBUG 1
#define SO_REUSEADDR 2
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_DONTROUTE 5
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_PRIORITY 12
#define SO_LINGER 13
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21
#define SO_BINDTODEVICE 25
#define SO_ATTACH_FILTER 26
#define SO_DETACH_FILTER 27
#define SO_TIMESTAMP 29
#define SO_ACCEPTCONN 30
#define SO_TIMESTAMPNS 35
#define SO_PROTOCOL 38
#define SO_DOMAIN 39
#define SO_LOCK_FILTER 44
#define SCM_TIMESTAMP SO_TIMESTAMP
#define SCM_TIMESTAMPNS SO_TIMESTAMPNS

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2
#define SOMAXCONN 4096

int socket(int domain, int type, int protocol) PKT_CALLS(socket);
int bind(int fd, const struct sockaddr *address, socklen_t address_len) PKT_CALLS(bind);
int getsockname(int fd, struct sockaddr *address, socklen_t *address_len) PKT_CALLS(getsockname);
int getpeername(int fd, struct sockaddr *address, socklen_t *address_len) PKT_CALLS(getpeername);
int connect(int fd, const struct sockaddr *address, socklen_t address_len) PKT_CALLS(connect);
int listen(int fd, int backlog) PKT_CALLS(listen);
int accept(int fd, struct sockaddr *address, socklen_t *address_len) PKT_CALLS(accept);
int shutdown(int fd, int how) PKT_CALLS(shutdown);
ssize_t send(int fd, const void *buffer, size_t len, int flags) PKT_CALLS(send);
ssize_t sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *address, socklen_t address_len)
    PKT_CALLS(sendto);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) PKT_CALLS(sendmsg);
ssize_t recv(int fd, void *buffer, size_t len, int flags) PKT_CALLS(recv);
ssize_t recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *address, socklen_t *address_len)
    PKT_CALLS(recvfrom);
ssize_t recvmsg(int fd, struct msghdr *message, int flags) PKT_CALLS(recvmsg);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len) PKT_CALLS(setsockopt);
int getsockopt(int fd, int level, int name, void *value, socklen_t *len) PKT_CALLS(getsockopt);

#endif
