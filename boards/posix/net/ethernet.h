/* The BSD names of linux/if_ether.h. */
#ifndef PKT_NET_ETHERNET_H
#define PKT_NET_ETHERNET_H

#include <linux/if_ether.h>

#define ETHER_ADDR_LEN ETH_ALEN
#define ETHER_HDR_LEN ETH_HLEN
#define ETHER_MAX_LEN 1518
#define ETHERTYPE_IP ETH_P_IP
#define ETHERTYPE_ARP ETH_P_ARP
#define ETHERTYPE_VLAN ETH_P_8021Q
#define ETHERTYPE_IPV6 ETH_P_IPV6
#define ETHERTYPE_PUP 0x0200
#define ETHERTYPE_REVARP ETH_P_RARP
#define ETHERTYPE_LOOPBACK 0x9000
#define ETHER_TYPE_LEN 2
#define ETHER_CRC_LEN ETH_FCS_LEN
#define ETHER_MIN_LEN 64
#define ETHERMTU ETH_DATA_LEN

#define ether_addr pktsock_ether_addr

struct ether_header {
  uint8_t ether_dhost[ETH_ALEN];
  uint8_t ether_shost[ETH_ALEN];
  uint16_t ether_type; /* network order */
} __attribute__((packed));

#endif
