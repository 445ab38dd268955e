/* The Ethernet MAC of F4 and F7 as boards/mac/dwmac/dwmac.c sees it: the fields of struct dwmac_config that do not differ between
 * boards. */
#ifndef STM32_DWMAC_CONFIG_H
#define STM32_DWMAC_CONFIG_H

#define STM32_DWMAC_CONFIG                                                                                             \
  .mac_base = 0x40028000, .dma_base = 0x40029000, .irq = 61, .descriptor_stride = 32, .time_stamps = true,             \
  .exact_addresses = 3, .hash_table = true, .mmc = true, .bus_clock = stm32_ahb_clock

#endif
