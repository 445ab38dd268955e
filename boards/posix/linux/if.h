/* The kernel's name of net/if.h, which has more flags. */
#ifndef PKT_LINUX_IF_H
#define PKT_LINUX_IF_H

#include <net/if.h>

#define IFF_LOWER_UP 0x10000
#define IFF_DORMANT 0x20000
#define IFF_ECHO 0x40000

#endif
