/* The kernel's name of net/if_arp.h. */
#ifndef PKT_LINUX_IF_ARP_H
#define PKT_LINUX_IF_ARP_H

#include <net/if_arp.h>

#endif
