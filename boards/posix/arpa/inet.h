/* Internet addresses as text, and the byte order of netinet/in.h. */
#ifndef PKT_ARPA_INET_H
#define PKT_ARPA_INET_H

#include <netinet/in.h>
#include <pkt_redirect.h>

char *inet_ntoa(struct in_addr address) PKT_CALLS(inet_ntoa);
int inet_aton(const char *text, struct in_addr *address) PKT_CALLS(inet_aton);

#endif
