/* Addresses as text: ether_aton(3) and inet_ntoa(3), for libraries that have none. */
#include "component.h"

/* The value of a hexadecimal digit, or -1. */
static int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_end(char c) { return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r'); }

/* As in glibc, anything may follow the last number if it has two digits. */
struct pktsock_ether_addr *pktsock_ether_aton_r(const char *text, struct pktsock_ether_addr *address) {
  for (unsigned i = 0; i < PKT_ETH_ALEN; i++) {
    bool last = i == PKT_ETH_ALEN - 1;
    int value = digit_of(*text++);
    if (value < 0)
      return NULL;
    if (last ? !is_end(*text) : *text != ':') {
      int low = digit_of(*text++);
      if (low < 0 || (!last && *text != ':'))
        return NULL;
      value = value << 4 | low;
    }
    address->ether_addr_octet[i] = (uint8_t)value;
    text++;
  }
  return address;
}

struct pktsock_ether_addr *pktsock_ether_aton(const char *text) {
  static struct pktsock_ether_addr address;
  return pktsock_ether_aton_r(text, &address);
}

char *pktsock_ether_ntoa_r(const struct pktsock_ether_addr *address, char *text) {
  static const char digits[] = "0123456789abcdef";
  char *at = text;
  for (unsigned i = 0; i < PKT_ETH_ALEN; i++) {
    uint8_t value = address->ether_addr_octet[i];
    if (value > 15)
      *at++ = digits[value >> 4];
    *at++ = digits[value & 15];
    *at++ = i < PKT_ETH_ALEN - 1 ? ':' : '\0';
  }
  return text;
}

char *pktsock_ether_ntoa(const struct pktsock_ether_addr *address) {
  static char text[3 * PKT_ETH_ALEN];
  return pktsock_ether_ntoa_r(address, text);
}

char *pktsock_inet_ntoa(struct pktsock_in_addr address) {
  static char text[16];
  const uint8_t *bytes = (const uint8_t *)&address.s_addr;
  char *at = text;
  for (unsigned i = 0; i < 4; i++) {
    if (bytes[i] > 99)
      *at++ = (char)('0' + bytes[i] / 100);
    if (bytes[i] > 9)
      *at++ = (char)('0' + bytes[i] / 10 % 10);
    *at++ = (char)('0' + bytes[i] % 10);
    *at++ = i < 3 ? '.' : '\0';
  }
  return text;
}

int pktsock_inet_aton(const char *text, struct pktsock_in_addr *address) {
  uint8_t bytes[4];
  for (unsigned i = 0; i < 4; i++) {
    unsigned value = 0;
    const char *start = text;
    while (*text >= '0' && *text <= '9' && value <= 255)
      value = value * 10 + (unsigned)(*text++ - '0');
    bool zeros = text - start > 1 && *start == '0'; /* would be octal */
    if (text == start || value > 255 || zeros || (i < 3 ? *text != '.' : !is_end(*text)))
      return 0;
    bytes[i] = (uint8_t)value;
    text++;
  }
  __builtin_memcpy(&address->s_addr, bytes, sizeof(bytes));
  return 1;
}
