/* Byte order: RFC 1700. */
#ifndef PKT_ARPA_INET_H
#define PKT_ARPA_INET_H

#include <stdint.h>

#undef htons
#undef ntohs
#undef htonl
#undef ntohl
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htons(value) __builtin_bswap16((uint16_t)(value))
#define htonl(value) __builtin_bswap32((uint32_t)(value))
#else
#define htons(value) ((uint16_t)(value))
#define htonl(value) ((uint32_t)(value))
#endif
#define ntohs(value) htons(value)
#define ntohl(value) htonl(value)

#endif
