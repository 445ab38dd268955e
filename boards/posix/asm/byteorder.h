/* The kernel's conversions of byte order: those of the system, if it is Linux. */
#ifndef PKT_ASM_BYTEORDER_H
#define PKT_ASM_BYTEORDER_H

#if __has_include_next(<asm/byteorder.h>)
#include_next <asm/byteorder.h>
#else
#include <endian.h>
#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __LITTLE_ENDIAN_BITFIELD
#else
#define __BIG_ENDIAN_BITFIELD
#endif

#define __cpu_to_be16(value) ((__be16)htobe16(value))
#define __cpu_to_be32(value) ((__be32)htobe32(value))
#define __cpu_to_be64(value) ((__be64)htobe64(value))
#define __cpu_to_le16(value) ((__le16)htole16(value))
#define __cpu_to_le32(value) ((__le32)htole32(value))
#define __cpu_to_le64(value) ((__le64)htole64(value))
#define __be16_to_cpu(value) be16toh(value)
#define __be32_to_cpu(value) be32toh(value)
#define __be64_to_cpu(value) be64toh(value)
#define __le16_to_cpu(value) le16toh(value)
#define __le32_to_cpu(value) le32toh(value)
#define __le64_to_cpu(value) le64toh(value)
#endif

#endif
