/* ARP's numbers: RFC 826. */
#ifndef PKT_NET_IF_ARP_H
#define PKT_NET_IF_ARP_H

#include <net/if.h>

#define ARPHRD_NETROM 0
#define ARPHRD_ETHER PKTSOCK_ARPHRD_ETHER
#define ARPHRD_EETHER 2
#define ARPHRD_AX25 3
#define ARPHRD_IEEE802 6
#define ARPHRD_INFINIBAND 32
#define ARPHRD_PPP 512
#define ARPHRD_LOOPBACK 772
#define ARPHRD_FDDI 774
#define ARPHRD_IEEE80211 801
#define ARPOP_REQUEST 1
#define ARPOP_REPLY 2
#define ARPOP_RREQUEST 3
#define ARPOP_RREPLY 4

struct arphdr {
  unsigned short ar_hrd, ar_pro;
  unsigned char ar_hln, ar_pln;
  unsigned short ar_op;
};

#endif
