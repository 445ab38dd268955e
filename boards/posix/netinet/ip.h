/* The IPv4 header (RFC 791), as Linux names it, for programs that build packets on SOCK_DGRAM sockets. */
#ifndef PKT_NETINET_IP_H
#define PKT_NETINET_IP_H

#include <netinet/in.h>
#include <stdint.h>

#define IPVERSION 4
#define IPDEFTTL 64

struct iphdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  unsigned int ihl : 4, version : 4;
#else
  unsigned int version : 4, ihl : 4;
#endif
  uint8_t tos;
  uint16_t tot_len, id, frag_off; /* network order, as all below */
  uint8_t ttl, protocol;
  uint16_t check;
  uint32_t saddr, daddr;
};

#endif
