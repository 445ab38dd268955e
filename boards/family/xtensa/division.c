/* Arithmetic functions that gcc calls and that are missing in Debian's libgcc for lx106, because the ESP8266's ROM has
 * them: 32-bit division, the 64-bit product of two words, and functions that use them (libgcc has __udivmoddi4 and
 * __divmoddi4). */
#include <stdint.h>

uint32_t __udivsi3(uint32_t n, uint32_t d);
uint32_t __umodsi3(uint32_t n, uint32_t d);
int32_t __divsi3(int32_t n, int32_t d);
uint64_t __umulsidi3(uint32_t a, uint32_t b);
int64_t __muldi3(int64_t a, int64_t b);
uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest);
int64_t __divmoddi4(int64_t n, int64_t d, int64_t *rest);

/* Shift and subtract, from the highest possible bit of the quotient. A division by zero returns 0 with remainder n. */
static inline uint32_t divide(uint32_t n, uint32_t d, uint32_t *rest) {
  uint32_t quotient = 0;
  if (d != 0 && n >= d) {
    int shift = __builtin_clz(d) - __builtin_clz(n);
    d <<= shift;
    for (; shift >= 0; shift--) {
      quotient <<= 1;
      if (n >= d) {
        n -= d;
        quotient |= 1;
      }
      d >>= 1;
    }
  }
  *rest = n;
  return quotient;
}

uint32_t __udivsi3(uint32_t n, uint32_t d) {
  uint32_t rest;
  return divide(n, d, &rest);
}

uint32_t __umodsi3(uint32_t n, uint32_t d) {
  uint32_t rest;
  divide(n, d, &rest);
  return rest;
}

int32_t __divsi3(int32_t n, int32_t d) {
  uint32_t rest, quotient = divide(n < 0 ? -(uint32_t)n : (uint32_t)n, d < 0 ? -(uint32_t)d : (uint32_t)d, &rest);
  return (int32_t)((n ^ d) < 0 ? -quotient : quotient);
}

uint64_t __umulsidi3(uint32_t a, uint32_t b) {
  uint32_t low = (a & 0xffff) * (b & 0xffff), high = (a >> 16) * (b >> 16);
  uint32_t middle = (a >> 16) * (b & 0xffff) + (low >> 16); /* cannot overflow */
  uint32_t middle2 = (a & 0xffff) * (b >> 16) + (middle & 0xffff);
  high += (middle >> 16) + (middle2 >> 16);
  return (uint64_t)high << 32 | middle2 << 16 | (low & 0xffff);
}

int64_t __muldi3(int64_t a, int64_t b) {
  uint32_t a_high = (uint32_t)((uint64_t)a >> 32), b_high = (uint32_t)((uint64_t)b >> 32);
  uint64_t product = __umulsidi3((uint32_t)a, (uint32_t)b);
  return (int64_t)(product + ((uint64_t)(a_high * (uint32_t)b + (uint32_t)a * b_high) << 32));
}

uint64_t __udivdi3(uint64_t n, uint64_t d) { return __udivmoddi4(n, d, 0); }

uint64_t __umoddi3(uint64_t n, uint64_t d) {
  uint64_t rest;
  __udivmoddi4(n, d, &rest);
  return rest;
}

int64_t __divdi3(int64_t n, int64_t d) {
  int64_t rest;
  return __divmoddi4(n, d, &rest);
}
