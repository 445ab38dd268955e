/* packet(7): addresses, options and their structures. */
#ifndef PKT_LINUX_IF_PACKET_H
#define PKT_LINUX_IF_PACKET_H

#include <stdint.h>

struct sockaddr_ll {
  unsigned short sll_family;
  uint16_t sll_protocol; /* network order */
  int sll_ifindex;
  unsigned short sll_hatype;
  unsigned char sll_pkttype;
  unsigned char sll_halen;
  unsigned char sll_addr[8];
};

#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define PACKET_OUTGOING 4

#define SOL_PACKET 263
#define PACKET_ADD_MEMBERSHIP 1
#define PACKET_DROP_MEMBERSHIP 2
#define PACKET_RX_RING 5
#define PACKET_STATISTICS 6
#define PACKET_AUXDATA 8
#define PACKET_ORIGDEV 9
#define PACKET_VERSION 10
#define PACKET_HDRLEN 11
#define PACKET_RESERVE 12
#define PACKET_TX_RING 13
#define PACKET_LOSS 14
#define PACKET_TIMESTAMP 17
#define PACKET_FANOUT 18
#define PACKET_QDISC_BYPASS 20
#define PACKET_IGNORE_OUTGOING 23

struct packet_mreq {
  int mr_ifindex;
  unsigned short mr_type;
  unsigned short mr_alen;
  unsigned char mr_address[8];
};

#define PACKET_MR_MULTICAST 0
#define PACKET_MR_PROMISC 1
#define PACKET_MR_ALLMULTI 2
#define PACKET_MR_UNICAST 3

struct tpacket_stats {
  unsigned int tp_packets; /* with the drops */
  unsigned int tp_drops;
};

struct tpacket_auxdata {
  uint32_t tp_status, tp_len, tp_snaplen;
  uint16_t tp_mac, tp_net, tp_vlan_tci, tp_vlan_tpid;
};

#define TP_STATUS_USER 0x1
#define TP_STATUS_CSUMNOTREADY 0x8
#define TP_STATUS_VLAN_VALID 0x10
#define TP_STATUS_VLAN_TPID_VALID 0x40

#endif
