#include "hwaddr.h"
#include "stm32.h"
#include <string.h>

#if defined(STM32_F4)
#define UID_BASE 0x1fff7a10u
#elif defined(STM32_F7)
#define UID_BASE 0x1ff0f420u
#else
#define UID_BASE 0x1ff1e800u
#endif

void stm32_make_hwaddr(uint8_t hwaddr[6]) {
#ifdef BOARD_HWADDR
  family_given_hwaddr(hwaddr);
#else
  /* The 96 bits are wafer, lot and position on the wafer. FNV-1a hashes them into the last four bytes. */
  const volatile uint32_t *uid = (const volatile uint32_t *)UID_BASE;
  uint32_t hash = 2166136261u;
  for (unsigned i = 0; i < 12; i++)
    hash = (hash ^ (uid[i / 4] >> 8 * (i % 4) & 0xff)) * 16777619u;
  hwaddr[0] = 0x02; /* locally administered, unicast */
  hwaddr[1] = 0x50;
  memcpy(&hwaddr[2], &hash, sizeof(hash));
#endif
}
