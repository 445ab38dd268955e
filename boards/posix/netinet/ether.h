/* Ethernet addresses as text: the libc's functions, or the component's if it has none. */
#ifndef PKT_NETINET_ETHER_H
#define PKT_NETINET_ETHER_H

#include <netinet/if_ether.h>

#if __has_include_next(<netinet/ether.h>)
#include_next <netinet/ether.h>
#else
#include <pkt_redirect.h>

struct ether_addr *ether_aton(const char *text) PKT_CALLS(ether_aton);
struct ether_addr *ether_aton_r(const char *text, struct ether_addr *address) PKT_CALLS(ether_aton_r);
char *ether_ntoa(const struct ether_addr *address) PKT_CALLS(ether_ntoa);
char *ether_ntoa_r(const struct ether_addr *address, char *text) PKT_CALLS(ether_ntoa_r);
#endif

#endif
