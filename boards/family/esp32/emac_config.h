/* The fields of struct dwmac_config that are the same for all ESP32 boards. */
#ifndef ESP32_EMAC_CONFIG_H
#define ESP32_EMAC_CONFIG_H

#define ESP32_EMAC_CONFIG                                                                                              \
  .mac_base = 0x3ff6a000, .dma_base = 0x3ff69000, .descriptor_stride = 32, .mixed_bursts = true, .exact_addresses = 7, \
  .hash_table = false, .mmc = false

#endif
