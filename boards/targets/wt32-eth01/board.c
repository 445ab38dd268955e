/* WT32-ETH01: ESP32 module, LAN8720A PHY. GPIO16 switches on an oscillator, which supplies 50 MHz at GPIO0. */
#include "esp32.h"

const struct esp32_ethernet esp32_ethernet = {
    .clock = ESP32_CLOCK_IN_GPIO0, .phy_address = 1, .mdc = 23, .mdio = 18, .enable = 16, .start_ms = 50};
