/* ARP's numbers: RFC 826. */
#ifndef PKT_NET_IF_ARP_H
#define PKT_NET_IF_ARP_H

#include <net/if.h>

#define ARPHRD_ETHER PKTSOCK_ARPHRD_ETHER
#define ARPOP_REQUEST 1
#define ARPOP_REPLY 2

struct arphdr {
  unsigned short ar_hrd, ar_pro;
  unsigned char ar_hln, ar_pln;
  unsigned short ar_op;
};

#endif
