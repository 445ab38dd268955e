/* The C library's name of linux/if_packet.h. */
#ifndef PKT_NETPACKET_PACKET_H
#define PKT_NETPACKET_PACKET_H

#include <linux/if_packet.h>
#include <sys/socket.h>

#endif
