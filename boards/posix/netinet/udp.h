/* The UDP header (RFC 768), under Linux's names and under BSD's. */
#ifndef PKT_NETINET_UDP_H
#define PKT_NETINET_UDP_H

#include <stdint.h>

struct udphdr {
  union {
    struct {
      uint16_t uh_sport, uh_dport, uh_ulen, uh_sum; /* network order */
    };
    struct {
      uint16_t source, dest, len, check;
    };
  };
};

#endif
