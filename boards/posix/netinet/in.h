/* The Internet definitions that layer-2 programs use. */
#ifndef PKT_NETINET_IN_H
#define PKT_NETINET_IN_H

#include <arpa/inet.h>
#include <sys/socket.h>

typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;

struct in_addr {
  in_addr_t s_addr; /* network order */
};

struct sockaddr_in {
  sa_family_t sin_family;
  in_port_t sin_port;
  struct in_addr sin_addr;
  unsigned char sin_zero[8];
};

#define IPPROTO_ICMP 1
#define IPPROTO_UDP 17

#endif
