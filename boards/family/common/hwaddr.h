/* The MAC address from HWADDR= of the command line; family.mk defines BOARD_HWADDR as its bytes. */
#ifndef FAMILY_HWADDR_H
#define FAMILY_HWADDR_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#ifdef BOARD_HWADDR
#define HWADDR_FIRST_(first, ...) (first)
#define HWADDR_FIRST(...) HWADDR_FIRST_(__VA_ARGS__, 0)

static_assert(sizeof((uint8_t[]){BOARD_HWADDR}) == 6, "HWADDR has six bytes, like 02:00:00:00:00:01");
static_assert((HWADDR_FIRST(BOARD_HWADDR) & 1) == 0, "HWADDR is a group's address");

static inline void family_given_hwaddr(uint8_t hwaddr[6]) {
  static const uint8_t given[] = {BOARD_HWADDR};
  memcpy(hwaddr, given, sizeof(given));
}
#endif

#endif
