/* Arithmetic on hardware addresses that several MACs share. */
#ifndef PKT_ADDRESS_H
#define PKT_ADDRESS_H

#include <pktsock/layout.h>

/* The CRC-32 of an address in the order of the wire (lowest bit of each byte first), in a register that shifts left,
 * not inverted at the end. MACs use its upper bits as a hash; some invert them. */
static inline uint32_t pkt_address_crc(const uint8_t *address) {
  uint32_t crc = 0xffffffff;
  for (unsigned i = 0; i < PKT_ETH_ALEN; i++)
    for (unsigned bit = 0; bit < 8; bit++)
      crc = crc << 1 ^ (((crc >> 31) ^ (address[i] >> bit & 1u)) ? 0x04c11db7u : 0);
  return crc;
}

/* Bytes 0 to 3, and bytes 4 and 5, as little-endian words, which is the form of most address registers. */
static inline uint32_t pkt_address_low(const uint8_t *address) {
  return address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 | (uint32_t)address[3] << 24;
}
static inline uint32_t pkt_address_high(const uint8_t *address) { return address[4] | (uint32_t)address[5] << 8; }

#endif
