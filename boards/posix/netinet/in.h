/* The Internet definitions that layer-2 programs use. */
#ifndef PKT_NETINET_IN_H
#define PKT_NETINET_IN_H

#include <endian.h>
#include <sys/socket.h>

/* Byte order: RFC 1700. */
#undef htons
#undef ntohs
#undef htonl
#undef ntohl
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htons(value) __builtin_bswap16((uint16_t)(value))
#define htonl(value) __builtin_bswap32((uint32_t)(value))
#else
#define htons(value) ((uint16_t)(value))
#define htonl(value) ((uint32_t)(value))
#endif
#define ntohs(value) htons(value)
#define ntohl(value) htonl(value)

typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;

#define in_addr pktsock_in_addr

struct in6_addr {
  uint8_t s6_addr[16];
};

struct sockaddr_in {
  sa_family_t sin_family;
  in_port_t sin_port;
  struct in_addr sin_addr;
  unsigned char sin_zero[8];
};

struct sockaddr_in6 {
  sa_family_t sin6_family;
  in_port_t sin6_port;
  uint32_t sin6_flowinfo;
  struct in6_addr sin6_addr;
  uint32_t sin6_scope_id;
};

#define INADDR_ANY ((in_addr_t)0)
#define INADDR_LOOPBACK ((in_addr_t)0x7f000001) /* host order */
#define INADDR_BROADCAST ((in_addr_t)0xffffffff)
#define INADDR_NONE ((in_addr_t)0xffffffff)
#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 46

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_RAW 255

#endif
