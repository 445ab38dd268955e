/* socket(2) and its family for systems that have none. Numbers and layouts are Linux's; packet(7) and
 * pktsock/pktsock.h document each call. */
#ifndef PKT_SYS_SOCKET_H
#define PKT_SYS_SOCKET_H

#include <endian.h>
#include <pkt_redirect.h>
#include <pktsock/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef pktsock_socklen_t socklen_t;
typedef uint16_t sa_family_t;

#define sockaddr pktsock_sockaddr
#define sockaddr_storage pktsock_sockaddr_storage
#define msghdr pktsock_msghdr
#define cmsghdr pktsock_cmsghdr
#define linger pktsock_linger

#define CMSG_ALIGN(len) PKTSOCK_CMSG_ALIGN(len)
#define CMSG_DATA(cmsg) PKTSOCK_CMSG_DATA(cmsg)
#define CMSG_SPACE(len) PKTSOCK_CMSG_SPACE(len)
#define CMSG_LEN(len) PKTSOCK_CMSG_LEN(len)
#define CMSG_FIRSTHDR(msg) PKTSOCK_CMSG_FIRSTHDR(msg)
#define CMSG_NXTHDR(msg, cmsg) PKTSOCK_CMSG_NXTHDR(msg, cmsg)

#define AF_UNSPEC PKTSOCK_AF_UNSPEC
#define AF_UNIX 1
#define AF_INET PKTSOCK_AF_INET
#define AF_INET6 10
#define AF_PACKET PKTSOCK_AF_PACKET
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define PF_PACKET AF_PACKET

#define SOCK_STREAM 1
#define SOCK_DGRAM PKTSOCK_SOCK_DGRAM
#define SOCK_RAW PKTSOCK_SOCK_RAW
#define SOCK_SEQPACKET 5
#define SOCK_PACKET PKTSOCK_SOCK_PACKET
#define SOCK_NONBLOCK PKTSOCK_SOCK_NONBLOCK
#define SOCK_CLOEXEC PKTSOCK_SOCK_CLOEXEC

#define MSG_OOB 0x01
#define MSG_PEEK PKTSOCK_MSG_PEEK
#define MSG_DONTROUTE PKTSOCK_MSG_DONTROUTE
#define MSG_CTRUNC PKTSOCK_MSG_CTRUNC
#define MSG_TRUNC PKTSOCK_MSG_TRUNC
#define MSG_DONTWAIT PKTSOCK_MSG_DONTWAIT
#define MSG_WAITALL 0x100
#define MSG_ERRQUEUE PKTSOCK_MSG_ERRQUEUE
#define MSG_NOSIGNAL 0x4000

#define SOL_SOCKET PKTSOCK_SOL_SOCKET
#define SO_DEBUG 1
#define SO_REUSEADDR PKTSOCK_SO_REUSEADDR
#define SO_TYPE PKTSOCK_SO_TYPE
#define SO_ERROR PKTSOCK_SO_ERROR
#define SO_DONTROUTE PKTSOCK_SO_DONTROUTE
#define SO_BROADCAST PKTSOCK_SO_BROADCAST
#define SO_SNDBUF PKTSOCK_SO_SNDBUF
#define SO_RCVBUF PKTSOCK_SO_RCVBUF
#define SO_KEEPALIVE 9
#define SO_PRIORITY PKTSOCK_SO_PRIORITY
#define SO_LINGER PKTSOCK_SO_LINGER
#define SO_RCVLOWAT PKTSOCK_SO_RCVLOWAT
#define SO_RCVTIMEO PKTSOCK_SO_RCVTIMEO
#define SO_SNDTIMEO PKTSOCK_SO_SNDTIMEO
#define SO_BINDTODEVICE PKTSOCK_SO_BINDTODEVICE
#define SO_ATTACH_FILTER PKTSOCK_SO_ATTACH_FILTER
#define SO_DETACH_FILTER PKTSOCK_SO_DETACH_FILTER
#define SO_TIMESTAMP PKTSOCK_SO_TIMESTAMP
#define SO_ACCEPTCONN PKTSOCK_SO_ACCEPTCONN
#define SO_SNDBUFFORCE PKTSOCK_SO_SNDBUFFORCE
#define SO_RCVBUFFORCE PKTSOCK_SO_RCVBUFFORCE
#define SO_TIMESTAMPNS PKTSOCK_SO_TIMESTAMPNS
#define SO_TIMESTAMPING PKTSOCK_SO_TIMESTAMPING
#define SO_PROTOCOL PKTSOCK_SO_PROTOCOL
#define SO_DOMAIN PKTSOCK_SO_DOMAIN
#define SO_RXQ_OVFL PKTSOCK_SO_RXQ_OVFL
#define SO_LOCK_FILTER PKTSOCK_SO_LOCK_FILTER
#define SO_SELECT_ERR_QUEUE PKTSOCK_SO_SELECT_ERR_QUEUE
#define SO_BPF_EXTENSIONS PKTSOCK_SO_BPF_EXTENSIONS
#define SCM_TIMESTAMP PKTSOCK_SCM_TIMESTAMP
#define SCM_TIMESTAMPNS PKTSOCK_SCM_TIMESTAMPNS
#define SCM_TIMESTAMPING PKTSOCK_SCM_TIMESTAMPING

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
