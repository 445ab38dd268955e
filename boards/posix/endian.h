/* The libc's endian.h, with the names that Linux programs use: __BYTE_ORDER, htobe16() and the others. */
#ifndef PKT_ENDIAN_H
#define PKT_ENDIAN_H

#if __has_include_next(<endian.h>)
#include_next <endian.h>
#endif
#include <stdint.h>

#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN 1234
#endif
#ifndef __BIG_ENDIAN
#define __BIG_ENDIAN 4321
#endif
#ifndef __BYTE_ORDER
#define __BYTE_ORDER (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __LITTLE_ENDIAN : __BIG_ENDIAN)
#endif
#ifndef BYTE_ORDER
#define LITTLE_ENDIAN __LITTLE_ENDIAN
#define BIG_ENDIAN __BIG_ENDIAN
#define BYTE_ORDER __BYTE_ORDER
#endif

#ifndef htobe16
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htobe16(value) __builtin_bswap16((uint16_t)(value))
#define htobe32(value) __builtin_bswap32((uint32_t)(value))
#define htobe64(value) __builtin_bswap64((uint64_t)(value))
#define htole16(value) ((uint16_t)(value))
#define htole32(value) ((uint32_t)(value))
#define htole64(value) ((uint64_t)(value))
#else
#define htobe16(value) ((uint16_t)(value))
#define htobe32(value) ((uint32_t)(value))
#define htobe64(value) ((uint64_t)(value))
#define htole16(value) __builtin_bswap16((uint16_t)(value))
#define htole32(value) __builtin_bswap32((uint32_t)(value))
#define htole64(value) __builtin_bswap64((uint64_t)(value))
#endif
#define be16toh(value) htobe16(value)
#define be32toh(value) htobe32(value)
#define be64toh(value) htobe64(value)
#define le16toh(value) htole16(value)
#define le32toh(value) htole32(value)
#define le64toh(value) htole64(value)
#endif

#endif
