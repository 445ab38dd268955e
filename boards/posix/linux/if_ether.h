/* Ethernet's lengths and protocols: IEEE 802.3, and Linux's numbers for what has no EtherType. */
#ifndef PKT_LINUX_IF_ETHER_H
#define PKT_LINUX_IF_ETHER_H

#include <pktsock/socket.h>

#define ETH_ALEN 6
#define ETH_HLEN 14
#define ETH_ZLEN 60
#define ETH_DATA_LEN 1500
#define ETH_FRAME_LEN 1514
#define ETH_FCS_LEN 4

#define ETH_P_802_3 PKTSOCK_ETH_P_802_3
#define ETH_P_ALL PKTSOCK_ETH_P_ALL
#define ETH_P_802_2 PKTSOCK_ETH_P_802_2
#define ETH_P_IP 0x0800
#define ETH_P_ARP 0x0806
#define ETH_P_RARP 0x8035
#define ETH_P_8021Q PKTSOCK_ETH_P_8021Q
#define ETH_P_IPV6 0x86dd
#define ETH_P_PAUSE 0x8808
#define ETH_P_SLOW 0x8809
#define ETH_P_MPLS_UC 0x8847
#define ETH_P_PPP_DISC 0x8863
#define ETH_P_PPP_SES 0x8864
#define ETH_P_PAE 0x888e
#define ETH_P_PROFINET 0x8892
#define ETH_P_ETHERCAT 0x88a4
#define ETH_P_AOE 0x88a2
#define ETH_P_8021AD PKTSOCK_ETH_P_8021AD
#define ETH_P_TSN 0x22f0
#define ETH_P_PREAUTH 0x88c7
#define ETH_P_LLDP 0x88cc
#define ETH_P_MVRP 0x88f5
#define ETH_P_1588 0x88f7
#define ETH_P_PRP 0x88fb
#define ETH_P_HSR 0x892f
#define ETH_P_802_3_MIN 0x0600

struct ethhdr {
  unsigned char h_dest[ETH_ALEN];
  unsigned char h_source[ETH_ALEN];
  uint16_t h_proto; /* network order */
} __attribute__((packed));

#endif
