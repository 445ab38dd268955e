/* Interface names and netdevice(7)'s struct ifreq. */
#ifndef PKT_NET_IF_H
#define PKT_NET_IF_H

#include <pkt_redirect.h>
#include <pktsock/pktsock.h>
#include <sys/socket.h>

#define IFNAMSIZ PKTSOCK_IFNAMSIZ
#define IF_NAMESIZE IFNAMSIZ
#define IFHWADDRLEN 6

#define IFF_UP PKTSOCK_IFF_UP
#define IFF_BROADCAST PKTSOCK_IFF_BROADCAST
#define IFF_DEBUG 0x4
#define IFF_LOOPBACK PKTSOCK_IFF_LOOPBACK
#define IFF_POINTOPOINT PKTSOCK_IFF_POINTOPOINT
#define IFF_NOTRAILERS 0x20
#define IFF_RUNNING PKTSOCK_IFF_RUNNING
#define IFF_NOARP 0x80
#define IFF_PROMISC PKTSOCK_IFF_PROMISC
#define IFF_ALLMULTI PKTSOCK_IFF_ALLMULTI
#define IFF_MASTER 0x400
#define IFF_SLAVE 0x800
#define IFF_MULTICAST PKTSOCK_IFF_MULTICAST
#define IFF_PORTSEL 0x2000
#define IFF_AUTOMEDIA 0x4000
#define IFF_DYNAMIC 0x8000

#define ifmap pktsock_ifmap
#define ifreq pktsock_ifreq
#define ifconf pktsock_ifconf

#define ifr_name ifr_ifrn.ifrn_name
#define ifr_addr ifr_ifru.ifru_addr
#define ifr_dstaddr ifr_ifru.ifru_addr
#define ifr_netmask ifr_ifru.ifru_netmask
#define ifr_broadaddr ifr_ifru.ifru_broadaddr
#define ifr_hwaddr ifr_ifru.ifru_hwaddr
#define ifr_flags ifr_ifru.ifru_flags
#define ifr_ifindex ifr_ifru.ifru_ivalue
#define ifr_metric ifr_ifru.ifru_ivalue
#define ifr_map ifr_ifru.ifru_map
#define ifr_newname ifr_ifru.ifru_newname
#define ifr_mtu ifr_ifru.ifru_mtu
#define ifr_data ifr_ifru.ifru_data

#define ifc_buf ifc_ifcu.ifcu_buf
#define ifc_req ifc_ifcu.ifcu_req

unsigned int if_nametoindex(const char *name) PKT_CALLS(if_nametoindex);
char *if_indextoname(unsigned int index, char *name) PKT_CALLS(if_indextoname);
void if_freenameindex(struct pktsock_if_nameindex *list) PKT_CALLS(if_freenameindex);

/* The struct, and the function of the same name, which pktsock.h declares. */
#define if_nameindex pktsock_if_nameindex

#endif
