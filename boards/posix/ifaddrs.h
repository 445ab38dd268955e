/* getifaddrs(3): the component's interfaces. */
#ifndef PKT_IFADDRS_H
#define PKT_IFADDRS_H

#include <pkt_redirect.h>
#include <pktsock/pktsock.h>
#include <sys/socket.h>

#define ifaddrs pktsock_ifaddrs

#define ifa_broadaddr ifa_ifu.ifu_broadaddr
#define ifa_dstaddr ifa_ifu.ifu_dstaddr

int getifaddrs(struct ifaddrs **list) PKT_CALLS(getifaddrs);
void freeifaddrs(struct ifaddrs *list) PKT_CALLS(freeifaddrs);

#endif
